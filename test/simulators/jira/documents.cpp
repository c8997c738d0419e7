#include <algorithm>
#include <array>
#include <boost/json/serialize.hpp>

#include "test/simulators/jira/body.hpp"
#include "test/simulators/jira/jira.hpp"

namespace simulators {
namespace {

std::optional<std::string> complaint_about_node(json::value const& v, int depth) {
  static constexpr std::array<std::string_view, 32> types{
      "paragraph", "text",         "heading",   "bulletList",  "orderedList",  "listItem",
      "codeBlock", "blockquote",   "rule",      "panel",       "hardBreak",    "mention",
      "emoji",     "date",         "status",    "inlineCard",  "blockCard",    "table",
      "tableRow",  "tableHeader",  "tableCell", "mediaSingle", "mediaGroup",   "media",
      "expand",    "nestedExpand", "taskList",  "taskItem",    "decisionList", "decisionItem",
      "embedCard", "mediaInline"};
  auto const* node = v.if_object();
  if (!node || depth > 50) return "INVALID_INPUT";
  auto const type = text(*node, "type");
  if (std::find(types.begin(), types.end(), type) == types.end()) return "INVALID_INPUT";
  if (type == "text" && text(*node, "text").empty()) return "INVALID_INPUT";
  auto const* content = node->if_contains("content");
  if (!content) return std::nullopt;
  if (!content->is_array()) return "INVALID_INPUT";
  for (auto const& each : content->get_array()) {
    if (auto wrong = complaint_about_node(each, depth + 1)) return wrong;
    auto const* inner = each.if_object();
    auto const kind = inner ? text(*inner, "type") : std::string{};
    // Cells and list items hold blocks, paragraphs hold what stands in a line.
    auto const inlined =
        kind == "text" || kind == "hardBreak" || kind == "mention" || kind == "emoji";
    auto const takes_inline = type == "paragraph" || type == "heading" || type == "codeBlock" ||
                              type == "taskItem" || type == "decisionItem";
    if (inlined != takes_inline && (inlined || kind == "paragraph" || kind == "table"))
      return "INVALID_INPUT";
  }
  return std::nullopt;
}

}  // namespace

std::optional<std::string> complaint_about_document(json::value const& document) {
  auto const* whole = document.if_object();
  if (!whole || text(*whole, "type") != "doc") {
    return "Operation value must be an Atlassian Document (see the Atlassian Document Format)";
  }
  auto const* version = whole->if_contains("version");
  auto const* content = whole->if_contains("content");
  if (!version || *version != json::value(1) || !content || !content->is_array())
    return "INVALID_INPUT";
  for (auto const& each : content->get_array()) {
    auto const* node = each.if_object();
    if (node && text(*node, "type") == "text") return "INVALID_INPUT";
    if (auto wrong = complaint_about_node(each, 0)) return wrong;
  }
  if (json::serialize(document).size() > text_max) return std::string{too_long};
  return std::nullopt;
}

}  // namespace simulators

#include "adapters/jira/adf.hpp"

#include <algorithm>
#include <array>
#include <boost/json/array.hpp>

namespace adapters::jira {

namespace {

// Documents nest a table in a panel in a list; deeper ones are not made by people.
constexpr int depth_max = 40;

json::object text_node(std::string_view text) {
  json::object node;
  node["type"] = "text";
  node["text"] = text;
  return node;
}

std::string_view type_of(json::object const& node) {
  auto const* type = node.if_contains("type");
  return type && type->is_string() ? std::string_view{type->get_string()} : std::string_view{};
}

std::string attribute(json::object const& node, std::string_view name) {
  auto const* attrs = node.if_contains("attrs");
  auto const* all = attrs ? attrs->if_object() : nullptr;
  auto const* one = all ? all->if_contains(name) : nullptr;
  return one && one->is_string() ? std::string{one->get_string()} : std::string{};
}

/// The address of a link mark, if it says more than the text it is on.
std::string link_of(json::object const& node, std::string_view text) {
  auto const* marks = node.if_contains("marks");
  auto const* all = marks ? marks->if_array() : nullptr;
  if (!all) return {};
  for (auto const& one : *all) {
    auto const* mark = one.if_object();
    if (!mark || type_of(*mark) != "link") continue;
    auto href = attribute(*mark, "href");
    return href == text ? std::string{} : href;
  }
  return {};
}

class reader {
 public:
  void node(json::value const& v, int depth) {
    auto const* one = v.if_object();
    if (!one || depth > depth_max) return;
    auto const type = type_of(*one);
    if (type == "text") {
      text(*one);
    } else if (type == "hardBreak") {
      out_ += '\n';
    } else if (type == "mention" || type == "emoji" || type == "status" || type == "date") {
      auto const shown = attribute(*one, type == "emoji" ? "shortName" : "text");
      out_ += shown.empty() ? attribute(*one, "id") : shown;
    } else if (type == "inlineCard" || type == "blockCard" || type == "embedCard") {
      out_ += attribute(*one, "url");
    } else if (type == "rule") {
      begin_block();
      out_ += "---";
    } else {
      container(*one, type, depth);
    }
  }

  std::string finish() {
    while (!out_.empty() && (out_.back() == '\n' || out_.back() == ' ')) out_.pop_back();
    return std::move(out_);
  }

 private:
  void text(json::object const& one) {
    auto const* found = one.if_contains("text");
    if (!found || !found->is_string()) return;
    std::string_view const words{found->get_string()};
    out_ += words;
    auto const link = link_of(one, words);
    if (!link.empty()) out_.append(" (").append(link).append(")");
  }

  void begin_block() {
    if (out_.empty() || out_.ends_with("- ") || out_.ends_with(" | ")) return;
    while (!out_.ends_with(tight_ ? "\n" : "\n\n")) out_ += '\n';
  }

  void begin_line() {
    if (!out_.empty() && !out_.ends_with('\n')) out_ += '\n';
  }

  void container(json::object const& one, std::string_view type, int depth) {
    static constexpr std::array blocks{
        "paragraph",
        "heading",
        "codeBlock",
        "blockquote",
        "panel",
        "bulletList",
        "orderedList",
        "table",
        "mediaSingle",
        "mediaGroup",
        "expand",
        "nestedExpand",
        "taskList",
        "decisionList"};
    auto const cell = type == "tableCell" || type == "tableHeader";
    auto const outer = tight_;
    if (type == "listItem" || type == "taskItem" || type == "decisionItem") {
      begin_line();
      out_ += "- ";
      tight_ = true;
    } else if (type == "tableRow") {
      begin_line();
      first_cell_ = true;
    } else if (cell) {
      if (!first_cell_) out_ += " | ";
      first_cell_ = false;
      tight_ = true;
    } else if (std::ranges::find(blocks, type) != blocks.end()) {
      if (!cell_starts_) begin_block();
      cell_starts_ = false;
    }
    if (type == "expand") out_ += attribute(one, "title") + "\n";
    cell_starts_ = cell;
    auto const* content = one.if_contains("content");
    if (auto const* parts = content ? content->if_array() : nullptr) {
      for (auto const& part : *parts) node(part, depth + 1);
    }
    cell_starts_ = false;
    tight_ = outer;
  }

  std::string out_;
  bool tight_ = false;  ///< within a list or a table: no empty lines
  bool first_cell_ = false;
  bool cell_starts_ = false;  ///< the next block is the first of its cell
};

}  // namespace

json::object adf_of(std::string_view text) {
  json::array blocks;
  json::array inlines;
  auto const finish_block = [&] {
    if (inlines.empty()) return;
    json::object paragraph;
    paragraph["type"] = "paragraph";
    paragraph["content"] = std::move(inlines);
    blocks.push_back(std::move(paragraph));
    inlines = json::array{};
  };
  while (!text.empty()) {
    auto const end = text.find('\n');
    auto line = text.substr(0, end);
    text.remove_prefix(end == text.npos ? text.size() : end + 1);
    if (line.ends_with('\r')) line.remove_suffix(1);
    if (line.empty()) {
      finish_block();
      continue;
    }
    if (!inlines.empty()) {
      json::object line_break;
      line_break["type"] = "hardBreak";
      inlines.push_back(std::move(line_break));
    }
    // A node of text without text is refused.
    inlines.push_back(text_node(line));
  }
  finish_block();
  json::object document;
  document["type"] = "doc";
  document["version"] = 1;
  document["content"] = std::move(blocks);
  return document;
}

std::string text_of_adf(json::value const& document) {
  reader all;
  all.node(document, 0);
  return all.finish();
}

bool is_adf(json::value const& v) {
  auto const* document = v.if_object();
  return document && type_of(*document) == "doc";
}

}  // namespace adapters::jira

#include "adapters/defender/wire.hpp"

#include <algorithm>
#include <boost/json/monotonic_resource.hpp>
#include <map>
#include <utility>

#include "adapters/defender/plain.hpp"
#include "adapters/defender/words.hpp"
#include "connector/core/digest.hpp"

namespace adapters::defender {
namespace core = connector::core;
namespace adapter = connector::adapter;
namespace json = boost::json;

namespace {

json::parse_options options() {
  json::parse_options chosen;
  chosen.max_depth = 64;
  return chosen;
}

std::string_view text_at(core::record const& from, std::string_view key) {
  auto const* found = from.if_contains(key);
  auto const* text = found ? found->if_string() : nullptr;
  return text ? std::string_view{*text} : std::string_view{};
}

std::string_view first_text(core::record const& from, std::string_view a, std::string_view b) {
  auto const text = text_at(from, a);
  return text.empty() ? text_at(from, b) : text;
}

std::string_view trimmed(std::string_view text) {
  constexpr auto blank = " \t\r\n";
  auto const first = text.find_first_not_of(blank);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(blank) - first + 1);
}

core::time_point time_at(core::record const& from, std::string_view key) {
  return core::parse_time(text_at(from, key)).value_or(core::time_point{});
}

/// Graph's ids are texts; the older API wrote numbers, and so did one sample.
std::string id_at(core::record const& from, std::string_view key) {
  auto const* found = from.if_contains(key);
  if (!found || !(found->is_string() || found->is_int64() || found->is_uint64())) return {};
  return core::text_of(*found);
}

/// Puts `word` in place of an enumeration member; "" means that nothing is set.
void settle(core::record& in, std::string_view key, std::string_view (*word)(std::string_view)) {
  auto* found = in.if_contains(key);
  auto const* text = found ? found->if_string() : nullptr;
  if (!text) return;
  auto const meant = word(trimmed(*text));
  if (meant.empty()) {
    *found = nullptr;
  } else if (meant != std::string_view{*text}) {
    // A word that no table knows points into the very text it would replace.
    *found = json::string{std::string{meant}, in.storage()};
  }
}

void settle_enumerations(core::record& in) {
  settle(in, "severity", &severity_word);
  settle(in, "classification", &classification_word);
  settle(in, "determination", &determination_word);
}

/// A list of texts, empty if it is not there.
void settle_tags(core::record& in, std::string_view key) {
  auto& tags = in[key];
  auto* list = tags.if_array();
  if (!list) {
    tags = json::array(in.storage());
    return;
  }
  auto const gone = [](core::value const& tag) {
    auto const* text = tag.if_string();
    return !text || text->empty();
  };
  list->erase(std::remove_if(list->begin(), list->end(), gone), list->end());
}

void settle_owner(core::record& in) {
  auto* found = in.if_contains("assignedTo");
  auto const* text = found ? found->if_string() : nullptr;
  if (!text) return;
  auto const owner = trimmed(*text);
  // The portal's word for nobody, which some answers carry instead of null.
  if (owner.empty() || equal_ignoring_case(owner, "unassigned")) {
    *found = nullptr;
  } else if (owner.size() != text->size()) {
    *found = json::string{std::string{owner}, in.storage()};
  }
}

void settle_alerts(core::record& in) {
  auto* found = in.if_contains("alerts");
  auto* alerts = found ? found->if_array() : nullptr;
  if (!alerts) return;
  for (auto& alert : *alerts) {
    if (auto* one = alert.if_object()) settle_enumerations(*one);
  }
}

/// Metadata of the transport: "@odata.type", "alerts@odata.context" and the like.
void drop_annotations(core::record& in) {
  std::vector<std::string> doomed;
  for (auto const& member : in) {
    if (member.key().find('@') != json::string_view::npos) doomed.emplace_back(member.key());
  }
  for (auto const& key : doomed) in.erase(key);
}

void normalise(core::record& in) {
  drop_annotations(in);
  // Fixtures of 2021 call the users' tags just that.
  if (auto* old = in.if_contains("tags"); old && !in.contains("customTags")) {
    auto tags = std::move(*old);
    in["customTags"] = std::move(tags);
  }
  in.erase("tags");
  settle(in, "status", &status_word);
  settle_enumerations(in);
  settle_owner(in);
  settle_tags(in, "customTags");
  settle_tags(in, "systemTags");
  settle_alerts(in);
  for (auto& member : in) {
    auto const* text = member.value().if_string();
    if (text && text->empty()) member.value() = nullptr;
  }
}

/// Only what a browser opens; the address ends up in tickets.
std::string web_url(std::string_view url) {
  auto const ends_it = [](char c) {
    return c == ' ' || c == '"' || c == '<' || c == '>' || c == '\r' || c == '\n' || c == '\t';
  };
  auto const safe = url.starts_with("https://") && std::ranges::none_of(url, ends_it);
  return safe ? std::string{url} : std::string{};
}

/// Unescaping twice does no harm to a comparison, and a text that looked escaped from the start
/// was unescaped once on its way back.
std::string as_compared(std::string_view text) {
  auto const plain = plain_text(text);
  std::string out{trimmed(plain)};
  out.erase(std::remove(out.begin(), out.end(), '\r'), out.end());
  return out;
}

}  // namespace

reader::reader() : parser_{{}, options()} {}

core::result<core::value> reader::parse(std::string_view text) {
  // An answer's values need about as much memory as its text.
  auto memory = json::make_shared_resource<json::monotonic_resource>(text.size() + 256);
  parser_.reset(std::move(memory));
  json::error_code ec;
  parser_.write(text.data(), text.size(), ec);
  if (!ec) return parser_.release();
  parser_.reset();
  return core::error{
      core::errc::malformed,
      text.empty() ? "the answer is empty" : "the answer is no complete JSON: " + ec.message()};
}

core::result<rows> to_rows(core::value answer) {
  auto* page = answer.if_object();
  auto* list = page ? page->if_contains("value") : nullptr;
  if (!list || !list->is_array()) {
    return core::error{core::errc::malformed, "the answer has no list called value"};
  }
  rows out{
      std::move(list->get_array()), std::string{text_at(*page, "@odata.nextLink")}, std::nullopt};
  if (auto const* count = page->if_contains("@odata.count"); count && count->is_int64()) {
    if (count->get_int64() >= 0) out.count = static_cast<std::size_t>(count->get_int64());
  }
  return out;
}

bool asks_for_alerts(adapter::wants const& needs) {
  return std::any_of(needs.fields.begin(), needs.fields.end(), [](std::string_view name) {
    return name == "alerts" || name.starts_with("alerts.") || name.starts_with("alerts[");
  });
}

core::result<adapter::object> to_object(core::value incident, adapter::wants const& needs) {
  auto* in = incident.if_object();
  if (!in) return core::error{core::errc::malformed, "an incident is no JSON object"};
  auto id = id_at(*in, "id");
  if (id.empty()) {
    auto const name = text_at(*in, "displayName");
    return core::error{
        core::errc::malformed,
        "an incident has no id (displayName \"" + std::string{name.substr(0, 80)} +
            "\", lastUpdateDateTime " + std::string{text_at(*in, "lastUpdateDateTime")} + ")"};
  }
  std::optional<std::vector<adapter::comment>> comments;
  if (auto const* list = in->if_contains("comments"); needs.comments) {
    comments = list ? to_comments(*list) : std::vector<adapter::comment>{};
  }
  in->erase("comments");
  normalise(*in);

  auto const changed_at = time_at(*in, "lastUpdateDateTime");
  auto const merged = text_at(*in, "status") == "redirected";
  // Each member is made in place: assigning a record of another memory resource would copy it.
  return adapter::object{
      .id = id,
      .label = id,
      .url = web_url(text_at(*in, "incidentWebUrl")),
      .presence = merged ? adapter::presence::merged : adapter::presence::present,
      .merged_into = merged ? id_at(*in, "redirectIncidentId") : std::string{},
      .version = changed_at.time_since_epoch().count(),
      .created_at = time_at(*in, "createdDateTime"),
      .changed_at = changed_at,
      .changed_by = std::string{text_at(*in, "lastModifiedBy")},
      .fields = core::record(std::move(*in)),
      .comments = std::move(comments),
  };
}

std::string raw_stamp(core::value const& incident) {
  auto const* in = incident.if_object();
  auto const stamp = in ? text_at(*in, "lastUpdateDateTime") : std::string_view{};
  return core::parse_time(stamp) ? std::string{stamp} : std::string{};
}

std::vector<adapter::comment> to_comments(core::value const& list) {
  std::vector<adapter::comment> comments;
  auto const* items = list.if_array();
  if (!items) return comments;
  comments.reserve(items->size());
  for (auto const& item : *items) {
    auto const* in = item.if_object();
    if (!in) continue;
    auto const text = text_at(*in, "comment");
    if (text.empty()) continue;
    adapter::comment one;
    // Samples of 2021 say createdBy and createdTime.
    one.author = first_text(*in, "createdByDisplayName", "createdBy");
    one.at = core::parse_time(first_text(*in, "createdDateTime", "createdTime"))
                 .value_or(core::time_point{});
    one.text = plain_text(text);
    one.id = core::short_key(
        "comment\n" + one.author + "\n" + core::format_time(one.at) + "\n" + one.text
    );
    comments.push_back(std::move(one));
  }
  std::stable_sort(comments.begin(), comments.end(), [](auto const& a, auto const& b) {
    return a.at < b.at;
  });
  std::map<std::string, int> met;
  for (auto& one : comments) {
    if (auto const times = ++met[one.id]; times > 1) one.id += "-" + std::to_string(times);
  }
  return comments;
}

std::string find_comment(std::vector<adapter::comment> const& comments, std::string_view text) {
  auto const wanted = as_compared(text);
  auto const found = std::find_if(comments.rbegin(), comments.rend(), [&](auto const& one) {
    return as_compared(one.text) == wanted;
  });
  return found == comments.rend() ? std::string{} : found->id;
}

}  // namespace adapters::defender

#include "adapters/defender/query.hpp"

#include <algorithm>
#include <array>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <cctype>
#include <map>
#include <utility>

#include "connector/http/url.hpp"

namespace adapters::defender {
namespace core = connector::core;
namespace http = connector::http;
namespace json = boost::json;

namespace {

// https://learn.microsoft.com/graph/api/security-incident-update, and alertClassification and its
// like in the v1.0 metadata. Enumeration members here are those that an application may set.
constexpr std::array statuses{"active", "inProgress", "resolved"};
constexpr std::array severities{"unknown", "informational", "low", "medium", "high"};
constexpr std::array classifications{
    "unknown", "falsePositive", "truePositive", "informationalExpectedActivity"};
constexpr std::array determinations{
    "unknown",
    "malware",
    "securityTesting",
    "unwantedSoftware",
    "other",
    "multiStagedAttack",
    "compromisedAccount",
    "phishing",
    "maliciousUserActivity",
    "notMalicious",
    "notEnoughDataToValidate",
    "confirmedActivity",
    "lineOfBusinessApplication"};
constexpr std::array texts{
    "assignedTo", "description", "displayName", "resolvingComment", "summary"};

template <std::size_t N>
bool holds(std::array<char const*, N> const& words, std::string_view word) {
  return std::any_of(words.begin(), words.end(), [&](char const* w) { return w == word; });
}

template <std::size_t N>
bool is_member(std::array<char const*, N> const& words, core::value const& v) {
  auto const* text = v.if_string();
  return text && holds(words, *text);
}

/// Why a field cannot be written; empty if it can. Puts the value into the form Graph takes.
std::string prepare(std::string_view name, core::value& v) {
  if (name == "status") {
    if (is_member(statuses, v)) return {};
    // awaitingAction belongs to Defender Experts and redirected to Defender's merging.
    return "an application may set active, inProgress or resolved";
  }
  if (name == "severity") {
    return is_member(severities, v) ? "" : "unknown, informational, low, medium or high";
  }
  if (name == "classification") {
    // "unknown" is a documented member for writing; null is documented for assignedTo alone.
    if (core::is_unset(v)) v = "unknown";
    return is_member(classifications, v) ? "" : "no such classification";
  }
  if (name == "determination") {
    if (core::is_unset(v)) v = "unknown";
    return is_member(determinations, v) ? "" : "no determination that can still be set";
  }
  if (name == "customTags") {
    if (v.is_null()) v = json::array{};
    auto const* list = v.if_array();
    auto const strings = list && std::all_of(list->begin(), list->end(), [](auto const& tag) {
                           return tag.is_string();
                         });
    return strings ? "" : "a list of texts is required";
  }
  if (holds(texts, name)) return v.is_null() || v.is_string() ? "" : "a text is required";
  return "Graph offers no way to write it";
}

std::string incident_path(std::string_view id) {
  return "/security/incidents/" + http::percent_encode(id);
}

}  // namespace

std::string call::title() const { return method + " " + path.substr(0, path.find('?')); }

bool is_id(std::string_view text) {
  constexpr std::size_t length_max = 64;
  return !text.empty() && text.size() <= length_max &&
         std::all_of(text.begin(), text.end(), [](unsigned char c) {
           return std::isalnum(c) != 0 || c == '-' || c == '_';
         });
}

call list_incidents(
    std::string_view from, std::string_view to, std::size_t rows, bool newest_first
) {
  std::string filter;
  if (!from.empty()) filter = "lastUpdateDateTime ge " + std::string{from};
  if (!to.empty()) {
    filter += (filter.empty() ? "" : " and ") + ("lastUpdateDateTime le " + std::string{to});
  }
  auto path = std::string{"/security/incidents?"};
  if (!filter.empty()) path += "$filter=" + http::percent_encode(filter) + "&";
  path += "$orderby=lastUpdateDateTime" + std::string{newest_first ? "%20desc" : ""};
  path += "&$top=" + std::to_string(rows);
  if (!newest_first) path += "&$count=true";
  return {"GET", std::move(path), nullptr};
}

call get_incident(std::string_view id, bool with_alerts) {
  return {"GET", incident_path(id) + (with_alerts ? "?$expand=alerts" : ""), nullptr};
}

call patch_incident(std::string_view id, core::record fields) {
  return {"PATCH", incident_path(id), std::move(fields)};
}

call post_comment(std::string_view id, std::string_view text) {
  auto body =
      core::record{{"@odata.type", "microsoft.graph.security.alertComment"}, {"comment", text}};
  return {"POST", incident_path(id) + "/comments", std::move(body)};
}

core::value batch_body(std::vector<call> const& calls) {
  json::array requests;
  for (std::size_t i = 0; i < calls.size(); ++i) {
    // Headers of the batch do not reach its items.
    auto headers = core::record{{"Prefer", "include-unknown-enum-members"}};
    auto item = core::record{
        {"id", std::to_string(i)}, {"method", calls[i].method}, {"url", calls[i].path}};
    if (!calls[i].body.is_null()) {
      headers["Content-Type"] = "application/json";
      item["body"] = calls[i].body;
    }
    item["headers"] = std::move(headers);
    requests.push_back(std::move(item));
  }
  return core::record{{"requests", std::move(requests)}};
}

core::result<core::record> patch_fields(core::record fields) {
  core::error refused{core::errc::rejected, ""};
  for (auto& [name, v] : fields) {
    auto const why = prepare(name, v);
    if (why.empty()) continue;
    refused.detail +=
        (refused.detail.empty() ? "not sent: " : "; ") + std::string{name} + ": " + why;
    refused.fields.emplace_back(name);
  }
  if (!refused.fields.empty()) return refused;
  if (fields.empty()) return core::error{core::errc::rejected, "not sent: no field to change"};
  return fields;
}

std::string to_text(bookmark const& mark) {
  core::record out;
  if (!mark.stamp.empty()) out["stamp"] = mark.stamp;
  if (!mark.seen.empty()) out["seen"] = json::array(mark.seen.begin(), mark.seen.end());
  if (!mark.link.empty()) out["link"] = mark.link;
  if (mark.links_followed > 0) out["links_followed"] = mark.links_followed;
  return json::serialize(out);
}

core::result<bookmark> bookmark_from(std::string_view text) {
  json::error_code ec;
  auto const parsed = json::parse(text, ec);
  auto const* record = ec ? nullptr : parsed.if_object();
  auto broken = core::error{core::errc::invalid, "this continuation is none of ours"};
  if (!record) return broken;
  bookmark mark;
  mark.stamp = core::text_of(core::field(*record, "stamp"));
  mark.link = core::text_of(core::field(*record, "link"));
  if (auto const* seen = core::field(*record, "seen").if_array()) {
    for (auto const& id : *seen) mark.seen.push_back(core::text_of(id));
  }
  if (auto const* followed = core::field(*record, "links_followed").if_int64()) {
    mark.links_followed = static_cast<std::size_t>(*followed);
  }
  if (mark.link.empty() && !core::parse_time(mark.stamp)) return broken;
  return mark;
}

std::vector<round> rounds_of(std::vector<std::string> const& keys, std::size_t per_call) {
  std::map<std::string_view, std::size_t> met;
  std::vector<round> rounds;
  for (std::size_t i = 0; i < keys.size(); ++i) {
    auto const nth = met[keys[i]]++;
    if (nth == rounds.size()) rounds.emplace_back();
    auto& calls = rounds[nth];
    if (calls.empty() || calls.back().size() == per_call) calls.emplace_back();
    calls.back().push_back(i);
  }
  return rounds;
}

}  // namespace adapters::defender

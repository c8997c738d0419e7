#include "adapters/jira/wire.hpp"

#include <algorithm>
#include <array>

#include "adapters/jira/adf.hpp"
#include "adapters/jira/wiki.hpp"

namespace adapters::jira {

using core::errc;

namespace {

core::error no_form(std::string_view field, std::string_view why) {
  core::error e{errc::invalid, "\"" + std::string{field} + "\" " + std::string{why}};
  e.fields.emplace_back(field);
  return e;
}

core::error hidden(std::string field) {
  core::error e{
      errc::forbidden,
      "Jira does not return the field " + field +
          ": there is no such field, or the account may not see it"};
  e.fields.push_back(std::move(field));
  return e;
}

json::value named(std::string_view name) {
  json::object one;
  one["name"] = name;
  return one;
}

bool is_rich(std::string_view field, field_kind const* kind) {
  return field == "description" || field == "environment" ||
         (kind && kind->custom.ends_with(":textarea"));
}

}  // namespace

bool is_field_name(std::string_view name) {
  return !name.empty() && name.size() <= 100 && std::ranges::all_of(name, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
  });
}

bool is_issue_id(std::string_view id) {
  return !id.empty() && id.size() <= 18 &&
         std::ranges::all_of(id, [](char c) { return c >= '0' && c <= '9'; });
}

translator::translator(settings const& with)
    : site_url_{with.site_url},
      edition_{with.edition},
      tag_{with.label},
      home_{with.project + "-"} {}

std::string translator::label_of(std::string_view key) const {
  return tag_ + "." + std::string{key};
}

std::string translator::key_in(std::string_view label) const {
  if (label.size() <= tag_.size() + 1 || !label.starts_with(tag_)) return {};
  return label[tag_.size()] == '.' ? std::string{label.substr(tag_.size() + 1)} : std::string{};
}

bool translator::is_own_label(std::string_view label) const {
  return label == tag_ || !key_in(label).empty();
}

json::value translator::rich(std::string_view text) const {
  if (edition_ == edition::cloud) return adf_of(text);
  return json::value(wiki_of(text));
}

std::string translator::plain(json::value const& rich) const {
  if (is_adf(rich)) return text_of_adf(rich);
  return rich.is_string() ? text_of_wiki(rich.get_string()) : std::string{};
}

std::vector<std::string> translator::names_for(std::span<std::string const> fields) const {
  std::vector<std::string> names{"updated", "created", "labels"};
  for (auto const& field : fields) {
    if (field == portal_link || !is_field_name(field)) continue;
    if (std::ranges::find(names, field) == names.end()) names.push_back(field);
  }
  return names;
}

core::value translator::from_wire(std::string_view field, json::value const& v) const {
  if (field == "labels") {
    json::array kept;
    if (auto const* all = v.if_array()) {
      for (auto const& one : *all) {
        if (one.is_string() && !is_own_label(one.get_string())) kept.push_back(one);
      }
    }
    return kept;
  }
  if (is_adf(v)) return v;
  if (auto const* list = v.if_array()) {
    json::array all;
    for (auto const& one : *list) all.push_back(from_wire(field, one));
    return all;
  }
  auto const* object = v.if_object();
  if (!object) return v;
  // People by account, options by value, everything else that has one by name.
  for (auto const* key : {"accountId", "value", "name", "key", "id"}) {
    if (auto const* at = object->if_contains(key); at && at->is_string()) return *at;
  }
  return nullptr;
}

core::result<adapter::object> translator::to_object(
    issue const& from, std::span<std::string const> fields
) const {
  adapter::object found;
  found.id = text_at(from, "id");
  found.label = text_at(from, "key");
  auto const* values = object_at(from, "fields");
  if (!is_issue_id(found.id) || found.label.empty() || !values) {
    return core::error{errc::malformed, "an issue came without its id, key or fields"};
  }
  auto const changed = stamp_at(*values, "updated");
  if (!changed) return hidden("updated");
  found.url = site_url_ + "/browse/" + found.label;
  found.changed_at = *changed;
  // Milliseconds: nothing on an issue counts its changes.
  found.version = changed->time_since_epoch().count();
  found.created_at = stamp_at(*values, "created").value_or(core::time_point{});
  for (auto const& field : fields) {
    if (field == portal_link) {
      found.fields[field] = nullptr;
      continue;
    }
    auto const* at = values->if_contains(field);
    // A field that is asked for by a wrong name, or hidden, is left out of the answer. An issue
    // that was moved to another project may rightly be without some.
    if (!at && found.label.starts_with(home_)) return hidden(field);
    found.fields[field] = at ? from_wire(field, *at) : core::value(nullptr);
  }
  return found;
}

std::optional<core::value> translator::from_history(
    std::string_view field, std::string_view id, std::string_view text, field_kinds const& kinds
) const {
  if (id.empty() && text.empty()) return core::value(nullptr);
  auto const cloud = edition_ == edition::cloud;
  auto const at = kinds.find(field);
  auto const* kind = at == kinds.end() ? nullptr : &at->second;
  if (field == "assignee" || field == "reporter" || (kind && kind->type == "user")) {
    return cloud ? std::optional{core::value(id)} : std::nullopt;
  }
  if (is_rich(field, kind)) return cloud ? std::nullopt : std::optional{core::value(text)};
  static constexpr std::array by_name{"status", "priority", "resolution", "summary"};
  auto const is_text = std::ranges::find(by_name, field) != by_name.end() ||
                       (kind && (kind->type == "string" || kind->type == "option"));
  return is_text ? std::optional{core::value(text)} : std::nullopt;
}

bool translator::needs_kinds(core::record const& fields) {
  return std::ranges::any_of(fields, [](auto const& one) {
    return std::string_view{one.key()}.starts_with("customfield_");
  });
}

core::result<json::value> translator::to_wire(
    std::string_view field, core::value const& v, field_kinds const& kinds
) const {
  if (!is_field_name(field)) return no_form(field, "is no name of a field");
  if (v.is_null()) return json::value(nullptr);
  auto const at = kinds.find(field);
  auto const* kind = at == kinds.end() ? nullptr : &at->second;
  if (is_rich(field, kind)) {
    // A document, or wiki text, comes ready from the map; Cloud takes no bare text.
    if (v.is_object() && edition_ == edition::cloud) return v;
    if (!v.is_string()) return no_form(field, "takes text");
    return edition_ == edition::cloud ? json::value(adf_of(v.get_string())) : v;
  }
  if (v.is_object()) return no_form(field, "cannot take a document");
  auto const cloud = edition_ == edition::cloud;
  auto const one = [&](std::string_view type, core::value const& single) -> json::value {
    auto const text = core::text_of(single);
    if (type == "user") {
      json::object person;
      person[cloud ? "accountId" : "name"] = text;
      return person;
    }
    if (type == "option" || type == "option-with-child") {
      json::object option;
      option["value"] = text;
      return option;
    }
    static constexpr std::array by_name{
        "priority", "resolution", "issuetype", "component", "version", "group"};
    if (std::ranges::find(by_name, type) != by_name.end()) return named(text);
    return single;
  };
  std::string type = kind ? kind->type : std::string{};
  std::string items = kind ? kind->items : std::string{};
  if (field == "assignee" || field == "reporter") type = "user";
  if (field == "priority" || field == "resolution" || field == "issuetype") type = field;
  if (field == "components") items = "component";
  if (field == "fixVersions" || field == "versions") items = "version";
  if (auto const* list = v.if_array()) {
    json::array all;
    for (auto const& single : *list) all.push_back(one(items, single));
    return all;
  }
  if (type == "array") return json::array{one(items, v)};
  return one(type, v);
}

adapter::object gone(std::string id) {
  adapter::object missing;
  missing.id = std::move(id);
  missing.presence = adapter::presence::gone;
  return missing;
}

std::optional<core::time_point> stamp_at(json::object const& from, std::string_view key) {
  return core::parse_time(text_at(from, key));
}

std::vector<std::string> texts_at(json::object const& from, std::string_view key) {
  std::vector<std::string> all;
  if (auto const* list = array_at(from, key)) {
    for (auto const& one : *list) {
      all.emplace_back(one.is_string() ? std::string{one.get_string()} : std::string{});
    }
  }
  return all;
}

}  // namespace adapters::jira

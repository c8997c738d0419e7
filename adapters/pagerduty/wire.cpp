#include "adapters/pagerduty/wire.hpp"

#include <algorithm>
#include <array>

#include "adapters/pagerduty/settings.hpp"

namespace adapters::pagerduty {

using core::errc;
using std::chrono::seconds;

namespace {

core::value text_or_null(std::string const& text) {
  return text.empty() ? core::value(nullptr) : core::value(text);
}

/// Times come with `Z` or with an offset.
core::value time_or_null(std::string const& text) {
  auto const at = core::parse_time(text);
  return at ? core::value(core::format_time(*at)) : core::value(nullptr);
}

json::array const* list_at(json::object const& from, std::string_view name) {
  auto const* at = from.if_contains(name);
  return at ? at->if_array() : nullptr;
}

/// The one who has the incident. Where an escalation level notifies several people at once, it is
/// who has acknowledged; until somebody has, nobody in particular.
std::string assignee_of(json::object const& incident) {
  auto const* assigned = list_at(incident, "assignments");
  if (!assigned || assigned->empty()) return {};
  std::vector<std::string> ids;
  for (auto const& one : *assigned) {
    if (auto const* o = one.if_object()) ids.push_back(text_at(*o, "assignee.id"));
  }
  if (ids.size() == 1) return ids.front();
  std::string newest;
  core::time_point newest_at{};
  if (auto const* acknowledged = list_at(incident, "acknowledgements")) {
    for (auto const& one : *acknowledged) {
      auto const* o = one.if_object();
      if (!o) continue;
      auto const who = text_at(*o, "acknowledger.id");
      auto const at = core::parse_time(text_at(*o, "at")).value_or(core::time_point{});
      auto const is_assigned = std::ranges::find(ids, who) != ids.end();
      if (is_assigned && (newest.empty() || at >= newest_at)) {
        newest = who;
        newest_at = at;
      }
    }
  }
  return newest;
}

core::value custom_value(json::object const& incident, std::string_view name) {
  if (auto const* all = list_at(incident, "custom_fields")) {
    for (auto const& one : *all) {
      auto const* field = one.if_object();
      if (!field || text_at(*field, "name") != name) continue;
      auto const* value = field->if_contains("value");
      return value ? *value : core::value(nullptr);
    }
  }
  return nullptr;
}

core::value value_of(json::object const& incident, std::string_view field) {
  if (field == "assigned_to") return text_or_null(assignee_of(incident));
  if (field == "priority" || field == "service" || field == "escalation_policy") {
    return text_or_null(text_at(incident, std::string{field} + ".id"));
  }
  if (field == "incident_type") return text_or_null(text_at(incident, "incident_type.name"));
  if (field == "last_status_change_by") {
    return text_or_null(text_at(incident, "last_status_change_by.summary"));
  }
  if (field == "created_at" || field == "updated_at" || field == "resolved_at") {
    return time_or_null(text_at(incident, field));
  }
  if (field == "incident_number") {
    auto const* number = incident.if_contains(field);
    return number && number->is_int64() ? *number : core::value(nullptr);
  }
  return text_or_null(text_at(incident, field));
}

core::error refused(std::string_view field, std::string why) {
  core::error e{errc::rejected, std::string{field} + ": " + std::move(why)};
  e.fields.emplace_back(field);
  return e;
}

json::object reference(std::string_view id, std::string_view type) {
  return {{"id", id}, {"type", type}};
}

}  // namespace

std::string text_at(json::object const& from, std::string_view path) {
  auto const dot = path.find('.');
  auto const* at = from.if_contains(path.substr(0, dot));
  if (!at) return {};
  if (dot == path.npos) return at->is_string() ? std::string{at->get_string()} : std::string{};
  auto const* inner = at->if_object();
  return inner ? text_at(*inner, path.substr(dot + 1)) : std::string{};
}

std::int64_t version_of(core::time_point changed, core::time_point read_at) {
  auto const second = std::chrono::floor<seconds>(changed);
  auto const ticks = core::ticks{second.time_since_epoch()}.count();
  return read_at - second > settling ? ticks + core::ticks{seconds{1}}.count() / 2 : ticks;
}

bool is_whole(json::object const& incident) {
  return !text_at(incident, "status").empty() && !text_at(incident, "created_at").empty();
}

core::result<adapter::object> to_object(
    json::object const& incident, std::span<std::string const> fields, core::time_point read_at
) {
  adapter::object found;
  found.id = text_at(incident, "id");
  if (!is_id(found.id)) return core::error{errc::malformed, "an incident has no id"};
  auto const created = core::parse_time(text_at(incident, "created_at"));
  // Incidents from before 2023 may not show when they were updated.
  auto changed = core::parse_time(text_at(incident, "updated_at"));
  if (!changed) changed = core::parse_time(text_at(incident, "last_status_change_at"));
  if (!changed) changed = created;
  if (!created || !changed) {
    return core::error{errc::malformed, "incident " + found.id + " has no readable time"};
  }
  auto const* number = incident.if_contains("incident_number");
  found.label = number && number->is_int64() ? "#" + std::to_string(number->get_int64()) : found.id;
  found.url = text_at(incident, "html_url");
  found.created_at = *created;
  found.changed_at = *changed;
  found.changed_by = text_at(incident, "last_status_change_by.summary");
  found.version = version_of(*changed, read_at);
  if (auto const target = text_at(incident, "resolve_reason.incident.id"); !target.empty()) {
    found.presence = adapter::presence::merged;
    found.merged_into = target;
  }
  auto const has_custom = list_at(incident, "custom_fields") != nullptr;
  for (auto const& field : fields) {
    if (field == "details") {
      // The body is left out unless it is included; absent says nothing.
      if (incident.contains("body")) {
        found.fields[field] = text_or_null(text_at(incident, "body.details"));
      }
      continue;
    }
    if (field.starts_with(custom_prefix)) {
      auto const name = std::string_view{field}.substr(custom_prefix.size());
      if (has_custom) found.fields[field] = custom_value(incident, name);
      continue;
    }
    found.fields[field] = value_of(incident, field);
  }
  return found;
}

adapter::object gone(std::string id) {
  adapter::object missing;
  missing.id = std::move(id);
  missing.presence = adapter::presence::gone;
  return missing;
}

core::result<adapter::comment> to_comment(json::object const& note) {
  adapter::comment found;
  found.id = text_at(note, "id");
  auto const at = core::parse_time(text_at(note, "created_at"));
  if (found.id.empty() || !at) {
    return core::error{errc::malformed, "a note has no id or no readable time"};
  }
  found.at = *at;
  auto const updated = core::parse_time(text_at(note, "updated_at"));
  if (updated && *updated != *at) found.edited_at = *updated;
  found.author = text_at(note, "user.summary");
  found.text = text_at(note, "content");
  found.place = "notes";
  return found;
}

core::result<ordered> to_order(core::record const& fields, bool creating) {
  ordered out;
  for (auto const& [key, value] : fields) {
    std::string_view const name{key};
    auto const text = value.is_string() ? std::string{value.get_string()} : std::string{};
    auto const clears = core::is_unset(value);
    if (name.starts_with(custom_prefix)) {
      auto const custom = name.substr(custom_prefix.size());
      if (!is_field_name(custom)) return refused(name, "no name of a custom field");
      out.custom.push_back(json::object{
          {"name", custom}, {"value", clears ? json::value(nullptr) : value}});
      continue;
    }
    if (clears && name == "details") continue;
    if (clears) return refused(name, "PagerDuty cannot leave this empty");
    if (!value.is_string()) return refused(name, "a text is wanted");
    if (name == "title") {
      out.members["title"] = text;
    } else if (name == "status") {
      static constexpr std::array known{"triggered", "acknowledged", "resolved"};
      if (std::ranges::find(known, text) == known.end()) return refused(name, "no status: " + text);
      out.members["status"] = text;
      out.has_status = true;
    } else if (name == "urgency") {
      if (text != "high" && text != "low") return refused(name, "high or low");
      out.members["urgency"] = text;
    } else if (name == "priority" || name == "escalation_policy" || name == "service") {
      if (!is_id(text)) return refused(name, "an id is wanted, and this is none: " + text);
      out.members[name] = reference(text, std::string{name} + "_reference");
    } else if (name == "incident_type") {
      out.members["incident_type"] = json::object{{"name", text}};
    } else if (name == "assigned_to") {
      if (!is_id(text)) return refused(name, "an id is wanted, and this is none: " + text);
      out.assignments.push_back(json::object{{"assignee", reference(text, "user_reference")}});
    } else if (name == "details") {
      if (!creating) {
        return refused(name, "the description of an incident cannot be changed once it is open");
      }
      out.details = text;
    } else {
      return refused(name, "PagerDuty cannot set this");
    }
  }
  return out;
}

}  // namespace adapters::pagerduty

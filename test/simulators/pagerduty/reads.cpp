#include <algorithm>
#include <boost/json/serialize.hpp>
#include <charconv>

#include "test/simulators/pagerduty/pagerduty.hpp"

namespace simulators {
namespace {

using std::chrono::seconds;

constexpr std::size_t rows_default = 25;
constexpr std::size_t rows_most = 100;
constexpr std::size_t rows_reachable = 10'000;
constexpr std::chrono::hours month{24 * 31};
constexpr std::chrono::hours half_year{24 * 184};

http::response done(json::object const& body) {
  return answer(200, "application/json; charset=utf-8", json::serialize(body));
}

std::string shown(core::time_point at) {
  return core::format_time(std::chrono::floor<seconds>(at));
}

/// With an offset in place of Z.
std::string shown_in(core::time_point at, std::chrono::minutes zone) {
  auto text = shown(at + zone);
  if (zone.count() == 0) return text;
  text.pop_back();
  auto const minutes = std::abs(zone.count());
  auto const two = [](std::int64_t n) { return std::to_string(100 + n).substr(1); };
  return text + (zone.count() < 0 ? "-" : "+") + two(minutes / 60) + ":" + two(minutes % 60);
}

}  // namespace

/// limit and offset as this API takes them; throws `refused`.
struct part {
  std::size_t limit = rows_default;
  std::size_t offset = 0;
  bool counted = false;
};

template <class Refused>
part part_of(target const& at) {
  auto const number = [&](std::string_view name, std::size_t otherwise) {
    auto const text = at.parameter(name);
    if (!text) return otherwise;
    std::size_t n = 0;
    auto const [end, ec] = std::from_chars(text->data(), text->data() + text->size(), n);
    if (ec != std::errc{} || end != text->data() + text->size()) {
      throw Refused{400, 2001, "Invalid Input Provided", {std::string{name} + " is invalid."}};
    }
    return n;
  };
  part out;
  out.limit = number("limit", rows_default);
  out.offset = number("offset", 0);
  out.counted = at.parameter("total") == "true";
  if (out.limit == 0 || out.limit > rows_most) {
    throw Refused{400, 2001, "Invalid Input Provided", {"Limit must be from 1 to 100."}};
  }
  if (out.limit + out.offset > rows_reachable) {
    throw Refused{400, 2001, "Invalid Input Provided", {"Offset plus limit exceed 10000."}};
  }
  return out;
}

template <class Refused>
std::optional<core::time_point> time_of(target const& at, std::string_view name) {
  auto const text = at.parameter(name);
  if (!text) return std::nullopt;
  auto const time = core::parse_time(*text);
  if (!time || text->find('T') == text->npos) {
    throw Refused{400, 2004, "Invalid time values in 'since' and/or 'until' parameters", {}};
  }
  // Without an offset the account's zone would count, which is none that a client should rely on.
  if (!text->ends_with('Z') && text->find_last_of("+-") < text->find('T')) {
    return *time + std::chrono::hours{5};
  }
  return time;
}

std::set<std::string> included(target const& at) {
  std::set<std::string> all;
  for (auto const& [name, value] : at.query) {
    if (name == "include[]") all.insert(value);
  }
  return all;
}

json::object pagerduty::reference(
    std::string_view id, std::string_view type, std::string_view summary, std::string_view path
) const {
  return {
      {"id", id},
      {"type", type},
      {"summary", summary.empty() ? std::string{id} : std::string{summary}},
      {"self", settings_.origin + "/" + std::string{path} + "/" + std::string{id}},
      {"html_url", "https://acme.pagerduty.com/" + std::string{path} + "/" + std::string{id}},
  };
}

json::object pagerduty::agent_reference(std::string_view id, std::string_view type) const {
  if (auto const* who = person_by(id)) return reference(who->id, type, who->name, "users");
  return reference(id, "service_reference", "Defender", "services");
}

json::array pagerduty::custom_values(state const& of) const {
  json::array all;
  for (auto const& field : fields_) {
    auto const* value = of.custom.if_contains(field.name);
    all.push_back(json::object{
        {"id", field.id},
        {"type", "field_value"},
        {"name", field.name},
        {"display_name", field.name},
        {"description", nullptr},
        {"data_type", field.data_type},
        {"field_type", "single_value"},
        {"value", value ? *value : json::value(nullptr)}});
  }
  return all;
}

json::object pagerduty::render(state const& of, std::set<std::string> const& include) const {
  auto const summary = "[#" + std::to_string(of.number) + "] " + of.title;
  auto out = reference(of.id, "incident", summary, "incidents");
  out["incident_number"] = of.number;
  out["title"] = of.title;
  out["description"] = of.title;
  out["created_at"] = shown(of.created);
  out["updated_at"] = shown(of.updated);
  out["status"] = of.status;
  out["incident_key"] = of.key;
  out["urgency"] = of.urgency;
  out["service"] = agent_reference(of.service, "service_reference");
  json::array assignments;
  for (auto const& [id, at] : of.assigned) {
    assignments.push_back(json::object{
        {"at", shown(at)}, {"assignee", agent_reference(id, "user_reference")}});
  }
  out["assignments"] = std::move(assignments);
  out["assigned_via"] = of.assigned_via.empty() ? "escalation_policy" : of.assigned_via;
  out["last_status_change_at"] = shown(of.status_changed);
  out["last_status_change_by"] = agent_reference(of.changed_by, of.changed_by_type);
  out["resolved_at"] = of.resolved ? json::value(shown(*of.resolved)) : json::value(nullptr);
  std::int64_t triggered = 0;
  for (auto const& alert : of.alerts) triggered += alert.open ? 1 : 0;
  auto const all = static_cast<std::int64_t>(of.alerts.size());
  out["alert_counts"] =
      json::object{{"all", all}, {"triggered", triggered}, {"resolved", all - triggered}};
  out["is_mergeable"] = true;
  out["incident_type"] = json::object{{"name", of.type}};
  for (auto const& one : policies_) {
    if (one.id != of.policy) continue;
    out["escalation_policy"] =
        reference(one.id, "escalation_policy_reference", one.name, "escalation_policies");
  }
  out["teams"] = json::array{};
  out["pending_actions"] = json::array{};
  json::array acknowledgements;
  for (auto const& [id, at] : of.acknowledged) {
    acknowledgements.push_back(json::object{
        {"at", shown(at)}, {"acknowledger", agent_reference(id, "user_reference")}});
  }
  out["acknowledgements"] = std::move(acknowledgements);
  // Without one the member is missing or null; both have been seen.
  for (auto const& one : priorities_) {
    if (one.id != of.priority) continue;
    out["priority"] = reference(one.id, "priority_reference", one.name, "priorities");
  }
  if (of.priority.empty() && of.number % 2 == 0) out["priority"] = nullptr;
  out["resolve_reason"] = nullptr;
  if (!of.merged_into.empty()) {
    out["resolve_reason"] = json::object{
        {"type", "merge_resolve_reason"},
        {"incident", reference(of.merged_into, "incident_reference", "", "incidents")}};
  }
  if (include.contains("body")) {
    out["body"] = json::object{{"type", "incident_body"}, {"details", of.details}};
  }
  if (include.contains("custom_fields")) out["custom_fields"] = custom_values(of);
  return out;
}

json::object pagerduty::render_note(note const& of) const {
  json::object out{{"id", of.id}};
  out["user"] = agent_reference(of.author, "user_reference");
  out["channel"] = json::object{{"summary", "The PagerDuty website or APIs"}};
  out["content"] = of.text;
  out["created_at"] = shown_in(of.at, settings_.notes_zone);
  out["updated_at"] = shown_in(of.updated, settings_.notes_zone);
  return out;
}

json::object pagerduty::render_entry(log_entry const& of, std::set<std::string> const& include)
    const {
  auto const* about = find(of.incident);
  json::object out{
      {"id", of.id},
      {"type", of.type},
      {"summary", of.summary},
      {"self", settings_.origin + "/log_entries/" + of.id},
      {"html_url", nullptr},
      {"created_at", shown(of.at)},
  };
  out["agent"] = agent_reference(of.agent, of.agent_type);
  out["channel"] = of.channel;
  static std::set<std::string_view> const handovers{
      "assign_log_entry", "delegate_log_entry", "escalate_log_entry"};
  if (handovers.contains(of.type)) out["assignees"] = of.assignees;
  out["teams"] = json::array{};
  out["contexts"] = json::array{};
  auto const& incident = about->shown ? *about->shown : about->now;
  if (include.contains("incidents") && settings_.log_embeds_incidents) {
    out["incident"] = render(incident, {});
  } else {
    auto const summary = "[#" + std::to_string(incident.number) + "] " + incident.title;
    out["incident"] = reference(of.incident, "incident_reference", summary, "incidents");
  }
  return out;
}

http::response pagerduty::get_incident(context const& in, std::string_view id) {
  auto const& found = visible(id);
  auto const& of = conditions.stale_reads && found.shown ? *found.shown : found.now;
  if (conditions.stale_reads && !found.shown) throw refused{404, 2100, "Not Found", {}};
  static std::set<std::string> const known{
      "acknowledgers",
      "agents",
      "assignees",
      "body",
      "conference_bridge",
      "custom_fields",
      "escalation_policies",
      "first_trigger_log_entries",
      "priorities",
      "services",
      "teams",
      "users"};
  auto const include = included(in.at);
  for (auto const& one : include) {
    if (!known.contains(one)) {
      throw refused{400, 2001, "Invalid Input Provided", {"Unknown include: " + one}};
    }
  }
  return done({{"incident", render(of, include)}});
}

http::response pagerduty::list_incidents(context const& in) {
  auto const wanted = part_of<refused>(in.at);
  std::set<std::string> statuses, services;
  for (auto const& [name, value] : in.at.query) {
    if (name == "statuses[]") statuses.insert(value);
    if (name == "service_ids[]") services.insert(value);
    if (name == "statuses" || name == "service_ids" || name == "include") {
      throw refused{400, 2001, "Invalid Input Provided", {std::string{name} + " is no array."}};
    }
  }
  auto const key = std::string{in.at.parameter("incident_key").value_or("")};
  auto const everything = in.at.parameter("date_range") == "all";
  auto from = time_of<refused>(in.at, "since").value_or(in.now - month);
  auto until = time_of<refused>(in.at, "until").value_or(in.now + month);
  if (!everything && until - from > half_year) {
    throw refused{400, 2005, "Invalid Query Date Range", {}};
  }
  std::vector<std::string> ids;
  if (key.empty()) {
    ids = order_;
  } else {
    auto const [begin, end] = by_key_.equal_range(key);
    for (auto at = begin; at != end; ++at) ids.push_back(at->second);
  }
  std::vector<state const*> rows;
  for (auto const& id : ids) {
    auto const& of = records_.find(id)->second;
    if (!of.shown || of.shown->hidden) continue;
    auto const& one = *of.shown;
    if (!everything && (one.created < from || one.created > until)) continue;
    if (!statuses.empty() && !statuses.contains(one.status)) continue;
    if (!services.empty() && !services.contains(one.service)) continue;
    rows.push_back(&one);
  }
  auto const sort = in.at.parameter("sort_by").value_or("created_at:asc");
  if (sort.ends_with(":desc")) std::ranges::reverse(rows);
  json::array out;
  auto const include = included(in.at);
  for (auto i = wanted.offset; i < rows.size() && i < wanted.offset + wanted.limit; ++i) {
    out.push_back(render(*rows[i], include));
  }
  if (conditions.duplicate_rows && !out.empty()) out.push_back(json::value(out.front()));
  return done(
      {{"incidents", std::move(out)},
       {"limit", wanted.limit},
       {"offset", wanted.offset},
       {"total", wanted.counted ? json::value(rows.size()) : json::value(nullptr)},
       {"more", rows.size() > wanted.offset + wanted.limit}}
  );
}

http::response pagerduty::list_log(context const& in, std::string_view incident) {
  auto const wanted = part_of<refused>(in.at);
  auto const since = time_of<refused>(in.at, "since");
  auto const until = time_of<refused>(in.at, "until");
  if (since && until && *until < *since) {
    throw refused{400, 2005, "Invalid Query Date Range", {}};
  }
  auto const include = included(in.at);
  for (auto const& one : include) {
    if (one != "incidents" && one != "services" && one != "channels" && one != "teams") {
      throw refused{400, 2001, "Invalid Input Provided", {"Unknown include: " + one}};
    }
  }
  std::string const about{incident.empty() ? std::string_view{} : visible(incident).now.id};
  std::vector<log_entry const*> rows;
  auto const begin =
      since ? std::ranges::lower_bound(log_, *since, {}, &log_entry::at) : log_.begin();
  for (auto at = begin; at != log_.end(); ++at) {
    if (until && (settings_.until_is_inclusive ? at->at > *until : at->at >= *until)) break;
    if (at->visible > in.now) continue;
    if (!about.empty() && at->incident != about) continue;
    auto const* of = find(at->incident);
    if (of->now.hidden) continue;
    rows.push_back(&*at);
  }
  if (settings_.newest_first) std::ranges::reverse(rows);
  json::array out;
  for (auto i = wanted.offset; i < rows.size() && i < wanted.offset + wanted.limit; ++i) {
    out.push_back(render_entry(*rows[i], include));
  }
  if (conditions.duplicate_rows && !out.empty()) out.push_back(json::value(out.front()));
  json::object body{
      {"log_entries", std::move(out)},
      {"limit", wanted.limit},
      {"offset", wanted.offset},
      {"more", rows.size() > wanted.offset + wanted.limit},
  };
  if (wanted.counted) body["total"] = rows.size();
  return done(body);
}

http::response pagerduty::list_notes(context const& /*in*/, std::string_view id) {
  json::array all;
  // Newest first, as in the samples.
  auto const& notes = visible(id).notes;
  for (auto at = notes.rbegin(); at != notes.rend(); ++at) all.push_back(render_note(*at));
  return done({{"notes", std::move(all)}});
}

http::response pagerduty::list_simple(context const& in, std::string_view member, json::array all) {
  auto const wanted = part_of<refused>(in.at);
  json::array out;
  for (auto i = wanted.offset; i < all.size() && i < wanted.offset + wanted.limit; ++i) {
    out.push_back(all[i]);
  }
  return done(
      {{member, std::move(out)},
       {"limit", wanted.limit},
       {"offset", wanted.offset},
       {"total", wanted.counted ? json::value(all.size()) : json::value(nullptr)},
       {"more", all.size() > wanted.offset + wanted.limit}}
  );
}

json::array pagerduty::render_users(std::string_view query) const {
  json::array all;
  auto const asked = lower_case(query);
  for (auto const& one : people_) {
    auto const hit = lower_case(one.name).find(asked) != std::string::npos ||
                     lower_case(one.address).find(asked) != std::string::npos;
    if (!hit) continue;
    auto entry = reference(one.id, "user", one.name, "users");
    entry["name"] = one.name;
    entry["email"] = one.address;
    entry["time_zone"] = "America/New_York";
    entry["color"] = "purple";
    entry["avatar_url"] = "https://pd-static-assets.pagerduty.com/users/blank-avatar.png";
    entry["role"] = one.role;
    entry["description"] = "";
    entry["job_title"] = "";
    entry["invitation_sent"] = false;
    entry["contact_methods"] = json::array{};
    entry["notification_rules"] = json::array{};
    entry["teams"] = json::array{};
    all.push_back(std::move(entry));
  }
  return all;
}

json::array pagerduty::render_policies(std::string_view query) const {
  json::array all;
  auto const asked = lower_case(query);
  for (auto const& one : policies_) {
    if (lower_case(one.name).find(asked) == std::string::npos) continue;
    auto entry = reference(one.id, "escalation_policy", one.name, "escalation_policies");
    entry["name"] = one.name;
    entry["description"] = "";
    entry["num_loops"] = 0;
    json::array targets;
    for (auto const& user : one.users) targets.push_back(agent_reference(user, "user_reference"));
    entry["escalation_rules"] = json::array{json::object{
        {"id", "PRULE1"}, {"escalation_delay_in_minutes", 30}, {"targets", std::move(targets)}}};
    entry["services"] = json::array{};
    entry["teams"] = json::array{};
    all.push_back(std::move(entry));
  }
  return all;
}

}  // namespace simulators

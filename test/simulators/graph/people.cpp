#include <algorithm>
#include <boost/json/array.hpp>
#include <boost/json/serialize.hpp>
#include <charconv>
#include <cmath>
#include <set>

#include "test/simulators/graph/graph.hpp"
#include "test/simulators/graph/vocabulary.hpp"

namespace simulators {
namespace {

constexpr std::string_view creation_author = "Microsoft 365 Defender-IncidentCreation";
constexpr std::string_view correlation_author = "Microsoft 365 Defender-AlertCorrelation";

void fill(json::object& members, json::object const& defaults) {
  for (auto const& each : defaults) {
    if (!members.contains(each.key())) members.emplace(each.key(), each.value());
  }
}

std::uint64_t number_of(std::string_view id) {
  std::uint64_t number = 0;
  auto const [end, failed] = std::from_chars(id.data(), id.data() + id.size(), number);
  return failed == std::errc{} && end == id.data() + id.size() ? number : 0;
}

json::array& list_member(json::object& members, std::string_view name) {
  auto& value = members[name];
  if (!value.is_array()) value.emplace_array();
  return value.get_array();
}

int rank(std::string_view severity) {
  int at = 0;
  for (auto const& word : vocabulary::severity()) {
    if (word.name == severity) return at;
    ++at;
  }
  return 0;
}

bool differ(std::string_view a, std::string_view b) {
  auto const set = [](std::string_view word) { return !word.empty() && word != "unknown"; };
  return set(a) && set(b) && a != b;
}

}  // namespace

core::time_point defender_stamp(core::time_point at) {
  auto const ticks = at.time_since_epoch().count();
  auto const second = std::chrono::floor<std::chrono::seconds>(at);
  auto const rest = ticks - core::time_point{second}.time_since_epoch().count();
  // 1/300 s is 33333.3 ticks; SQL Server's datetime rounds each step to the nearest tick.
  auto const step = rest * 300 / 10'000'000;
  return second + core::ticks{(step * 10'000'000 + 150) / 300};
}

std::string defender_time(core::time_point at) { return core::format_time(at); }

core::time_point graph::visible_at(core::time_point now) const {
  auto const lag = settings_.list_lag + conditions.extra_lag;
  return lag.count() == 0 ? core::time_point{} : now + lag;
}

void graph::put_incident(document next, core::time_point now) {
  incidents_.put(std::move(next), visible_at(now));
}

void graph::put_alert(document next, core::time_point now) {
  alerts_.put(std::move(next), visible_at(now));
}

std::string graph::add_incident(json::object record, core::time_point now) {
  auto const stamp = defender_time(defender_stamp(now));
  document next;
  if (auto const* id = record.if_contains("id"); id != nullptr && id->is_string()) {
    next.id = std::string{id->get_string()};
    next.number = number_of(next.id);
  }
  if (next.id.empty() || next.number == 0) {
    next.number = last_incident_ + 1;
    if (next.id.empty()) next.id = std::to_string(next.number);
  }
  last_incident_ = std::max(last_incident_, next.number);
  auto const unset = settings_.unset_reads_unknown ? json::value("unknown") : json::value{};
  json::object members{{"id", next.id}};
  // The service's own order of members, as recorded in 2026.
  fill(
      record,
      {
          {"tenantId", settings_.tenant_id},
          {"status", "active"},
          {"incidentWebUrl",
           "https://security.microsoft.com/incident2/" + next.id +
               "/overview?tid=" + settings_.tenant_id},
          {"redirectIncidentId", nullptr},
          {"displayName", "Suspicious activity on one endpoint"},
          {"createdDateTime", stamp},
          {"lastUpdateDateTime", stamp},
          {"assignedTo", nullptr},
          {"classification", unset},
          {"determination", unset},
          {"severity", "medium"},
          {"customTags", json::array{}},
          {"systemTags", json::array{}},
          {"description", nullptr},
          {"lastModifiedBy", creation_author},
          {"resolvingComment", nullptr},
          {"summary", nullptr},
          {"priorityScore", nullptr},
          {"comments", json::array{}},
      }
  );
  json::value alerts;
  if (auto const* given = record.if_contains("alerts")) {
    alerts = *given;
    record.erase("alerts");
  }
  for (auto const name : vocabulary::incident_members()) {
    if (name != "id") members[name] = record.at(name);
  }
  for (auto const& [name, value] : record) members[name] = value;
  next.assign(members);
  auto id = next.id;
  put_incident(std::move(next), now);
  if (alerts.is_array()) {
    for (auto& alert : alerts.get_array()) {
      if (alert.is_object()) add_alert(id, std::move(alert.get_object()), now);
    }
  }
  return id;
}

void graph::load_incident(json::object record) {
  document next;
  next.id = std::string{record.at("id").as_string()};
  next.number = number_of(next.id);
  last_incident_ = std::max(last_incident_, next.number);
  json::value alerts;
  if (auto const* given = record.if_contains("alerts")) {
    alerts = *given;
    record.erase("alerts");
  }
  next.assign(record);
  if (alerts.is_array()) {
    for (auto const& alert : alerts.get_array()) {
      auto const* members = alert.if_object();
      auto const* id = members == nullptr ? nullptr : members->if_contains("id");
      if (id == nullptr || !id->is_string()) continue;
      document kept;
      kept.is_alert = true;
      kept.id = std::string{id->get_string()};
      kept.number = ++last_alert_;
      kept.assign(*members);
      next.alerts.push_back(kept.id);
      alerts_.put(std::move(kept), {});
    }
  }
  incidents_.put(std::move(next), {});
}

std::string graph::add_alert(std::string_view incident, json::object alert, core::time_point now) {
  auto const parent = incidents_.current(incident);
  if (!parent) return {};
  auto const stamp = defender_time(now);
  document next;
  next.is_alert = true;
  next.number = ++last_alert_;
  if (auto const* id = alert.if_contains("id"); id != nullptr && id->is_string()) {
    next.id = std::string{id->get_string()};
  } else {
    next.id = "da" + hex_id(settings_.seed + 5, next.number).substr(0, 18) + "_1";
  }
  next.incident_id = incident;
  alert["id"] = next.id;
  alert["incidentId"] = parent->id;
  fill(
      alert,
      {
          {"providerAlertId", next.id},
          {"tenantId", settings_.tenant_id},
          {"status", "new"},
          {"severity", "medium"},
          {"classification", nullptr},
          {"determination", nullptr},
          {"serviceSource", "microsoftDefenderForEndpoint"},
          {"detectionSource", "microsoftDefenderForEndpoint"},
          {"title", "Suspicious activity"},
          {"description", nullptr},
          {"recommendedActions", nullptr},
          {"category", "SuspiciousActivity"},
          {"assignedTo", nullptr},
          {"alertWebUrl",
           "https://security.microsoft.com/alerts/" + next.id + "?tid=" + settings_.tenant_id},
          {"createdDateTime", stamp},
          {"lastUpdateDateTime", stamp},
          {"resolvedDateTime", nullptr},
          {"firstActivityDateTime", stamp},
          {"lastActivityDateTime", stamp},
          {"mitreTechniques", json::array{}},
          {"systemTags", json::array{}},
          {"comments", json::array{}},
          {"evidence", json::array{}},
      }
  );
  next.assign(alert);
  auto id = next.id;
  auto const severity = next.severity;
  put_alert(std::move(next), now);

  document changed = *parent;
  changed.alerts.push_back(id);
  auto members = changed.members();
  if (rank(severity) > rank(parent->severity)) members["severity"] = severity;
  members["lastUpdateDateTime"] = defender_time(defender_stamp(now));
  members["lastModifiedBy"] = correlation_author;
  changed.assign(members);
  put_incident(std::move(changed), now);
  return id;
}

void graph::change(
    document const& of, json::object const& fields, std::string_view author, core::time_point now
) {
  document next = of;
  auto members = of.members();
  for (auto const& [name, value] : fields) members[name] = value;
  if (of.is_alert) {
    members["lastUpdateDateTime"] = defender_time(now);
    if (fields.contains("status")) {
      bool const resolved = fields.at("status") == "resolved";
      members["resolvedDateTime"] = resolved ? json::value(defender_time(now)) : json::value{};
    }
    next.assign(members);
    put_alert(std::move(next), now);
    return;
  }
  members["lastUpdateDateTime"] = defender_time(defender_stamp(now));
  members["lastModifiedBy"] = author;
  bool const resolves = fields.contains("status") && fields.at("status") == "resolved";
  bool const assigns = fields.contains("assignedTo");
  next.assign(members);
  auto const owner = members.at("assignedTo");
  put_incident(std::move(next), now);
  if (!resolves && !assigns) return;
  // Resolving an incident resolves its open alerts; assigning it assigns them (the portal's page
  // "Manage incidents").
  for (auto const& id : of.alerts) {
    auto const alert = alerts_.current(id);
    if (!alert) continue;
    json::object cascade;
    if (resolves && alert->status != "resolved") cascade["status"] = "resolved";
    if (assigns) cascade["assignedTo"] = owner;
    if (!cascade.empty()) change(*alert, cascade, author, now);
  }
}

void graph::add_comment(
    document const& to,
    std::string_view text,
    std::string_view author,
    std::string_view modified_by,
    bool moves_stamp,
    core::time_point now
) {
  document next = to;
  auto members = to.members();
  json::object entry{
      {"comment", settings_.comments_as_html ? html_escaped(text) : std::string{text}},
      {"createdByDisplayName", author},
      {"createdDateTime", defender_time(now)},
  };
  list_member(members, "comments").push_back(std::move(entry));
  if (moves_stamp) {
    members["lastUpdateDateTime"] = defender_time(to.is_alert ? now : defender_stamp(now));
    if (!to.is_alert) members["lastModifiedBy"] = modified_by;
  }
  next.assign(members);
  to.is_alert ? put_alert(std::move(next), now) : put_incident(std::move(next), now);
}

bool graph::edit(
    std::string_view id, json::object const& fields, std::string_view who, core::time_point now
) {
  auto const found = incidents_.current(id);
  if (!found) return false;
  change(*found, fields, "User-" + std::string{who}, now);
  return true;
}

bool graph::comment(
    std::string_view id, std::string_view text, std::string_view who, core::time_point now
) {
  auto const found = incidents_.current(id);
  if (!found) return false;
  add_comment(*found, text, who, "User-" + std::string{who}, settings_.comment_moves_stamp, now);
  return true;
}

bool graph::may_merge(document const& source, document const& target) const {
  if (source.id == target.id) return false;
  for (auto const* each : {&source, &target}) {
    if (each->status == "resolved" || each->status == "redirected") return false;
  }
  if (source.assigned_to && target.assigned_to && *source.assigned_to != *target.assigned_to) {
    return false;
  }
  return !differ(source.classification, target.classification) &&
         !differ(source.determination, target.determination);
}

void graph::join(
    document const& source, document const& target, std::string_view author, core::time_point now
) {
  auto const stamp = defender_time(defender_stamp(now));
  auto from = source.members();
  auto into = target.members();
  document kept = target;
  document dead = source;

  for (std::string_view const name : {"customTags", "systemTags"}) {
    auto& tags = list_member(into, name);
    for (auto const& tag : list_member(from, name)) {
      if (std::find(tags.begin(), tags.end(), tag) == tags.end()) tags.push_back(tag);
    }
  }
  if (rank(source.severity) > rank(target.severity)) into["severity"] = source.severity;
  into["lastUpdateDateTime"] = stamp;
  into["lastModifiedBy"] = author;
  for (auto const& id : source.alerts) {
    kept.alerts.push_back(id);
    if (auto const alert = alerts_.current(id)) {
      document moved = *alert;
      auto members = alert->members();
      members["incidentId"] = target.id;
      members["lastUpdateDateTime"] = defender_time(now);
      moved.assign(members);
      put_alert(std::move(moved), now);
    }
  }
  kept.assign(into);

  // Comments and the activity log stay behind.
  dead.alerts.clear();
  from["status"] = "redirected";
  from["redirectIncidentId"] = target.id;
  list_member(from, "systemTags").emplace_back("Redirected");
  from["lastUpdateDateTime"] = stamp;
  from["lastModifiedBy"] = author;
  dead.assign(from);
  put_incident(std::move(kept), now);
  put_incident(std::move(dead), now);
}

bool graph::merge(std::string_view source, std::string_view target, core::time_point now) {
  auto const from = incidents_.current(source);
  auto const into = incidents_.current(target);
  if (!from || !into || !may_merge(*from, *into)) return false;
  join(*from, *into, correlation_author, now);
  return true;
}

bool graph::attach(std::string_view alert_id, std::string_view incident, core::time_point now) {
  auto const alert = alerts_.current(alert_id);
  auto const target = incidents_.current(incident);
  if (!alert || !target || alert->incident_id == target->id) return false;
  if (auto const old = incidents_.current(alert->incident_id)) {
    document left = *old;
    std::erase(left.alerts, alert->id);
    auto members = left.members();
    members["lastUpdateDateTime"] = defender_time(defender_stamp(now));
    members["lastModifiedBy"] = correlation_author;
    left.assign(members);
    put_incident(std::move(left), now);
  }
  document moved = *alert;
  auto members = alert->members();
  members["incidentId"] = target->id;
  members["lastUpdateDateTime"] = defender_time(now);
  moved.assign(members);
  put_alert(std::move(moved), now);

  document joined = *target;
  joined.alerts.push_back(alert->id);
  auto with = joined.members();
  with["lastUpdateDateTime"] = defender_time(defender_stamp(now));
  with["lastModifiedBy"] = correlation_author;
  joined.assign(with);
  put_incident(std::move(joined), now);
  return true;
}

namespace {

void tag_as_experts(json::object& fields, json::object members) {
  auto& tags = list_member(members, "systemTags");
  json::value const tag("Defender Experts");
  if (std::find(tags.begin(), tags.end(), tag) == tags.end()) tags.push_back(tag);
  fields["systemTags"] = tags;
}

}  // namespace

bool graph::experts_take(std::string_view id, core::time_point now) {
  auto const found = incidents_.current(id);
  if (!found) return false;
  json::object fields{{"status", "inProgress"}, {"assignedTo", settings_.experts_name}};
  tag_as_experts(fields, found->members());
  change(*found, fields, "User-" + settings_.experts_name, now);
  return true;
}

bool graph::experts_hand_over(std::string_view id, std::string_view summary, core::time_point now) {
  auto const found = incidents_.current(id);
  if (!found) return false;
  json::object fields{{"status", "awaitingAction"}, {"assignedTo", settings_.customer_name}};
  if (!summary.empty()) fields["summary"] = summary;
  tag_as_experts(fields, found->members());
  change(*found, fields, "User-" + settings_.experts_name, now);
  return true;
}

bool graph::experts_remediate(std::string_view id, std::string_view summary, core::time_point now) {
  auto const found = incidents_.current(id);
  if (!found) return false;
  json::object fields{{"status", "resolved"}, {"assignedTo", settings_.customer_name}};
  if (!summary.empty()) fields["summary"] = summary;
  tag_as_experts(fields, found->members());
  change(*found, fields, "User-" + settings_.experts_name, now);
  return true;
}

bool graph::experts_dismiss(
    std::string_view id,
    std::string_view classification,
    std::string_view determination,
    std::string_view text,
    core::time_point now
) {
  auto const found = incidents_.current(id);
  if (!found) return false;
  auto const nobody = settings_.experts_unassigned.empty()
                          ? json::value{}
                          : json::value(settings_.experts_unassigned);
  json::object fields{
      {"status", "resolved"},
      {"assignedTo", nobody},
      {"classification", classification},
      {"determination", determination},
  };
  tag_as_experts(fields, found->members());
  change(*found, fields, "User-" + settings_.experts_name, now);
  add_comment(
      *incidents_.current(id),
      text,
      settings_.experts_name,
      "User-" + settings_.experts_name,
      settings_.comment_moves_stamp,
      now
  );
  return true;
}

std::optional<json::object> graph::incident(std::string_view id) const {
  auto const found = incidents_.current(id);
  if (!found) return std::nullopt;
  return found->members();
}

std::uint64_t graph::incident_revision(std::string_view id) const {
  auto const found = incidents_.current(id);
  return found ? found->revision : 0;
}

std::vector<std::string> graph::incident_ids() const {
  std::vector<std::string> ids;
  for (auto const& entry : incidents_.by_updated()) ids.push_back(entry.second->id);
  std::ranges::sort(ids);
  return ids;
}

void graph::each_incident(std::function<void(json::object const&)> const& visit) const {
  for (auto const& entry : incidents_.by_updated()) {
    if (auto const found = incidents_.current(entry.second->id)) visit(found->members());
  }
}

}  // namespace simulators

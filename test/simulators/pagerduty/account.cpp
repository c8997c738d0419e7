#include <algorithm>
#include <boost/json/serialize.hpp>
#include <openssl/hmac.h>

#include "test/simulators/pagerduty/pagerduty.hpp"

namespace simulators {
namespace {

std::string hmac_hex(std::string const& key, std::string const& text) {
  unsigned char digest[EVP_MAX_MD_SIZE];
  unsigned length = 0;
  HMAC(
      EVP_sha256(),
      key.data(),
      static_cast<int>(key.size()),
      reinterpret_cast<unsigned char const*>(text.data()),
      text.size(),
      digest,
      &length
  );
  std::string hex;
  for (unsigned i = 0; i < length; ++i) {
    constexpr std::string_view digits = "0123456789abcdef";
    hex += digits[digest[i] >> 4];
    hex += digits[digest[i] & 15];
  }
  return hex;
}

}  // namespace

// --- the account -------------------------------------------------------------------------------

std::string pagerduty::new_id(std::string_view prefix) {
  static constexpr std::string_view letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";
  auto rest = mix(settings_.seed * 1'000'003 + ++last_id_);
  std::string id{prefix};
  for (int i = 0; i < 12; ++i) {
    id += letters[rest % letters.size()];
    rest /= letters.size();
  }
  return id;
}

std::string pagerduty::add_user(std::string_view name, std::string_view address) {
  people_.push_back({new_id("P"), std::string{name}, std::string{address}, "limited_user"});
  return people_.back().id;
}

std::string pagerduty::add_policy(std::string_view name, std::vector<std::string> addresses) {
  escalation made{new_id("P"), std::string{name}, {}};
  for (auto const& address : addresses) made.users.push_back(user(address));
  policies_.push_back(std::move(made));
  return policies_.back().id;
}

void pagerduty::define_field(std::string_view name, std::string_view data_type) {
  fields_.push_back({new_id("P"), std::string{name}, std::string{data_type}});
}

pagerduty::person const* pagerduty::person_by(std::string_view address) const {
  for (auto const& one : people_) {
    if (lower_case(one.address) == lower_case(address) || one.id == address) return &one;
  }
  return nullptr;
}

std::string pagerduty::user(std::string_view address) const {
  auto const* found = person_by(address);
  return found ? found->id : std::string{};
}

std::string pagerduty::priority(std::string_view name) const {
  for (auto const& one : priorities_) {
    if (one.name == name) return one.id;
  }
  return {};
}

std::string pagerduty::policy(std::string_view name) const {
  for (auto const& one : policies_) {
    if (one.name == name) return one.id;
  }
  return {};
}

pagerduty::actor pagerduty::actor_for(std::string_view address) const {
  auto const* found = person_by(address);
  return found ? actor{found->id, "user_reference"} : actor{service_, "service_reference"};
}

pagerduty::record* pagerduty::find(std::string_view id_or_number) {
  auto at = records_.find(id_or_number);
  if (at != records_.end()) return &at->second;
  auto const by = by_number_.find(id_or_number);
  return by == by_number_.end() ? nullptr : &records_.find(by->second)->second;
}

pagerduty::record const* pagerduty::find(std::string_view id_or_number) const {
  return const_cast<pagerduty*>(this)->find(id_or_number);
}

pagerduty::record& pagerduty::visible(std::string_view id_or_number) {
  auto* const found = find(id_or_number);
  if (!found || found->now.hidden) throw refused{404, 2100, "Not Found", {}};
  return *found;
}

void pagerduty::publish(core::time_point now) {
  while (!pending_.empty() && pending_.begin()->first <= now) {
    auto& [id, of] = pending_.begin()->second;
    auto& shown = records_.find(id)->second.shown;
    if (!shown || shown->revision < of.revision) shown = std::move(of);
    pending_.erase(pending_.begin());
  }
}

/// Lists will show the incident as it is now once the lag is over.
void pagerduty::show(std::string_view id, core::time_point now) {
  auto const lag = settings_.list_lag + conditions.extra_lag;
  auto& of = find(id)->now;
  of.revision = ++last_revision_;
  if (lag.count() <= 0 && pending_.empty()) {
    find(id)->shown = of;
  } else {
    pending_.emplace(now + lag, std::pair{std::string{id}, of});
    publish(now);
  }
}

void pagerduty::log(
    std::string_view incident,
    std::string_view type,
    std::string_view summary,
    actor const& who,
    json::object channel,
    core::time_point now
) {
  log_entry entry;
  entry.type = type;
  entry.incident = incident;
  entry.summary = summary;
  entry.channel = std::move(channel);
  log(std::move(entry), who, now);
}

void pagerduty::log(log_entry entry, actor const& who, core::time_point now) {
  entry.id = new_id("R");
  entry.agent = who.id;
  entry.agent_type = who.type;
  entry.at = std::chrono::floor<std::chrono::seconds>(now);
  entry.visible = now + settings_.list_lag + conditions.extra_lag;
  if (!entry.channel.contains("type")) entry.channel["type"] = "website";
  // By stamp, whatever the order in which things are made to happen.
  auto const place = std::ranges::upper_bound(log_, entry.at, {}, &log_entry::at);
  log_.insert(place, std::move(entry));
}

/// With those who have the incident now, which entries about handing it over name.
pagerduty::log_entry pagerduty::entry_for(
    state const& of, std::string_view type, std::string_view summary
) const {
  log_entry entry;
  entry.type = type;
  entry.incident = of.id;
  entry.summary = summary;
  for (auto const& [id, at] : of.assigned) {
    entry.assignees.push_back(agent_reference(id, "user_reference"));
  }
  return entry;
}

void pagerduty::log_custom(
    state const& of,
    std::string_view name,
    json::value const& value,
    actor const& who,
    core::time_point now
) {
  auto const* before = of.custom.if_contains(name);
  auto const field = std::ranges::find(fields_, name, &custom_field::name);
  log_entry entry;
  entry.type = "custom_field_value_change_log_entry";
  entry.incident = of.id;
  entry.summary = "Changed.";
  entry.channel = field_change(
      "customer_fields",
      field == fields_.end() ? std::string{} : field->id,
      name,
      before ? *before : json::value(nullptr),
      value
  );
  log(std::move(entry), who, now);
}

json::object pagerduty::field_change(
    std::string_view list,
    std::string_view id,
    std::string_view name,
    json::value const& from,
    json::value const& to
) {
  json::object one{
      {"id", id}, {"name", name}, {"namespace", "incidents"}, {"value", to}, {"old_value", from}};
  json::object changeset;
  changeset[list] = json::array{std::move(one)};
  return {{"type", "website"}, {"changeset", std::move(changeset)}};
}

void pagerduty::assign_policy(state& to, core::time_point now) const {
  to.assigned.clear();
  for (auto const& one : policies_) {
    if (one.id != to.policy) continue;
    for (auto const& user : one.users) to.assigned.emplace_back(user, now);
  }
  to.assigned_via = "escalation_policy";
}

std::string pagerduty::open(
    state first, actor const& who, std::string_view channel, core::time_point now
) {
  first.id = new_id("Q");
  first.number = ++last_number_;
  first.created = first.updated = first.status_changed = now;
  if (first.urgency.empty()) first.urgency = "high";
  if (first.type.empty()) first.type = "incident_default";
  if (first.service.empty()) first.service = service_;
  if (first.policy.empty()) first.policy = policies_.front().id;
  if (first.status.empty()) first.status = "triggered";
  if (first.assigned.empty()) assign_policy(first, now);
  first.changed_by = service_;
  first.changed_by_type = "service_reference";
  auto id = first.id;
  if (!first.key.empty()) by_key_.emplace(first.key, id);
  for (auto const& alert : first.alerts) by_key_.emplace(alert.key, id);
  by_number_[std::to_string(first.number)] = id;
  order_.push_back(id);
  auto const acknowledged = first.status == "acknowledged";
  records_[id].now = std::move(first);
  show(id, now);
  log(id, "trigger_log_entry", "Triggered through the website.", who, {{"type", channel}}, now);
  log(id, "assign_log_entry", "Assigned.", {service_, "service_reference"}, {{"type", "auto"}}, now
  );
  if (acknowledged) {
    log(id, "acknowledge_log_entry", "Acknowledged.", who, {{"type", channel}}, now);
  }
  announce("incident.triggered", find(id)->now, who, now);
  return id;
}

// --- people ------------------------------------------------------------------------------------

bool pagerduty::edit(
    std::string_view id, json::object const& fields, std::string_view who, core::time_point now
) {
  auto* const found = find(id);
  if (!found) return false;
  json::object members;
  json::object custom;
  for (auto const& [name, value] : fields) {
    auto const text = value.is_string() ? std::string{value.get_string()} : std::string{};
    if (name == "priority") {
      members[name] = json::object{{"id", priority(text)}, {"type", "priority_reference"}};
    } else if (name == "escalation_policy") {
      members[name] = json::object{{"id", policy(text)}, {"type", "escalation_policy_reference"}};
    } else if (name == "assigned_to") {
      members["assignments"] = json::array{
          json::object{{"assignee", json::object{{"id", user(text)}, {"type", "user_reference"}}}}};
    } else if (name == "title" || name == "urgency" || name == "status") {
      members[name] = value;
    } else {
      custom[name] = value;
    }
  }
  try {
    auto const by = actor_for(who);
    if (!members.empty()) store(plan(found->now, members, by, now), by, now);
    if (!custom.empty()) {
      for (auto const& [name, value] : custom) {
        check_custom(name, value);
        log_custom(found->now, name, value, by, now);
        found->now.custom[name] = value;
      }
      if (settings_.custom_fields_move_updated_at) found->now.updated = now;
      show(found->now.id, now);
    }
  } catch (refused const&) {
    return false;
  }
  return true;
}

bool pagerduty::acknowledge(std::string_view id, std::string_view who, core::time_point now) {
  return edit(id, {{"status", "acknowledged"}}, who, now);
}

bool pagerduty::resolve(std::string_view id, std::string_view who, core::time_point now) {
  return edit(id, {{"status", "resolved"}}, who, now);
}

bool pagerduty::reopen(std::string_view id, std::string_view who, core::time_point now) {
  return edit(id, {{"status", "triggered"}}, who, now);
}

std::string pagerduty::annotate(
    std::string_view id, std::string_view text, std::string_view who, core::time_point now
) {
  auto* const found = find(id);
  if (!found) return {};
  auto const by = actor_for(who);
  note made;
  made.id = new_id("P");
  made.text = text;
  made.author = by.id;
  made.at = made.updated = now;
  found->notes.push_back(made);
  if (settings_.notes_move_updated_at) found->now.updated = now;
  log(found->now.id, "annotate_log_entry", text, by, {{"type", "note"}, {"summary", text}}, now);
  show(found->now.id, now);
  announce_note(found->now, made, by, now);
  return made.id;
}

bool pagerduty::edit_note(
    std::string_view id, std::string_view which, std::string_view text, core::time_point now
) {
  auto* const found = find(id);
  if (!found) return false;
  for (auto& one : found->notes) {
    if (one.id != which) continue;
    one.text = text;
    one.updated = now;
    return true;
  }
  return false;
}

bool pagerduty::escalate(std::string_view id, core::time_point now) {
  auto* const found = find(id);
  if (!found || found->now.status == "resolved") return false;
  for (auto const& one : policies_) {
    if (one.id != found->now.policy) found->now.policy = one.id;
  }
  assign_policy(found->now, now);
  found->now.updated = now;
  actor const by{service_, "service_reference"};
  auto entry = entry_for(found->now, "escalate_log_entry", "Escalated.");
  entry.channel["type"] = "auto";
  log(std::move(entry), by, now);
  show(found->now.id, now);
  announce("incident.escalated", found->now, by, now);
  return true;
}

bool pagerduty::merge(
    std::string_view source, std::string_view target, std::string_view who, core::time_point now
) {
  auto* const from = find(source);
  auto* const into = find(target);
  if (!from || !into || from == into || into->now.status == "resolved") return false;
  if (!from->now.merged_into.empty()) return false;
  auto const by = actor_for(who);
  auto& of = from->now;
  of.status = "resolved";
  of.merged_into = into->now.id;
  of.resolved = of.updated = of.status_changed = now;
  of.assigned.clear();
  of.changed_by = by.id;
  of.changed_by_type = by.type;
  for (auto& alert : of.alerts) into->now.alerts.push_back(alert);
  of.alerts.clear();
  into->now.updated = now;
  log(of.id, "resolve_log_entry", "Resolved by merging.", by, {{"type", "website"}}, now);
  log(into->now.id, "field_value_change_log_entry", "Merged.", by, {{"type", "website"}}, now);
  show(of.id, now);
  show(into->now.id, now);
  announce("incident.resolved", of, by, now);
  return true;
}

bool pagerduty::notify(std::string_view id, core::time_point now) {
  auto* const found = find(id);
  if (!found) return false;
  log(found->now.id, "notify_log_entry", "Notified.", {service_, "service_reference"}, {}, now);
  return true;
}

bool pagerduty::time_out(std::string_view id, core::time_point now) {
  return edit(id, {{"status", "resolved"}}, "", now);
}

bool pagerduty::hide(std::string_view id, bool hidden) {
  auto* const found = find(id);
  if (!found) return false;
  found->now.hidden = hidden;
  if (found->shown) found->shown->hidden = hidden;
  return true;
}

std::string pagerduty::create_by_hand(
    std::string_view title, std::string_view who, core::time_point now
) {
  state first;
  first.title = title;
  first.via = "website";
  return open(std::move(first), actor_for(who), "website", now);
}

// --- looking in --------------------------------------------------------------------------------

std::optional<json::object> pagerduty::incident(std::string_view id) const {
  auto const* found = find(id);
  if (!found) return std::nullopt;
  auto const& of = found->now;
  auto const person_name = [&](std::string const& who) -> json::value {
    auto const* one = person_by(who);
    return one ? json::value(one->address) : json::value(nullptr);
  };
  json::value priority_name = nullptr;
  for (auto const& one : priorities_) {
    if (one.id == of.priority) priority_name = one.name;
  }
  json::value policy_name = nullptr;
  for (auto const& one : policies_) {
    if (one.id == of.policy) policy_name = one.name;
  }
  json::array notes;
  for (auto const& one : found->notes) {
    auto const* author = person_by(one.author);
    notes.push_back(json::object{
        {"id", one.id},
        {"text", one.text},
        {"author", author ? author->name : ""},
        {"at", core::format_time(one.at)}});
  }
  json::object out{
      {"id", of.id},
      {"incident_number", of.number},
      {"incident_key", of.key},
      {"title", of.title},
      {"details", of.details},
      {"status", of.status},
      {"urgency", of.urgency},
      {"priority", std::move(priority_name)},
      {"escalation_policy", std::move(policy_name)},
      {"assigned_to",
       of.assigned.empty() ? json::value(nullptr) : person_name(of.assigned.front().first)},
      {"merged_into", of.merged_into.empty() ? json::value(nullptr) : json::value(of.merged_into)},
      {"custom", of.custom},
      {"notes", std::move(notes)},
  };
  return out;
}

std::optional<json::object> pagerduty::as_shown(std::string_view id) const {
  auto const* found = find(id);
  if (!found || found->now.hidden) return std::nullopt;
  return render(found->now, {"custom_fields"});
}

void pagerduty::each_incident(std::function<void(json::object const&)> const& visit) const {
  for (auto const& id : order_) visit(*incident(id));
}

std::vector<std::string> pagerduty::find_ids(std::string_view number_or_key) const {
  std::vector<std::string> found;
  auto number = number_or_key;
  if (number.starts_with('#')) number.remove_prefix(1);
  if (auto const at = by_number_.find(number); at != by_number_.end()) found.push_back(at->second);
  auto const [from, to] = by_key_.equal_range(number_or_key);
  for (auto at = from; at != to; ++at) found.push_back(at->second);
  return found;
}

std::map<std::string, std::size_t> pagerduty::incidents_by_key() const {
  std::map<std::string, std::size_t> all;
  for (auto const& [id, of] : records_) {
    if (!of.now.key.empty()) ++all[of.now.key];
  }
  return all;
}

// --- webhooks ----------------------------------------------------------------------------------

void pagerduty::announce(
    std::string_view event, state const& of, actor const& who, core::time_point now
) {
  constexpr std::size_t kept = 1000;
  json::array assignees;
  for (auto const& [id, at] : of.assigned) {
    assignees.push_back(agent_reference(id, "user_reference"));
  }
  json::value reason = nullptr;
  if (!of.merged_into.empty()) {
    reason = json::object{
        {"type", "merge_resolve_reason"},
        {"incident", reference(of.merged_into, "incident_reference", "", "incidents")}};
  }
  json::object data{
      {"id", of.id},
      {"type", "incident"},
      {"number", of.number},
      {"status", of.status},
      {"incident_key", of.key},
      {"title", of.title},
      {"created_at", core::format_time(std::chrono::floor<std::chrono::seconds>(of.created))},
      {"service", agent_reference(of.service, "service_reference")},
      {"assignees", std::move(assignees)},
      {"urgency", of.urgency},
      {"resolve_reason", std::move(reason)},
      {"incident_type", json::object{{"name", of.type}}},
  };
  auto const id = new_id("01");
  json::object envelope{
      {"event",
       json::object{
           {"id", id},
           {"event_type", event},
           {"resource_type", "incident"},
           {"occurred_at", core::format_time(now)},
           {"agent",
            who.id.empty() ? json::value(nullptr) : json::value(agent_reference(who.id, who.type))},
           {"client", nullptr},
           {"data", std::move(data)}}}};
  events_.emplace_back(new_id("W"), json::serialize(envelope));
  if (events_.size() > kept) events_.pop_front();
}

void pagerduty::announce_note(
    state const& of, note const& about, actor const& who, core::time_point now
) {
  json::object envelope{
      {"event",
       json::object{
           {"id", new_id("01")},
           {"event_type", "incident.annotated"},
           {"resource_type", "incident"},
           {"occurred_at", core::format_time(now)},
           {"agent", agent_reference(who.id, who.type)},
           {"client", nullptr},
           {"data",
            json::object{
                {"id", about.id},
                {"type", "incident_note"},
                {"incident", reference(of.id, "incident_reference", of.title, "incidents")},
                {"content", about.text},
                {"trimmed", false}}}}}};
  events_.emplace_back(new_id("W"), json::serialize(envelope));
}

std::vector<pagerduty::delivery> pagerduty::take_deliveries(std::vector<std::string> const& secrets
) {
  std::vector<delivery> out;
  for (auto& [id, body] : events_) {
    delivery one;
    std::string signatures;
    for (auto const& secret : secrets) {
      if (!signatures.empty()) signatures += ',';
      signatures += "v1=" + hmac_hex(secret, body);
    }
    one.headers = {
        {"content-type", "application/json"},
        {"user-agent", "PagerDuty-Webhook/V3.0"},
        {"x-pagerduty-signature", signatures},
        {"x-webhook-id", id},
        {"x-webhook-subscription", "PSUBSCR"},
    };
    one.body = std::move(body);
    out.push_back(std::move(one));
  }
  events_.clear();
  return out;
}

}  // namespace simulators

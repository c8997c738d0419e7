#include <algorithm>
#include <boost/json/serialize.hpp>

#include "test/simulators/pagerduty/pagerduty.hpp"

namespace simulators {
namespace {

http::response done(int status, json::object const& body) {
  return answer(status, "application/json; charset=utf-8", json::serialize(body));
}

std::string text_at(json::object const& from, std::string_view name) {
  auto const* value = from.if_contains(name);
  return value && value->is_string() ? std::string{value->get_string()} : std::string{};
}

std::string id_in(json::object const& from, std::string_view name) {
  auto const* value = from.if_contains(name);
  return value && value->is_object() ? text_at(value->get_object(), "id") : std::string{};
}

}  // namespace

/// The object that the body wraps its content in; a wrong envelope reads as an empty one.
json::object pagerduty::read_body(context const& in, std::string_view member) const {
  auto const body = read_json(in.call.body);
  if (!body || !body->is_object()) {
    throw refused{400, 2001, "Invalid Input Provided", {"The body is no JSON object."}};
  }
  if (member.empty()) return body->get_object();
  auto const* inner = body->get_object().if_contains(member);
  return inner && inner->is_object() ? inner->get_object() : json::object{};
}

http::response pagerduty::create(context& in) {
  auto const body = read_body(in, "incident");
  auto const invalid = [](std::string why) {
    return refused{400, 2001, "Invalid Input Provided", {std::move(why)}};
  };
  state first;
  first.title = text_at(body, "title");
  if (first.title.empty()) throw invalid("Title cannot be empty.");
  if (count_characters(first.title) > settings_.title_characters) {
    throw invalid(
        "Title is too long (maximum is " + std::to_string(settings_.title_characters) +
        " characters)"
    );
  }
  if (text_at(body, "type") != "incident") throw invalid("Type must be incident.");
  first.service = id_in(body, "service");
  if (first.service.empty()) throw invalid("Service cannot be empty.");
  if (first.service != service_) throw invalid("Service not found.");
  first.key = text_at(body, "incident_key");
  if (first.key.size() > 255) throw invalid("Incident key is too long.");
  first.urgency = text_at(body, "urgency");
  if (!first.urgency.empty() && first.urgency != "high" && first.urgency != "low") {
    throw invalid("Urgency must be high or low.");
  }
  if (body.contains("priority")) {
    first.priority = id_in(body, "priority");
    auto const known = std::ranges::any_of(priorities_, [&](level const& one) {
      return one.id == first.priority;
    });
    if (!settings_.has_priorities) throw refused{402, 2014, "Missing Account Ability", {}};
    if (!known) throw refused{400, 1020, "Invalid Priority", {}};
  }
  if (auto const* details = body.if_contains("body")) {
    auto const* inner = details->if_object();
    auto const* text = inner ? inner->if_contains("details") : nullptr;
    if (!inner || text_at(*inner, "type") != "incident_body" || (text && !text->is_string())) {
      throw invalid("Body must have the type incident_body and details that are a string.");
    }
    if (text) first.details = text->get_string();
  }
  if (auto const* type = body.if_contains("incident_type"); type && type->is_object()) {
    first.type = text_at(type->get_object(), "name");
    if (first.type != "incident_default" && first.type != "major_incident") {
      throw invalid("Incident type not found.");
    }
  }
  auto const* assignments = body.if_contains("assignments");
  if (assignments && body.contains("escalation_policy")) {
    throw invalid("Only one of assignments and escalation_policy may be given.");
  }
  if (body.contains("escalation_policy")) {
    first.policy = id_in(body, "escalation_policy");
    auto const known = std::ranges::any_of(policies_, [&](escalation const& one) {
      return one.id == first.policy;
    });
    if (!known) throw refused{400, 1014, "Escalation Policy Not Found", {}};
  }
  if (assignments) {
    auto const* list = assignments->if_array();
    if (!list || list->size() != 1) throw invalid("Exactly one assignment may be given.");
    auto const* one = list->front().if_object();
    auto const who = one ? id_in(*one, "assignee") : std::string{};
    if (user(who).empty()) throw refused{400, 1007, "Assigned To User Not Found", {}};
    first.assigned.emplace_back(user(who), in.now);
    first.assigned_via = "direct_assignment";
    // What somebody opens for himself he has seen.
    if (user(who) == in.who.id) {
      first.status = "acknowledged";
      first.acknowledged.emplace_back(in.who.id, in.now);
    }
  }
  if (!first.key.empty()) {
    auto const [from, to] = by_key_.equal_range(first.key);
    for (auto at = from; at != to; ++at) {
      auto const& other = records_.find(at->second)->second.now;
      if (other.service == first.service && other.status != "resolved") {
        throw refused{
            400,
            2002,
            "Arguments Caused Error",
            {"Open incident with matching dedup key already exists on this service"}};
      }
    }
  } else {
    first.key = hex_id(settings_.seed + 3, ++last_id_);
  }
  // `status` and all that is unknown is ignored without a word.
  auto const id = open(std::move(first), in.who, "website", in.now);
  return done(201, {{"incident", render(find(id)->now, {})}});
}

pagerduty::planned pagerduty::plan(
    state const& from, json::object const& members, actor const& who, core::time_point now
) {
  auto const invalid = [](std::string why) {
    return refused{400, 2001, "Invalid Input Provided", {std::move(why)}};
  };
  planned out{from, {}, false};
  auto& to = out.next;
  auto const changed = [&](std::string_view type, std::string_view summary) {
    out.entries.push_back(entry_for(to, type, summary));
    out.moved = true;
  };
  if (!from.merged_into.empty()) throw refused{400, 1019, "Incident Already Merged", {}};
  if (members.contains("title")) {
    auto const title = text_at(members, "title");
    if (title.empty()) throw invalid("Title cannot be empty.");
    if (count_characters(title) > settings_.title_characters) throw invalid("Title is too long.");
    if (title != to.title) {
      changed("field_value_change_log_entry", "Title changed.");
      if (settings_.log_tells_values) {
        out.entries.back().channel = field_change(
            "application_fields", from.id, "title", json::value(to.title), json::value(title)
        );
      }
      to.title = title;
    }
  }
  if (members.contains("urgency")) {
    auto const urgency = text_at(members, "urgency");
    if (urgency != "high" && urgency != "low") throw invalid("Urgency must be high or low.");
    if (urgency != to.urgency) {
      to.urgency = urgency;
      changed("urgency_change_log_entry", "Urgency changed.");
    }
  }
  if (auto const* priority = members.if_contains("priority")) {
    std::string id;
    for (auto const& one : priorities_) {
      auto const by_name = priority->is_string() && one.name == priority->get_string();
      if (by_name || one.id == id_in(members, "priority")) id = one.id;
    }
    if (!settings_.has_priorities) throw refused{402, 2014, "Missing Account Ability", {}};
    if (id.empty()) throw refused{400, 1020, "Invalid Priority", {}};
    if (id != to.priority) {
      to.priority = id;
      changed("field_value_change_log_entry", "Priority changed.");
      if (settings_.log_tells_values) {
        out.entries.back().type = "priority_change_log_entry";
        out.entries.back().channel["new_priority"] =
            reference(id, "priority_reference", id, "priorities");
      }
    }
  }
  if (members.contains("escalation_policy")) {
    auto const id = id_in(members, "escalation_policy");
    auto const known =
        std::ranges::any_of(policies_, [&](escalation const& one) { return one.id == id; });
    if (!known) throw refused{400, 1014, "Escalation Policy Not Found", {}};
    if (from.status == "resolved") throw refused{400, 1001, "Incident Already Resolved", {}};
    to.policy = id;
    assign_policy(to, now);
    to.status = "triggered";
    to.acknowledged.clear();
    changed("escalate_log_entry", "Handed to another policy.");
  }
  if (auto const* assignments = members.if_contains("assignments")) {
    auto const* list = assignments->if_array();
    if (!list || list->empty()) throw invalid("Assignments cannot be empty.");
    if (from.status == "resolved") throw refused{400, 1001, "Incident Already Resolved", {}};
    to.assigned.clear();
    for (auto const& each : *list) {
      auto const* one = each.if_object();
      auto const id = one ? user(id_in(*one, "assignee")) : std::string{};
      if (id.empty()) throw refused{400, 1007, "Assigned To User Not Found", {}};
      to.assigned.emplace_back(id, now);
    }
    to.assigned_via = "direct_assignment";
    changed("assign_log_entry", "Reassigned.");
  }
  if (members.contains("status")) {
    auto const status = text_at(members, "status");
    if (status != "triggered" && status != "acknowledged" && status != "resolved") {
      throw refused{400, 1003, "Invalid Status Provided", {}};
    }
    if (from.status == "resolved" && (status == "resolved" || !settings_.reopening)) {
      throw refused{400, 1001, "Incident Already Resolved", {}};
    }
    if (from.status == "acknowledged" && status == "acknowledged" &&
        settings_.refuse_acknowledging_twice) {
      throw refused{400, 1002, "Incident Already Acknowledged", {}};
    }
    if (from.status == "resolved") {
      if (!from.key.empty()) {
        auto const [begin, end] = by_key_.equal_range(from.key);
        for (auto at = begin; at != end; ++at) {
          auto const& other = records_.find(at->second)->second.now;
          if (other.id != from.id && other.status != "resolved") {
            throw refused{400, 2015, "Invalid operation", {}};
          }
        }
      }
      to.resolved.reset();
      assign_policy(to, now);
      changed("trigger_log_entry", "Reopened.");
    }
    if (status == "acknowledged") {
      if (!who.id.empty() && who.type == "user_reference") {
        to.acknowledged.emplace_back(who.id, now);
        if (from.status == "resolved") to.assigned = {{who.id, now}};
      }
      changed("acknowledge_log_entry", "Acknowledged.");
    } else if (status == "resolved") {
      to.resolved = now;
      to.assigned.clear();
      to.acknowledged.clear();
      for (auto& alert : to.alerts) alert.open = false;
      changed("resolve_log_entry", "Resolved.");
    } else {
      to.acknowledged.clear();
      if (from.status == "acknowledged") changed("unacknowledge_log_entry", "Unacknowledged.");
    }
    to.status = status;
  }
  if (to.status != from.status) {
    to.status_changed = now;
    to.changed_by = who.id;
    to.changed_by_type = who.type;
  }
  if (out.moved) to.updated = now;
  return out;
}

void pagerduty::store(planned what, actor const& who, core::time_point now) {
  auto const id = what.next.id;
  auto& of = find(id)->now;
  auto const was = of.status;
  of = std::move(what.next);
  for (auto& entry : what.entries) log(std::move(entry), who, now);
  show(id, now);
  if (of.status != was) {
    announce(
        was == "resolved"             ? "incident.reopened"
        : of.status == "resolved"     ? "incident.resolved"
        : of.status == "acknowledged" ? "incident.acknowledged"
                                      : "incident.unacknowledged",
        of,
        who,
        now
    );
  }
  // There is no event for a new title or urgency.
}

http::response pagerduty::update(context& in, std::string_view id) {
  auto const& found = visible(id);
  auto const body = read_body(in, "incident");
  auto const type = text_at(body, "type");
  if (type != "incident" && type != "incident_reference") {
    throw refused{400, 2001, "Invalid Input Provided", {"Type must be incident."}};
  }
  auto const of = found.now.id;
  store(plan(found.now, body, in.who, in.now), in.who, in.now);
  return done(200, {{"incident", render(find(of)->now, {})}});
}

/// All or none.
http::response pagerduty::update_many(context& in) {
  auto const body = read_body(in, {});
  auto const* list = body.if_contains("incidents");
  if (!list || !list->is_array() || list->get_array().empty()) {
    throw refused{400, 2001, "Invalid Input Provided", {"Incidents cannot be empty."}};
  }
  auto const& all = list->get_array();
  constexpr std::size_t most = 250;
  if (all.size() > most) throw refused{413, 2001, "Request Entity Too Large", {}};
  std::vector<planned> plans;
  std::set<std::string> seen;
  for (auto const& each : all) {
    auto const* one = each.if_object();
    auto const id = one ? text_at(*one, "id") : std::string{};
    auto const type = one ? text_at(*one, "type") : std::string{};
    if (id.empty() || (type != "incident" && type != "incident_reference")) {
      throw refused{400, 2001, "Invalid Input Provided", {"Each needs an id and a type."}};
    }
    if (!seen.insert(id).second) {
      throw refused{400, 2002, "Arguments Caused Error", {"An incident is named twice."}};
    }
    plans.push_back(plan(visible(id).now, *one, in.who, in.now));
  }
  std::vector<std::string> ids;
  for (auto& one : plans) {
    ids.push_back(one.next.id);
    store(std::move(one), in.who, in.now);
  }
  std::size_t limit = 25;
  if (auto const given = in.at.parameter("limit")) {
    limit = static_cast<std::size_t>(std::atoi(std::string{*given}.c_str()));
  }
  json::array shown_ones;
  for (std::size_t i = 0; i < ids.size() && i < std::min<std::size_t>(limit, 100); ++i) {
    shown_ones.push_back(render(find(ids[i])->now, {}));
  }
  return done(200, {{"incidents", std::move(shown_ones)}});
}

http::response pagerduty::merge_call(context& in, std::string_view id) {
  auto const target_id = visible(id).now.id;
  auto const body = read_body(in, {});
  auto const* sources = body.if_contains("source_incidents");
  if (!sources || !sources->is_array() || sources->get_array().empty()) {
    throw refused{400, 2001, "Invalid Input Provided", {"Source incidents cannot be empty."}};
  }
  if (find(target_id)->now.status == "resolved") {
    throw refused{400, 1001, "Incident Already Resolved", {}};
  }
  std::vector<std::string> ids;
  for (auto const& each : sources->get_array()) {
    auto const* one = each.if_object();
    auto const& from = visible(one ? text_at(*one, "id") : std::string{}).now;
    if (!from.merged_into.empty()) throw refused{400, 1019, "Incident Already Merged", {}};
    if (from.alerts.empty() && from.via != "website" && !settings_.rest_incidents_merge) {
      throw refused{400, 2002, "Arguments Caused Error", {"Incident cannot be merged."}};
    }
    ids.push_back(from.id);
  }
  for (auto const& source : ids) merge(source, target_id, in.who.id, in.now);
  auto const& into = find(target_id)->now;
  return done(
      200, {{"incident", reference(into.id, "incident_reference", into.title, "incidents")}}
  );
}

http::response pagerduty::add_note(context& in, std::string_view id) {
  auto const of = visible(id).now.id;
  auto const content = text_at(read_body(in, "note"), "content");
  if (content.empty()) {
    throw refused{400, 2001, "Invalid Input Provided", {"Content cannot be empty."}};
  }
  if (count_characters(content) > settings_.note_characters) {
    throw refused{400, 2001, "Invalid Input Provided", {"Content is too long."}};
  }
  if (find(of)->notes.size() >= 2000) throw refused{400, 2019, "Product Limit Reached", {}};
  annotate(of, content, in.who.id, in.now);
  return done(200, {{"note", render_note(find(of)->notes.back())}});
}

http::response pagerduty::change_note(context& in, std::string_view id, std::string_view which) {
  auto& of = visible(id);
  auto const at = std::ranges::find(of.notes, which, &note::id);
  if (at == of.notes.end()) throw refused{404, 2100, "Not Found", {}};
  if (in.call.method == "DELETE") {
    of.notes.erase(at);
    return answer(204, "application/json", {});
  }
  auto const content = text_at(read_body(in, "note"), "content");
  if (content.empty()) {
    throw refused{400, 2001, "Invalid Input Provided", {"Content cannot be empty."}};
  }
  at->text = content;
  at->updated = in.now;
  return done(200, {{"note", render_note(*at)}});
}

void pagerduty::check_custom(std::string_view name, json::value const& value) const {
  auto const field = std::ranges::find(fields_, name, &custom_field::name);
  if (field == fields_.end()) {
    throw refused{settings_.undefined_field_status, 2100, "Not Found", {}};
  }
  if (value.is_null()) return;
  auto const fits = field->data_type == "integer"   ? value.is_int64()
                    : field->data_type == "boolean" ? value.is_bool()
                    : field->data_type == "float"   ? value.is_number()
                                                    : value.is_string();
  auto const too_long =
      value.is_string() && count_characters(std::string_view{value.get_string()}) > 200;
  if (!fits || too_long) {
    throw refused{400, 2001, "Invalid Input Provided", {std::string{name} + " is invalid."}};
  }
}

http::response pagerduty::set_custom(context& in, std::string_view id) {
  auto& of = visible(id).now;
  auto const body = read_body(in, {});
  auto const* list = body.if_contains("custom_fields");
  if (!list || !list->is_array()) {
    throw refused{400, 2001, "Invalid Input Provided", {"Custom fields cannot be empty."}};
  }
  std::vector<std::pair<std::string, json::value>> values;
  for (auto const& each : list->get_array()) {
    auto const* one = each.if_object();
    if (!one || !one->contains("value")) {
      throw refused{400, 2001, "Invalid Input Provided", {"Each needs a name and a value."}};
    }
    auto name = text_at(*one, "name");
    for (auto const& field : fields_) {
      if (name.empty() && field.id == text_at(*one, "id")) name = field.name;
    }
    check_custom(name, one->at("value"));
    values.emplace_back(name, one->at("value"));
  }
  for (auto& [name, value] : values) {
    log_custom(of, name, value, in.who, in.now);
    of.custom[name] = std::move(value);
  }
  if (settings_.custom_fields_move_updated_at) of.updated = in.now;
  show(of.id, in.now);
  return done(201, {{"custom_fields", custom_values(of)}});
}

http::response pagerduty::add_status_update(context& in, std::string_view id) {
  visible(id);
  auto const body = read_body(in, {});
  auto const message = text_at(body, "message");
  if (message.empty()) {
    throw refused{400, 2001, "Invalid Input Provided", {"Message cannot be empty."}};
  }
  if (body.contains("html_message") != body.contains("subject")) {
    throw refused{400, 2001, "Invalid Input Provided", {"Subject and html_message go together."}};
  }
  json::object update{
      {"id", new_id("P")},
      {"message", message},
      {"created_at", core::format_time(std::chrono::floor<std::chrono::seconds>(in.now))},
      {"sender", agent_reference(in.who.id, in.who.type)},
  };
  // The API description knows no log entry for these.
  return done(200, {{"status_update", std::move(update)}});
}

http::response pagerduty::snooze(context& in, std::string_view id) {
  auto const& of = visible(id).now;
  if (of.status != "acknowledged") throw refused{400, 1012, "Incident is not Acknowledged", {}};
  auto const body = read_body(in, {});
  auto const* span = body.if_contains("duration");
  if (!span || !span->is_int64() || span->get_int64() < 1 || span->get_int64() > 604'800) {
    throw refused{400, 1013, "Snooze Duration is Invalid", {}};
  }
  log(of.id, "snooze_log_entry", "Snoozed.", in.who, {}, in.now);
  return done(201, {{"incident", render(of, {})}});
}

}  // namespace simulators

#include "test/simulators/control.hpp"

#include <algorithm>
#include <array>
#include <boost/json/array.hpp>

#include "test/simulators/control_words.hpp"
#include "test/simulators/pagerduty/control.hpp"

namespace simulators {
namespace {

http::response incident_deed(
    graph& service,
    std::string const& id,
    std::string_view deed,
    json::object const& body,
    core::time_point now
) {
  auto const who = text(body, "who", "analyst@contoso.com");
  if (deed == "edit") return done(service.edit(id, object(body, "fields"), who, now));
  if (deed == "comment") return done(service.comment(id, needed(body, "text"), who, now));
  if (deed == "merge") return done(service.merge(id, needed(body, "into"), now));
  if (deed == "alert") return done(!service.add_alert(id, object(body, "alert"), now).empty());
  if (deed == "experts-take") return done(service.experts_take(id, now));
  if (deed == "experts-hand-over") {
    return done(service.experts_hand_over(id, text(body, "summary"), now));
  }
  if (deed == "experts-remediate") {
    return done(service.experts_remediate(id, text(body, "summary"), now));
  }
  if (deed == "experts-dismiss") {
    auto const classification = text(body, "classification", "falsePositive");
    auto const determination = text(body, "determination", "notMalicious");
    auto const words = text(body, "text", "Reviewed: no threat.");
    return done(service.experts_dismiss(id, classification, determination, words, now));
  }
  throw misuse{"unknown deed '" + std::string{deed} + "'", 404};
}

/// A change to every incident, or to the first so many; for measurements.
http::response touch_all(graph& service, json::object const& body, core::time_point now) {
  auto left = static_cast<std::size_t>(number(body, "count", 1e9));
  std::vector<std::string> ids;
  service.each_incident([&](json::object const& each) {
    if (ids.size() < left) ids.emplace_back(each.at("id").as_string());
  });
  auto const fields = object(body, "fields");
  for (auto const& id : ids) service.edit(id, fields, "analyst@contoso.com", now);
  return answer_json({{"touched", ids.size()}});
}

/// A ticket may be named by sys_id, number or correlation_id.
std::string ticket_id(servicenow const& service, std::string const& named) {
  if (service.record(named)) return named;
  for (std::string_view const table : {"incident", "sn_si_incident"}) {
    for (std::string_view const column : {"number", "correlation_id"}) {
      auto const found = service.find_ids(table, column, named);
      if (!found.empty()) return found.front();
    }
  }
  throw misuse{"no such ticket", 404};
}

http::response ticket_deed(
    servicenow& service,
    std::string const& named,
    std::string_view deed,
    json::object const& body,
    core::time_point now
) {
  auto const id = ticket_id(service, named);
  auto const who = text(body, "who", "beth.anglin");
  if (deed == "edit") return done(service.edit(id, object(body, "fields"), who, now));
  if (deed == "journal") {
    auto const element = text(body, "element", "work_notes");
    if (element != "work_notes" && element != "comments") {
      throw misuse{"'element' is work_notes or comments"};
    }
    return done(service.add_journal(id, element, needed(body, "text"), who, now));
  }
  if (deed == "resolve") {
    auto const code = text(body, "close_code", "Solution provided");
    auto const notes = text(body, "close_notes", "Done.");
    return done(service.resolve(id, code, notes, who, now));
  }
  if (deed == "close") return done(service.close(id, who, now));
  if (deed == "reopen") return done(service.reopen(id, who, now));
  if (deed == "remove") return done(service.remove(id, now));
  throw misuse{"unknown deed '" + std::string{deed} + "'", 404};
}

void set_faults(faults& of, json::object const& body) {
  of.off();
  static constexpr std::array kinds{
      fault_kind::too_many_requests,
      fault_kind::server_error,
      fault_kind::html_page,
      fault_kind::truncated_json,
      fault_kind::wrong_type,
      fault_kind::unreachable,
      fault_kind::cut_before,
      fault_kind::lost_reply,
      fault_kind::cut_in_body,
      fault_kind::late_effect,
      fault_kind::slow,
      fault_kind::stale_read,
      fault_kind::duplicate_rows,
      fault_kind::late_visibility,
  };
  for (auto const& [key, value] : object(body, "rates")) {
    auto const kind = std::find_if(kinds.begin(), kinds.end(), [&key = key](fault_kind each) {
      return name(each) == std::string_view{key};
    });
    if (kind == kinds.end()) throw misuse{"unknown fault '" + std::string{key} + "'"};
    json::error_code failed;
    auto const rate = value.to_number<double>(failed);
    if (failed || rate < 0 || rate > 1) throw misuse{"a rate is a number from 0 to 1"};
    of.rates[*kind] = rate;
  }
  of.delay_max = std::chrono::milliseconds{static_cast<int>(number(body, "delay_max_ms", 2000))};
  of.skew = std::chrono::milliseconds{static_cast<int>(number(body, "skew_ms", 0))};
  of.only = text(body, "only");
}

/// The few settings that scripts change while a service runs.
void set_settings(estate& world, json::object const& body) {
  auto& graph = world.graph.settings();
  auto& servicenow = world.servicenow.settings();
  for (auto const& [key, value] : body) {
    auto const count = number(body, key, 0);
    std::chrono::milliseconds const span{static_cast<std::int64_t>(count)};
    if (key == "graph_calls_per_minute") {
      graph.calls_per_minute = static_cast<std::size_t>(count);
    } else if (key == "graph_list_lag_ms") {
      graph.list_lag = span;
    } else if (key == "servicenow_list_lag_ms") {
      servicenow.list_lag = span;
    } else if (key == "servicenow_calls_per_hour") {
      servicenow.rate_limits.clear();
      if (count > 0) servicenow.rate_limits.push_back({static_cast<std::size_t>(count), {}});
    } else if (key == "pagerduty_calls_per_minute") {
      world.pagerduty.settings().calls_per_minute = static_cast<std::size_t>(count);
    } else if (key == "pagerduty_creates_per_minute") {
      world.pagerduty.settings().creates_per_minute = static_cast<std::size_t>(count);
    } else if (key == "pagerduty_list_lag_ms") {
      world.pagerduty.settings().list_lag = span;
    } else if (key == "servicenow_hibernating") {
      servicenow.hibernating = count != 0;
    } else {
      throw misuse{"unknown setting '" + std::string{key} + "'"};
    }
  }
}

json::object counts(simulator const& of) {
  json::object out;
  for (auto const& [operation, count] : of.operations()) out[operation] = count;
  return out;
}

json::object struck(faults const& by) {
  json::object out;
  for (auto const& [kind, count] : by.struck()) out[name(kind)] = count;
  return out;
}

json::array dump_incidents(graph const& service) {
  json::array out;
  service.each_incident([&out](json::object const& each) { out.push_back(each); });
  return out;
}

json::array dump_tickets(servicenow const& service, std::string_view table) {
  json::array out;
  service.each_record(table, [&](json::object const& each) {
    json::object ticket = each;
    json::array notes;
    for (auto const& entry : service.journal(std::string_view{each.at("sys_id").get_string()})) {
      notes.push_back({
          {"sys_id", entry.sys_id},
          {"element", entry.element},
          {"text", entry.text},
          {"author", entry.author},
          {"at", entry.at},
      });
    }
    ticket["journal"] = std::move(notes);
    out.push_back(std::move(ticket));
  });
  return out;
}

json::object duplicates(servicenow const& service) {
  json::object out;
  for (std::string_view const table : {"incident", "sn_si_incident"}) {
    auto const keys = service.tickets_by_correlation(table);
    json::object twins;
    for (auto const& [key, count] : keys) {
      if (count > 1) twins[key] = count;
    }
    out[table] = json::object{
        {"tickets", service.records(table)}, {"keys", keys.size()}, {"duplicates", twins}};
  }
  return out;
}

http::response read(estate& world, std::vector<std::string> const& path) {
  if (path.size() == 1 && path[0] == "stats") {
    return answer_json(
        {{"graph", {{"calls", counts(world.graph)}, {"faults", struck(world.graph_faults)}}},
         {"servicenow",
          {{"calls", counts(world.servicenow)},
           {"faults", struck(world.servicenow_faults)},
           {"sessions", world.servicenow.sessions_opened()}}},
         {"pagerduty",
          {{"calls", counts(world.pagerduty)},
           {"faults", struck(world.pagerduty_faults)},
           {"incidents", world.pagerduty.incidents()}}},
         {"incidents", world.graph.incidents()},
         {"tickets",
          world.servicenow.records("incident") + world.servicenow.records("sn_si_incident")}}
    );
  }
  if (path.size() == 1 && path[0] == "incidents") return answer_json(dump_incidents(world.graph));
  if (path.size() == 2 && path[0] == "incidents") {
    auto found = world.graph.incident(path[1]);
    if (!found) throw misuse{"no such incident", 404};
    return answer_json(std::move(*found));
  }
  if (path.size() == 1 && path[0] == "tickets") {
    auto all = dump_tickets(world.servicenow, "incident");
    for (auto& each : dump_tickets(world.servicenow, "sn_si_incident")) all.push_back(each);
    return answer_json(all);
  }
  if (path.size() == 2 && path[0] == "tickets") {
    return answer_json(*world.servicenow.record(ticket_id(world.servicenow, path[1])));
  }
  if (path.size() == 1 && path[0] == "duplicates") {
    auto all = duplicates(world.servicenow);
    all["pagerduty"] = pagerduty_duplicates(world.pagerduty);
    return answer_json(all);
  }
  throw misuse{"no such operation", 404};
}

http::response act(
    estate& world,
    std::vector<std::string> const& path,
    json::object const& body,
    core::time_point now
) {
  if (path.size() == 1 && path[0] == "incidents") {
    return answer_json({{"id", world.graph.add_incident(object(body, "record"), now)}}, 201);
  }
  if (path.size() == 1 && path[0] == "touch") return touch_all(world.graph, body, now);
  if (path.size() == 3 && path[0] == "incidents") {
    return incident_deed(world.graph, path[1], path[2], body, now);
  }
  if (path.size() == 1 && path[0] == "tickets") {
    auto const id = world.servicenow.create_record(
        text(body, "table", "incident"),
        object(body, "fields"),
        text(body, "who", "beth.anglin"),
        now
    );
    if (id.empty()) throw misuse{"no such table"};
    return answer_json({{"sys_id", id}}, 201);
  }
  if (path.size() == 3 && path[0] == "tickets") {
    return ticket_deed(world.servicenow, path[1], path[2], body, now);
  }
  if (path.size() == 2 && path[0] == "faults") {
    auto* const of = path[1] == "graph"        ? &world.graph_faults
                     : path[1] == "servicenow" ? &world.servicenow_faults
                     : path[1] == "pagerduty"  ? &world.pagerduty_faults
                                               : nullptr;
    if (of == nullptr) throw misuse{"unknown service", 404};
    set_faults(*of, body);
    return done(true);
  }
  if (path.size() == 1 && path[0] == "settings") {
    set_settings(world, body);
    return done(true);
  }
  if (path.size() == 2 && path[0] == "stats" && path[1] == "reset") {
    world.graph.forget_operations();
    world.servicenow.forget_operations();
    world.pagerduty.forget_operations();
    return done(true);
  }
  throw misuse{"no such operation", 404};
}

}  // namespace

std::optional<http::response> answer_control(
    estate& world, http::request const& call, core::time_point now
) {
  auto const at = read_target(call.url);
  if (!at || at->parts.empty() || at->parts.front() != "_sim") return std::nullopt;
  std::vector<std::string> const path{at->parts.begin() + 1, at->parts.end()};
  try {
    if (!path.empty() && path.front() == "pagerduty") {
      return answer_pagerduty_control(world.pagerduty, path, call, now);
    }
    if (call.method == "GET") return read(world, path);
    if (call.method != "POST") throw misuse{"GET or POST", 405};
    auto const body =
        call.body.empty() ? json::value(json::object{}) : read_json(call.body).value_or(nullptr);
    if (!body.is_object()) throw misuse{"the body must be a JSON object"};
    return act(world, path, body.get_object(), now);
  } catch (misuse const& wrong) {
    return answer_json({{"error", wrong.what()}}, wrong.status);
  }
}

}  // namespace simulators

#include "test/simulators/control.hpp"

#include <algorithm>
#include <array>
#include <boost/json/array.hpp>
#include <span>

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

/// A change to every incident, or to so many after the first so many by id; for measurements.
http::response touch_all(graph& service, json::object const& body, core::time_point now) {
  auto const ids = service.incident_ids();
  auto const skip = std::min(ids.size(), static_cast<std::size_t>(number(body, "skip", 0)));
  auto const count =
      std::min(ids.size() - skip, static_cast<std::size_t>(number(body, "count", 1e9)));
  auto const fields = object(body, "fields");
  for (auto const& id : std::span{ids}.subspan(skip, count)) {
    service.edit(id, fields, "analyst@contoso.com", now);
  }
  return answer_json({{"touched", count}});
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

void set_list(estate& world, std::string_view key, json::array const& all) {
  std::vector<std::string> texts;
  for (auto const& each : all) {
    if (!each.is_string()) throw misuse{"'" + std::string{key} + "' is a list of texts"};
    texts.emplace_back(each.get_string());
  }
  if (key == "graph_permissions") {
    world.graph.settings().permissions = std::move(texts);
  } else if (std::none_of(world.desks.begin(), world.desks.end(), [&](auto& desk) {
               return desk->set_list(key, texts);
             })) {
    throw misuse{"unknown setting '" + std::string{key} + "'"};
  }
}

/// The few settings that scripts change while a service runs.
void set_settings(estate& world, json::object const& body) {
  auto& graph = world.graph.settings();
  for (auto const& [key, value] : body) {
    if (value.is_array()) {
      set_list(world, key, value.get_array());
      continue;
    }
    auto const count = number(body, key, 0);
    if (key == "graph_calls_per_minute") {
      graph.calls_per_minute = static_cast<std::size_t>(count);
    } else if (key == "graph_list_lag_ms") {
      graph.list_lag = std::chrono::milliseconds{static_cast<std::int64_t>(count)};
    } else if (std::none_of(
                   world.desks.begin(),
                   world.desks.end(),
                   [&key = key, count](auto& desk) { return desk->set(key, count); }
               )) {
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

json::object statistics(estate& world) {
  json::object out;
  out["graph"] =
      json::object{{"calls", counts(world.graph)}, {"faults", struck(world.graph_faults)}};
  out["incidents"] = world.graph.incidents();
  std::size_t tickets = 0;
  for (auto const& each : world.desks) {
    auto figures = each->figures();
    figures["calls"] = counts(each->service());
    figures["faults"] = struck(each->faults);
    out[each->name()] = std::move(figures);
    tickets += each->tickets().size();
  }
  out["tickets"] = tickets;
  return out;
}

http::response read(estate& world, desk& at, std::vector<std::string> const& path) {
  if (path.size() == 1 && path[0] == "stats") return answer_json(statistics(world));
  if (path.size() == 1 && path[0] == "incidents") return answer_json(dump_incidents(world.graph));
  if (path.size() == 2 && path[0] == "incidents") {
    auto found = world.graph.incident(path[1]);
    if (!found) throw misuse{"no such incident", 404};
    return answer_json(std::move(*found));
  }
  if (path.size() == 1 && path[0] == "tickets") return answer_json(at.tickets());
  if (path.size() == 2 && path[0] == "tickets") return answer_json(at.ticket(path[1]));
  if (path.size() == 1 && path[0] == "duplicates") return answer_json(at.duplicates());
  throw misuse{"no such operation", 404};
}

faults& faults_of(estate& world, std::string_view service) {
  if (service == "graph") return world.graph_faults;
  for (auto const& each : world.desks) {
    if (each->name() == service) return each->faults;
  }
  throw misuse{"unknown service", 404};
}

http::response act(
    estate& world,
    desk& at,
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
  if (path.size() == 1 && path[0] == "tickets") return answer_json(at.create(body, now), 201);
  if (path.size() == 3 && path[0] == "tickets") return done(at.act(path[1], path[2], body, now));
  if (path.size() == 2 && path[0] == "faults") {
    set_faults(faults_of(world, path[1]), body);
    return done(true);
  }
  if (path.size() == 1 && path[0] == "settings") {
    set_settings(world, body);
    return done(true);
  }
  if (path.size() == 2 && path[0] == "admin") {
    if (!at.administer(path[1], body, now)) throw misuse{"no such operation", 404};
    return done(true);
  }
  if (path.size() == 2 && path[0] == "stats" && path[1] == "reset") {
    world.graph.forget_operations();
    for (auto const& each : world.desks) each->service().forget_operations();
    return done(true);
  }
  throw misuse{"no such operation", 404};
}

}  // namespace

std::vector<std::unique_ptr<desk>> make_desks(open_points chosen, core::time_point now) {
  std::vector<std::unique_ptr<desk>> all;
  all.push_back(make_servicenow_desk(chosen, now));
  all.push_back(make_jira_desk(chosen, now));
  all.push_back(make_pagerduty_desk(chosen, now));
  return all;
}

std::optional<http::response> answer_control(
    estate& world, desk* at_desk, http::request const& call, core::time_point now
) {
  auto const at = read_target(call.url);
  if (!at || at->parts.empty() || at->parts.front() != "_sim") return std::nullopt;
  std::vector<std::string> const path{at->parts.begin() + 1, at->parts.end()};
  try {
    auto& tickets = at_desk != nullptr ? *at_desk : *world.desks.at(0);
    if (call.method == "GET") return read(world, tickets, path);
    if (call.method != "POST") throw misuse{"GET or POST", 405};
    auto const body =
        call.body.empty() ? json::value(json::object{}) : read_json(call.body).value_or(nullptr);
    if (!body.is_object()) throw misuse{"the body must be a JSON object"};
    return act(world, tickets, path, body.get_object(), now);
  } catch (misuse const& wrong) {
    return answer_json({{"error", wrong.what()}}, wrong.status);
  }
}

}  // namespace simulators

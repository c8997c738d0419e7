#include <algorithm>
#include <boost/json/serialize.hpp>

#include "test/simulators/pagerduty/pagerduty.hpp"

namespace simulators {
namespace {

http::response done(int status, json::object const& body) {
  return answer(status, "application/json; charset=utf-8", json::serialize(body));
}

http::response invalid(std::string why) {
  return done(
      400,
      {{"status", "invalid event"},
       {"message", "Event object is invalid"},
       {"errors", json::array{json::value(why)}}}
  );
}

std::string text_at(json::object const& from, std::string_view name) {
  auto const* value = from.if_contains(name);
  return value && value->is_string() ? std::string{value->get_string()} : std::string{};
}

}  // namespace

/// Events API v2. Accepts more than it does: an action for an alert that is not open is dropped.
http::response pagerduty::enqueue(http::request const& call, core::time_point now) {
  constexpr std::size_t bytes_most = std::size_t{512} * 1024;
  constexpr std::size_t summary_most = 1024;
  constexpr std::size_t key_most = 255;
  if (call.method != "POST") return answer(405, "text/plain", "");
  if (call.body.size() > bytes_most) return answer(413, "text/plain", "");
  auto const body = read_json(call.body);
  if (!body || !body->is_object()) {
    return done(
        400,
        {{"status", "Unrecognized object"},
         {"message", "Event object format is unrecognized"},
         {"errors", json::array{"JSON parse error"}}}
    );
  }
  auto const& event = body->get_object();
  auto const routing = text_at(event, "routing_key");
  if (routing.size() != 32) return invalid("'routing_key' is missing or has the wrong length");
  http::response headers;
  if (auto refusal = check_rate("events " + routing, settings_.events_per_minute, now, headers)) {
    return done(
        429,
        {{"status", "throttle exceeded"},
         {"message", "Requests for this service are arriving too quickly."}}
    );
  }
  auto const action = text_at(event, "event_action");
  auto key = text_at(event, "dedup_key");
  if (key.size() > key_most) return invalid("'dedup_key' is too long");
  if (action != "trigger" && action != "acknowledge" && action != "resolve") {
    return invalid("'event_action' is missing or invalid");
  }
  auto const* payload = event.if_contains("payload");
  json::object const none;
  auto const& told = payload && payload->is_object() ? payload->get_object() : none;
  if (action == "trigger") {
    auto const severity = text_at(told, "severity");
    if (text_at(told, "summary").empty()) return invalid("'payload.summary' is missing or blank");
    if (text_at(told, "source").empty()) return invalid("'payload.source' is missing or blank");
    if (severity != "critical" && severity != "error" && severity != "warning" &&
        severity != "info") {
      return invalid("'payload.severity' is invalid");
    }
    if (count_characters(text_at(told, "summary")) > summary_most) {
      return invalid("'payload.summary' is too long");
    }
  } else if (key.empty()) {
    return invalid("'dedup_key' is missing");
  }
  if (key.empty()) key = hex_id(settings_.seed + 5, ++last_id_);
  auto accepted =
      done(202, {{"status", "success"}, {"message", "Event processed"}, {"dedup_key", key}});
  if (routing != settings_.routing_key) return accepted;

  actor const by{service_, "service_reference"};
  std::string open_one;
  auto const [from, to] = by_key_.equal_range(key);
  for (auto at = from; at != to; ++at) {
    auto const& of = records_.find(at->second)->second.now;
    if (of.status != "resolved") open_one = of.id;
  }
  if (action == "trigger") {
    auto const severity = text_at(told, "severity");
    if (open_one.empty()) {
      state first;
      first.title = text_at(told, "summary");
      first.urgency = severity == "critical" || severity == "error" ? "high" : "low";
      first.alerts.push_back({key, true});
      first.via = "events";
      if (auto const* details = told.if_contains("custom_details")) {
        first.details = json::serialize(*details);
      }
      open(std::move(first), by, "api", now);
    } else {
      auto next = records_.find(open_one)->second.now;
      next.title = text_at(told, "summary");
      next.updated = now;
      auto entry = entry_for(next, "trigger_log_entry", "Triggered again.");
      planned what{std::move(next), {std::move(entry)}, true};
      store(std::move(what), by, now);
    }
    return accepted;
  }
  if (open_one.empty()) return accepted;
  try {
    json::object const status{{"status", action == "resolve" ? "resolved" : "acknowledged"}};
    store(plan(records_.find(open_one)->second.now, status, by, now), by, now);
  } catch (refused const&) {
    // Acknowledged already: taken and dropped.
  }
  return accepted;
}

}  // namespace simulators

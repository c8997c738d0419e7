#include "test/simulators/pagerduty/control.hpp"

#include "test/simulators/control_words.hpp"

namespace simulators {
namespace {

/// An incident may be named by id, number or incident_key.
std::string id_of(pagerduty const& service, std::string const& named) {
  if (auto const found = service.incident(named)) return std::string{found->at("id").get_string()};
  auto const found = service.find_ids(named);
  if (found.empty()) throw misuse{"no such incident", 404};
  return found.front();
}

http::response deed(
    pagerduty& service,
    std::string const& id,
    std::string_view what,
    json::object const& body,
    core::time_point now
) {
  auto const who = text(body, "who", "beth@acme.example");
  if (what == "edit") return done(service.edit(id, object(body, "fields"), who, now));
  if (what == "annotate")
    return done(!service.annotate(id, needed(body, "text"), who, now).empty());
  if (what == "acknowledge") return done(service.acknowledge(id, who, now));
  if (what == "resolve") return done(service.resolve(id, who, now));
  if (what == "reopen") return done(service.reopen(id, who, now));
  if (what == "escalate") return done(service.escalate(id, now));
  if (what == "notify") return done(service.notify(id, now));
  if (what == "time-out") return done(service.time_out(id, now));
  if (what == "hide") return done(service.hide(id, true));
  if (what == "merge") {
    return done(service.merge(id, id_of(service, needed(body, "into")), who, now));
  }
  throw misuse{"unknown deed '" + std::string{what} + "'", 404};
}

}  // namespace

json::object pagerduty_duplicates(pagerduty const& service) {
  auto const keys = service.incidents_by_key();
  json::object twins;
  for (auto const& [key, count] : keys) {
    if (count > 1) twins[key] = count;
  }
  return {{"tickets", service.incidents()}, {"keys", keys.size()}, {"duplicates", twins}};
}

http::response answer_pagerduty_control(
    pagerduty& service,
    std::vector<std::string> const& path,
    http::request const& call,
    core::time_point now
) {
  if (call.method == "GET" && path.size() == 1) {
    json::array all;
    service.each_incident([&all](json::object const& each) { all.push_back(each); });
    return answer_json(all);
  }
  if (call.method == "GET" && path.size() == 2) {
    return answer_json(*service.incident(id_of(service, path[1])));
  }
  if (call.method != "POST") throw misuse{"GET or POST", 405};
  auto const read =
      call.body.empty() ? json::value(json::object{}) : read_json(call.body).value_or(nullptr);
  if (!read.is_object()) throw misuse{"the body must be a JSON object"};
  auto const& body = read.get_object();
  if (path.size() == 1) {
    auto const id =
        service.create_by_hand(needed(body, "title"), text(body, "who", "beth@acme.example"), now);
    return answer_json({{"id", id}}, 201);
  }
  if (path.size() == 3) return deed(service, id_of(service, path[1]), path[2], body, now);
  throw misuse{"no such operation", 404};
}

}  // namespace simulators

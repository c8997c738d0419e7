#include "test/simulation/script.hpp"

#include <array>
#include <cstdio>
#include <stdexcept>

#include "test/simulators/faults.hpp"

namespace simulation {
namespace {

namespace json = boost::json;
using mapping::side;

constexpr std::array<std::string_view, 13> actions{
    "add",
    "act",
    "say",
    "merge",
    "tie",
    "fault",
    "lag",
    "step",
    "crash",
    "disk",
    "reload",
    "drift",
    "second"};

std::string seconds_text(milliseconds span) {
  return std::to_string(span.count() / 1000) + "." + std::to_string(span.count() / 100 % 10) + " s";
}

std::int64_t number(json::object const& from, std::string_view name) {
  return from.at(name).to_number<std::int64_t>();
}

json::object to_json(temper const& t) {
  return {{"hard", t.hard}, {"page_rows", t.page_rows}, {"seed", t.seed}};
}

temper temper_from(json::object const& from) {
  temper t;
  t.hard = from.at("hard").as_bool();
  t.page_rows = from.at("page_rows").to_number<std::size_t>();
  t.seed = from.at("seed").to_number<std::uint64_t>();
  return t;
}

json::object to_json(event const& e) {
  return {
      {"at", e.at.count()},
      {"what", name(e.what)},
      {"where", mapping::name(e.where)},
      {"object", e.object},
      {"choice", e.choice},
      {"times", e.times},
      {"amount", e.amount.count()},
      {"sharp", e.sharp},
  };
}

event event_from(json::object const& from) {
  event e;
  e.at = milliseconds{number(from, "at")};
  auto const& what = from.at("what").as_string();
  std::size_t i = 0;
  while (i < actions.size() && actions[i] != std::string_view{what}) ++i;
  if (i == actions.size()) throw std::runtime_error{"no such action: " + std::string{what}};
  e.what = static_cast<action>(i);
  e.where =
      from.at("where").as_string() == mapping::name(side::ticket) ? side::ticket : side::incident;
  e.object = static_cast<int>(number(from, "object"));
  e.choice = static_cast<int>(number(from, "choice"));
  e.times = static_cast<int>(number(from, "times"));
  e.amount = milliseconds{number(from, "amount")};
  e.sharp = from.at("sharp").as_bool();
  return e;
}

std::string_view words_of(place const& in, int choice) {
  auto const which = static_cast<std::size_t>(choice);
  return which < in.habits().size() ? in.habits()[which].words : "does nothing";
}

}  // namespace

std::string clock_text(milliseconds at) {
  auto const all = at.count();
  std::array<char, 32> text{};
  std::snprintf(
      text.data(),
      text.size(),
      "%02lld:%02lld:%02lld.%03lld",
      static_cast<long long>(all / 3'600'000),
      static_cast<long long>(all / 60'000 % 60),
      static_cast<long long>(all / 1000 % 60),
      static_cast<long long>(all % 1000)
  );
  return text.data();
}

std::string_view name(action a) { return actions[static_cast<std::size_t>(a)]; }

json::object to_json(script const& s) {
  json::array events;
  for (auto const& e : s.events) events.push_back(to_json(e));
  return {
      {"seed", s.seed},
      {"system", s.system},
      {"map", s.map},
      {"incidents", to_json(s.incidents)},
      {"tickets", to_json(s.tickets)},
      {"batch_rows", s.batch_rows},
      {"poll_every", s.poll_every.count()},
      {"sweep_every", s.sweep_every.count()},
      {"latency", s.latency.count()},
      {"skew_incidents", s.skew_incidents.count()},
      {"skew_tickets", s.skew_tickets.count()},
      {"length", s.length.count()},
      {"events", std::move(events)},
  };
}

script script_from(json::object const& from) {
  script s;
  s.seed = from.at("seed").to_number<std::uint64_t>();
  s.system = from.at("system").as_string();
  s.map = static_cast<int>(number(from, "map"));
  s.incidents = temper_from(from.at("incidents").as_object());
  s.tickets = temper_from(from.at("tickets").as_object());
  s.batch_rows = from.at("batch_rows").to_number<std::size_t>();
  s.poll_every = milliseconds{number(from, "poll_every")};
  // Scripts of before there were sweeps do not name it.
  if (from.contains("sweep_every")) s.sweep_every = milliseconds{number(from, "sweep_every")};
  s.latency = milliseconds{number(from, "latency")};
  s.skew_incidents = milliseconds{number(from, "skew_incidents")};
  s.skew_tickets = milliseconds{number(from, "skew_tickets")};
  s.length = milliseconds{number(from, "length")};
  for (auto const& e : from.at("events").as_array()) s.events.push_back(event_from(e.as_object()));
  return s;
}

std::string to_text(event const& e, incident_place const& incidents, ticket_place const& tickets) {
  place const& in = e.where == side::ticket ? static_cast<place const&>(tickets)
                                            : static_cast<place const&>(incidents);
  auto const object = (e.where == side::ticket ? "ticket of incident " : "incident ") +
                      std::to_string(e.object + 1);
  auto const system = e.where == side::ticket ? "the ticket system" : "Defender";
  std::string out = clock_text(e.at) + "  ";
  switch (e.what) {
    case action::add:
      return out + "an incident appears (kind " + std::to_string(e.choice) + ")";
    case action::act:
      return out + object + ": somebody " + std::string{words_of(in, e.choice)} +
             (e.sharp ? ", just before the service's next write there takes effect" : "");
    case action::say:
      return out + object + ": somebody comments" +
             (e.sharp ? ", just before the service's next write there takes effect" : "");
    case action::merge:
      return out + object + " is merged into incident " + std::to_string(e.choice + 1);
    case action::tie:
      return out + "everything in " + system + " is changed at the same instant";
    case action::fault:
      return out + "the next " + std::to_string(e.times) +
             (e.sharp ? " writes to " : " calls to ") + system + " meet " +
             std::string{simulators::name(static_cast<simulators::fault_kind>(e.choice))} + " (" +
             seconds_text(e.amount) + ")";
    case action::lag:
      return out + "lists of " + system + " are " + seconds_text(e.amount) + " late from now on";
    case action::step:
      return out + "the service's wall clock steps by " + seconds_text(e.amount);
    case action::crash:
      return out + "the process dies " + std::to_string(e.times) +
             " steps later and is back after " + seconds_text(e.amount) +
             (e.sharp ? "; what is on the wire arrives" : "");
    case action::disk:
      return out + "the next " + std::to_string(e.times) + " commits fail";
    case action::reload:
      return out + "the map is replaced by its variant " + std::to_string(e.choice);
    case action::drift:
      return out + (e.times > 0 ? "it begins: " : "it ends: ") +
             std::string{in.drifts()[static_cast<std::size_t>(e.choice) % in.drifts().size()]};
    case action::second:
      return out + "a second process is started on the same store";
  }
  return out;
}

}  // namespace simulation

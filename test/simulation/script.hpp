#pragma once

#include <boost/json/object.hpp>
#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "test/simulation/place.hpp"

/// What happens in one world, as data: drawn from a seed, shrunk one event at a time, printed as a
/// story, kept as a test.
namespace simulation {

enum class action {
  add,     ///< an incident appears
  act,     ///< a person does the habit `choice` to the object
  say,     ///< a person comments
  merge,   ///< Defender merges incident `object` into `choice`
  tie,     ///< everything on this side gets the same stamp: people act on all objects at once
  fault,   ///< the next `times` calls that match meet fault `choice`
  lag,     ///< from now on lists on this side are `amount` late
  step,    ///< the service's own wall clock steps by `amount`
  crash,   ///< the process dies after `times` more steps and is started again `amount` later
  disk,    ///< the next `times` commits fail
  reload,  ///< the map is replaced by variant `choice`
  drift,   ///< drift `choice` begins (`times` 1) or ends (0)
  second,  ///< another process is started on the same store
};

struct event {
  milliseconds at{0};  ///< since the world's beginning
  action what = action::act;
  mapping::side where = mapping::side::incident;
  int object = 0;  ///< modulo the objects there are
  int choice = 0;
  int times = 1;
  milliseconds amount{0};
  /// act, say: strikes when the service's next write reaches that side, just before it takes
  /// effect. crash: what is on the wire still arrives. fault: only changes (even `object`) or
  /// what makes something (odd `object`) meets it.
  bool sharp = false;
};

/// Facts of a world that do not change while it lasts.
struct script {
  std::uint64_t seed = 1;
  std::string system = "servicenow";
  int map = 0;  ///< of the pairing's
  temper incidents, tickets;
  std::size_t batch_rows = 400;
  milliseconds poll_every{60'000};
  milliseconds sweep_every{0};  ///< 0: no sweep
  milliseconds latency{0};
  milliseconds skew_incidents{0}, skew_tickets{0};  ///< of their clocks, for good
  milliseconds length{0};                           ///< of act one
  std::vector<event> events;                        ///< by time
};

/// The same for the same seed and pairing.
script draw(std::uint64_t seed, pairing const& with);

boost::json::object to_json(script const& s);
/// Throws std::runtime_error if it is no script.
script script_from(boost::json::object const& text);

/// One line for people: "00:12:30 ticket of incident 2: a person resolves it".
std::string to_text(event const& e, incident_place const& incidents, ticket_place const& tickets);
std::string_view name(action a);
/// "00:12:30.000"
std::string clock_text(milliseconds at);

}  // namespace simulation

#include <algorithm>
#include <initializer_list>
#include <map>

#include "connector/async/random.hpp"
#include "test/simulation/script.hpp"
#include "test/simulators/faults.hpp"

namespace simulation {
namespace {

using namespace std::chrono_literals;
using mapping::side;
using simulators::fault_kind;

class drawing {
 public:
  drawing(std::uint64_t seed, pairing const& with)
      : random_{connector::async::make_seeded_random(seed)} {
    s_.seed = seed;
    s_.system = with.name;
    s_.map = pick(static_cast<int>(with.maps.size()));
    s_.incidents = {one_in(2), pick_of<std::size_t>({1, 2, 50}), seed};
    s_.tickets = {one_in(2), pick_of<std::size_t>({1, 2, 200}), seed};
    s_.batch_rows = pick_of<std::size_t>({1, 3, 400});
    s_.poll_every = pick_of({20'000ms, 60'000ms, 60'000ms, 150'000ms});
    s_.latency = pick_of({0ms, 100ms, 100ms, 1500ms});
    s_.skew_incidents = pick_of({0ms, 0ms, 3000ms, -40'000ms, 600'000ms});
    s_.skew_tickets = pick_of({0ms, 0ms, -3000ms, 40'000ms, -600'000ms});
    s_.length = milliseconds{300'000 + pick(900'000)};
  }

  script all(incident_place const& incidents, ticket_place const& tickets) {
    auto const count = 1 + pick(3);
    for (int i = 0; i < count; ++i) {
      event e = at(action::add, side::incident);
      e.at = i == 0 ? 0ms : milliseconds{pick(static_cast<int>(s_.length.count()) / 2)};
      e.choice = pick(40);
      put(e);
    }
    people(side::incident, incidents);
    people(side::ticket, tickets);
    if (one_in(3)) hurt(side::incident, incidents);
    if (one_in(2)) hurt(side::ticket, tickets);
    if (one_in(3)) faults(side::incident);
    if (!one_in(4)) faults(side::ticket);
    surroundings(count);
    // Last, so that the rest of each world is as it was before there were sweeps.
    if (one_in(3)) s_.sweep_every = pick_of({600'000ms, 1'500'000ms});
    for (auto& e : s_.events) e.at = std::min(e.at, s_.length);
    std::stable_sort(s_.events.begin(), s_.events.end(), [](event const& l, event const& r) {
      return l.at < r.at;
    });
    return std::move(s_);
  }

 private:
  int pick(int below) {
    return below <= 0 ? 0 : static_cast<int>(random_->next() % static_cast<std::uint64_t>(below));
  }
  bool one_in(int n) { return pick(n) == 0; }
  template <class T>
  T pick_of(std::initializer_list<T> all) {
    return *(all.begin() + pick(static_cast<int>(all.size())));
  }

  event at(action what, side where) {
    event e;
    e.what = what;
    e.where = where;
    // A third of the deeds come in bursts, seconds apart: that is where races are.
    auto const whole = static_cast<int>(s_.length.count());
    if (!s_.events.empty() && one_in(3)) {
      e.at = s_.events.back().at + milliseconds{pick(5000)};
    } else {
      e.at = milliseconds{pick(whole)};
    }
    return e;
  }
  void put(event const& e) { s_.events.push_back(e); }

  void people(side where, place const& in) {
    auto const deeds = 2 + pick(6);
    for (int i = 0; i < deeds; ++i) {
      event e = at(action::act, where);
      e.object = pick(4);
      e.choice = habit_of(in);
      e.sharp = one_in(4);
      put(e);
    }
    for (auto i = pick(3); i > 0; --i) {
      event e = at(action::say, where);
      e.object = pick(4);
      e.sharp = one_in(5);
      put(e);
    }
    if (one_in(6)) {
      event e = at(action::tie, where);
      e.choice = habit_of(in);
      put(e);
    }
  }

  int habit_of(place const& in) {
    int weights = 0;
    for (auto const& h : in.habits()) weights += h.weight;
    auto left = pick(weights);
    int which = 0;
    while ((left -= in.habits()[static_cast<std::size_t>(which)].weight) >= 0) ++which;
    return which;
  }

  void hurt(side where, place const& in) {
    if (one_in(2)) {
      event e = at(action::lag, where);
      auto const most =
          static_cast<int>((where == side::ticket ? in.search_lag_max() : in.list_lag_max()).count()
          );
      e.amount = milliseconds{1000 + pick(most - 1000)};
      put(e);
    }
    if (!in.drifts().empty() && one_in(3)) {
      event e = at(action::drift, where);
      e.choice = pick(static_cast<int>(in.drifts().size()));
      put(e);
      e.at += milliseconds{pick(600'000)};
      e.times = 0;
      put(e);
    }
  }

  void faults(side where) {
    for (auto i = 1 + pick(4); i > 0; --i) {
      event e = at(action::fault, where);
      auto const kind = pick_of<fault_kind>({
          fault_kind::too_many_requests,
          fault_kind::server_error,
          fault_kind::html_page,
          fault_kind::truncated_json,
          fault_kind::wrong_type,
          fault_kind::unreachable,
          fault_kind::cut_before,
          fault_kind::lost_reply,
          fault_kind::lost_reply,
          fault_kind::cut_in_body,
          fault_kind::late_effect,
          fault_kind::late_effect,
          fault_kind::slow,
          fault_kind::stale_read,
          fault_kind::duplicate_rows,
          fault_kind::late_visibility,
      });
      e.choice = static_cast<int>(kind);
      e.times = 1 + pick(3);
      e.object = pick(2);
      e.amount = milliseconds{pick(20'000)};
      bool const of_writes = kind == fault_kind::lost_reply || kind == fault_kind::late_effect ||
                             kind == fault_kind::late_visibility;
      e.sharp = of_writes || one_in(2);
      if (kind == fault_kind::late_effect) {
        e.times = 1;
        // Within the horizon, which counts from the decision.
        e.amount = milliseconds{pick(190'000)};
      }
      put(e);
    }
  }

  void surroundings(int incidents) {
    for (auto i = pick(3); i > 0; --i) {
      event e = at(action::crash, side::incident);
      e.times = pick(60);
      e.amount = pick_of({0ms, 2000ms, 30'000ms, 400'000ms});
      e.sharp = one_in(2);
      put(e);
    }
    if (incidents > 1 && one_in(3)) {
      event e = at(action::merge, side::incident);
      e.object = pick(incidents);
      e.choice = pick(incidents);
      put(e);
    }
    if (one_in(5)) {
      event e = at(action::step, side::incident);
      // A step ahead while no process runs cannot be told from time that has passed: only small
      // ones where there are crashes.
      auto const crashes = std::any_of(s_.events.begin(), s_.events.end(), [](event const& one) {
        return one.what == action::crash;
      });
      e.amount = pick_of({-600'000ms, -30'000ms, 20'000ms, crashes ? 5000ms : 3'600'000ms});
      put(e);
    }
    if (one_in(6)) {
      event e = at(action::disk, side::incident);
      e.times = 1 + pick(3);
      put(e);
    }
    if (one_in(6)) {
      event e = at(action::reload, side::incident);
      e.choice = 1;
      put(e);
    }
    if (one_in(10)) put(at(action::second, side::incident));
  }

  std::unique_ptr<connector::async::random> random_;
  script s_;
};

}  // namespace

script draw(std::uint64_t seed, pairing const& with) {
  // What people do does not depend on how a system is set up; one instance of each tells.
  static std::map<
      std::string_view,
      std::pair<std::unique_ptr<incident_place>, std::unique_ptr<ticket_place>>>
      known;
  auto at = known.find(with.name);
  if (at == known.end()) {
    at = known.emplace(with.name, std::pair{with.incidents({}), with.tickets({}, {})}).first;
  }
  drawing all{seed, with};
  return all.all(*at->second.first, *at->second.second);
}

}  // namespace simulation

#pragma once

#include <chrono>
#include <map>
#include <memory>
#include <optional>
#include <string>

#include "connector/adapter/adapter.hpp"
#include "connector/async/clock.hpp"
#include "connector/http/budget.hpp"
#include "connector/mapping/map.hpp"

namespace connector::sync {

/// One configured tenant or instance, as the sync sees it.
struct connection {
  std::string name;

  /// Null: calls are not counted. What follows calls through it.
  std::unique_ptr<http::budget> budget;

  /// The adapter once per lane, each calling through its lane's door, so that no queue within an
  /// adapter can hold up what is urgent. Polls and whatever has no lane go through `system`, the
  /// urgent one; without the others it serves all lanes.
  std::unique_ptr<adapter::system> system, routine, background;
  std::chrono::milliseconds poll_every{60'000};

  /// Configured bounds that override what the adapter declares; zero keeps the declared one.
  double calls_per_minute = 0;
  std::chrono::seconds horizon{0};
  std::chrono::seconds overlap{0};

  /// Nothing new is begun before this moment: the system asked for it (429, Retry-After), it is out
  /// of reach (the budget's breaker), or it refused our sign-in, and an account that keeps knocking
  /// is locked.
  async::clock::steady_point closed_until{};
  int refused_sign_ins = 0;  ///< in a row

  /// How the system names our account in `changed_by`: learnt from the answer to a write that was
  /// the only change. Empty until then, and where the system does not tell.
  std::string own_name;

  /// The link of a ticket known to exist here: the positive control of searches for what is created
  /// from now on. Empty: none since this process began.
  std::string control;

  [[nodiscard]] adapter::system& in(http::lane l) const {
    if (l == http::lane::routine && routine) return *routine;
    if (l == http::lane::background && background) return *background;
    return *system;
  }
};

/// Links of a backfill come after all others: their lane is the map's plus this.
inline constexpr int backlog_lane = 10'000;

/// A link's lane as its calls see it: the map's first line of `urgent`, the rest, the backlog.
inline http::lane call_lane(int of_link) {
  if (of_link >= backlog_lane) return http::lane::background;
  return of_link == 0 ? http::lane::urgent : http::lane::routine;
}

/// What is not to be sent for now, and why, in words for people. Nothing is lost: what a held rule
/// would write is parked, and links of a held route are looked at again.
struct holds {
  std::string route;                         ///< why the whole route is held; empty: it is not
  std::map<std::string, std::string> rules;  ///< held rules, by name

  friend bool operator==(holds const&, holds const&) = default;
};

/// "These incidents become those tickets."
struct route {
  std::string name;
  connection* from = nullptr;
  connection* to = nullptr;
  std::shared_ptr<mapping::field_map const> map;
  std::shared_ptr<holds const> held{};  ///< null: nothing

  [[nodiscard]] connection& at(mapping::side s) const {
    // Both are set by whoever makes a route.
    // NOLINTNEXTLINE(clang-analyzer-core.uninitialized.UndefReturn)
    return s == mapping::side::incident ? *from : *to;
  }
};

/// Calls a minute; 0: no limit is known.
inline double limit_of(connection const& c) {
  return c.calls_per_minute > 0 ? c.calls_per_minute : c.system->declared().limit.per_minute;
}

inline std::chrono::seconds horizon_of(connection const& c) {
  return c.horizon.count() > 0 ? c.horizon : c.system->declared().horizon;
}

}  // namespace connector::sync

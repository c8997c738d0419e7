#pragma once

#include <boost/asio/awaitable.hpp>
#include <chrono>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "connector/async/clock.hpp"
#include "connector/async/tasks.hpp"
#include "connector/command/live_check.hpp"
#include "connector/config/settings.hpp"
#include "connector/store/store.hpp"
#include "connector/sync/engine.hpp"

namespace spdlog {
class logger;
}

namespace connector::command {

/// The programs that routes run, by route.
using route_programs = std::map<std::string, std::shared_ptr<mapping::program const>>;

/// What is to be held for these findings, by the choices made for them. A finding about the map as
/// a whole that is to hold its rule holds the route.
sync::holds holds_for(
    std::vector<mapping::live_finding> const& found, std::vector<config::finding_choice> const& by
);

/// Compares the maps in use with the real systems on a schedule; reads only. What the systems said
/// last is kept in the store. Loop thread only; what it is made with outlives it.
class validation {
 public:
  struct surroundings {
    sync::engine& engine;
    store::store& store;
    async::clock& clock;
    spdlog::logger& log;
  };

  /// How one route stands.
  struct standing {
    std::optional<core::time_point> checked;  ///< the last comparison that was complete
    std::size_t errors = 0, warnings = 0;
    std::uint64_t drifts = 0;          ///< changes under rules since the start
    std::vector<std::string> trouble;  ///< why the last attempt was not complete
    sync::holds held;
  };

  validation(std::vector<config::route> routes, route_programs programs, surroundings with);

  /// Compares each route shortly after the start and then at its interval, until cancelled.
  boost::asio::awaitable<void> run();

  /// New maps were taken: they are compared at once. What was held because of a drift is let go,
  /// since somebody has looked at the map.
  void replace(route_programs programs);

  /// Routes that are never compared are not in it.
  [[nodiscard]] std::map<std::string, standing> const& standings() const { return standings_; }

 private:
  struct plan {
    config::route route;
    async::clock::steady_point next;
    std::vector<mapping::live_finding> known;  ///< found last time, so as to say each thing once
    sync::holds by_drift;
  };

  boost::asio::awaitable<void> read_known();
  boost::asio::awaitable<void> check(plan& one, descriptions& now);
  boost::asio::awaitable<void> keep(descriptions const& now);
  void tell(plan& one, std::vector<mapping::live_finding> const& found);

  surroundings with_;
  std::vector<plan> plans_;
  route_programs programs_;
  descriptions known_;
  std::map<std::string, standing> standings_;
  async::signal replaced_;
};

}  // namespace connector::command

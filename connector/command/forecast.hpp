#pragma once

#include <iosfwd>
#include <optional>
#include <string>
#include <vector>

#include "connector/command/command.hpp"
#include "connector/config/section.hpp"
#include "connector/sync/route.hpp"

namespace connector::command {

/// What one connection's budget is and what a configuration asks of it, in calls a minute as its
/// system counts them. Computed from what adapters declare and what the maps write; nothing is
/// called.
struct forecast {
  std::string connection;
  config::position at{};    ///< of the connection in the configuration, where it is known
  double limit = 0;         ///< 0: none is known
  double usable = 0;        ///< of it, kept up for long; the rest is for bursts
  bool configured = false;  ///< the limit is the configuration's, not the vendor's
  std::string page;         ///< of the vendor's documentation
  double at_rest = 0;       ///< polls alone
  /// With so many changes a minute on each side of each route, see `rates_shown`.
  std::vector<double> with_changes;
  std::optional<int> changes_max;  ///< the most that fit; none: no limit is known

  [[nodiscard]] bool holds() const { return limit <= 0 || at_rest <= usable; }
};

inline constexpr int rates_shown[] = {1, 10, 100};

/// Calls a minute on `c` when so many objects change a minute on each side of each route.
double calls_needed(sync::connection const& c, std::vector<sync::route> const& routes, double rate);

forecast forecast_of(sync::connection const& c, std::vector<sync::route> const& routes);

/// "150 calls a minute, as documented at https://...; at rest 1". No line end.
std::string one_line(forecast const& f);

/// What to do about a budget that polls alone exceed: "poll_every: 15s or more". Only if it does
/// not hold.
std::string remedy(forecast const& f);

/// Without what is not known: {"connection", "limit", "usable", "at_rest", "changes_max", "holds"}.
core::record to_json(forecast const& f);

/// A table with a line per connection.
void print_forecasts(std::vector<forecast> const& all, std::ostream& out);

/// Those of a configuration, and its maps; none after printing what is wrong with it.
struct planned {
  std::vector<forecast> budgets;
  std::vector<std::string> maps;
};
std::optional<planned> forecasts_for(std::string const& config_path, surroundings with);

}  // namespace connector::command

#pragma once

#include <chrono>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "connector/core/error.hpp"
#include "connector/core/time.hpp"
#include "connector/core/value.hpp"

namespace connector::sync {

/// Which existing incidents a route shall open tickets for, and how fast.
struct backfill_request {
  std::string route;
  core::time_point since{};               ///< made at or after this
  std::optional<core::time_point> until;  ///< and before this
  std::size_t most = 0;                   ///< tickets to open; 0: any number
  double calls_per_minute = 0;            ///< of either connection; 0: what others leave
  bool dry_run = false;                   ///< counts, and writes nothing

  friend bool operator==(backfill_request const&, backfill_request const&) = default;
};

/// A backfill as far as it got. On record with every page, so that it goes on after a crash.
struct backfill_state {
  backfill_request asked;
  /// Incidents changed before this were seen; none: it has not begun.
  std::optional<core::time_point> position;
  bool all_listed = false;
  std::size_t seen = 0;      ///< incidents made in the time asked for
  std::size_t to_open = 0;   ///< put down to get a ticket
  std::size_t linked = 0;    ///< have a ticket, or were put down before
  std::size_t unwanted = 0;  ///< the map opens no ticket for them
  std::string trouble;       ///< why it waits; empty: it does not. Not on record
};

/// The request of a person, as JSON: {"route", "since", "until", ...}; invalid says what is wrong.
core::result<backfill_request> backfill_request_from(core::record const& from);

core::record shown(backfill_state const& state);
core::result<backfill_state> backfill_state_from(core::record const& from);

/// "2026-01-31" (its first moment, UTC) or a full RFC 3339 time.
std::optional<core::time_point> parse_day_or_time(std::string_view text);

}  // namespace connector::sync

#pragma once

#include <string_view>

namespace connector::sync {

/// What came of one rule; for `explain`.
enum class verdict {
  not_carried,  ///< in this direction, or not after the ticket was opened
  does_not_apply,
  unchanged,  ///< neither side moved away from the base
  agrees,     ///< one moved, and they say the same
  left,       ///< the map leaves it on purpose
  writes_ticket,
  writes_incident,
  held,     ///< while the incident may still be merged
  parked,   ///< the map cannot say it
  refused,  ///< the system did not take this value
  waits_for_a_person,
  asks,  ///< depends on a look-up
};
/// For people: "neither side changed since they last agreed".
std::string_view describe(verdict v);

}  // namespace connector::sync

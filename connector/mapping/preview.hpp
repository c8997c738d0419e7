#pragma once

#include <optional>
#include <string>
#include <vector>

#include "connector/mapping/map.hpp"

namespace connector::mapping {

/// What the map does to one field.
struct field_change {
  enum class kind {
    writes,
    keeps,   ///< what is there already says the same
    leaves,  ///< deliberately nothing
    parks,
    asks,  ///< depends on a look-up in the other system
  };
  std::string field;
  field_change::kind what = kind::keeps;
  core::value before, after;
  std::string rule;
  config::position where;  ///< the row or line that decided
  std::string reason;      ///< for leaves, parks and asks
};

struct map_preview {
  opening opens;
  int lane = 0;
  std::vector<field_change> ticket;
  std::vector<field_change> incident;  ///< only with a ticket
};

/// What the map says of an incident that has this ticket, or is to get one. Pure.
map_preview preview(
    field_map const& map,
    core::record const& incident,
    std::optional<core::record> const& ticket,
    answers const& known,
    facts const& links
);

/// "state: 1 -> 2   (status/state, map.yaml:30:9)", one line per field, for people.
std::string to_text(map_preview const& p);

}  // namespace connector::mapping

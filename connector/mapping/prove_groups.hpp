#pragma once

#include "connector/mapping/program.hpp"

namespace connector::mapping {

/// A field of one side.
struct slot {
  side on = side::incident;
  field_ref field;
};

/// Rules that can answer each other: what one writes reaches, through the others, what it reads.
/// Between groups influence runs one way only, so a group can be looked at with everything it reads
/// from outside held still: once the groups before it rest, nothing but people moves that.
struct rule_group {
  std::vector<std::size_t> rules;  ///< in the order of the map
  std::vector<slot> fields;        ///< that its rules read or write
  std::vector<bool> is_input;      ///< of `fields`: no rule of the group writes it
  std::vector<bool> comes_along;   ///< of `fields`: an input that a rule of another group writes
};

/// All rules that carry changes, each in one group.
std::vector<rule_group> group_rules(program const& p);

}  // namespace connector::mapping

#pragma once

#include "connector/mapping/prove.hpp"
#include "connector/mapping/prove_groups.hpp"

namespace connector::mapping {

struct walk_result {
  std::vector<finding> findings;  ///< ping-pong, and edits that come back as something else
  std::vector<replay> replays;    ///< one for each finding
  std::size_t passes = 0;
  bool complete = true;  ///< false: a bound was reached first
};

/// Merges the rules of one group, by the rules of the sync (connector/sync/decide.cpp), from every
/// state that edits can lead to: an incident and its new ticket, then any edit of one side or of
/// both, each followed until nothing is written any more.
walk_result walk_edits(program const& p, rule_group const& g, proof_limits const& limits);

/// The same for one rule that shares no field: from every pair of values, whichever of the two has
/// moved, including that another rule's write makes this one apply.
walk_result walk_pairs(program const& p, rule_group const& g, proof_limits const& limits);

}  // namespace connector::mapping

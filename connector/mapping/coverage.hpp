#pragma once

#include <vector>

#include "connector/mapping/test_runner.hpp"

namespace connector::mapping {

/// A row together with what has to be seen there.
struct coverable {
  config::position where;
  touch how = touch::to_ticket;
  std::string text;
  rule_data const* rule = nullptr;  ///< null: of the map itself
};

/// Everything in the map's own file that tests can touch, in the order of the map: each table row
/// in each direction, decision lines, otherwise, names, misses, copies, and conditions both ways.
std::vector<coverable> coverables(program const& p);

}  // namespace connector::mapping

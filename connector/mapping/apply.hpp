#pragma once

#include <vector>

#include "connector/mapping/map.hpp"

namespace connector::mapping {

/// What one rule wants, and what stood there before.
struct applied_rule {
  rule const* by = nullptr;
  wish want;
  core::group before;
};

struct application {
  std::vector<applied_rule> rules;  ///< those that apply and lead to the side, in the map's order
  core::record after;               ///< that side as the map wants it
};

/// Goes through the rules in the map's order, as the sync does, but without a base: what the map
/// says about these two records. A rule sees what those before it wrote. `creating`: the ticket is
/// being made, so rules with `sync: once` count.
application apply(field_map const& map, side to, view const& now, bool creating);

}  // namespace connector::mapping

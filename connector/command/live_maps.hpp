#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "connector/command/command.hpp"
#include "connector/mapping/finding.hpp"
#include "connector/mapping/program.hpp"

namespace connector::command {

struct live_options {
  std::string config;  ///< says which connections a map is between
  std::string state;   ///< what the systems said last time is kept here; empty: nowhere
};

/// A map to compare, and what the comparison found.
struct live_map {
  std::string file;
  std::shared_ptr<mapping::program const> program;
  std::vector<mapping::finding> findings;
};

/// Compares each map with the systems at both ends of the routes that use it, or, where no route
/// does, with the only connections that speak of the map's objects. Reads only, but for the state
/// file. all_well; findings after saying which comparison was not complete; unusable after saying
/// why the configuration or the state file is.
int compare_live_maps(live_options const& options, std::vector<live_map>& maps, surroundings with);

}  // namespace connector::command

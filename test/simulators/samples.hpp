#pragma once

#include <cstddef>
#include <string>

#include "test/simulators/graph/graph.hpp"

namespace simulators {

/// Loads the incidents of every Graph answer among the *.json files of a folder: lists and single
/// incidents, of any API generation, kept as they are. Answers how many; files that hold something
/// else are passed over. Throws std::runtime_error if the folder cannot be read.
std::size_t load_samples(graph& into, std::string const& folder);

/// Adds `count` incidents that differ in name, severity and stamps, one a second up to `last`.
void seed_incidents(graph& into, std::size_t count, core::time_point last);

}  // namespace simulators

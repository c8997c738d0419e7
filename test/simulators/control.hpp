#pragma once

#include <memory>
#include <optional>
#include <vector>

#include "test/simulators/desk.hpp"
#include "test/simulators/faults.hpp"
#include "test/simulators/graph/graph.hpp"

namespace simulators {

/// The services and what stands between them and their callers.
struct estate {
  simulators::graph graph;
  std::vector<std::unique_ptr<desk>> desks;
  faults graph_faults{1};
};

/// Answers calls under /_sim/, by which scripts and tests play the people and look in; none for
/// other paths. `at` is the ticket system on whose port the call came; null, or Graph's port: the
/// first. The README lists the operations.
std::optional<http::response> answer_control(
    estate& world, desk* at, http::request const& call, core::time_point now
);

}  // namespace simulators

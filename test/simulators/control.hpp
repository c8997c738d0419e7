#pragma once

#include <boost/json/object.hpp>
#include <optional>
#include <string>

#include "test/simulators/faults.hpp"
#include "test/simulators/graph/graph.hpp"
#include "test/simulators/pagerduty/pagerduty.hpp"
#include "test/simulators/servicenow/servicenow.hpp"

namespace simulators {

/// The services and what stands between them and their callers.
struct estate {
  simulators::graph graph;
  simulators::servicenow servicenow;
  faults graph_faults{1};
  faults servicenow_faults{2};
  simulators::pagerduty pagerduty{pagerduty_settings::observed()};
  faults pagerduty_faults{3};
};

/// Answers calls under /_sim/, by which scripts and tests play the people and look in; none for
/// other paths. The README lists the operations.
std::optional<http::response> answer_control(
    estate& world, http::request const& call, core::time_point now
);

}  // namespace simulators

#pragma once

#include <string>
#include <vector>

#include "test/simulators/pagerduty/pagerduty.hpp"

namespace simulators {

/// Answers /_sim/pagerduty/...; `path` begins with "pagerduty". Throws `misuse`.
http::response answer_pagerduty_control(
    pagerduty& service,
    std::vector<std::string> const& path,
    http::request const& call,
    core::time_point now
);

/// Incidents, keys, and the keys that more than one incident carries.
json::object pagerduty_duplicates(pagerduty const& service);

}  // namespace simulators

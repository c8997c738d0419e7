#pragma once

#include <string>
#include <vector>

#include "connector/mapping/map_test.hpp"

namespace connector::command {

struct junit_suite {
  std::string map;
  mapping::test_report report;
};

/// Results as build servers read them: a suite for each map, a case for each test.
std::string junit_xml(std::vector<junit_suite> const& suites);

}  // namespace connector::command

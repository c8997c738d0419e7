#pragma once

#include <string>
#include <vector>

#include "connector/mapping/compile.hpp"

namespace connector::mapping {

struct test_failure {
  config::position where;  ///< of the expectation that does not hold
  std::string test;
  std::string text;  ///< what was expected, what came, and which rule said so
};

/// A row, line or name of the map in one direction.
struct map_row {
  config::position where;
  side to = side::ticket;
  std::string text;  ///< "row of status/state", "otherwise of state"
};

struct test_report {
  std::size_t run = 0, passed = 0;
  std::vector<test_failure> failures;
  std::size_t rows = 0;            ///< that tests can touch
  std::vector<map_row> untouched;  ///< that no test did
  std::vector<finding> findings;   ///< about the file of tests beside the map
};

/// Runs the tests in a compiled map and, if there is one, in the file beside it
/// ("incident.yaml" has "incident.tests.yaml"). Look-ups are answered from the test's `known`;
/// whatever is not there does not exist.
test_report run_tests(compiled const& map, file_reader const& files);

}  // namespace connector::mapping

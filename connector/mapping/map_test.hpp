#pragma once

#include <span>
#include <string>
#include <vector>

#include "connector/mapping/compile.hpp"

namespace connector::mapping {

struct map_test;

struct test_failure {
  config::position where;  ///< of the expectation that does not hold
  std::string test;
  std::string text;  ///< what was expected, what came, and which rule said so
};

/// Something in the map that a test can touch: a row on the way to a side, a condition that holds.
struct map_row {
  config::position where;
  std::string text;  ///< "row of status/state, to the ticket"
};

struct test_result {
  config::position where;
  std::string name;
  std::vector<test_failure> failures;
};

struct test_report {
  std::size_t run = 0, passed = 0;
  std::vector<test_result> results;
  std::vector<test_failure> failures;  ///< of all tests
  std::size_t rows = 0;                ///< that tests can touch
  std::vector<map_row> untouched;      ///< that no test did
  std::vector<finding> findings;       ///< about files of tests
};

/// The tests for a compiled map: its own, those in the file beside it ("incident.yaml" has
/// "incident.test.yaml") if there is one, and those in `more`. What is wrong with the files is
/// found.
std::vector<map_test> tests_of(
    compiled const& map,
    file_reader const& files,
    std::span<std::string const> more,
    std::vector<finding>& findings
);

/// Runs them. Look-ups are answered from a test's `known`; whatever is not there does not exist.
/// Only rows that stand in the map's own file count as rows, not those of its base.
test_report run_tests(
    compiled const& map, file_reader const& files, std::span<std::string const> more = {}
);

/// The map with one thing changed.
struct mutant {
  config::position where;
  std::string text;  ///< "without this row", "sync: once instead of to_ticket"
};

struct mutation_report {
  std::size_t mutants = 0;
  std::vector<mutant> survivors;  ///< that no test notices
  std::vector<finding> findings;  ///< about files of tests
  bool tests_pass = true;         ///< false: a failing test notices nothing, so nothing was tried
};

/// Changes the map one place at a time and runs the tests on each. What cannot make a difference
/// (a row that says what `otherwise` says) is not tried.
mutation_report run_mutants(
    compiled const& map, file_reader const& files, std::span<std::string const> more = {}
);

/// A test for each untouched row, as YAML to paste under `tests:`, made from the models. What is
/// expected is what the map does now: to be read, not only pasted.
std::string propose_tests(compiled const& map, test_report const& report);

}  // namespace connector::mapping

#pragma once

#include "connector/mapping/program.hpp"

namespace connector::mapping {

/// Reads a list of tests for a map whose other parts are compiled.
std::vector<map_test> read_tests(node const& from, program const& of, reporter& to);

}  // namespace connector::mapping

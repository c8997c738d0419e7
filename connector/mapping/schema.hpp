#pragma once

#include <string>

namespace connector::mapping {

/// The mapping language as JSON Schema (2020-12), for editors. Written from the tables the compiler
/// complains from (grammar.hpp), so the two cannot disagree about keys. What depends on the models
/// (fields, values) only the compiler knows.
std::string language_schema();

}  // namespace connector::mapping

#pragma once

#include <string_view>

namespace connector::config {

/// JSON Schema (2020-12) of the configuration file, for editors. What a connection holds beyond
/// `system` and `http` depends on its system and is left open; `load` is stricter.
std::string_view config_schema();

}  // namespace connector::config

#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "test/simulators/graph/odata.hpp"
#include "test/simulators/graph/settings.hpp"
#include "test/simulators/wire.hpp"

namespace simulators {

/// A list's query options, read and checked.
struct list_options {
  std::optional<odata::expression> filter;
  std::vector<odata::sort_key> order;
  std::vector<std::string> select;
  bool expand_alerts = false;
  bool counted = false;
  std::size_t top = 0;  ///< 0: not given
  std::size_t skip = 0;
  std::string skip_token;
};

/// Why a query is refused, as in the error body of a 400.
struct complaint {
  std::string code = "BadRequest";
  std::string message;
};

/// Reads the options; the complaint says what is wrong with them.
std::optional<complaint> read_options(
    target const& at,
    bool is_alert,
    bool one_entity,
    bool sees_gated,
    graph_settings const& settings,
    list_options& out
);

}  // namespace simulators

#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "test/simulators/servicenow/dictionary.hpp"
#include "test/simulators/simulator.hpp"

/// ServiceNow's encoded queries: `a=1^b>2^ORb=0^NQc=3^ORDERBYd`.
namespace simulators::encoded_query {

enum class op {
  equal,
  unequal,
  greater,
  greater_or_equal,
  less,
  less_or_equal,
  in,
  not_in,
  like,
  not_like,
  starts_with,
  ends_with,
  is_empty,
  is_not_empty,
  between,
  relative_after,
  relative_before,
};

struct term {
  std::string field;  ///< may walk over references: "caller_id.email"
  encoded_query::op op = encoded_query::op::equal;
  std::vector<std::string> values;  ///< one, or those of IN and BETWEEN
};

/// Any of these: `^OR` binds to the condition before it.
using clause = std::vector<term>;
/// All of these.
using branch = std::vector<clause>;

struct order {
  std::string field;
  bool descending = false;
};

struct query {
  std::vector<branch> branches;  ///< any of these: `^NQ`; never empty
  std::vector<order> orders;
  /// Terms that could not be read. The instance drops them, or answers nothing at all.
  std::size_t unreadable = 0;
};

/// Reads a decoded sysparm_query. `user_zone` counts for javascript: dates.
query parse(
    std::string_view text,
    bool doubled_caret_escapes,
    core::time_point now,
    std::chrono::minutes user_zone
);

/// Whether a stored raw value satisfies a term.
bool matches(term const& condition, field_type type, std::string_view have, core::time_point now);

/// Less-than among stored values of one type: numbers by value, everything else by text.
bool less(field_type type, std::string_view a, std::string_view b);

}  // namespace simulators::encoded_query

#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "connector/core/time.hpp"
#include "test/simulators/simulator.hpp"

/// The part of OData's query language that the security resources understand.
namespace simulators::odata {

/// null, a quoted text, or a bare date-time.
using literal = std::variant<std::monostate, std::string, core::time_point>;

enum class comparison { eq, ne, gt, ge, lt, le };

struct expression {
  enum class node { compare, conjunction, disjunction, negation };
  node kind = node::compare;
  std::string property;  ///< for `compare`
  odata::comparison comparison = odata::comparison::eq;
  odata::literal literal;
  std::vector<expression> operands;  ///< for the others
};

/// What reading or checking a query found wrong, in the service's style; empty: nothing.
struct parsed_filter {
  std::optional<odata::expression> expression;
  std::string complaint;
};

/// Reads a decoded $filter: eq ne gt ge lt le, and, or, not, parentheses, 'text' (with '' for a
/// quote), null and bare date-times.
parsed_filter parse_filter(std::string_view text);

struct sort_key {
  std::string property;
  bool descending = false;
};

/// Reads a decoded $orderby; none if it cannot be read.
std::optional<std::vector<sort_key>> parse_orderby(std::string_view text);

/// Reads a comma-separated list of names ($select, $expand), spaces trimmed.
std::vector<std::string> parse_names(std::string_view text);

/// Answers a filter's questions about one entity.
class row {
 public:
  virtual ~row() = default;
  [[nodiscard]] virtual odata::literal property(std::string_view name) const = 0;
};

/// OData's rules: only eq and ne say something true of null.
bool matches(expression const& filter, row const& entity);

/// The window that a filter demands of a date-time property, as far as its outermost "and" tells.
struct window {
  std::optional<core::time_point> from;  ///< inclusive
  std::optional<core::time_point> to;    ///< inclusive
  bool exact = true;                     ///< the filter says nothing beyond this window
};
window window_of(expression const& filter, std::string_view property);

}  // namespace simulators::odata

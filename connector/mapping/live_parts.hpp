#pragma once

#include "connector/mapping/live.hpp"
#include "connector/mapping/writes.hpp"

/// Shared by the parts of the comparison with a real system.
namespace connector::mapping {

/// Findings as they come, each once.
class live_report {
 public:
  void add(
      finding_kind const& what,
      config::position at,
      std::string rule,
      std::string text,
      std::string fix = {}
  );
  /// By place in the file; of one place in the order of their ids.
  std::vector<live_finding> sorted() &&;

 private:
  std::vector<live_finding> all_;
};

adapter::description::field const* find_field(
    adapter::description const& in, std::string_view name
);

/// Where tickets are decided to be made: the place for what concerns the map as a whole.
config::position head_of(program const& map);

/// Values that rules or the merge policy put into a field of this side, with the rule.
struct asked_value {
  std::string value;
  config::position at;
  std::string rule;
};
std::vector<asked_value> asked_values(program const& map, side on, std::string const& field);

/// A rule writes the field when `workflow_field` has this value. With an empty value: when nothing
/// is known of it.
bool supplies(
    program const& map,
    side on,
    std::string const& field,
    std::string const& workflow_field,
    std::string const& state
);

void compare_workflow(
    program const& map, side on, adapter::description const& real, live_report& to
);

/// "'a', 'b' and 'c'".
std::string listed(std::vector<std::string> const& all);

bool contains(std::vector<std::string> const& all, std::string_view one);

}  // namespace connector::mapping

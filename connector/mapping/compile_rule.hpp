#pragma once

#include "connector/mapping/compile.hpp"
#include "connector/mapping/condition.hpp"
#include "connector/mapping/program.hpp"

namespace connector::mapping {

/// Everything that one rule is compiled with.
struct rule_context {
  scope in;
  file_reader const& files;
  std::string& digest_input;  ///< the text of every file that was read
  reporter& to;
};

/// What a rule is called: its `name`, or its fields: "status/state", or what it makes: "category".
std::string rule_name(node const& rule);

/// One entry of `rules:`; none after a complaint that leaves no rule.
std::optional<rule_data> compile_rule(node const& from, rule_context const& with);

/// What only shows when all rules are known: equal names, fields written twice, conditions on
/// fields that a later rule writes.
void check_rules_together(std::vector<rule_data> const& rules, reporter& to);

}  // namespace connector::mapping

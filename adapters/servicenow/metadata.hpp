#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "adapters/servicenow/wire.hpp"
#include "connector/adapter/adapter.hpp"

namespace adapters::servicenow {

/// What an instance's own tables say of one table, as far as they could be read.
struct metadata {
  std::vector<std::string> lineage;  ///< the table, then those it extends, nearest first
  std::vector<row> columns;          ///< of sys_dictionary
  std::vector<row> overrides;        ///< of sys_dictionary_override
  std::vector<row> choices;          ///< of sys_choice
  std::vector<row> data_policies, data_policy_rules;    ///< hold for calls and for people
  std::vector<row> form_policies, form_policy_actions;  ///< hold for people at a form
  std::vector<std::string> unseen;
};

/// The states for which a policy's condition holds; none: it holds in every state.
struct state_condition {
  std::optional<std::vector<std::string>> states;
};

/// Reads a policy's condition, an encoded query, as far as it speaks of the state alone. None: it
/// looks at more than that, or in a way that is not understood.
std::optional<state_condition> read_state_condition(
    std::string_view condition, std::vector<std::string> const& all_states
);

/// Puts it together. What tables and conditions leave unsaid goes to `unseen`.
adapter::description described(metadata const& from);

}  // namespace adapters::servicenow

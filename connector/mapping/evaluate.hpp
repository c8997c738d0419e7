#pragma once

#include "connector/mapping/program.hpp"

namespace connector::mapping {

/// What a rule says one side should hold, given the other side's value.
struct verdict {
  enum class kind { value, leave, park, ask };
  kind what = kind::leave;
  core::group value;  ///< canonical, one per field of the target side
  place at;           ///< of the row, line or name that decided
  std::string reason;
  std::vector<open_question> questions;
};

/// `from` is the value of the side other than `to`, as read_group gives it.
verdict judge(rule_data const& r, side to, core::group const& from, view const& now);

/// The rule's canonical value on one side, in the given memory.
core::group read_group(
    rule_data const& r, side from, core::record const& record, boost::json::storage_ptr in = {}
);

/// `there`, on side `on`, is what `wanted` asks for. For sets that a constant or a template adds
/// to, it is enough that the elements are among those there.
bool satisfied(rule_data const& r, side on, core::group const& wanted, core::group const& there);

/// What the rule's decision table decides for an incident; null if it has none.
outcome const* decision(rule_data const& r, core::record const& incident);

/// What a decision reads as: its values, or one object where nothing is to be written.
core::group as_group(outcome const& line, boost::json::storage_ptr in = {});

/// judge, for what `decision` says of the incident in `now`.
verdict judge(rule_data const& r, outcome const& line, view const& now);

/// `wanted` as it has to be written over `there`: what others put into a set stays.
core::group over(rule_data const& r, side on, core::group wanted, core::group const& there);

/// The relation of the two sides: either one's verdict is satisfied by the other, or the map
/// deliberately says nothing either way.
bool related(
    rule_data const& r, core::group const& incident, core::group const& ticket, view const& now
);

/// What to ask the ticket system for: the key of what is called so (`to_id`), or the name that goes
/// with a key.
adapter::question question_for(reference_step const& s, bool to_id, core::value const& key);

/// Sets: the texts of a canonical value, and back (sorted, each once; null for none).
std::vector<std::string> elements(core::value const& v);
core::value set_value(std::vector<std::string> all);

/// Sets: the elements that belong to the rule, in the incident's words, sorted.
std::vector<std::string> own_elements(set_body const& s, side on, core::value const& v);

/// Sets: `there` with the rule's own elements replaced.
core::value with_elements(
    set_body const& s, side on, core::value const& there, std::vector<std::string> const& own
);

/// The index keys of a table, see value_table.
std::string table_key(core::group const& values);
std::string table_key(std::vector<cell> const& cells);

}  // namespace connector::mapping

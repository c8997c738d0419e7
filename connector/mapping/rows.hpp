#pragma once

#include "connector/mapping/compile.hpp"
#include "connector/mapping/condition.hpp"
#include "connector/mapping/program.hpp"

namespace connector::mapping {

/// Fills `t` from `values:`; the rule's fields and direction are known already.
void read_rows(node const& from, rule_data const& r, value_table& t, reporter& to);

/// Fills `t` from a file: CSV with a heading line, or a YAML list of mappings.
void read_lookup(
    node const& from,
    rule_data const& r,
    value_table& t,
    file_reader const& files,
    std::string& digest_input,
    reporter& to
);

/// Fills `t` from `choose:` and notes the incident fields it looks at.
void read_choices(
    node const& from, rule_data const& r, decision_table& t, scope const& in, reporter& to
);

/// What `then:` or `otherwise:` gives side `to`: leave, park, a value, or a list of values.
std::optional<outcome> read_outcome(
    node const& from, rule_data const& r, side to, reporter& report
);

/// Rows that an earlier one hides, and rows for a direction that the rule does not have.
void check_rows(rule_data const& r, value_table const& t, reporter& to);

/// Builds the indexes that evaluation uses.
void index_rows(value_table& t);

}  // namespace connector::mapping

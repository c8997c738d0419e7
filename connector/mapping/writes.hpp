#pragma once

#include <map>
#include <string>
#include <vector>

#include "connector/mapping/program.hpp"

/// What a map can put where, read from its program; for comparing it with real systems.
namespace connector::mapping {

/// One value that a rule can write.
struct written_value {
  std::size_t field = 0;  ///< index into rule_data::on(side)
  core::value value;
  config::position at;
};

/// The fields that the rule writes on this side; empty if it writes none.
std::vector<field_ref> const& written_fields(rule_data const& r, side on);

/// The values that stand in the map itself. What is copied, put together or looked up is not among
/// them.
std::vector<written_value> written_values(program const& map, rule_data const& r, side on);

/// Text of any length can get into the field.
bool writes_free_text(rule_data const& r, side on);

enum class possibility { no, maybe, yes };

/// Whether `c` holds when all that is known is that `field` on side `on` has this value.
possibility possible(
    condition const& c, side on, std::string const& field, core::value const& value
);

/// The field's name in a description: the first part of its path.
std::string top_name(field_ref const& f);

/// Where `at` is; the rule itself where it has no place of its own.
config::position place_in(program const& map, rule_data const& r, place at);

}  // namespace connector::mapping

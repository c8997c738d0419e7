#pragma once

#include "connector/mapping/program.hpp"

namespace connector::mapping {

/// Both models, for everything that names fields.
struct scope {
  model const& incident;
  model const& ticket;
  [[nodiscard]] model const& of(side s) const { return s == side::incident ? incident : ticket; }
};

/// Finds a field or reports it with the nearest known one.
std::optional<field_ref> find_field(
    scope const& in, side on, std::string_view path, place at, reporter& to
);

/// One value as the map writes it ("unset" unquoted is null), typed for `field`. None after a
/// complaint.
std::optional<core::value> read_literal(
    field_ref const& field, std::string_view text, bool quoted, place at, reporter& to
);
/// A scalar or, for sets, a list.
std::optional<core::value> read_literal(field_ref const& field, node const& from, reporter& to);

/// Complains if `v` is a value of `field` that only the system itself sets.
void check_writable(field_ref const& field, core::value const& v, place at, reporter& to);

enum class sides_allowed { incident, ticket, both };

/// Reads a condition. With `both`, fields stand under `incident:` and `ticket:`.
condition read_condition(node const& from, scope const& in, sides_allowed sides, reporter& to);

}  // namespace connector::mapping

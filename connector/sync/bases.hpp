#pragma once

#include "connector/mapping/map.hpp"

/// What the base of a rule keeps of a value, and how a value of now is compared with it. Pure.
namespace connector::sync {

/// Long texts are kept as digests; sets, which are merged element by element, whole.
core::group kept(mapping::rule const& r, core::group const& value);
bool same_as_kept(mapping::rule const& r, core::group const& value, core::group const& kept);

/// Stands in a base for a value that cannot be known, perhaps our own write and perhaps a person's:
/// the next difference is then a conflict, which is what it may be.
core::group unknown_value();
/// Stands in a base for what was never delivered: its side counts as changed, the other does not.
core::group undelivered_value();

}  // namespace connector::sync

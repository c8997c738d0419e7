#pragma once

#include "connector/adapter/adapter.hpp"
#include "connector/mapping/map.hpp"
#include "connector/store/store.hpp"

/// What the journal keeps of an object as it was seen, so that a decision can be explained and
/// tried again with another map. Each version of an object is on record once.
namespace connector::sync {

/// {"version", "at", "created_at", "fields"}: the fields that the map reads, and no others. A value
/// of more than 8 KiB is there as its digest only.
core::record observed(mapping::field_map const& map, mapping::side of, adapter::object const& o);

/// True if this version is not on record yet; it counts as recorded from then on.
bool is_new_to_record(store::link& link, mapping::side of, adapter::object const& o);

}  // namespace connector::sync

#pragma once

#include "connector/adapter/adapter.hpp"
#include "connector/mapping/map.hpp"
#include "connector/store/store.hpp"

/// What the journal keeps of an object as it was seen, so that a decision can be explained and
/// tried again with another map. Each is on record once.
namespace connector::sync {

/// {"version", "at", "created_at", "fields"}: the fields that the map reads, and no others. A value
/// of more than 8 KiB is there as its digest only.
core::record observed(mapping::field_map const& map, mapping::side of, adapter::object const& o);

/// True if the journal's last observation of this side is another one; it counts as recorded from
/// then on. Not only the version tells: a list row may lack a field that a later reading of the
/// same version has, and another map reads other fields. What was recorded in another week counts
/// as new too, so that a journal whose beginning was dropped soon tells all again.
bool is_new_to_record(
    mapping::field_map const& map,
    store::link& link,
    mapping::side of,
    adapter::object const& o,
    core::time_point now
);

/// The same of the link's own names.
bool is_new_to_record(store::link& names_of, core::time_point now);

/// Whether an observation keeps only the digest of this value, and whether it is such a digest.
bool is_abridged(core::value const& v);
bool is_digest(core::value const& v);

}  // namespace connector::sync

#pragma once

#include "connector/mapping/map.hpp"
#include "connector/store/store.hpp"

/// What the incident said before somebody moved the ticket, where the map declares that it does not
/// survive the way there and back (`loses`): it comes back when the ticket says the same again.
/// Only towards the incident: a ticket state of long ago ("on hold") is no answer to an incident
/// that was taken up. Pure.
namespace connector::sync {

/// The ticket moved away from what both sides last agreed on. True if that is worth keeping.
bool keep_value(store::link& link, mapping::rule const& r, store::base const& agreed);

/// What the incident said when the ticket last said `ticket`, if the map still loses it and it
/// still says the same; null: nothing.
core::group const* kept_value(
    store::link const& link,
    mapping::rule const& r,
    core::group const& ticket,
    mapping::view const& now
);

/// Somebody changed the incident: what it said before is theirs to forget. True if there was any.
bool forget_kept_values(store::link& link, mapping::rule const& r);

}  // namespace connector::sync

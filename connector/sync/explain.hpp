#pragma once

#include <span>
#include <string>

#include "connector/sync/decide.hpp"

/// Why a value is what it is, from the journal and from what the map says now. Pure.
namespace connector::sync {

/// What was last seen of a link's two sides, read back from the journal.
struct last_seen {
  std::optional<adapter::object> incident, ticket;
};
last_seen last_seen_in(std::span<store::journal_entry const> newest_first);

/// {"link", "incident", "ticket", "route", "state", "rules": [...]}; each rule with its name,
/// place, fields, what came of it now ("why"), what was last agreed, what is parked or in conflict,
/// and its history, newest first: when, from which value, to which, by which line of the map, and
/// what came of the call. `field`: only rules that read or write it, or of that name; empty: all.
core::record explain(
    mapping::field_map const& map,
    store::link const& link,
    std::span<store::journal_entry const> newest_first,
    std::string const& field,
    core::time_point now
);

}  // namespace connector::sync

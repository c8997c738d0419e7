#pragma once

#include "connector/sync/decide.hpp"

/// Edits of people that a write of ours replaced, made after the reading that it was decided from
/// and known from the system's history. Each is the conflict that it would have been, had it been
/// seen in time. Pure.
namespace connector::sync {

/// Puts on record what `sent` replaced unseen, and applies the conflict choice of the rules that
/// go both ways. What won, or is a person's to decide, stays with the link as a conflict. `into`
/// has the link as it was when the write was decided, with its bases.
void rule_on_lost_edits(
    context const& with,
    decision& into,
    store::outstanding const& sent,
    adapter::object const& incident,
    adapter::object const& ticket,
    adapter::receipt const& answer
);

/// The rule's overwritten edit that waits to be restored or for a person; null: there is none.
store::conflict const* lost_edit_of(store::link const& link, mapping::rule const& r);

/// Whether a write of this rule to this side brings an overwritten edit back. It goes to the other
/// side, and comes back as that side's change: so it reaches both by the usual way.
bool brings_back_lost_edit(store::link const& link, mapping::rule const& r, mapping::side to);

/// The record of one side as it was with the edit in it.
core::record with_lost_edit(
    store::conflict const& lost, mapping::rule const& r, core::record const& now
);

}  // namespace connector::sync

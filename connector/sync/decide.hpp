#pragma once

#include <chrono>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "connector/adapter/adapter.hpp"
#include "connector/mapping/map.hpp"
#include "connector/store/store.hpp"
#include "connector/sync/verdict.hpp"

/// What to do about one link, given what both sides say now. Pure: the same inputs give the same
/// decision, byte for byte, so that the journal can be replayed.
namespace connector::sync {

struct context {
  mapping::field_map const& map;
  mapping::answers const& known;
  core::time_point now;
  std::chrono::seconds incident_horizon;
  std::chrono::seconds ticket_horizon;
  /// How far apart the two systems' stamps may be for the same moment; for `latest`.
  std::chrono::seconds clock_uncertainty{5};
  std::string_view epoch;
  /// False once look-ups have been tried: what is still unanswered is then parked.
  bool may_ask = true;
  /// Rules that may not write for now, with the reason.
  std::map<std::string, std::string> const* held_rules = nullptr;
  /// Where to note what came of each rule, in their order; null: nowhere.
  std::vector<std::pair<std::string, verdict>>* verdicts = nullptr;
};

/// The one call to make next for a link, besides comments.
enum class step { none, create, update_ticket, update_incident };

struct decision {
  store::link link;      ///< to be committed before the call goes out
  bool changed = false;  ///< `link` differs from what was given in more than what `sends` means
  bool sends = false;    ///< it differs in `outstanding`, and in `due` because of it
  step next = step::none;
  core::record fields;  ///< of the call
  /// Not empty: nothing was decided; answer these and decide again from the same link.
  std::vector<mapping::open_question> questions;
  std::vector<store::journal_entry> journal;
  /// Not empty: the ticket takes no more changes, and the map wants the incident to go on in a new
  /// one. The reason.
  std::string new_ticket;
};

/// For a link in state `opening` without an outstanding write: the create.
decision decide_create(context const& with, store::link link, adapter::object const& incident);

/// For a linked pair without an outstanding write: a three-way merge of each rule against its base,
/// and at most one write. When both sides need one, the ticket's comes first and the incident's is
/// found again from the new state.
decision decide_update(
    context const& with,
    store::link link,
    adapter::object const& incident,
    adapter::object const& ticket
);

/// For the ticket of an incident that was merged into one that has a ticket of its own.
decision decide_merged(
    context const& with,
    store::link link,
    adapter::object const& ticket,
    store::link const& survivor
);

/// Earlier of an existing due time and `at`.
void bring_forward(store::link& link, core::time_point at);

/// How old the record of a write may be when its call is made.
inline std::chrono::milliseconds fresh_for(std::chrono::milliseconds horizon) {
  return horizon / 8;
}

/// From when on a write that is recorded now, and whose answer never comes, cannot take effect any
/// more: a horizon after its call left, which a budget may hold up a minute beyond `fresh_for`.
inline core::time_point doubt_ends(core::time_point now, std::chrono::seconds horizon) {
  return now + horizon + std::chrono::milliseconds{horizon} / 2;
}

}  // namespace connector::sync

#pragma once

#include <span>
#include <string>
#include <vector>

#include "connector/core/error.hpp"
#include "connector/sync/decide.hpp"

/// What an answer, or its absence, means for a link with an outstanding write. Pure.
namespace connector::sync {

struct settlement {
  store::link link;
  std::vector<store::journal_entry> journal;
};

/// The write took effect and `answer.stored` is what the system holds now. A success does not mean
/// that it did as asked: a rule whose stored value does not correspond is parked with both values
/// named. Edits of others that it replaced are ruled on as conflicts; see lost_edits.hpp.
/// `incident` and `ticket` are as they were when the write was decided.
settlement settle_applied(
    context const& with,
    store::link link,
    adapter::object const& incident,
    adapter::object const* ticket,
    adapter::receipt const& answer
);

/// The write failed. By error::effect: not applied (the record is dropped, and `again` says when to
/// try anew) or unknown (the record stays; the object is looked at before anything else is sent).
/// Definite refusals of content are the caller's to isolate; see refused_rules.
settlement settle_failed(
    context const& with, store::link link, core::error const& why, core::time_point again
);

/// Whether `found`, read since `sent` was sent, shows it.
bool took_effect(
    mapping::field_map const& map, store::outstanding const& sent, adapter::object const& found
);

/// The outcome of an update is unknown and the side written to was read afresh. Still undecided if
/// the record is still there afterwards: look again at link.due. `replaced`: the edits of others
/// that it replaced, if it took effect; they are ruled on as by settle_applied.
settlement settle_by_reading(
    context const& with,
    store::link link,
    adapter::object const& incident,
    adapter::object const* ticket,
    std::vector<adapter::lost_edit> replaced
);

/// The outcome of a create is unknown and `found` carries the link's key: all that do, oldest
/// first. `control_seen`: a ticket that was there before was found by its key in the same search,
/// or there was none yet. Nothing found twice after the horizon: the record is dropped, so that it
/// is sent again under the same key.
settlement settle_create_by_search(
    context const& with,
    store::link link,
    adapter::object const& incident,
    std::span<adapter::object const> found,
    bool control_seen
);

/// The rules that an outstanding write speaks for, without those whose fields `why` does not name,
/// if it names any.
std::vector<std::string> refused_rules(
    mapping::field_map const& map, store::outstanding const& sent, core::error const& why
);

/// Notes that the system refused what `rule` wanted, in its own words.
void park_refused(
    store::link& link,
    store::outstanding const& sent,
    std::string const& rule,
    std::string const& reason,
    core::time_point now
);

store::journal_entry journal_line(
    core::time_point at, std::string link, std::string kind, core::record data
);

}  // namespace connector::sync

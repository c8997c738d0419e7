#include "connector/sync/unresolved.hpp"

#include <algorithm>

namespace connector::sync {
namespace {

using mapping::resolution;
using mapping::rule;
using mapping::side;
using mapping::wish;

/// The union of two sets, if the incident lacks a part of it. The incident goes first; the ticket
/// then follows as a plain change.
ruling settle_by_merging(contest const& over, mapping::view const& now) {
  core::group const none;
  auto all = over.rule.merged(
      over.base ? over.base->incident : none, over.base ? over.base->ticket : none, now
  );
  if (!all || *all == over.incident) return {side::ticket, std::nullopt};
  wish w;
  w.what = wish::kind::write;
  w.value = std::move(*all);
  w.where = over.rule.where();
  return {side::incident, std::move(w)};
}

void keep_for_a_person(context const& with, decision& into, contest const& over) {
  auto const incident = core::abridged(over.incident);
  auto const ticket = core::abridged(over.ticket);
  auto const& name = over.rule.name();
  auto& all = into.link.conflicts;
  auto const found =
      std::find_if(all.begin(), all.end(), [&](auto const& c) { return c.rule == name; });
  if (found != all.end() && found->incident == incident && found->ticket == ticket) return;
  store::conflict c;
  c.rule = name;
  if (over.base) {
    c.base_incident = over.base->incident;
    c.base_ticket = over.base->ticket;
  }
  c.incident = incident;
  c.ticket = ticket;
  c.since = with.now;
  if (found != all.end()) {
    *found = c;
  } else {
    all.push_back(c);
  }
  into.changed = true;
  core::record data{
      {"rule", name},
      {"where", place(over.rule.where())},
      {"incident", incident},
      {"ticket", ticket},
      {"winner", "a person decides"},
  };
  note(with, into, "conflict", std::move(data));
}

side changed_last(
    context const& with, rule const& r, core::time_point incident, core::time_point ticket
) {
  auto const apart = incident - ticket;
  if (apart > with.clock_uncertainty) return side::incident;
  if (-apart > with.clock_uncertainty) return side::ticket;
  return r.tie();
}

}  // namespace

std::string place(config::position const& at) { return at.file + ':' + std::to_string(at.line); }

void note(context const& with, decision& into, std::string kind, core::record data) {
  store::journal_entry entry;
  entry.at = with.now;
  entry.link = into.link.id;
  entry.kind = std::move(kind);
  entry.data = std::move(data);
  into.journal.push_back(std::move(entry));
}

void park(
    context const& with,
    decision& into,
    rule const& r,
    side to,
    std::string const& reason,
    core::group const& wanted,
    core::group const& from
) {
  auto const from_kept = core::abridged(from);
  auto& all = into.link.parked;
  auto const found = std::find_if(all.begin(), all.end(), [&](auto const& p) {
    return p.rule == r.name() && p.to == to;
  });
  if (found != all.end() && found->from == from_kept && found->reason == reason) return;
  store::parked p;
  p.rule = r.name();
  p.to = to;
  p.reason = reason;
  p.wanted = core::abridged(wanted);
  p.from = from_kept;
  p.since = with.now;
  if (found != all.end()) {
    *found = p;
  } else {
    all.push_back(p);
  }
  into.changed = true;
  core::record data{
      {"rule", r.name()},
      {"where", place(r.where())},
      {"to", mapping::name(to)},
      {"from", from_kept},
      {"reason", reason},
  };
  note(with, into, "parked", std::move(data));
}

void forget_parked(decision& in, rule const& r, std::optional<side> to) {
  auto const gone = std::erase_if(in.link.parked, [&](auto const& p) {
    return p.rule == r.name() && (!to || p.to == *to);
  });
  if (gone > 0) in.changed = true;
}

bool is_refused(store::link const& link, rule const& r, side to, core::group const& from) {
  auto const& all = link.parked;
  return std::any_of(all.begin(), all.end(), [&](auto const& p) {
    return p.refused && p.rule == r.name() && p.to == to && core::same_as_kept(from, p.from);
  });
}

ruling settle_conflict(
    context const& with,
    decision& into,
    contest const& over,
    core::time_point incident_changed_at,
    core::time_point ticket_changed_at,
    mapping::view const& now
) {
  auto const& r = over.rule;
  auto to = side::ticket;
  switch (r.resolution()) {
    case resolution::incident:
      to = side::ticket;
      break;
    case resolution::ticket:
      to = side::incident;
      break;
    case resolution::latest:
      to = mapping::other(changed_last(with, r, incident_changed_at, ticket_changed_at));
      break;
    case resolution::highest:
    case resolution::furthest:
      to = r.rank(side::incident, over.incident) >= r.rank(side::ticket, over.ticket)
               ? side::ticket
               : side::incident;
      break;
    case resolution::merge:
      return settle_by_merging(over, now);
    case resolution::ask:
      keep_for_a_person(with, into, over);
      return {};
  }
  core::record data{
      {"rule", r.name()},
      {"where", place(r.where())},
      {"incident", core::abridged(over.incident)},
      {"ticket", core::abridged(over.ticket)},
      {"winner", mapping::name(mapping::other(to))},
  };
  if (over.base) {
    data["base_incident"] = over.base->incident;
    data["base_ticket"] = over.base->ticket;
  }
  note(with, into, "conflict", std::move(data));
  return {to, std::nullopt};
}

}  // namespace connector::sync

#include "test/simulation/oracle.hpp"

#include <algorithm>
#include <boost/json/serialize.hpp>

#include "connector/sync/replay.hpp"

namespace simulation {

using mapping::side;
using store::link_state;

namespace {

/// Calls that batches under way may still make after they were asked to wait: they end their round.
/// Where a system has few calls for many links at once, that is three links with up to ten calls
/// each, and beside them a list of pages of one row. (In the service, the door of the budget is
/// closed.)
int calls_of_a_round(side to, adapter::edit_history of) {
  auto const one_by_one = to == side::ticket && of != adapter::edit_history::counter;
  return one_by_one ? 48 : 16;
}
/// The longest that a call is waited for.
constexpr std::chrono::seconds call_deadline{60};
/// A write that was refused is not sent again unchanged, but for a create, hourly.
constexpr int refusals_max = 4;

/// Of sets that both sides may add to.
bool holds_all(core::group const& now, core::group const& once) {
  auto const* all = now.front().if_array();
  auto const* some = once.front().if_array();
  if (some == nullptr) return true;
  return all != nullptr && std::all_of(some->begin(), some->end(), [&](auto const& one) {
           return std::find(all->begin(), all->end(), one) != all->end();
         });
}

std::string text_of(core::group const& g) { return boost::json::serialize(g); }

}  // namespace

void oracle::complain(std::string what) {
  if (complaints_.size() < 20) complaints_.push_back(std::move(what));
}

store::link const* oracle::link_of(side s, std::string const& id) const {
  store::link const* gone = nullptr;
  for (auto const& [key, l] : with_.on.links()) {
    if ((s == side::ticket ? l.ticket_id : l.incident_id) != id) continue;
    if (l.state != link_state::gone) return &l;
    gone = &l;
  }
  return gone;
}

void oracle::on_update(side to, adapter::update const& call) {
  auto const* link = link_of(to, call.id);
  auto const recorded = link != nullptr && link->outstanding && link->outstanding->to == to &&
                        link->outstanding->what == store::outstanding::kind::update &&
                        link->outstanding->fields == call.fields;
  if (!recorded) {
    complain(
        "an update of " + std::string{mapping::name(to)} + " " + call.id +
        " was sent without a durable record of it: " + boost::json::serialize(call.fields)
    );
  }
  if (to == side::incident && was_known_merged(call.id)) {
    complain("incident " + call.id + " was written to after it was known to be merged");
  }
}

void oracle::on_comment(side to, adapter::new_comment const& call) {
  auto const* link = link_of(to, call.object_id);
  bool recorded = false;
  for (auto const& [key, e] : ledger_) {
    recorded = recorded || (link != nullptr && e.link == link->id && e.text == call.text &&
                            e.state == store::comment_state::in_doubt);
  }
  if (!recorded) {
    complain("a comment was sent to " + call.object_id + " without a durable record of it");
  }
  if (to == side::incident && was_known_merged(call.object_id)) {
    complain("incident " + call.object_id + " got a comment after it was known to be merged");
  }
}

void oracle::on_create(adapter::creation const& call) {
  auto const found = with_.on.links().find(call.key);
  auto const recorded = found != with_.on.links().end() && found->second.outstanding &&
                        found->second.outstanding->what == store::outstanding::kind::create;
  if (!recorded) complain("a create was sent without a durable record of it: " + call.key);
  auto const has_ticket = [](auto const& l) { return !l.second.ticket_id.empty(); };
  if (std::ranges::none_of(with_.on.links(), has_ticket)) first_ones_.insert(call.key);
}

void oracle::on_seen(side from, adapter::object const& object) {
  if (!notices_edits_in_between(from)) with_.history.note_reading(from, object);
  if (from == side::incident && object.presence == adapter::presence::merged) {
    known_merged_.try_emplace(object.id, with_.clock.now());
  }
}

void oracle::on_answer(
    side to, adapter::update const& call, core::result<adapter::receipt> const& answer
) {
  if (answer) {
    on_seen(to, answer->stored);
    return;
  }
  if (answer.error().code != core::errc::rejected) return;
  auto const what =
      std::string{mapping::name(to)} + " " + call.id + " " + boost::json::serialize(call.fields);
  if (++refused_[what] == refusals_max) complain("refused and sent again unchanged: " + what);
}

void oracle::on_call(side to) {
  if (to == side::ticket) {
    for (auto const& [id, key] : with_.tickets.tickets()) {
      if (!with_.tickets.is_visible(id)) hidden_at_[id] = with_.clock.now();
    }
  }
  auto const until = closed_until_.find(to);
  if (until == closed_until_.end() || with_.clock.steady_now() >= until->second) {
    calls_while_closed_[to] = 0;
    return;
  }
  if (++calls_while_closed_[to] == calls_of_a_round(to, history_[to])) {
    complain("calls go on although the system asked to wait");
  }
}

void oracle::on_closed(side to, std::chrono::seconds span) {
  auto& until = closed_until_[to];
  until = std::max(until, with_.clock.steady_now() + span);
}

void oracle::check_keys() {
  std::map<std::string, int> count;
  for (auto const& [id, key] : with_.tickets.tickets()) {
    if (++count[key] == 2 && !was_hidden_without_control(key)) {
      complain("two tickets carry the key " + key);
    }
  }
}

bool oracle::was_hidden_without_control(std::string const& key) {
  if (hidden_twins_.contains(key)) return true;
  if (!first_ones_.contains(key)) return false;
  for (auto const& [id, carried] : with_.tickets.tickets()) {
    auto const hidden = hidden_at_.find(id);
    // Searches may show it no sooner than a list would.
    auto const was_hidden =
        hidden != hidden_at_.end() &&
        with_.clock.now() - hidden->second <= with_.tickets.search_lag_max() + call_deadline;
    if (carried == key && was_hidden) hidden_twins_.insert(key);
  }
  return hidden_twins_.contains(key);
}

void oracle::note_decision(store::link const& link, core::record const& line) {
  if (line.at("call") == "none") return;  // it only parks, holds or waits
  auto const to =
      line.at("to").as_string() == mapping::name(side::ticket) ? side::ticket : side::incident;
  auto const& version = line.at(to == side::ticket ? "ticket_version" : "incident_version");
  auto const& id = to == side::ticket ? link.ticket_id : link.incident_id;
  with_.history.note_decision(to, id, version.to_number<std::int64_t>());
  if (to == side::incident) recorded_[id] = with_.clock.now();
}

/// Known when the write was decided. A batch decides from what it read, which other links' calls
/// may have made it wait with.
place const& oracle::place_of(side s) const {
  if (s == side::ticket) return with_.tickets;
  return with_.incidents;
}

bool oracle::was_known_merged(std::string const& incident) const {
  auto const known = known_merged_.find(incident);
  auto const recorded = recorded_.find(incident);
  return known != known_merged_.end() && recorded != recorded_.end() &&
         known->second + call_deadline < recorded->second;
}

/// From its record on, since the process may end before the call.
void oracle::note_doubt(store::link const& l, std::optional<store::outstanding> const& sent) {
  for (auto const& key :
       {chronicle::object_key{side::incident, l.incident_id}, {side::ticket, l.ticket_id}}) {
    auto& all = doubts_[key];
    auto const in_doubt = !all.empty() && !all.back().until;
    auto const speaks =
        sent && sent->what == store::outstanding::kind::update && sent->to == key.first;
    if (in_doubt && speaks && all.back().fields == sent->fields) continue;
    if (in_doubt) all.back().until = with_.clock.now();
    if (speaks) all.push_back({sent->fields, with_.clock.now(), std::nullopt});
  }
}

void oracle::on_commit(store::changes const& all) {
  for (auto const& l : all.links) {
    for (auto const& [rule, base] : *l.bases) {
      compared_.try_emplace({l.id, rule}, with_.clock.now());
    }
    // What a create alone had noted may be forgotten with its ticket's first values.
    std::erase_if(compared_, [&](auto const& known) {
      return known.first.first == l.id && !l.bases->contains(known.first.second);
    });
    note_doubt(l, l.outstanding);
    auto const old = with_.on.links().find(l.id);
    if (old == with_.on.links().end()) continue;
    auto const& before = old->second;
    auto const moved = before.incident_id != l.incident_id;
    if ((!moved && l.incident_version < before.incident_version) ||
        l.ticket_version < before.ticket_version) {
      complain("an accepted version decreased on link " + l.id);
    }
    if (!before.ticket_id.empty() && before.ticket_id != l.ticket_id) {
      complain("link " + l.id + " changed its ticket");
    }
    if (l.parked.size() > 3 * with_.map->rules().size() + 3 ||
        l.conflicts.size() > with_.map->rules().size()) {
      complain("what is parked on link " + l.id + " grows without bound");
    }
  }
  for (auto const& one : all.outbox) {
    auto const of = with_.on.links().find(one.link);
    if (of != with_.on.links().end()) note_doubt(of->second, one.what);
  }
  for (auto const& e : all.comments) {
    auto const of = with_.on.links().find(e.link);
    if (e.origin == side::ticket && e.state == store::comment_state::in_doubt &&
        of != with_.on.links().end()) {
      recorded_[of->second.incident_id] = with_.clock.now();
    }
    ledger_[{e.link, e.origin, e.origin_id}] = e;
  }
  for (auto const& line : all.journal) {
    note n{with_.clock.now(), line.link, line.kind, {}};
    if (auto const* data = line.data.if_object()) {
      if (auto const* rule = data->if_contains("rule"); rule && rule->is_string()) {
        n.rule = rule->get_string();
      }
    }
    if (line.kind == "decided") {
      auto const fresh = std::find_if(all.links.begin(), all.links.end(), [&](auto const& l) {
        return l.id == line.link;
      });
      auto const known = with_.on.links().find(line.link);
      if (fresh != all.links.end()) {
        note_decision(*fresh, line.data.as_object());
      } else if (known != with_.on.links().end()) {
        note_decision(known->second, line.data.as_object());
      }
    }
    ++kinds_[line.kind];
    notes_.push_back(std::move(n));
  }
  for (auto const& c : all.cursors) check_cursor(c);
}

/// A full pass begins an overlap before where the last one ended, so nothing that is not dealt with
/// may lie before that.
void oracle::check_cursor(store::cursor const& moved) {
  constexpr std::string_view full = " (full pass)";
  if (!moved.name.ends_with(full)) return;
  auto const s = moved.name.starts_with("soc") ? side::incident : side::ticket;
  auto const overlap = overlap_.at(s);
  auto const& in = place_of(s);
  for (auto const& [id, l] : with_.on.links()) {
    if (l.state != link_state::linked || l.due || l.outstanding) continue;
    auto const& object = s == side::ticket ? l.ticket_id : l.incident_id;
    auto const found = in.look(object);
    if (!in.is_visible(object)) continue;
    if (!found || found->presence != adapter::presence::present) continue;
    // What an ACL hid since is found when the administrator who takes that away touches it.
    auto const hidden = hidden_at_.find(object);
    if (hidden != hidden_at_.end() && hidden->second >= found->changed_at) continue;
    auto const accepted = s == side::ticket ? l.ticket_version : l.incident_version;
    if (found->version > accepted && found->changed_at < moved.position - overlap) {
      complain("the cursor passed a change of " + std::string{mapping::name(s)} + " " + object);
    }
  }
}

bool oracle::on_record(store::link const& link, mapping::rule const& rule, core::time_point since)
    const {
  for (auto const& p : link.parked) {
    if (p.rule == rule.name() || p.rule.starts_with('(')) return true;
  }
  for (auto const& c : link.conflicts) {
    if (c.rule == rule.name()) return true;
  }
  // What was ruled on with the ticket before this one is on record, too.
  std::set<std::string_view> links{link.id};
  for (auto const& [id, before] : with_.on.links()) {
    if (!before.succeeded_by.empty() && before.incident_id == link.incident_id) links.insert(id);
  }
  for (auto const& n : notes_) {
    if (!links.contains(n.link) || n.at < since) continue;
    if (n.rule == rule.name() &&
        (n.kind == "conflict" || n.kind == "parked" || n.kind == "not_as_asked")) {
      return true;
    }
    if (n.kind == "changed_meanwhile" || n.kind == "refused" || n.kind == "dropped") return true;
  }
  return false;
}

void oracle::check_end(mapping::answers const& known) {
  check_keys();
  std::map<std::string, std::string> keys;
  for (auto const& [id, key] : with_.tickets.tickets()) keys.emplace(id, key);
  for (auto const& [id, link] : with_.on.links()) {
    if (link.state == link_state::linked) {
      auto const at = keys.find(link.ticket_id);
      if (at != keys.end() && at->second != link.id) {
        complain("ticket " + link.ticket_id + " does not carry the key of its link");
      }
    }
    check_link(link, known);
    check_comments(link);
  }
}

void oracle::check_replay(
    std::vector<store::journal_entry> const& all,
    std::vector<std::shared_ptr<mapping::field_map const>> const& maps
) {
  std::size_t decided = 0;
  connector::sync::replay::outcome found;
  for (auto const& map : maps) {
    std::map<std::string, connector::sync::replay> again;
    for (auto const& line : all) {
      if (&map == &maps.front() && line.kind == "decided") ++decided;
      again.try_emplace(line.link, *map, line.link).first->second.take(line);
    }
    for (auto const& [link, one] : again) found += one.found();
    if (found.other_maps.empty()) break;
  }
  for (auto const& d : found.first) {
    complain(
        "replayed, a decision came out otherwise: link " + d.link + " at " +
        core::format_time(d.at) + " " + d.where + ", on record " + d.recorded_there +
        ", replayed " + d.again_there
    );
  }
  for (auto const& [why, count] : found.left_out) {
    complain("a decision cannot be replayed: " + why);
  }
  if (found.equal + found.differing + found.left_out.size() < decided && found.left_out.empty()) {
    complain("a decision was made by a map that this world does not have");
  }
}

/// Its create made a ticket that is hidden from us for good, like every older one.
bool oracle::is_out_of_sight(store::link const& link) const {
  auto const all = with_.tickets.tickets();
  return link.state == link_state::opening && !link.parked.empty() &&
         std::ranges::any_of(all, [&](auto const& ticket) {
           return ticket.second == link.id && !with_.tickets.is_visible(ticket.first);
         });
}

void oracle::check_link(store::link const& link, mapping::answers const& known) {
  if (link.state == link_state::gone) return;
  auto const excused = !link.parked.empty();
  if (link.outstanding && !is_out_of_sight(link))
    complain("link " + link.id + " still has a write outstanding");
  if (link.due && !excused) complain("link " + link.id + " still waits for something");
  if (link.state == link_state::opening && !excused) {
    complain("incident " + link.incident_id + " has no ticket");
  }
  if (link.state != link_state::linked) return;
  auto const incident = with_.incidents.look(link.incident_id);
  auto const ticket = with_.tickets.look(link.ticket_id);
  if (!incident || !ticket) {
    if (!excused) complain("link " + link.id + ": one of its objects is gone, unnoticed");
    return;
  }
  if (incident->presence != adapter::presence::present) {
    complain("incident " + incident->id + " was merged, and its link does not know");
    return;
  }
  if (!with_.incidents.is_seen(*incident, link.incident_version) && !excused) {
    complain("incident " + incident->id + " has a change that was not seen");
  }
  if (!with_.tickets.is_seen(*ticket, link.ticket_version) && !excused) {
    complain("ticket " + ticket->id + " has a change that was not seen");
  }
  mapping::facts const facts{link.ticket_label, link.ticket_url, link.incident_url};
  mapping::view const view{incident->fields, ticket->fields, known, facts};
  for (auto const& r : with_.map->rules()) {
    if (!r->applies(view)) continue;
    check_rule(link, *r, *incident, *ticket, view);
    if (r->direction() == mapping::direction::both) {
      check_last_edit(link, *r, *incident, *ticket, view);
    }
  }
}

void oracle::check_rule(
    store::link const& link,
    mapping::rule const& rule,
    adapter::object const& incident,
    adapter::object const& ticket,
    mapping::view const& view
) {
  auto const direction = rule.direction();
  if (direction != mapping::direction::both && direction != mapping::direction::to_ticket) return;
  if (direction == mapping::direction::to_ticket) {
    // What people change on a side that the rule only writes to stays.
    for (auto const& e : with_.history.of(side::ticket, ticket.id, rule.name())) {
      if (e.by_person) return;
    }
  }
  auto const a = rule.read(side::incident, incident.fields);
  auto const b = rule.read(side::ticket, ticket.fields);
  if (rule.corresponds(a, b, view)) return;
  if (on_record(link, rule, with_.clock.now())) return;
  auto const base = link.bases->find(rule.name());
  auto const settled = base != link.bases->end() && core::same_as_kept(a, base->second.incident) &&
                       core::same_as_kept(b, base->second.ticket);
  for (auto s : {side::ticket, side::incident}) {
    if (s == side::incident && direction != mapping::direction::both) continue;
    if (settled && rule.put(s, view).what == mapping::wish::kind::leave) return;
  }
  complain(
      "rule " + rule.name() + ": both sides do not agree, and nothing is on record: incident " +
      incident.id + " has " + text_of(a) + ", ticket " + ticket.id + " has " + text_of(b)
  );
}

/// The last thing that a person did to a rule's values stands, or it is on record why not.
void oracle::check_last_edit(
    store::link const& link,
    mapping::rule const& rule,
    adapter::object const& incident,
    adapter::object const& ticket,
    mapping::view const& view
) {
  for (auto const& n : notes_) {
    // A link that moved to another incident compares anew.
    if (n.link == link.id && n.kind == "moved") return;
  }
  // What changes while the rule does not apply says nothing of it: a resolved incident of PagerDuty
  // has nobody.
  auto const applied = [&](core::time_point at) {
    mapping::view const then{
        with_.history.fields_at(side::incident, incident.id, at),
        with_.history.fields_at(side::ticket, ticket.id, at),
        view.known,
        view.facts};
    return rule.applies(then);
  };
  auto where = side::incident;
  std::vector<chronicle::entry> const* all = nullptr;
  std::size_t last = 0;
  core::time_point latest{};
  for (auto s : {side::incident, side::ticket}) {
    auto const& entries =
        with_.history.of(s, s == side::ticket ? ticket.id : incident.id, rule.name());
    for (std::size_t i = 0; i < entries.size(); ++i) {
      if (!entries[i].by_person || entries[i].at < latest) continue;
      latest = entries[i].at;
      where = s;
      all = &entries;
      last = i;
    }
  }
  if (all == nullptr || !applied(latest)) return;
  // What people last did to the ticket before this one is not compared any more.
  for (auto const& [id, before] : with_.on.links()) {
    if (before.succeeded_by.empty() || before.incident_id != link.incident_id) continue;
    for (auto const& e : with_.history.of(side::ticket, before.ticket_id, rule.name())) {
      if (e.by_person && e.at >= latest) return;
    }
  }
  auto const& edit = (*all)[last];
  auto const& now = all->back();
  if (now.value == edit.value) return;
  if (rule.resolution() == mapping::resolution::merge && holds_all(now.value, edit.value)) return;
  if (on_record(link, rule, edit.at)) return;
  // Set back by hand before anybody else touched it: nothing to be seen of it.
  for (auto i = last; i-- > 0 && (*all)[i + 1].by_person;) {
    if ((*all)[i].value == edit.value) return;
  }
  // What was cleared before the rule was ever compared cannot be told from what never was.
  auto const compared = compared_.find({link.id, rule.name()});
  if (core::is_unset(edit.value) && (compared == compared_.end() || edit.at < compared->second))
    return;
  // A value that the map leaves where it is ("Customer" is nobody's account) was seen to; what the
  // other side says afterwards counts.
  auto as_set = where == side::incident ? incident.fields : ticket.fields;
  auto const& names = rule.fields(where);
  for (std::size_t i = 0; i < names.size() && i < edit.value.size(); ++i) {
    as_set[names[i]] = edit.value[i];
  }
  mapping::view const then{
      where == side::incident ? as_set : view.incident,
      where == side::ticket ? as_set : view.ticket,
      view.known,
      view.facts};
  if (rule.put(mapping::other(where), then).what == mapping::wish::kind::leave) return;
  // Who sets the very value that a write in doubt was to set is taken for that write.
  auto const& id = where == side::ticket ? ticket.id : incident.id;
  if (was_in_doubt(where, id, rule, edit)) return;
  // What was changed between our read and our write is only noticed where versions count.
  auto const& over = (*all)[last + 1];
  auto const unseen = std::any_of(over.known.begin(), over.known.end(), [&](auto const& known) {
    return known != edit.value;
  });
  if (!notices_edits_in_between(where) && !over.by_person && unseen) return;
  // PagerDuty takes a resolved incident from everybody, and gives a reopened one to who did it.
  if (!over.by_person && !was_written(where, id, rule, over.at)) return;
  // What the other system changed by itself since counts like somebody's edit there.
  auto const there = mapping::other(where);
  auto const& other_id = there == side::ticket ? ticket.id : incident.id;
  auto const lag = place_of(there).list_lag_max();
  for (auto const& e : with_.history.of(there, other_id, rule.name())) {
    if (e.at > edit.at && !e.by_person && !was_written(there, other_id, rule, e.at)) return;
    // What a late list showed only afterwards counts as later.
    if (e.by_person && e.at <= edit.at && edit.at - e.at <= lag) return;
  }
  complain(
      "rule " + rule.name() + ": what a person set last on the " +
      std::string{mapping::name(where)} + ", " + text_of(edit.value) + " at " +
      core::format_time(edit.at) + ", became " + text_of(now.value) + " without a cause on record"
  );
}

bool oracle::was_written(
    side s, std::string const& id, mapping::rule const& rule, core::time_point at
) const {
  auto const sent = doubts_.find({s, id});
  if (sent == doubts_.end()) return false;
  auto const& names = rule.fields(s);
  return std::any_of(sent->second.begin(), sent->second.end(), [&](doubt const& d) {
    auto const speaks = std::any_of(names.begin(), names.end(), [&](auto const& name) {
      return d.fields.contains(name);
    });
    return speaks && d.from <= at && (!d.until || at <= *d.until);
  });
}

bool oracle::was_in_doubt(
    side s, std::string const& id, mapping::rule const& rule, chronicle::entry const& e
) const {
  auto const sent = doubts_.find({s, id});
  if (sent == doubts_.end()) return false;
  return std::any_of(sent->second.begin(), sent->second.end(), [&](doubt const& d) {
    return d.from <= e.at && (!d.until || e.at <= *d.until) && rule.read(s, d.fields) == e.value;
  });
}

void oracle::check_comments(store::link const& link) {
  auto const moved = std::any_of(notes_.begin(), notes_.end(), [&](note const& n) {
    return n.link == link.id && n.kind == "moved";
  });
  if (link.state != link_state::linked && link.state != link_state::merged) return;
  for (auto const& c : with_.history.comments) {
    auto const& own = c.side == side::ticket ? link.ticket_id : link.incident_id;
    if (own != c.object) continue;
    auto const texts = c.side == side::ticket ? with_.incidents.comments(link.incident_id)
                                              : with_.tickets.comments(link.ticket_id);
    auto const copies = std::count_if(texts.begin(), texts.end(), [&](auto const& text) {
      return text.find(c.text) != std::string::npos;
    });
    if (copies > 1)
      complain("comment \"" + c.text + "\" is there " + std::to_string(copies) + " times");
    // What was copied to the incident that was merged away stays there.
    if (copies > 0 || moved || link.state != link_state::linked) continue;
    bool excused = c.side == side::incident && !with_.tickets.takes_comments(link.ticket_id);
    for (auto const& [key, e] : ledger_) {
      excused =
          excused ||
          (e.link == link.id && e.origin == c.side &&
           (e.state == store::comment_state::parked || e.state == store::comment_state::native));
    }
    if (!excused && link.parked.empty()) {
      complain(
          "comment \"" + c.text + "\" on the " + std::string{mapping::name(c.side)} + " " +
          c.object + " has no copy"
      );
    }
  }
}

}  // namespace simulation

#include "connector/sync/decide.hpp"

#include <algorithm>
#include <optional>

#include "connector/mapping/policies.hpp"
#include "connector/sync/bases.hpp"
#include "connector/sync/draft.hpp"
#include "connector/sync/grounds.hpp"
#include "connector/sync/kept_values.hpp"
#include "connector/sync/lost_edits.hpp"
#include "connector/sync/observation.hpp"
#include "connector/sync/unresolved.hpp"

namespace connector::sync {
namespace {

using mapping::direction;
using mapping::resolution;
using mapping::rule;
using mapping::side;
using mapping::wish;

bool carries_to(rule const& r, side to) { return mapping::carries(r.direction(), to); }

mapping::facts facts_of(store::link const& link) {
  return {link.ticket_label, link.ticket_url, link.incident_url};
}

/// The state of one decision while the rules are gone through in order.
class deliberation {
 public:
  deliberation(
      context const& with,
      store::link link,
      adapter::object const& incident,
      adapter::object const* ticket
  )
      : with_{with},
        incident_{incident},
        ticket_{ticket},
        facts_{facts_of(link)},
        grounds_{link},
        known_{with.known, grounds_.answered()},
        draft_{incident, ticket, known_, facts_} {
    out_.link = std::move(link);
  }
  deliberation(deliberation const&) = delete;
  deliberation& operator=(deliberation const&) = delete;

  verdict consider_create(rule const& r) {
    if (r.direction() == direction::never || r.direction() == direction::to_incident) {
      return verdict::not_carried;
    }
    auto const now = draft_.then();
    if (!r.applies(now)) return verdict::does_not_apply;
    auto const from = r.read(side::incident, incident_.fields);
    grounds_.note_values(r);
    if (is_refused(out_.link, r, side::ticket, from)) return verdict::refused;
    auto const w = r.put(side::ticket, now);
    switch (w.what) {
      case wish::kind::write:
        if (auto const* why = held(r)) {
          park(with_, out_, r, side::ticket, *why, w.value, from);
          return verdict::parked;
        }
        plan_write(r, side::ticket, w, from, nullptr);
        return verdict::writes_ticket;
      case wish::kind::leave:
        // Its half of the base until the ticket is there: an edit meanwhile is then seen as one.
        if (r.direction() != direction::once) {
          out_.link.bases.edit()[r.name()].incident = kept(r, from);
        }
        return verdict::left;
      case wish::kind::park:
        park(with_, out_, r, side::ticket, w.reason, w.value, from);
        return verdict::parked;
      case wish::kind::ask:
        ask(r, side::ticket, w, from);
        return verdict::asks;
    }
    return verdict::left;
  }

  verdict consider(rule const& r) {
    if (r.direction() == direction::never || r.direction() == direction::once) {
      return verdict::not_carried;
    }
    auto const now = draft_.then();
    if (!r.applies(now)) {
      // Nothing of it is to be delivered any more. When it applies again that is another write,
      // perhaps one that the system takes (a resolution with the step that ends the work).
      forget_parked(out_, r, std::nullopt);
      return verdict::does_not_apply;
    }
    auto const a = r.read(side::incident, incident_.fields);
    auto const b = r.read(side::ticket, ticket_->fields);
    auto const found = out_.link.bases->find(r.name());
    auto const known = found != out_.link.bases->end();
    // Without a base both sides are compared with "nothing happened yet". A side without fields
    // (a constant, the ticket's number) has news exactly once.
    auto const is_news = [](core::group const& g) { return g.empty() || !core::is_unset(g); };
    auto a_moved = known ? !same_as_kept(r, a, found->second.incident)
                         : carries_to(r, side::ticket) && is_news(a);
    auto b_moved = known ? !same_as_kept(r, b, found->second.ticket)
                         : carries_to(r, side::incident) && is_news(b);
    if (auto const* lost = lost_edit_of(out_.link, r)) {
      grounds_.note_base(r, known ? &found->second : nullptr);
      auto const again = *lost->overwritten == side::ticket ? b_moved : a_moved;
      auto const other_moved = *lost->overwritten == side::ticket ? a_moved : b_moved;
      if (auto const v = consider_lost(r, *lost, again, other_moved)) return *v;
    }
    if (known &&
        (found->second.incident == unknown_value() || found->second.ticket == unknown_value())) {
      a_moved = b_moved = true;
    }
    if (known && a_moved && forget_kept_values(out_.link, r)) out_.changed = true;
    auto const* base = known ? &found->second : nullptr;
    if (!known || a_moved || b_moved) grounds_.note_base(r, base);
    auto const entering = draft_.begins_to_apply(r);
    // What was emptied while the rule did not apply (a reopened ticket's close code) is no edit
    // now.
    if (entering == side::ticket && core::is_unset(b)) b_moved = false;
    if (entering == side::incident && core::is_unset(a)) a_moved = false;
    if (!a_moved && !b_moved && !entering) {
      if (!known) agree(r, a, b);
      return verdict::unchanged;
    }
    grounds_.note_values(r);
    if (r.corresponds(a, b, now)) {
      auto const as_it_is = draft_.now();
      if (draft_.is_empty() || (r.applies(as_it_is) && r.corresponds(a, b, as_it_is))) {
        agree(r, a, b);
      }
      return verdict::agrees;
    }
    auto const [to, merged] = a_moved || b_moved ? target(r, a, b, a_moved, b_moved, base)
                                                 : ruling{entering, std::nullopt};
    if (!to) return verdict::waits_for_a_person;
    if (!carries_to(r, *to)) {
      // The map does not carry this side's change. It is noted as seen, so that it does not look
      // like a conflict when the other side changes.
      if (draft_.is_empty() || r.applies(draft_.now())) absorb(r, mapping::other(*to), a, b);
      return verdict::not_carried;
    }
    // As it will be, too: if the write to come is never made, the side differs from what this one
    // came from, and the rule is looked at again.
    auto const from = r.read(mapping::other(*to), *to == side::ticket ? now.incident : now.ticket);
    auto const& there = *to == side::ticket ? b : a;
    if (is_refused(out_.link, r, *to, from)) return verdict::refused;
    auto w = merged ? *merged : r.put(*to, now);
    if (known && !a_moved && b_moved && !merged) come_back(r, *base, b, now, w);
    switch (w.what) {
      case wish::kind::write:
        if (w.value == there) {
          if (merged || draft_.is_wanted_already(r, *to, w)) agree(r, a, b);
          return verdict::agrees;
        }
        if (auto const* why = held(r)) {
          park(with_, out_, r, *to, *why, w.value, from);
          return verdict::parked;
        }
        if (*to == side::incident && held_for_merging(r, from)) return verdict::held;
        plan_write(r, *to, w, from, base);
        return *to == side::ticket ? verdict::writes_ticket : verdict::writes_incident;
      case wish::kind::leave:
        if (draft_.is_wanted_already(r, *to, w)) agree(r, a, b);
        return verdict::left;
      case wish::kind::park:
        park(with_, out_, r, *to, w.reason, w.value, from);
        if (w.new_ticket) out_.new_ticket = w.reason;
        return verdict::parked;
      case wish::kind::ask:
        ask(r, *to, w, from);
        return verdict::asks;
    }
    return verdict::left;
  }

  decision finish(step if_ticket) {
    if (!out_.questions.empty()) return std::move(out_);
    auto const to_ticket = if_ticket == step::create || draft_.writes_to(side::ticket);
    // What the ticket brings comes first: it may have been closed because the work is done.
    if (draft_.writes_to(side::incident)) out_.new_ticket.clear();
    if (to_ticket || draft_.writes_to(side::incident)) {
      auto const to = to_ticket ? side::ticket : side::incident;
      auto& writes = draft_.to(to);
      out_.next = to_ticket ? if_ticket : step::update_incident;
      out_.fields = std::move(writes.fields);
      record_outstanding(to, std::move(writes.derived));
      core::record call{
          {"call", out_.next == step::create ? "create" : "update"},
          {"to", mapping::name(to)},
      };
      note_decision(std::move(call), std::move(writes.notes));
    } else if (!out_.journal.empty()) {
      // What was parked, held or found in conflict is decided too.
      note_decision({{"call", "none"}}, {});
    }
    return std::move(out_);
  }

 private:
  /// Somebody's edit that our write replaced, unseen. None: it is seen to, and the rule goes on as
  /// usual. `again`: that side was changed since, by somebody who could see what we wrote.
  /// `other_moved`: the other one was, so that it is the conflict between two others now.
  std::optional<verdict> consider_lost(
      rule const& r, store::conflict const& lost, bool again, bool other_moved
  ) {
    grounds_.note_values(r);
    auto const of = *lost.overwritten;
    auto const now = draft_.then();
    auto const fields = with_lost_edit(lost, r, of == side::incident ? now.incident : now.ticket);
    mapping::view const then{
        of == side::incident ? fields : now.incident,
        of == side::ticket ? fields : now.ticket,
        known_,
        facts_};
    auto const a = r.read(side::incident, then.incident);
    auto const b = r.read(side::ticket, then.ticket);
    auto to = mapping::other(of);
    wish w;
    auto is_done = again || !carries_to(r, side::incident) || !carries_to(r, side::ticket) ||
                   r.corresponds(a, b, then);
    if (!is_done && !lost.restore) return verdict::waits_for_a_person;
    if (!is_done && r.resolution() == resolution::merge) {
      store::base const base{lost.base_incident, lost.base_ticket};
      contest const over{r, a, b, &base};
      auto ruled = settle_conflict(with_, out_, over, {}, {}, then);
      is_done = !ruled.merged;
      to = side::incident;
      if (ruled.merged) w = std::move(*ruled.merged);
    } else if (!is_done) {
      is_done = other_moved && loses_by_now(r, lost, a, b, then);
      w = r.put(to, then);
    }
    auto const from = r.read(mapping::other(to), to == side::ticket ? now.incident : now.ticket);
    auto const there = r.read(to, to == side::ticket ? now.ticket : now.incident);
    is_done =
        is_done || w.what == wish::kind::leave || (w.what == wish::kind::write && w.value == there);
    if (is_done) {
      std::erase_if(out_.link.conflicts, [&](auto const& c) { return c.rule == r.name(); });
      out_.changed = true;
      return std::nullopt;
    }
    if (is_refused(out_.link, r, to, from)) return verdict::refused;
    if (w.what == wish::kind::ask) {
      ask(r, to, w, from);
      return verdict::asks;
    }
    auto const* why = w.what == wish::kind::park ? &w.reason : held(r);
    if (why) {
      park(with_, out_, r, to, *why, w.value, from);
      return verdict::parked;
    }
    if (to == side::incident && held_for_merging(r, from)) return verdict::held;
    auto const base = out_.link.bases->find(r.name());
    plan_write(r, to, w, from, base == out_.link.bases->end() ? nullptr : &base->second);
    return to == side::ticket ? verdict::writes_ticket : verdict::writes_incident;
  }

  /// Of an overwritten edit that had won, against what somebody set on the other side since.
  bool loses_by_now(
      rule const& r,
      store::conflict const& lost,
      core::group const& incident,
      core::group const& ticket,
      mapping::view const& then
  ) {
    // The newer value is one that the person who is to decide has not seen.
    if (r.resolution() == resolution::ask) return true;
    store::base const base{lost.base_incident, lost.base_ticket};
    contest const over{r, incident, ticket, &base};
    auto const of_ticket = *lost.overwritten == side::ticket;
    auto const ruled = settle_conflict(
        with_,
        out_,
        over,
        of_ticket ? incident_.changed_at : lost.since,
        of_ticket ? lost.since : ticket_->changed_at,
        then
    );
    return ruled.to == *lost.overwritten;
  }

  void agree(rule const& r, core::group const& a, core::group const& b) {
    auto& base = out_.link.bases.edit()[r.name()];
    base.incident = kept(r, a);
    base.ticket = kept(r, b);
    forget_parked(out_, r, std::nullopt);
    std::erase_if(out_.link.conflicts, [&](auto const& c) { return c.rule == r.name(); });
    out_.changed = true;
  }

  /// The ticket alone was moved. What the incident said so far, or said when the ticket last said
  /// this, may be known to nobody else.
  void come_back(
      rule const& r,
      store::base const& base,
      core::group const& ticket,
      mapping::view const& now,
      wish& w
  ) {
    if (w.what != wish::kind::write) return;
    if (keep_value(out_.link, r, base)) out_.changed = true;
    if (auto const* kept = kept_value(out_.link, r, ticket, now)) w.value = *kept;
  }

  void absorb(rule const& r, side seen, core::group const& a, core::group const& b) {
    auto const fresh = !out_.link.bases->contains(r.name());
    auto& base = out_.link.bases.edit()[r.name()];
    if (fresh || seen == side::incident) base.incident = kept(r, a);
    if (fresh || seen == side::ticket) base.ticket = kept(r, b);
    out_.changed = true;
  }

  /// Which side is to be written, or none for now.
  ruling target(
      rule const& r,
      core::group const& a,
      core::group const& b,
      bool a_moved,
      bool b_moved,
      store::base const* base
  ) {
    if (a_moved && !b_moved) return {side::ticket, std::nullopt};
    if (b_moved && !a_moved) return {side::incident, std::nullopt};
    if (!carries_to(r, side::incident)) return {side::ticket, std::nullopt};
    if (!carries_to(r, side::ticket)) return {side::incident, std::nullopt};
    contest const over{r, a, b, base};
    return settle_conflict(
        with_, out_, over, incident_.changed_at, ticket_->changed_at, draft_.then()
    );
  }

  /// Why the rule may not write for now; null: it may.
  std::string const* held(rule const& r) {
    if (!with_.held_rules) return nullptr;
    auto const found = with_.held_rules->find(r.name());
    if (found == with_.held_rules->end()) return nullptr;
    grounds_.note_held(r, found->second);
    return &found->second;
  }

  /// Different owners or classifications keep Defender from merging incidents, so such a write
  /// waits until a merge is no longer likely.
  bool held_for_merging(rule const& r, core::group const& from) {
    if (!r.hinders_merging(draft_.then().incident)) return false;
    auto const settled = incident_.created_at + with_.map.merging_settles_after();
    if (with_.now >= settled) return false;
    // What is due now is being seen to, and will not bring the link here again.
    auto const& due = out_.link.due;
    if (!due_noted_) grounds_.note_due(due);
    due_noted_ = true;
    if (!due || *due <= with_.now || *due > settled) {
      out_.link.due = settled;
      out_.changed = true;
      core::record data{
          {"rule", r.name()},
          {"where", place(r.where())},
          {"from", core::abridged(from)},
          {"reason", "the incident may still be merged"},
          {"until", core::format_time(settled)},
      };
      note(with_, out_, "held", std::move(data));
    }
    return true;
  }

  /// The last line of a decision: with what stands before it in the journal it can be made again.
  void note_decision(core::record data, boost::json::array rules) {
    data["incident_version"] = incident_.version;
    data["ticket_version"] = ticket_ ? ticket_->version : 0;
    data["map"] = with_.map.digest();
    data["grounds"] =
        grounds_.as_record(rules, with_.known, incident_, ticket_, out_.link, with_.now);
    data["rules"] = std::move(rules);
    if (is_new_to_record(with_.map, out_.link, side::incident, incident_, with_.now)) {
      data["incident"] = observed(with_.map, side::incident, incident_);
    }
    if (ticket_ && is_new_to_record(with_.map, out_.link, side::ticket, *ticket_, with_.now)) {
      data["ticket"] = observed(with_.map, side::ticket, *ticket_);
    }
    note(with_, out_, "decided", std::move(data));
  }

  void plan_write(
      rule const& r, side to, wish const& w, core::group const& from, store::base const* base
  ) {
    draft_.add(r, to, w, from, base);
    forget_parked(out_, r, to);
  }

  void ask(rule const& r, side to, wish const& w, core::group const& from) {
    if (with_.may_ask) {
      out_.questions.insert(out_.questions.end(), w.questions.begin(), w.questions.end());
      return;
    }
    park(with_, out_, r, to, "a look-up got no answer: " + w.reason, w.value, from);
  }

  void record_outstanding(side to, std::map<std::string, core::group> derived) {
    auto const horizon = to == side::ticket ? with_.ticket_horizon : with_.incident_horizon;
    store::outstanding o;
    o.what = out_.next == step::create ? store::outstanding::kind::create
                                       : store::outstanding::kind::update;
    o.to = to;
    o.fields = out_.fields;
    o.derived = std::move(derived);
    auto const* from = to == side::ticket ? ticket_ : &incident_;
    o.version_seen = from != nullptr ? from->version : 0;
    o.sent_at = with_.now;
    o.not_before = doubt_ends(with_.now, horizon);
    o.attempts = 1;
    o.epoch = std::string{with_.epoch};
    out_.link.outstanding = std::move(o);
    // Only looked at if this process dies or the answer is lost: a look by reading may come early.
    bring_forward(out_.link, with_.now);
    out_.sends = true;
  }

  context const& with_;
  adapter::object const& incident_;
  adapter::object const* ticket_;
  mapping::facts facts_;
  grounds grounds_;
  mapping::answers known_;
  bool due_noted_ = false;
  draft draft_;
  decision out_;
};

}  // namespace

void bring_forward(store::link& link, core::time_point at) {
  if (!link.due || *link.due > at) link.due = at;
}

decision decide_create(context const& with, store::link link, adapter::object const& incident) {
  link.map_digest = with.map.digest();
  link.bases = {};
  deliberation all{with, std::move(link), incident, nullptr};
  for (auto const& r : with.map.rules()) {
    auto const found = all.consider_create(*r);
    if (with.verdicts) with.verdicts->emplace_back(r->name(), found);
  }
  auto decided = all.finish(step::create);
  decided.changed = true;
  return decided;
}

decision decide_update(
    context const& with,
    store::link link,
    adapter::object const& incident,
    adapter::object const& ticket
) {
  bool const other_map = link.map_digest != with.map.digest();
  if (other_map) {
    // Another map may say it in words that the system takes.
    link.map_digest = with.map.digest();
    link.parked.clear();
  }
  deliberation all{with, std::move(link), incident, &ticket};
  for (auto const& r : with.map.rules()) {
    auto const found = all.consider(*r);
    if (with.verdicts) with.verdicts->emplace_back(r->name(), found);
  }
  auto decided = all.finish(step::update_ticket);
  decided.changed = decided.changed || other_map;
  return decided;
}

}  // namespace connector::sync

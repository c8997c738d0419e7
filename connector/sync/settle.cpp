#include "connector/sync/settle.hpp"

#include <algorithm>
#include <boost/json/serialize.hpp>

#include "connector/sync/bases.hpp"
#include "connector/sync/lost_edits.hpp"
#include "connector/sync/observation.hpp"

namespace connector::sync {
namespace {

using mapping::direction;
using mapping::rule;
using mapping::side;

/// Between two looks for a create whose outcome is unknown.
constexpr std::chrono::seconds look_again{30};
/// Before the horizon a look can only find good news, so it may come early.
constexpr std::chrono::seconds look_early{2};

/// Those that a write speaks for.
std::vector<rule const*> rules_of(mapping::field_map const& map, store::outstanding const& sent) {
  std::vector<rule const*> all;
  for (auto const& r : map.rules()) {
    if (sent.derived.contains(r->name())) all.push_back(r.get());
  }
  return all;
}

/// The rule's values as they were sent.
core::group sent_values(rule const& r, store::outstanding const& sent) {
  return r.read(sent.to, sent.fields);
}

void accept(store::link& link, side of, adapter::object const& now) {
  if (of == side::ticket) {
    link.ticket_version = std::max(link.ticket_version, now.version);
    if (!now.label.empty()) link.ticket_label = now.label;
    if (!now.url.empty()) link.ticket_url = now.url;
  } else {
    link.incident_version = std::max(link.incident_version, now.version);
  }
}

void become_linked(store::link& link, adapter::object const& ticket) {
  link.state = store::link_state::linked;
  link.ticket_id = ticket.id;
  accept(link, side::ticket, ticket);
}

class settling {
 public:
  settling(context const& with, store::link link) : with_{with} { out_.link = std::move(link); }

  void note(std::string kind, core::record data) {
    out_.journal.push_back(journal_line(with_.now, out_.link.id, std::move(kind), std::move(data)));
  }

  /// What is there now, for the record.
  core::record recorded(side of, adapter::object const& o) {
    is_new_to_record(with_.map, out_.link, of, o, with_.now);
    return observed(with_.map, of, o);
  }

  /// Why a part of the write was not made, in the system's words; empty: it said nothing like that.
  void note_refusal(std::string words) { refusal_ = std::move(words); }

  store::link& link() { return out_.link; }
  settlement finish() { return std::move(out_); }

  void rule_on_lost_edits(
      store::outstanding const& sent,
      adapter::object const& incident,
      adapter::object const* ticket,
      adapter::receipt const& answer
  ) {
    if (answer.lost_edits.empty() || !ticket) return;
    decision ruled;
    ruled.link = std::move(out_.link);
    sync::rule_on_lost_edits(with_, ruled, sent, incident, *ticket, answer);
    out_.link = std::move(ruled.link);
    std::ranges::move(ruled.journal, std::back_inserter(out_.journal));
  }

  /// The same for a write whose answer was lost: both sides were read since. What the side written
  /// to was when that was decided is known from the bases.
  void rule_on_lost_edits(
      store::outstanding const& sent,
      adapter::object const& incident,
      adapter::object const* ticket,
      std::vector<adapter::lost_edit> replaced
  ) {
    if (replaced.empty() || !ticket) return;
    adapter::receipt answer;
    answer.stored = sent.to == side::ticket ? *ticket : incident;
    answer.lost_edits = std::move(replaced);
    auto before = answer.stored;
    before.version = sent.version_seen;
    before.changed_at = {};
    for (auto const* r : rules_of(with_.map, sent)) {
      auto const base = link().bases->find(r->name());
      core::group half(r->fields(sent.to).size());
      if (base != link().bases->end()) half = base->second.of(sent.to);
      mapping::set_fields(before.fields, *r, sent.to, half);
    }
    auto const to_ticket = sent.to == side::ticket;
    rule_on_lost_edits(sent, to_ticket ? incident : before, to_ticket ? &before : ticket, answer);
  }

  /// A replaced edit that won is brought back next.
  void follow_up() {
    if (std::ranges::any_of(link().conflicts, &store::conflict::restore)) {
      bring_forward(link(), with_.now);
    }
  }

  void clear_outstanding() {
    out_.link.outstanding.reset();
    out_.link.failures = 0;
    out_.link.due.reset();
  }

  /// A set that changed on both sides is written to the incident first. Until the ticket has the
  /// same, the incident counts as moved, so that the ticket's turn comes. An overwritten edit that
  /// won goes to the other side first, too, and comes back as that side's change.
  bool is_half_of_a_merge(
      rule const& r,
      store::outstanding const& sent,
      core::group const& there,
      core::group const& in_ticket
  ) const {
    if (brings_back_lost_edit(out_.link, r, sent.to) && there == sent_values(r, sent)) return true;
    if (r.resolution() != mapping::resolution::merge || sent.to != side::incident ||
        there != sent_values(r, sent)) {
      return false;
    }
    core::record const none;
    mapping::facts const facts;
    return !r.corresponds(there, in_ticket, {none, none, with_.known, facts});
  }

  /// What somebody set meanwhile stands until our write takes effect after all; then it would be
  /// gone without a trace.
  void note_edit_by_others(
      store::outstanding const& sent,
      std::vector<rule const*> const& written,
      adapter::object const& found
  ) {
    if (found.version <= sent.version_seen) return;
    auto const edited = std::any_of(written.begin(), written.end(), [&](rule const* r) {
      auto const there = r->read(sent.to, found.fields);
      auto const base = link().bases->find(r->name());
      if (base == link().bases->end()) return !core::is_unset(there);
      return !same_as_kept(*r, there, base->second.of(sent.to));
    });
    if (!edited || !is_new_to_record(with_.map, link(), sent.to, found, with_.now)) return;
    auto const of = mapping::name(sent.to);
    note("seen", {{"side", of}, {"object", observed(with_.map, sent.to, found)}});
    note("changed_meanwhile", {{"side", of}, {"seen", sent.version_seen}, {"now", found.version}});
  }

  /// How `stored` is known: the system's answer to the write, or found some time later.
  enum class known_by { answer, search };

  /// Sets the bases of the rules written, from what the system stored.
  void agree_on_written(
      store::outstanding const& sent,
      adapter::object const& incident,
      adapter::object const* ticket,
      adapter::object const& stored,
      known_by how
  ) {
    auto const& incident_now = sent.to == side::incident ? stored.fields : incident.fields;
    core::record const none;
    auto const& ticket_now =
        sent.to == side::ticket ? stored.fields : (ticket ? ticket->fields : none);
    mapping::facts const facts{
        out_.link.ticket_label, out_.link.ticket_url, out_.link.incident_url};
    mapping::view const view{incident_now, ticket_now, with_.known, facts};
    for (auto const& r : with_.map.rules()) {
      auto const derived = sent.derived.find(r->name());
      if (derived == sent.derived.end()) {
        if (sent.what == store::outstanding::kind::create) agree_at_birth(*r, view);
        continue;
      }
      auto const there = r->read(sent.to, stored.fields);
      auto& base = out_.link.bases.edit()[r->name()];
      base.of(mapping::other(sent.to)) = derived->second;
      if (is_half_of_a_merge(*r, sent, there, r->read(side::ticket, ticket_now))) continue;
      base.of(sent.to) = kept(*r, there);
      if (!r->is_read_back() || there == sent_values(*r, sent)) continue;
      if (how == known_by::answer) {
        check_rewritten(*r, sent, there, view);
        continue;
      }
      auto const in_incident = r->read(side::incident, incident_now);
      if (r->corresponds(in_incident, there, view)) {
        // It is not what was sent, and yet both sides say the same by now.
        base.incident = kept(*r, in_incident);
      } else {
        // Made in part (some systems take several calls for it), or changed since by somebody: not
        // to be told apart, so the difference counts as a conflict.
        base.ticket = unknown_value();
      }
    }
  }

 private:
  /// What the system set by itself while creating is nobody's edit.
  void agree_at_birth(rule const& r, mapping::view const& view) {
    if (!mapping::carries(r.direction(), side::ticket)) return;
    auto const& parked = out_.link.parked;
    auto const is_parked = std::any_of(parked.begin(), parked.end(), [&](auto const& p) {
      return p.rule == r.name();
    });
    auto& bases = out_.link.bases.edit();
    if (is_parked || !r.applies(view)) {
      bases.erase(r.name());
      return;
    }
    // The incident's half is what the create was decided from, where that was noted.
    auto const [base, fresh] = bases.try_emplace(r.name());
    if (fresh) base->second.incident = kept(r, r.read(side::incident, view.incident));
    base->second.ticket = kept(r, r.read(side::ticket, view.ticket));
  }

  void check_rewritten(
      rule const& r,
      store::outstanding const& sent,
      core::group const& there,
      mapping::view const& view
  ) {
    auto const a = sent.to == side::ticket ? r.read(side::incident, view.incident) : there;
    auto const b = sent.to == side::ticket ? there : r.read(side::ticket, view.ticket);
    auto const& source = sent.to == side::ticket ? a : b;
    // The source may have moved on meanwhile; then the next decision speaks.
    if (!same_as_kept(r, source, sent.derived.at(r.name()))) return;
    if (r.corresponds(a, b, view)) return;
    auto& base = out_.link.bases.edit()[r.name()];
    if (sent.what == store::outstanding::kind::create) {
      // Not everything can be said while creating: an update says the rest.
      base.incident = undelivered_value();
      bring_forward(out_.link, with_.now);
      return;
    }
    auto const reason = refusal_.empty()
                            ? "the system answered that the write succeeded, but it holds " +
                                  boost::json::serialize(core::abridged(there))
                            : refusal_;
    park_refused(out_.link, sent, r.name(), reason, with_.now);
    // What was to be delivered is still to be delivered: once it is released it must be found
    // again.
    base.of(mapping::other(sent.to)) = undelivered_value();
    note(
        "not_as_asked",
        {{"rule", r.name()},
         {"to", mapping::name(sent.to)},
         {"asked", core::abridged(sent_values(r, sent))},
         {"stored", core::abridged(there)}}
    );
  }

  context const& with_;
  settlement out_;
  std::string refusal_;
};

}  // namespace

store::journal_entry journal_line(
    core::time_point at, std::string link, std::string kind, core::record data
) {
  store::journal_entry entry;
  entry.at = at;
  entry.link = std::move(link);
  entry.kind = std::move(kind);
  entry.data = std::move(data);
  return entry;
}

settlement settle_applied(
    context const& with,
    store::link link,
    adapter::object const& incident,
    adapter::object const* ticket,
    adapter::receipt const& answer
) {
  auto const& stored = answer.stored;
  settling all{with, std::move(link)};
  auto const sent = *all.link().outstanding;
  all.note_refusal(answer.refusal);
  all.rule_on_lost_edits(sent, incident, ticket, answer);
  all.clear_outstanding();
  if (sent.what == store::outstanding::kind::create) {
    become_linked(all.link(), stored);
  } else {
    accept(all.link(), sent.to, stored);
  }
  all.agree_on_written(sent, incident, ticket, stored, settling::known_by::answer);
  all.follow_up();
  all.note(
      "settled",
      {{"call", sent.what == store::outstanding::kind::create ? "create" : "update"},
       {"to", mapping::name(sent.to)},
       {"id", stored.id},
       {"version", stored.version},
       {"stored", all.recorded(sent.to, stored)}}
  );
  return all.finish();
}

settlement settle_failed(
    context const& with, store::link link, core::error const& why, core::time_point again
) {
  settling all{with, std::move(link)};
  auto& l = all.link();
  ++l.failures;
  l.due = again;
  if (why.effect == core::effect::none) {
    l.outstanding.reset();
  } else if (l.outstanding) {
    auto& sent = *l.outstanding;
    sent.not_before =
        with.now + (sent.to == side::ticket ? with.ticket_horizon : with.incident_horizon);
    l.due = std::min(again, with.now + look_early);
  }
  all.note(
      "failed",
      {{"code", core::name(why.code)},
       {"detail", why.detail},
       {"effect", why.effect == core::effect::none ? "none" : "unknown"},
       {"again", core::format_time(*l.due)}}
  );
  return all.finish();
}

bool took_effect(
    mapping::field_map const& map, store::outstanding const& sent, adapter::object const& found
) {
  auto const written = rules_of(map, sent);
  if (written.empty()) {
    return std::all_of(sent.fields.begin(), sent.fields.end(), [&](auto const& f) {
      return core::field(found.fields, f.key()) == f.value();
    });
  }
  return std::all_of(written.begin(), written.end(), [&](rule const* r) {
    return !r->is_read_back() || r->read(sent.to, found.fields) == sent_values(*r, sent);
  });
}

settlement settle_by_reading(
    context const& with,
    store::link link,
    adapter::object const& incident,
    adapter::object const* ticket,
    std::vector<adapter::lost_edit> replaced
) {
  settling all{with, std::move(link)};
  auto& l = all.link();
  auto const sent = *l.outstanding;
  auto const& found = sent.to == side::ticket ? *ticket : incident;
  auto const waited = with.now >= sent.not_before;
  auto const written = rules_of(with.map, sent);

  if (took_effect(with.map, sent, found)) {
    all.rule_on_lost_edits(sent, incident, ticket, std::move(replaced));
    all.clear_outstanding();
    accept(l, sent.to, found);
    for (auto const* r : written) {
      auto& base = l.bases.edit()[r->name()];
      auto const& derived = sent.derived.at(r->name());
      base.of(mapping::other(sent.to)) = derived;
      auto const stored = r->read(sent.to, found.fields);
      if (all.is_half_of_a_merge(*r, sent, stored, derived)) continue;
      base.of(sent.to) = kept(*r, stored);
    }
    all.follow_up();
    all.note(
        "settled",
        {{"call", "update"},
         {"to", mapping::name(sent.to)},
         {"by", "reading"},
         {"version", found.version},
         {"stored", all.recorded(sent.to, found)}}
    );
    return all.finish();
  }
  if (!waited) {
    all.note_edit_by_others(sent, written, found);
    l.due = std::min(sent.not_before, with.now + look_again);
    return all.finish();
  }
  if (found.version > sent.version_seen) {
    // Changed by somebody, perhaps over our write, perhaps without it: not to be told apart, so the
    // next difference counts as a conflict.
    for (auto const* r : written) {
      auto& base = l.bases.edit()[r->name()];
      base.of(sent.to) = unknown_value();
    }
  }
  all.clear_outstanding();
  bring_forward(l, with.now);
  all.note(
      "dropped",
      {{"call", "update"},
       {"to", mapping::name(sent.to)},
       {"reason",
        found.version > sent.version_seen
            ? "changed by somebody else meanwhile; differences count as conflicts"
            : "it did not take effect"},
       {"version", found.version}}
  );
  return all.finish();
}

settlement settle_create_by_search(
    context const& with,
    store::link link,
    adapter::object const& incident,
    std::span<adapter::object const> found,
    bool control_seen
) {
  settling all{with, std::move(link)};
  auto& l = all.link();
  if (!found.empty()) {
    auto const sent = *l.outstanding;
    auto const& ticket = found.front();
    all.clear_outstanding();
    become_linked(l, ticket);
    all.agree_on_written(sent, incident, nullptr, ticket, settling::known_by::search);
    core::record data{
        {"call", "create"},
        {"to", mapping::name(side::ticket)},
        {"by", "search"},
        {"id", ticket.id},
        {"version", ticket.version},
        {"stored", all.recorded(side::ticket, ticket)}};
    if (found.size() > 1) {
      boost::json::array twins;
      for (auto const& twin : found.subspan(1)) twins.emplace_back(twin.label);
      data["twins"] = std::move(twins);
    }
    all.note("settled", std::move(data));
    return all.finish();
  }
  auto& sent = *l.outstanding;
  if (with.now < sent.not_before || !control_seen) {
    auto const wait = with.now < sent.not_before ? look_early : look_again;
    l.due = std::max(with.now + wait, std::min(sent.not_before, with.now + look_again));
    if (with.now < sent.not_before) l.due = std::min(*l.due, sent.not_before);
    return all.finish();
  }
  if (++sent.empty_looks < 2) {
    l.due = with.now + look_again;
    return all.finish();
  }
  all.clear_outstanding();
  bring_forward(l, with.now);
  all.note("dropped", {{"call", "create"}, {"reason", "no ticket carries the key"}});
  return all.finish();
}

std::vector<std::string> refused_rules(
    mapping::field_map const& map, store::outstanding const& sent, core::error const& why
) {
  std::vector<std::string> all;
  std::vector<std::string> named;
  for (auto const& r : map.rules()) {
    if (!sent.derived.contains(r->name())) continue;
    all.push_back(r->name());
    auto const& fields = r->fields(sent.to);
    if (std::any_of(fields.begin(), fields.end(), [&](auto const& f) {
          return std::find(why.fields.begin(), why.fields.end(), f) != why.fields.end();
        })) {
      named.push_back(r->name());
    }
  }
  return named.empty() ? all : named;
}

void park_refused(
    store::link& link,
    store::outstanding const& sent,
    std::string const& rule,
    std::string const& reason,
    core::time_point now
) {
  std::erase_if(link.parked, [&](auto const& p) { return p.rule == rule && p.to == sent.to; });
  store::parked p;
  p.rule = rule;
  p.to = sent.to;
  p.reason = reason;
  auto const from = sent.derived.find(rule);
  if (from != sent.derived.end()) p.from = core::abridged(from->second);
  p.since = now;
  p.refused = true;
  link.parked.push_back(std::move(p));
}

}  // namespace connector::sync

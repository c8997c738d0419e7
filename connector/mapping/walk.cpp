#include "connector/mapping/walk.hpp"

#include <algorithm>

namespace connector::mapping {
namespace {

/// One write settles a rule, a workflow a few more; more than this never comes to rest.
constexpr int passes_max = 8;

}  // namespace

walk::walk(
    field_map const& map,
    core::record incident,
    std::optional<core::record> ticket,
    answers known,
    facts links
)
    : map_{map},
      incident_{std::move(incident)},
      ticket_{ticket ? std::move(*ticket) : core::record{}},
      has_ticket_{ticket.has_value()},
      known_{std::move(known)},
      links_{std::move(links)} {
  if (!has_ticket_) return;
  for (auto const& r : map_.rules()) {
    agree(*r, r->read(side::incident, incident_), r->read(side::ticket, ticket_));
  }
}

void walk::edit(side on, core::record const& fields) {
  auto& record = on == side::incident ? incident_ : ticket_;
  for (auto const& [key, value] : fields) record[key] = value;
}

void walk::agree(rule const& r, core::group a, core::group b) {
  bases_.insert_or_assign(r.name(), base{std::move(a), std::move(b)});
}

wish walk::answered(rule const& r, side to, view const& now) {
  // Each round can only ask what the one before did not: a name, then what stands in for it.
  constexpr int rounds_max = 4;
  auto w = r.put(to, now);
  for (int round = 0; round < rounds_max && w.what == wish::kind::ask; ++round) {
    for (auto const& q : w.questions) known_.add(q.in, q.asked, {});
    w = r.put(to, now);
  }
  return w;
}

std::vector<walked_rule> walk::settle(std::optional<side> later) {
  std::vector<walked_rule> out;
  if (!has_ticket_) {
    for (auto const& r : map_.rules()) {
      auto const d = r->direction();
      if (d == direction::never || d == direction::to_incident || !r->applies(now())) continue;
      auto w = answered(*r, side::ticket, now());
      if (w.what == wish::kind::write) set_fields(ticket_, *r, side::ticket, w.value);
      auto const settled = w.what == wish::kind::write;
      out.push_back({r.get(), side::ticket, std::move(w), false});
      if (settled) {
        agree(*r, r->read(side::incident, incident_), r->read(side::ticket, ticket_));
      }
    }
    has_ticket_ = true;
  }
  for (int i = 0; i < passes_max && pass_once(later, out); ++i) continue;
  return out;
}

/// As connector/sync/decide.cpp goes through the rules; both must say the same.
bool walk::pass_once(std::optional<side> later, std::vector<walked_rule>& out) {
  auto incident = incident_, ticket = ticket_;
  std::vector<walked_rule> writes;
  std::map<side, bool> written;
  for (auto const& owned : map_.rules()) {
    auto const& r = *owned;
    auto const d = r.direction();
    if (d == direction::never || d == direction::once) continue;
    view const here{incident, ticket, known_, links_};
    if (!r.applies(here)) continue;
    auto const a = r.read(side::incident, incident_);
    auto const b = r.read(side::ticket, ticket_);
    auto const hit = bases_.find(r.name());
    auto const known = hit != bases_.end();
    auto const is_news = [](core::group const& g) { return g.empty() || !core::is_unset(g); };
    auto a_moved = known ? a != hit->second.incident : carries(d, side::ticket) && is_news(a);
    auto b_moved = known ? b != hit->second.ticket : carries(d, side::incident) && is_news(b);
    // What is being written makes the rule apply: it has to come with it.
    std::optional<side> entering;
    auto const writing = written[side::ticket]     ? std::optional{side::ticket}
                         : written[side::incident] ? std::optional{side::incident}
                                                   : std::nullopt;
    if (writing && carries(d, *writing) && !r.applies({incident_, ticket_, known_, links_})) {
      entering = writing;
    }
    if (entering == side::ticket && core::is_unset(b)) b_moved = false;
    if (entering == side::incident && core::is_unset(a)) a_moved = false;
    if (!a_moved && !b_moved && !entering) {
      if (!known) agree(r, a, b);
      continue;
    }
    // So that corresponds() has its answers.
    for (auto const to : {side::ticket, side::incident}) {
      if (carries(d, to)) (void)answered(r, to, here);
    }
    if (r.corresponds(a, b, here)) {
      agree(r, a, b);
      continue;
    }
    walked_rule one{&r, side::ticket, {}, a_moved && b_moved};
    std::optional<wish> decided;
    if (!a_moved && !b_moved) {
      one.to = *entering;
    } else if (a_moved != b_moved) {
      one.to = a_moved ? side::ticket : side::incident;
    } else if (!carries(d, side::incident)) {
      one.to = side::ticket;
      one.conflict = false;
    } else if (!carries(d, side::ticket)) {
      one.to = side::incident;
      one.conflict = false;
    } else {
      auto winner = side::incident;
      switch (r.resolution()) {
        case resolution::incident:
          break;
        case resolution::ticket:
          winner = side::ticket;
          break;
        case resolution::latest:
          winner = later.value_or(r.tie());
          break;
        case resolution::highest:
        case resolution::furthest:
          winner =
              r.rank(side::incident, a) >= r.rank(side::ticket, b) ? side::incident : side::ticket;
          break;
        case resolution::merge: {
          core::group const none;
          auto const all = r.merged(
              known ? hit->second.incident : none, known ? hit->second.ticket : none, here
          );
          if (all && *all != a) {
            winner = side::ticket;
            decided.emplace();
            decided->what = wish::kind::write;
            decided->value = *all;
            decided->where = r.where();
          }
          break;
        }
        case resolution::ask:
          one.want.what = wish::kind::ask;
          one.want.where = r.where();
          one.want.reason = "both sides changed; a person decides";
          out.push_back(std::move(one));
          continue;
      }
      one.to = other(winner);
    }
    if (!carries(d, one.to)) {
      auto& kept = bases_[r.name()];
      if (!known || one.to == side::ticket) kept.incident = a;
      if (!known || one.to == side::incident) kept.ticket = b;
      continue;
    }
    one.want = decided ? *decided : answered(r, one.to, here);
    if (one.want.what == wish::kind::write) {
      if (one.want.value == (one.to == side::ticket ? b : a)) {
        agree(r, a, b);
        out.push_back(std::move(one));
        continue;
      }
      set_fields(one.to == side::ticket ? ticket : incident, r, one.to, one.want.value);
      written[one.to] = true;
      writes.push_back(std::move(one));
      continue;
    }
    if (one.want.what == wish::kind::leave) agree(r, a, b);
    out.push_back(std::move(one));
  }
  if (writes.empty()) return false;
  // The ticket first; the incident's turn comes with the next pass.
  auto const to = written[side::ticket] ? side::ticket : side::incident;
  for (auto& one : writes) {
    if (one.to != to) continue;
    set_fields(to == side::ticket ? ticket_ : incident_, *one.by, to, one.want.value);
  }
  for (auto& one : writes) {
    if (one.to != to) continue;
    auto a = one.by->read(side::incident, incident_);
    auto b = one.by->read(side::ticket, ticket_);
    if (one.by->resolution() == resolution::merge && to == side::incident &&
        !one.by->corresponds(a, b, now())) {
      // Half of a merge: the ticket's turn comes with the next pass.
      bases_[one.by->name()].ticket = std::move(b);
    } else {
      agree(*one.by, std::move(a), std::move(b));
    }
    out.push_back(std::move(one));
  }
  return true;
}

}  // namespace connector::mapping

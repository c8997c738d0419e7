#include "connector/sync/operate.hpp"

#include <algorithm>

#include "connector/sync/settle.hpp"
#include "connector/sync/successor.hpp"
#include "connector/sync/unresolved.hpp"

namespace connector::sync {
namespace {

core::error rejected(store::link const& link, std::string_view why) {
  return {core::errc::rejected, "link " + link.id + " " + std::string{why}};
}

std::string under(std::string const& rule) {
  return rule.empty() ? std::string{} : " under rule '" + rule + "'";
}

/// A create whose outcome cannot be found out: a person says that nothing came of it.
core::result<store::changes> give_up_create(
    order const& what, store::link link, core::time_point now
) {
  auto const stuck =
      std::erase_if(link.parked, [](auto const& p) { return p.rule == whole_create; });
  if (stuck == 0) return rejected(link, "is about to get its first ticket");
  link.outstanding.reset();
  link.due = link.changed_at = now;
  store::changes all;
  all.journal.push_back(journal_line(
      now, link.id, "dropped", {{"call", "create"}, {"reason", "ordered by " + what.by}}
  ));
  all.links.push_back(std::move(link));
  return all;
}

core::result<store::changes> make_new_ticket(
    order const& what, store::link link, core::time_point now
) {
  using store::link_state;
  if (!link.succeeded_by.empty()) {
    return rejected(link, "has a new ticket already, with link " + link.succeeded_by);
  }
  if (link.state == link_state::merged) {
    return rejected(link, "belongs to an incident that was merged into another one");
  }
  if (link.state == link_state::opening) return give_up_create(what, std::move(link), now);
  if (link.outstanding) return rejected(link, "waits for the outcome of a write; try again later");
  return succeed(std::move(link), "ordered by " + what.by, now);
}

}  // namespace

std::string_view name(order::kind what) {
  switch (what) {
    case order::kind::retry:
      return "retry";
    case order::kind::resolve:
      return "resolve";
    case order::kind::new_ticket:
      return "new_ticket";
  }
  return "";
}

core::result<store::changes> carry_out(order const& what, store::link link, core::time_point now) {
  if (what.what == order::kind::new_ticket) return make_new_ticket(what, std::move(link), now);
  store::changes all;
  auto const note = [&](std::string kind, core::record data) {
    if (!what.by.empty()) data["by"] = what.by;
    all.journal.push_back(journal_line(now, link.id, std::move(kind), std::move(data)));
  };
  if (what.what == order::kind::retry) {
    auto const asked = [&](store::parked const& p) {
      return what.rule.empty() || p.rule == what.rule;
    };
    for (auto const& p : link.parked) {
      if (asked(p)) note("released", {{"rule", p.rule}, {"reason", p.reason}});
    }
    if (std::erase_if(link.parked, asked) == 0) {
      return rejected(link, "has nothing parked" + under(what.rule));
    }
  } else {
    auto const found =
        std::find_if(link.conflicts.begin(), link.conflicts.end(), [&](auto const& c) {
          return c.rule == what.rule;
        });
    if (found == link.conflicts.end()) {
      return rejected(link, "has no conflict to decide" + under(what.rule));
    }
    // Where our write replaced a value, both sides hold the other one already.
    found->restore = found->overwritten == what.winner;
    // Else the loser's value counts as agreed, so that only the winner has moved.
    if (!found->overwritten) {
      auto& base = link.bases.edit()[what.rule];
      if (what.winner == mapping::side::incident) {
        base = {found->base_incident, found->ticket};
      } else {
        base = {found->incident, found->base_ticket};
      }
    }
    note(
        "resolved",
        {{"rule", what.rule},
         {"winner", mapping::name(what.winner)},
         {"incident", found->incident},
         {"ticket", found->ticket}}
    );
    if (!found->restore) link.conflicts.erase(found);
  }
  link.due = now;
  link.changed_at = now;
  all.links.push_back(std::move(link));
  return all;
}

}  // namespace connector::sync

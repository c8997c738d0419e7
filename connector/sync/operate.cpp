#include "connector/sync/operate.hpp"

#include <algorithm>

#include "connector/sync/settle.hpp"

namespace connector::sync {

core::result<std::vector<store::journal_entry>> carry_out(
    order const& what, store::link& link, core::time_point now
) {
  std::vector<store::journal_entry> lines;
  auto const note = [&](std::string kind, core::record data) {
    if (!what.by.empty()) data["by"] = what.by;
    lines.push_back(journal_line(now, link.id, std::move(kind), std::move(data)));
  };
  if (what.what == order::kind::retry) {
    auto const asked = [&](store::parked const& p) {
      return what.rule.empty() || p.rule == what.rule;
    };
    for (auto const& p : link.parked) {
      if (asked(p)) note("released", {{"rule", p.rule}, {"reason", p.reason}});
    }
    if (std::erase_if(link.parked, asked) == 0) {
      return core::error{
          core::errc::rejected,
          "link " + link.id + " has nothing parked" +
              (what.rule.empty() ? "" : " under rule '" + what.rule + "'")};
    }
  } else {
    auto const found =
        std::find_if(link.conflicts.begin(), link.conflicts.end(), [&](auto const& c) {
          return c.rule == what.rule;
        });
    if (found == link.conflicts.end()) {
      return core::error{
          core::errc::rejected,
          "link " + link.id + " has no conflict to decide under rule '" + what.rule + "'"};
    }
    // The loser's value counts as agreed, so that only the winner has moved.
    auto& base = link.bases.edit()[what.rule];
    if (what.winner == mapping::side::incident) {
      base = {found->base_incident, found->ticket};
    } else {
      base = {found->incident, found->base_ticket};
    }
    note(
        "resolved",
        {{"rule", what.rule},
         {"winner", mapping::name(what.winner)},
         {"incident", found->incident},
         {"ticket", found->ticket}}
    );
    link.conflicts.erase(found);
  }
  link.due = now;
  link.changed_at = now;
  return lines;
}

}  // namespace connector::sync

#include <algorithm>

#include "connector/mapping/policies.hpp"
#include "connector/sync/decide.hpp"
#include "connector/sync/unresolved.hpp"

namespace connector::sync {

using mapping::side;

decision decide_merged(
    context const& with,
    store::link link,
    adapter::object const& ticket,
    store::link const& survivor
) {
  decision out;
  auto const& policy = with.map.merged();
  out.changed = true;
  // What was refused waits for a person, like any other write.
  auto const waits = link.state == store::link_state::merged &&
                     std::any_of(link.parked.begin(), link.parked.end(), [](auto const& p) {
                       return p.refused && p.to == side::ticket;
                     });
  if (waits) {
    link.due.reset();
    out.link = std::move(link);
    return out;
  }
  link.state = store::link_state::merged;
  link.merged_into = survivor.id;
  link.parked.clear();
  link.conflicts.clear();
  auto differing = mapping::closing_fields(policy, ticket.fields);
  store::journal_entry entry;
  entry.at = with.now;
  entry.link = link.id;
  entry.kind = "merged";
  entry.data = core::record{
      {"into", survivor.incident_id},
      {"ticket_of_survivor", survivor.ticket_label},
      {"write", differing},
      {"where", place(policy.where)}};
  out.journal.push_back(std::move(entry));
  if (!differing.empty()) {
    out.next = step::update_ticket;
    out.fields = differing;
    store::outstanding o;
    o.what = store::outstanding::kind::update;
    o.to = side::ticket;
    o.fields = differing;
    o.version_seen = ticket.version;
    o.sent_at = with.now;
    o.not_before = doubt_ends(with.now, with.ticket_horizon);
    o.attempts = 1;
    o.epoch = std::string{with.epoch};
    link.outstanding = std::move(o);
    bring_forward(link, with.now);
  }
  out.link = std::move(link);
  return out;
}

}  // namespace connector::sync

#include <algorithm>
#include <set>
#include <spdlog/spdlog.h>

#include "connector/mapping/policies.hpp"
#include "connector/sync/batch.hpp"
#include "connector/sync/marks.hpp"

namespace connector::sync {
using boost::asio::awaitable;
using mapping::side;
using store::link_state;

namespace {
constexpr int redirects_max = 16;
}  // namespace

awaitable<core::result<void>> batch::follow_merges() {
  for (auto& w : all_) undo_merge(w);
  std::vector<std::size_t> merged;
  for (std::size_t i = 0; i < all_.size(); ++i) {
    auto const& w = all_[i];
    if (w.active && w.item.incident && w.item.incident->presence == adapter::presence::merged) {
      merged.push_back(i);
    }
  }
  if (merged.empty()) co_return core::result<void>{};
  auto const alone = co_await merging_.enter();
  for (auto i : merged) {
    if (!all_[i].active) continue;
    auto followed = co_await follow_merge(all_[i]);
    if (!followed) co_return followed.error();
  }
  co_return core::result<void>{};
}

void batch::set_aside_merged_tickets() {
  for (auto& w : all_) {
    if (!w.active || !w.item.ticket) continue;
    auto const& ticket = *w.item.ticket;
    if (ticket.presence != adapter::presence::merged) continue;
    auto& link = w.link();
    // Whatever a write to it was to do, it is nobody's ticket any more.
    if (link.outstanding && link.outstanding->to == side::ticket) link.outstanding.reset();
    link.ticket_version = std::max(link.ticket_version, ticket.version);
    w.changed = true;
    // What is in doubt on the incident is still found out, and its own merge is followed; nothing
    // more is decided.
    auto const moves = w.item.incident && link.state != link_state::merged &&
                       w.item.incident->presence == adapter::presence::merged;
    if (!link.outstanding && !moves) {
      if (w.item.incident) {
        link.incident_version = std::max(link.incident_version, w.item.incident->version);
      }
      link.due.reset();
      w.active = false;
    }
    auto const known = std::any_of(link.parked.begin(), link.parked.end(), [&](auto const& p) {
      return p.rule == whole_ticket;
    });
    if (known || link.state == link_state::merged) continue;
    store::parked p;
    p.rule = std::string{whole_ticket};
    p.to = side::ticket;
    p.reason = "merged into ticket " + ticket.merged_into +
               " there, which is no resolution; nothing is carried over until a person decides "
               "what becomes of the incident, or takes the merge back";
    p.since = now();
    link.parked.push_back(std::move(p));
    ++with_.counters.parked;
    journal(link, "ticket_merged", {{"into", ticket.merged_into}});
    with_.log.warn(
        "link {}: ticket {} was merged into {}, which is no resolution of incident {}",
        link.id,
        link.ticket_label,
        ticket.merged_into,
        link.incident_id
    );
  }
}

void batch::undo_merge(work& w) {
  auto& link = w.link();
  auto const& incident = w.item.incident;
  if (!w.active || link.state != link_state::merged || link.outstanding || !incident) return;
  auto const lives =
      incident->presence == adapter::presence::present && incident->version > link.incident_version;
  if (!lives) return;
  if (link.ticket_id.empty()) {
    link.state = link_state::opening;
    link.merged_into.clear();
    w.changed = true;
  } else {
    // Its ticket is closed as the other one's duplicate.
    continue_in_new_ticket(w, "the incident lives by itself again");
  }
}

awaitable<core::result<void>> batch::follow_merge(work& w) {
  auto& link = w.link();
  // A list or a read that still shows the incident as it was before is no news any more.
  link.incident_version = std::max(link.incident_version, w.item.incident->version);
  w.changed = true;
  // A create or update in doubt is settled first, so that its ticket is known.
  if (link.outstanding) co_return core::result<void>{};
  if (link.ticket_id.empty()) {
    link.due.reset();
    w.active = false;
    w.changed = true;
    if (link.state == link_state::merged) co_return core::result<void>{};
    link.state = link_state::merged;
    journal(link, "merged", {{"into", w.item.incident->merged_into}, {"ticket", "none yet"}});
    co_return core::result<void>{};
  }
  auto survivor = co_await find_survivor(w.item.incident->merged_into, link.incident_id);
  if (!survivor) {
    if (is_connection_trouble(survivor.error().code) && !retrying()) co_return survivor.error();
    defer(w, survivor.error());
    co_return core::result<void>{};
  }
  std::vector<std::string> ids{survivor->id, link.incident_id};
  auto links = co_await with_.store.links_by_incident(on_.from->name, std::move(ids));
  if (!links) co_return links.error();
  store::link const* other = nullptr;
  int generation = 0;  // the highest that the merged incident ever had
  for (auto const& l : *links) {
    if (l.route != on_.name) continue;
    if (l.incident_id == link.incident_id) generation = std::max(generation, l.generation);
    if (l.incident_id == survivor->id && l.id != link.id && l.state != link_state::gone &&
        l.state != link_state::merged) {
      other = &l;
    }
  }
  if (!other && link.state == link_state::merged) {
    link.due.reset();
    w.changed = true;
    co_return core::result<void>{};
  }
  if (!other) {
    leave_behind(w, generation + 1);
    move_link(w, std::move(*survivor));
    // On record before the next merge is looked at: an incident has one link on a route.
    auto moved = co_await commit();
    co_return moved;
  }
  if (other->state == link_state::opening) {
    link.due = backoff(++link.failures);
    w.active = false;
    w.changed = true;
    co_return core::result<void>{};
  }
  std::vector<std::string> own{link.id};
  auto ledger = co_await with_.store.comments(std::move(own));
  if (!ledger) co_return ledger.error();
  w.ledger = std::move(*ledger);
  close_merged(w, *other);
  co_return core::result<void>{};
}

void batch::leave_merges_for_later() {
  for (auto& w : all_) {
    if (!w.active || w.next != step::none || w.link().state == link_state::merged) continue;
    if (!w.item.incident || w.item.incident->presence != adapter::presence::merged) continue;
    w.link().due = now();
    w.active = false;
    w.changed = true;
  }
}

awaitable<core::result<adapter::object>> batch::find_survivor(std::string id, std::string from) {
  std::set<std::string> passed{from};
  auto const about = "incident " + from + " is merged into ";
  for (int hop = 0; hop < redirects_max; ++hop) {
    if (!passed.insert(id).second) {
      co_return core::error{
          core::errc::malformed, std::string{about}.append("itself by way of ").append(id)};
    }
    std::vector<std::string> ids{id};
    auto read = co_await system(side::incident).read(std::move(ids), wants_of(side::incident));
    if (!read) co_return read.error();
    auto& found = read->front();
    if (found.presence == adapter::presence::present) co_return std::move(found);
    if (found.presence == adapter::presence::gone) {
      co_return core::error{
          core::errc::not_found, std::string{about}.append(id).append(", which is gone")};
    }
    id = found.merged_into;
  }
  co_return core::error{
      core::errc::malformed,
      "incident " + from + " is merged through more than " + std::to_string(redirects_max) +
          " others"};
}

void batch::leave_behind(work& w, int generation) {
  auto const& link = w.link();
  store::link left;
  left.id = link_key(
      link.route, link.incident_connection, link.incident_id, link.ticket_connection, generation
  );
  left.route = link.route;
  left.incident_connection = link.incident_connection;
  left.ticket_connection = link.ticket_connection;
  left.incident_id = link.incident_id;
  left.incident_url = link.incident_url;
  left.incident_version = w.item.incident->version;
  left.state = link_state::merged;
  left.merged_into = link.id;
  left.generation = generation;
  left.created_at = left.changed_at = now();
  changes_.links.push_back(std::move(left));
}

void batch::move_link(work& w, adapter::object survivor) {
  auto& link = w.link();
  journal(link, "moved", {{"from", link.incident_id}, {"to", survivor.id}});
  with_.log.info(
      "incident {} was merged into {}, which takes over ticket {}",
      link.incident_id,
      survivor.id,
      link.ticket_label
  );
  for (auto& other : all_) {
    // It was about to get a ticket of its own; nothing of it is on record yet.
    if (other.link().state == link_state::opening && other.link().incident_id == survivor.id) {
      other.active = false;
      other.changed = false;
    }
  }
  link.incident_id = survivor.id;
  link.incident_url = survivor.url;
  link.incident_version = survivor.version;
  link.incident_comments.clear();
  link.kept.clear();
  // The survivor's values are still to be compared, even if this process dies first.
  link.due = now();
  w.item.incident = std::move(survivor);
  w.item.incident_is_row = false;
  w.changed = true;
}

void batch::close_merged(work& w, store::link const& survivor) {
  if (w.item.ticket->presence == adapter::presence::merged) {
    // People merged it away: nothing is written to it any more.
    auto& link = w.link();
    link.state = link_state::merged;
    link.merged_into = survivor.id;
    link.parked.clear();
    link.conflicts.clear();
    link.due.reset();
    journal(link, "merged", {{"into", survivor.incident_id}, {"ticket", "merged, too"}});
    w.active = false;
    w.changed = true;
    return;
  }
  auto decided = decide_merged(context_for(), std::move(w.link()), *w.item.ticket, survivor);
  w.link() = std::move(decided.link);
  w.changed = true;
  w.next = decided.next;
  w.fields = std::move(decided.fields);
  append(std::move(decided.journal));
  with_.log.info(
      "incident {} was merged into {}: ticket {} follows {}",
      w.link().incident_id,
      survivor.incident_id,
      w.link().ticket_label,
      survivor.ticket_label
  );
  auto const words =
      mapping::closing_comment(on_.map->merged(), survivor.ticket_label, survivor.incident_id);
  if (words.empty()) return;
  store::comment_entry entry;
  entry.link = w.link().id;
  entry.origin = side::incident;
  entry.origin_id = "merged into " + survivor.incident_id;
  entry.mark = comment_mark(entry.link, entry.origin, entry.origin_id);
  if (std::any_of(w.ledger.begin(), w.ledger.end(), [&](auto const& e) {
        return e.mark == entry.mark;
      })) {
    return;
  }
  entry.text = with_mark(words, entry.mark);
  entry.at = now();
  entry.state = store::comment_state::in_doubt;
  entry.not_before = doubt_ends(now(), horizon_of(*on_.to));
  entry.attempts = 1;
  w.posts.push_back(entry);
  changes_.comments.push_back(std::move(entry));
}

}  // namespace connector::sync

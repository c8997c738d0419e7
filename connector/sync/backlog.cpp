#include <algorithm>
#include <cmath>
#include <limits>

#include "connector/sync/decide.hpp"
#include "connector/sync/engine.hpp"
#include "connector/sync/marks.hpp"

/// What is begun when the budgets do not carry everything at once: the most urgent first, and no
/// more at a time than goes through without waiting, since a route works on one thing at a time.
namespace connector::sync {
using boost::asio::awaitable;

namespace {

constexpr auto any_number = std::numeric_limits<std::size_t>::max();

/// Links of a backfill begun together; an urgent incident waits for no more than these.
constexpr std::size_t backlog_links_max = 40;

/// Links that so many calls serve: a read and a write each, shared as the system lets us.
double links_for(connection const& c, double calls) {
  auto const& declared = c.system->declared();
  if (declared.limit.parts_count) return calls;
  auto const at_once =
      std::max<std::size_t>(1, std::min(declared.read_at_once, declared.write_at_once));
  // Two calls go into looking up what all of them need.
  return std::max(calls >= 1 ? 1.0 : 0.0, (calls - 2) * static_cast<double>(at_once));
}

std::size_t whole(double links) {
  if (std::isinf(links) || links > 1e9) return any_number;
  return static_cast<std::size_t>(std::max(0.0, links));
}

}  // namespace

store::link engine::new_link(route const& r, adapter::object const& row) const {
  store::link link;
  link.id = link_key(r.name, r.from->name, row.id, r.to->name, 0);
  link.route = r.name;
  link.incident_connection = r.from->name;
  link.ticket_connection = r.to->name;
  link.incident_id = row.id;
  link.incident_url = row.url;
  link.lane = r.map->lane(row.fields);
  link.created_at = with_.clock.now();
  return link;
}

std::size_t engine::room(route const& r, http::lane l) const {
  auto links = std::numeric_limits<double>::infinity();
  for (auto const* c : {r.from, r.to}) {
    if (c->budget) links = std::min(links, links_for(*c, c->budget->spare(l)));
  }
  return whole(links);
}

awaitable<core::result<void>> engine::put_off(route const& r, std::vector<item>& items) {
  auto links = std::numeric_limits<double>::infinity();
  for (auto const* c : {r.from, r.to}) {
    if (!c->budget) continue;
    std::chrono::duration<double, std::ratio<60>> const poll = r.from->poll_every;
    auto const used = c->budget->used();
    links = std::min(links, links_for(*c, used.tokens + used.per_minute * poll.count() / 2));
  }
  auto const carried = whole(links);
  if (items.size() <= carried) co_return core::result<void>{};
  std::stable_sort(items.begin(), items.end(), [](item const& a, item const& b) {
    return a.link.lane < b.link.lane;
  });
  auto const urgent = static_cast<std::size_t>(
      std::find_if(
          items.begin(),
          items.end(),
          [](item const& i) { return call_lane(i.link.lane) != http::lane::urgent; }
      ) -
      items.begin()
  );
  auto const kept = std::max(carried, urgent);
  if (kept >= items.size()) co_return core::result<void>{};
  store::changes later;
  for (auto at = items.begin() + static_cast<std::ptrdiff_t>(kept); at != items.end(); ++at) {
    bring_forward(at->link, with_.clock.now());
    at->link.changed_at = with_.clock.now();
    later.links.push_back(std::move(at->link));
  }
  items.resize(kept);
  auto done = co_await with_.store.commit(std::move(later));
  co_return done;
}

void engine::keep_what_fits(route const& r, std::vector<item>& items) {
  if (items.empty()) return;
  auto const first = call_lane(items.front().link.lane);
  auto fits = room(r, first);
  if (first == http::lane::background) {
    fits = std::min(fits, backlog_links_max);
  } else {
    // One may wait in line for its calls: polls alone can use up what the budget gives, and what is
    // due would never find room.
    fits = std::max<std::size_t>(fits, 1);
  }
  auto const other_lane = std::find_if(items.begin(), items.end(), [&](item const& i) {
    return call_lane(i.link.lane) != first;
  });
  auto const of_lane = static_cast<std::size_t>(other_lane - items.begin());
  items.resize(std::min(of_lane, fits));
}

awaitable<core::result<void>> engine::work_off_backlog() {
  while (true) {
    auto worked = co_await work_off_due();
    if (!worked) co_return worked.error();
    auto const waits = co_await backlog_waits();
    if (!waits) co_return waits.error();
    if (!*waits) co_return core::result<void>{};
    auto const wait = std::chrono::milliseconds{*worked > 0 ? 20 : 500};
    co_await with_.clock.sleep_for(wait);
  }
}

awaitable<core::result<bool>> engine::backlog_waits() {
  if (backlog_due_) co_return true;
  store::link_filter opening;
  opening.state = store::link_state::opening;
  std::string after;
  while (true) {
    auto page = co_await with_.store.list_links(opening, after, 200);
    if (!page) co_return page.error();
    if (page->empty()) co_return false;
    after = page->back().id;
    for (auto const& link : *page) {
      if (link.lane < backlog_lane || !link.due) continue;
      auto soon = with_.clock.now() + std::chrono::seconds{60};
      for (auto const& c : connections_) {
        if (c->name == link.ticket_connection) soon += horizon_of(*c);
      }
      if (*link.due <= soon) co_return true;
    }
  }
}

}  // namespace connector::sync

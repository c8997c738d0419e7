#include "connector/sync/engine.hpp"

#include <algorithm>
#include <boost/system/system_error.hpp>
#include <spdlog/spdlog.h>
#include <unordered_map>

#include "connector/sync/listing.hpp"
#include "connector/sync/marks.hpp"

namespace connector::sync {
namespace asio = boost::asio;
using asio::awaitable;
using mapping::side;

namespace {

constexpr std::size_t due_rows_max = 200;
/// How far before the cursor most passes begin. What shows up later than this after its stamp is
/// found by the next full pass, which begins a whole overlap before the one before it ended.
constexpr std::chrono::seconds short_overlap{60};
constexpr auto full_cursor = " (full pass)";
constexpr std::chrono::seconds due_idle{30};
/// Hints that come closer together than this become one poll.
constexpr std::chrono::milliseconds hint_spacing{1000};
constexpr std::chrono::seconds sign_in_wait{60};
constexpr std::chrono::seconds sign_in_wait_max{900};
constexpr std::chrono::seconds due_again{5};  ///< after trouble with the store

std::vector<std::string> ids_of(std::vector<adapter::object> const& rows) {
  std::vector<std::string> ids;
  ids.reserve(rows.size());
  for (auto const& row : rows) ids.push_back(row.id);
  return ids;
}

/// The incident goes on in another link.
bool is_over(store::link const& l) { return !l.succeeded_by.empty(); }

/// Of several rows of one object the newest counts.
std::vector<adapter::object> newest_of_each(std::vector<adapter::object> rows) {
  std::unordered_map<std::string, std::size_t> where;
  std::vector<adapter::object> out;
  out.reserve(rows.size());
  for (auto& row : rows) {
    auto const [at, fresh] = where.emplace(row.id, out.size());
    if (fresh) {
      out.push_back(std::move(row));
    } else if (out[at->second].version <= row.version) {
      out[at->second] = std::move(row);
    }
  }
  return out;
}

}  // namespace

engine::engine(
    engine_settings settings,
    std::vector<std::unique_ptr<connection>> connections,
    std::vector<route> routes,
    reconciler::surroundings with
)
    : settings_{settings},
      wall_{with.clock},
      clock_{async::make_slewing_clock(wall_)},
      connections_{std::move(connections)},
      routes_{std::move(routes)},
      with_{with.store, *clock_, with.random, with.log, with.counters, {}, {}} {
  with_.epoch = async::make_uuid(with_.random);
  with_.started = with_.clock.now();
  reconciler_ = std::make_unique<reconciler>(with_);
  for (auto const& r : routes_) gates_.emplace(r.name, std::make_unique<async::gate>(1));
  for (auto const& c : connections_) {
    health_[c->name];
    hurry_[c->name];
  }
}

engine::~engine() = default;

adapter::wants engine::wants_of(connection const& c) const {
  adapter::wants needs;
  for (auto const& r : routes_) {
    for (auto s : {side::incident, side::ticket}) {
      if (&r.at(s) != &c) continue;
      for (auto const& f : r.map->fields(s)) {
        if (std::find(needs.fields.begin(), needs.fields.end(), f) == needs.fields.end()) {
          needs.fields.push_back(f);
        }
      }
      needs.comments = needs.comments || r.map->comments().direction != mapping::direction::never;
    }
  }
  return needs;
}

awaitable<core::result<void>> engine::pass(connection& c) {
  auto const known = co_await with_.store.read_cursor(c.name);
  if (!known) co_return known.error();
  auto const known_full = co_await with_.store.read_cursor(c.name + full_cursor);
  if (!known_full) co_return known_full.error();
  auto const& declared = c.system->declared();
  auto const overlap = c.overlap.count() > 0 ? c.overlap : declared.list_lag;
  auto const started = with_.clock.steady_now();
  auto& last_full = last_full_pass_[c.name];
  auto const is_full = !*known_full || !last_full || started - *last_full >= overlap;
  adapter::change_query first;
  first.from = !*known   ? with_.clock.now() - settings_.lookback
               : is_full ? (*known_full ? (*known_full)->position : (*known)->position) - overlap
                         : (*known)->position - std::min(overlap, short_overlap);
  first.wants = wants_of(c);
  // A first poll that sees nothing still fixes where to go on from.
  auto position = *known ? (*known)->position : first.from;
  auto stored = *known ? position : core::time_point{};

  listing all{*c.system, std::move(first), declared.calls_at_once, with_.clock.now()};
  auto rows = co_await all.next(settings_.batch_rows_max);
  while (true) {
    if (!rows) co_return rows.error();
    for (auto const& row : *rows) position = std::max(position, row.changed_at);
    auto const last = all.done();
    auto const safe = last ? position : std::min(position, all.complete_before());

    // The next rows are fetched while these are worked on.
    core::result<void> delivered{};
    core::result<std::vector<adapter::object>> next{std::vector<adapter::object>{}};
    std::function<awaitable<void>(std::size_t)> both = [&](std::size_t index) -> awaitable<void> {
      if (index == 0) {
        delivered = co_await deliver(c, std::move(*rows));
      } else {
        next = co_await all.next(settings_.batch_rows_max);
      }
    };
    co_await async::for_each_index(last ? 1 : 2, 2, std::move(both));
    if (!delivered) co_return delivered.error();

    if (safe > stored || (last && is_full)) {
      store::changes moved;
      moved.cursors.push_back({c.name, std::max(safe, stored)});
      if (last && is_full) moved.cursors.push_back({c.name + full_cursor, std::max(safe, stored)});
      auto done = co_await with_.store.commit(std::move(moved));
      if (!done) co_return done.error();
      stored = std::max(safe, stored);
    }
    if (last) break;
    rows = std::move(next);
  }
  if (is_full) last_full = started;
  ++with_.counters.passes;
  co_return core::result<void>{};
}

awaitable<core::result<void>> engine::deliver(connection& c, std::vector<adapter::object> rows) {
  if (rows.empty()) co_return core::result<void>{};
  rows = newest_of_each(std::move(rows));
  std::size_t left =
      static_cast<std::size_t>(std::count_if(routes_.begin(), routes_.end(), [&](route const& r) {
        return r.from == &c || r.to == &c;
      }));
  for (auto const& r : routes_) {
    if (r.from != &c && r.to != &c) continue;
    auto const& opposite = r.from == &c ? *r.to : *r.from;
    if (is_closed(opposite)) {
      co_return core::error{
          core::errc::unavailable,
          "waits for " + opposite.name + ", to which nothing may be sent for now"};
    }
    // The last route may have the rows themselves.
    auto mine = --left == 0 ? std::move(rows) : rows;
    auto pass = co_await gates_.at(r.name)->enter();
    core::result<void> done{};
    if (r.from == &c) {
      done = co_await deliver_incidents(r, mine);
    } else {
      done = co_await deliver_tickets(r, mine);
    }
    if (!done) co_return done.error();
  }
  due_changed_.notify();
  co_return core::result<void>{};
}

awaitable<core::result<void>> engine::deliver_incidents(
    route const& r, std::vector<adapter::object>& rows
) {
  with_.counters.incidents_seen += rows.size();
  auto links = co_await with_.store.links_by_incident(r.from->name, ids_of(rows));
  if (!links) co_return links.error();
  std::unordered_map<std::string, store::link*> by_id;
  for (auto& l : *links) {
    if (l.route != r.name || is_over(l)) continue;
    // What is merged or gone counts where there is no other: no ticket is made anew by itself.
    auto& known = by_id[l.incident_id];
    if (known == nullptr || known->state > l.state) known = &l;
  }
  std::vector<item> items;
  for (auto& row : rows) {
    auto const found = by_id.find(row.id);
    item it;
    if (found != by_id.end()) {
      auto& link = *found->second;
      // A row read before our last write is no news, whatever is outstanding: that has its own
      // time.
      if (row.version <= link.incident_version) continue;
      auto const may_open =
          row.presence == adapter::presence::present && r.map->opens(row.fields).opens;
      if (link.state == store::link_state::merged && !may_open) continue;
      it.link = std::move(link);
    } else {
      if (row.presence != adapter::presence::present) continue;
      auto const opening = r.map->opens(row.fields);
      if (!opening.opens) continue;
      it.link = new_link(r, row);
    }
    // It may have become urgent, or less so.
    it.link.lane = r.map->lane(row.fields);
    it.incident = std::move(row);
    it.incident_is_row = true;
    items.push_back(std::move(it));
  }
  auto later = co_await put_off(r, items);
  if (!later) co_return later.error();
  co_return co_await reconciler_->run(r, std::move(items));
}

awaitable<core::result<void>> engine::deliver_tickets(
    route const& r, std::vector<adapter::object>& rows
) {
  with_.counters.tickets_seen += rows.size();
  auto links = co_await with_.store.links_by_ticket(r.to->name, ids_of(rows));
  if (!links) co_return links.error();
  std::unordered_map<std::string, store::link*> by_id;
  for (auto& l : *links) {
    auto const may_go_on =
        l.state == store::link_state::linked || l.state == store::link_state::gone;
    if (l.route == r.name && may_go_on && !is_over(l)) by_id[l.ticket_id] = &l;
  }
  std::vector<item> items;
  for (auto& row : rows) {
    auto const found = by_id.find(row.id);
    if (found == by_id.end()) continue;
    auto& link = *found->second;
    if (row.version <= link.ticket_version) continue;
    item it;
    it.link = std::move(link);
    it.ticket = std::move(row);
    it.ticket_is_row = true;
    items.push_back(std::move(it));
  }
  auto later = co_await put_off(r, items);
  if (!later) co_return later.error();
  co_return co_await reconciler_->run(r, std::move(items));
}

bool engine::is_closed(connection const& c) const {
  return with_.clock.steady_now() < c.closed_until;
}

awaitable<core::result<std::size_t>> engine::work_off_due() {
  std::size_t worked = 0;
  bool backlog_due = false;
  for (auto const& r : routes_) {
    if (is_closed(*r.from) || is_closed(*r.to)) continue;
    auto pass = co_await gates_.at(r.name)->enter();
    auto due = co_await with_.store.links_due(with_.clock.now(), due_rows_max);
    if (!due) co_return due.error();
    std::vector<item> items;
    for (auto& link : *due) {
      if (link.route != r.name) continue;
      item it;
      it.link = std::move(link);
      items.push_back(std::move(it));
    }
    // A full answer may hide those of the last lane.
    backlog_due = backlog_due || due->size() == due_rows_max ||
                  (!items.empty() && items.back().link.lane >= backlog_lane);
    keep_what_fits(r, items);
    worked += items.size();
    auto done = co_await reconciler_->run(r, std::move(items));
    if (!done) co_return done.error();
  }
  backlog_due_ = backlog_due;
  co_return worked;
}

void engine::note_pass(connection& c, core::result<void> const& outcome) {
  auto& health = health_[c.name];
  if (outcome) {
    if (!health.trouble.empty()) with_.log.info("{}: works again", c.name);
    c.refused_sign_ins = 0;
    health.trouble.clear();
    health.ever_good = true;
    health.last_good = wall_.now();
    return;
  }
  auto const& why = outcome.error();
  if (why.retry_after) {
    c.closed_until = std::max(c.closed_until, with_.clock.steady_now() + *why.retry_after);
  }
  if (why.code == core::errc::unauthorized) {
    auto const wait =
        std::min(sign_in_wait_max, sign_in_wait * (1 << std::min(c.refused_sign_ins, 5)));
    ++c.refused_sign_ins;
    c.closed_until = std::max(c.closed_until, with_.clock.steady_now() + wait);
  }
  auto const text = std::string{core::name(why.code)} + ": " + why.detail;
  if (health.trouble != text) with_.log.error("{}: {}", c.name, text);
  health.trouble = text;
}

awaitable<void> engine::watch(connection& c) {
  while (true) {
    auto const started = with_.clock.steady_now();
    auto outcome = co_await pass(c);
    note_pass(c, outcome);
    auto const next = std::max(started + c.poll_every, c.closed_until);
    co_await hurry_.at(c.name).wait_until(with_.clock, next);
    auto const soonest = std::max(started + std::min(c.poll_every, hint_spacing), c.closed_until);
    co_await with_.clock.sleep_until(soonest);
  }
}

awaitable<void> engine::watch_due() {
  std::string trouble;
  while (true) {
    auto worked = co_await work_off_due();
    auto next = co_await with_.store.next_due();
    auto wait = std::chrono::duration_cast<std::chrono::milliseconds>(due_idle);
    if (!worked || !next) {
      auto const& why = !worked ? worked.error() : next.error();
      if (trouble != why.detail) with_.log.error("links that are due: {}", why.detail);
      trouble = why.detail;
      wait = due_again;
    } else {
      trouble.clear();
      if (*next) {
        auto const left = std::chrono::ceil<std::chrono::milliseconds>(**next - with_.clock.now());
        // If nothing could be worked off, what is due waits for its connection or its budget.
        auto const waits = left.count() <= 0 && *worked == 0;
        auto const least = std::chrono::milliseconds{waits ? 1000 : 50};
        wait = std::clamp(left, least, wait);
      }
    }
    co_await due_changed_.wait_until(with_.clock, with_.clock.steady_now() + wait);
  }
}

awaitable<void> engine::run() {
  auto const executor = co_await asio::this_coro::executor;
  std::exception_ptr bug;
  async::signal ended;
  auto on_failure = [&](std::string const& task, std::exception_ptr failure) {
    with_.log.critical("task {} failed; this is a bug", task);
    bug = failure;
    ended.notify();
  };
  async::task_group group{executor, on_failure};
  for (auto& c : connections_) group.spawn(c->name, watch(*c));
  group.spawn("due", watch_due());
  group.spawn("sweep", watch_sweep());
  bool cancelled = false;
  try {
    co_await ended.wait();
  } catch (boost::system::system_error const&) {
    cancelled = true;
  }
  if (cancelled) co_await asio::this_coro::reset_cancellation_state();
  group.cancel();
  co_await group.drain();
  if (bug) std::rethrow_exception(bug);
  throw boost::system::system_error{asio::error::operation_aborted};
}

awaitable<core::result<void>> engine::run_once(std::chrono::seconds patience) {
  auto const until = with_.clock.steady_now() + patience;
  core::result<void> trouble{};
  std::uint64_t writes_before = 0;
  auto const writes = [&] {
    auto const& n = with_.counters;
    return n.tickets_created + n.tickets_updated + n.incidents_updated + n.comments_copied;
  };
  do {
    writes_before = writes();
    trouble = core::result<void>{};
    for (auto& c : connections_) {
      if (is_closed(*c) && c->closed_until > until) {
        trouble = core::error{
            core::errc::unavailable,
            c->name + " is not to be called for now. " + health_[c->name].trouble};
        continue;
      }
      co_await with_.clock.sleep_until(c->closed_until);
      auto outcome = co_await pass(*c);
      note_pass(*c, outcome);
      if (!outcome && outcome.error().code == core::errc::storage) co_return outcome.error();
      if (!outcome && trouble) trouble = outcome.error();
    }
    while (true) {
      auto worked = co_await work_off_due();
      if (!worked) co_return worked.error();
      auto next = co_await with_.store.next_due();
      if (!next) co_return next.error();
      if (!*next) break;
      auto const left = std::chrono::ceil<std::chrono::milliseconds>(**next - with_.clock.now());
      auto const waits = left.count() <= 0 && *worked == 0;
      auto const least = std::chrono::milliseconds{waits ? 500 : 20};
      auto const wake = with_.clock.steady_now() + std::max(left, least);
      if (wake > until) break;
      co_await with_.clock.sleep_until(wake);
    }
  } while (writes() != writes_before && with_.clock.steady_now() < until);
  co_return trouble;
}

awaitable<core::result<void>> engine::look_again_at_parked(std::string const& route) {
  store::link_filter parked;
  parked.route = route;
  parked.parked_only = true;
  std::string after;
  while (true) {
    auto page = co_await with_.store.list_links(parked, after, due_rows_max);
    if (!page) co_return page.error();
    if (page->empty()) break;
    after = page->back().id;
    store::changes again;
    for (auto& link : *page) {
      link.due = with_.clock.now();
      again.links.push_back(std::move(link));
    }
    auto done = co_await with_.store.commit(std::move(again));
    if (!done) co_return done.error();
  }
  co_return core::result<void>{};
}

awaitable<core::result<void>> engine::hold(std::string route, holds what) {
  for (auto& r : routes_) {
    if (r.name != route) continue;
    auto const before = r.held ? *r.held : holds{};
    if (before == what) continue;
    auto const pass = co_await gates_.at(r.name)->enter();
    auto const released = std::any_of(before.rules.begin(), before.rules.end(), [&](auto const& b) {
      return !what.rules.contains(b.first);
    });
    r.held = std::make_shared<holds const>(std::move(what));
    if (!released) co_return core::result<void>{};
    auto looked = co_await look_again_at_parked(r.name);
    due_changed_.notify();
    co_return looked;
  }
  co_return core::result<void>{};
}

awaitable<core::result<void>> engine::replace_maps(
    std::map<std::string, std::shared_ptr<mapping::field_map const>> maps
) {
  for (auto& r : routes_) {
    auto const found = maps.find(r.name);
    if (found == maps.end() || found->second->digest() == r.map->digest()) continue;
    auto const pass = co_await gates_.at(r.name)->enter();
    r.map = found->second;
    auto looked = co_await look_again_at_parked(r.name);
    if (!looked) co_return looked.error();
  }
  co_return core::result<void>{};
}

void engine::wake(std::string const& connection) {
  auto const found = hurry_.find(connection);
  if (found != hurry_.end()) found->second.notify();
}

awaitable<core::result<void>> engine::carry_out(order what, std::string link_id) {
  for (auto const& r : routes_) {
    auto const pass = co_await gates_.at(r.name)->enter();
    std::vector<std::string> ids{link_id};
    auto found = co_await with_.store.links(std::move(ids));
    if (!found) co_return found.error();
    if (found->empty()) break;
    if (found->front().route != r.name) continue;
    auto changes = sync::carry_out(what, std::move(found->front()), with_.clock.now());
    if (!changes) co_return changes.error();
    auto done = co_await with_.store.commit(std::move(*changes));
    if (done) due_changed_.notify();
    co_return done;
  }
  co_return core::error{core::errc::not_found, "no link has the id " + link_id};
}

void engine::hurry() {
  for (auto& [name, signal] : hurry_) signal.notify();
  due_changed_.notify();
}

}  // namespace connector::sync

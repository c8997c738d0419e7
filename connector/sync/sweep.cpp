#include <algorithm>
#include <spdlog/spdlog.h>

#include "connector/sync/engine.hpp"

/// The sweep: a slow comparison of everything, which shows that polls missed nothing and repairs
/// what they did. It walks along the links by id, so that a restart goes on where it was.
namespace connector::sync {
using boost::asio::awaitable;

namespace {

/// As many as one bulk read takes in most systems.
constexpr std::size_t portion_links = 100;
constexpr std::chrono::seconds pause_min{1};
constexpr std::chrono::seconds pause_max{3600};
/// How long it is looked whether what was gone is there again.
constexpr std::chrono::hours gone_looked_for{24 * 30};

std::string place_of(route const& r) { return "sweep " + r.name; }

bool is_swept(store::link const& link, core::time_point now) {
  if (link.state == store::link_state::linked) return true;
  return link.state == store::link_state::gone && link.succeeded_by.empty() &&
         now - link.changed_at < gone_looked_for;
}

}  // namespace

awaitable<core::result<bool>> engine::sweep_portion(route const& r) {
  auto after = co_await with_.store.setting(place_of(r));
  if (!after) co_return after.error();
  auto const pass = co_await gates_.at(r.name)->enter();
  store::link_filter mine;
  mine.route = r.name;
  auto links = co_await with_.store.list_links(mine, after->value_or(""), portion_links);
  if (!links) co_return links.error();
  auto const last = links->size() < portion_links;
  auto const reached = last ? std::string{} : links->back().id;
  std::vector<item> items;
  for (auto& link : *links) {
    // What waits for its time is looked at then.
    if (link.due || link.outstanding || !is_swept(link, with_.clock.now())) continue;
    item it;
    it.link = std::move(link);
    it.swept = true;
    items.push_back(std::move(it));
  }
  with_.counters.swept += items.size();
  auto done = co_await reconciler_->run(r, std::move(items));
  if (!done) co_return done.error();
  store::changes moved;
  moved.settings[place_of(r)] = reached;
  auto kept = co_await with_.store.commit(std::move(moved));
  if (!kept) co_return kept.error();
  co_return last;
}

awaitable<core::result<void>> engine::sweep() {
  for (auto const& r : routes_) {
    while (true) {
      auto last = co_await sweep_portion(r);
      if (!last) co_return last.error();
      if (*last) break;
    }
  }
  co_return core::result<void>{};
}

awaitable<void> engine::watch_sweep() {
  if (settings_.sweep_every.count() <= 0) co_return;
  std::string trouble;
  while (true) {
    auto const counts = co_await with_.store.count();
    auto const links = counts ? counts->linked : std::size_t{0};
    auto const portions = static_cast<std::int64_t>(links / portion_links + routes_.size());
    co_await with_.clock.sleep_for(
        std::clamp<std::chrono::seconds>(settings_.sweep_every / portions, pause_min, pause_max)
    );
    for (auto const& r : routes_) {
      if (is_closed(*r.from) || is_closed(*r.to)) continue;
      auto const before = with_.counters.missed;
      auto done = co_await sweep_portion(r);
      auto const text = done ? std::string{} : done.error().detail;
      if (!text.empty() && text != trouble) with_.log.warn("sweep of {}: {}", r.name, text);
      trouble = text;
      if (with_.counters.missed > before) {
        with_.log.warn(
            "sweep of {}: found {} changes that polls had missed",
            r.name,
            with_.counters.missed - before
        );
      }
    }
  }
}

}  // namespace connector::sync

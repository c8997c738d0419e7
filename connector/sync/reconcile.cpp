#include "connector/sync/reconcile.hpp"

#include <algorithm>
#include <functional>
#include <iterator>

#include "connector/async/tasks.hpp"
#include "connector/sync/batch.hpp"

namespace connector::sync {
using boost::asio::awaitable;

namespace {

/// Links of one batch, whose reads and writes share calls. Two hundred fill every system's bulk
/// call; more would only wait for each other.
constexpr std::size_t batch_links_max = 200;
constexpr std::size_t batches_at_once = 4;

/// A merge can concern any other link of the route, also one that is only about to be opened.
bool may_touch_others(item const& i) {
  return i.incident && i.incident->presence != adapter::presence::present;
}

}  // namespace

reconciler::reconciler(surroundings with) : with_{std::move(with)} {}
reconciler::~reconciler() = default;

awaitable<core::result<void>> reconciler::run(route const& on, std::vector<item> items) {
  if (items.empty()) co_return core::result<void>{};
  // The most urgent first, wherever an order is left to us.
  std::stable_sort(items.begin(), items.end(), [](item const& l, item const& r) {
    return l.link.lane < r.link.lane;
  });
  async::gate merging{1};
  auto const apart = std::none_of(items.begin(), items.end(), may_touch_others);
  auto const links_max = apart ? batch_links_max : items.size();
  auto const count = (items.size() + links_max - 1) / links_max;
  core::result<void> outcome{};
  std::function<awaitable<void>(std::size_t)> one = [&](std::size_t index) -> awaitable<void> {
    if (!outcome) co_return;
    auto const first = items.begin() + static_cast<std::ptrdiff_t>(index * links_max);
    auto const left = items.end() - first;
    auto const last = first + std::min(left, static_cast<std::ptrdiff_t>(links_max));
    std::vector<item> mine{std::make_move_iterator(first), std::make_move_iterator(last)};
    batch links{with_, merging, on, std::move(mine)};
    auto done = co_await links.run();
    if (!done && outcome) outcome = done;
  };
  co_await async::for_each_index(count, batches_at_once, std::move(one));
  co_return outcome;
}

}  // namespace connector::sync

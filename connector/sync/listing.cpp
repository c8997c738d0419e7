#include "connector/sync/listing.hpp"

#include <algorithm>
#include <functional>
#include <optional>

#include "connector/async/tasks.hpp"

namespace connector::sync {
namespace asio = boost::asio;

namespace {

/// A slice is meant to hold a little less than a page, since an overfull one costs one call more.
constexpr double slice_fill = 0.9;

}  // namespace

listing::listing(adapter::system& system, adapter::change_query first, std::size_t at_once)
    : system_{system}, at_once_{std::max<std::size_t>(at_once, 1)} {
  slices_.push_back(std::move(first));
}

asio::awaitable<core::result<std::vector<adapter::object>>> listing::next(std::size_t rows_wanted) {
  std::vector<adapter::object> rows;
  while (!slices_.empty() && rows.size() < rows_wanted) {
    auto const count = std::min(at_once_, slices_.size());
    std::vector<std::optional<core::result<adapter::change_page>>> pages(count);
    std::function<asio::awaitable<void>(std::size_t)> one = [&](std::size_t i
                                                            ) -> asio::awaitable<void> {
      auto query = slices_[i];
      pages[i].emplace(co_await system_.changes(std::move(query)));
    };
    co_await async::for_each_index(count, count, std::move(one));

    std::vector<adapter::change_query> listed;
    for (std::size_t i = 0; i < count; ++i) {
      if (!*pages[i]) co_return pages[i]->error();
      listed.push_back(std::move(slices_.front()));
      slices_.pop_front();
    }
    // Last first, so that what is put back keeps the order of time.
    for (std::size_t i = count; i-- > 0;) {
      auto& page = **pages[i];
      if (!page.continuation.empty()) put_back(std::move(listed[i]), page);
      std::move(page.rows.begin(), page.rows.end(), std::back_inserter(rows));
    }
  }
  co_return rows;
}

void listing::put_back(adapter::change_query slice, adapter::change_page const& page) {
  auto const pages_left =
      page.left && !page.rows.empty() ? *page.left / page.rows.size() : std::size_t{0};
  auto const first = page.rows.empty() ? slice.from : page.rows.front().changed_at;
  auto const last = page.rows.empty() ? slice.from : page.rows.back().changed_at;
  auto const width = std::chrono::duration_cast<core::ticks>((last - first) * slice_fill);
  if (pages_left < 2 || at_once_ < 2 || width <= core::ticks{1}) {
    slice.from = std::max(slice.from, last);
    slice.continuation = page.continuation;
    slices_.push_front(std::move(slice));
    return;
  }
  // Both ends are inclusive: a row on a border is listed twice, and none is missed.
  auto const parts = std::min(at_once_, pages_left);
  std::vector<adapter::change_query> cut;
  auto from = last;
  for (std::size_t i = 0; i + 1 < parts; ++i) {
    auto const to = from + width;
    if (slice.to && to >= *slice.to) break;
    auto part = slice;
    part.continuation.clear();
    part.from = from;
    part.to = to;
    cut.push_back(std::move(part));
    from = to;
  }
  slice.continuation.clear();
  slice.from = from;
  cut.push_back(std::move(slice));
  for (auto at = cut.rbegin(); at != cut.rend(); ++at) slices_.push_front(std::move(*at));
}

}  // namespace connector::sync

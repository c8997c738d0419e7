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

listing::listing(
    adapter::system& system, adapter::change_query first, std::size_t at_once, core::time_point now
)
    : system_{system}, at_once_{std::max<std::size_t>(at_once, 1)}, now_{now} {
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

core::ticks listing::width_of_a_page(
    adapter::change_query const& slice, adapter::change_page const& page, std::size_t pages_left
) const {
  auto const step = system_.declared().stamp_step;
  auto const& last = page.rows.back().changed_at;
  auto width =
      std::chrono::duration_cast<core::ticks>((last - page.rows.front().changed_at) * slice_fill);
  // A page of one stamp or two says nothing of the density; then as if the rest were spread evenly.
  if (width <= step) {
    width = (slice.to.value_or(std::max(now_, last)) - last) / static_cast<int>(pages_left);
  }
  return std::max(width, step);
}

void listing::put_back(adapter::change_query slice, adapter::change_page const& page) {
  auto const pages_left =
      page.left && !page.rows.empty() ? *page.left / page.rows.size() : std::size_t{0};
  auto const last = page.rows.empty() ? slice.from : page.rows.back().changed_at;
  // Both ends are inclusive: a row on a border between two is listed twice, and none is missed.
  std::vector<adapter::change_query> cut;
  auto const spare = at_once_ - std::min(at_once_, slices_.size());
  auto const parts = std::min(spare, pages_left);
  if (parts >= 2) {
    auto const width = width_of_a_page(slice, page, pages_left);
    auto from = last;
    for (std::size_t i = 0; i + 1 < parts; ++i) {
      auto const to = from + width;
      // Where nothing is thought to be, one slice is enough.
      if (to >= slice.to.value_or(std::max(now_, last))) break;
      auto part = slice;
      part.continuation.clear();
      part.from = from;
      part.to = to;
      cut.push_back(std::move(part));
      from = to;
    }
    if (!cut.empty()) {
      cut.front().continuation = page.continuation;
      slice.from = from;
      slice.continuation.clear();
    }
  }
  if (cut.empty()) {
    slice.from = std::max(slice.from, last);
    slice.continuation = page.continuation;
  }
  cut.push_back(std::move(slice));
  for (auto at = cut.rbegin(); at != cut.rend(); ++at) slices_.push_front(std::move(*at));
}

}  // namespace connector::sync

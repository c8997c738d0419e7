#include "adapters/servicenow/writer.hpp"

#include <functional>
#include <set>

#include "connector/async/tasks.hpp"

namespace adapters::servicenow {

namespace asio = boost::asio;
using core::errc;

namespace {

// The documents allow 5 MB an item and 10 MB an answer; bodies of this size stay far below both.
constexpr std::size_t batch_bytes_max = 2u << 20;

/// Half-open ranges of `all` that go into one batch each.
std::vector<std::pair<std::size_t, std::size_t>> cut(std::vector<write> const& all) {
  std::vector<std::pair<std::size_t, std::size_t>> parts;
  std::size_t bytes = 0;
  for (std::size_t i = 0; i < all.size(); ++i) {
    auto const size = all[i].body.size() + all[i].path.size();
    auto const full = !parts.empty() && (i - parts.back().first >= writer::batch_items_max ||
                                         bytes + size > batch_bytes_max);
    if (parts.empty() || full) {
      parts.emplace_back(i, i);
      bytes = 0;
    }
    bytes += size;
    parts.back().second = i + 1;
  }
  return parts;
}

/// Side by side is only safe if no record is written to twice.
std::size_t lanes(std::vector<write> const& all, std::size_t most) {
  std::set<std::string_view> seen;
  for (auto const& one : all) {
    if (!one.subject.empty() && !seen.insert(one.subject).second) return 1;
  }
  return most;
}

}  // namespace

writer::writer(client& by, settings const& with)
    : client_{by}, batch_{with.batch}, calls_at_once_{with.calls_at_once} {}

asio::awaitable<writer::results> writer::send_all(std::vector<write> all) {
  if (all.size() < 2 || !batch_) co_return co_await send_one_by_one(std::move(all));
  auto const parts = cut(all);
  std::vector<results> of_parts(parts.size());
  std::function<asio::awaitable<void>(std::size_t)> one = [&](std::size_t i
                                                          ) -> asio::awaitable<void> {
    std::vector<write> part{
        all.begin() + static_cast<std::ptrdiff_t>(parts[i].first),
        all.begin() + static_cast<std::ptrdiff_t>(parts[i].second)};
    of_parts[i] = co_await send_batched(std::move(part));
  };
  co_await async::for_each_index(parts.size(), lanes(all, calls_at_once_), one);
  results joined;
  joined.reserve(all.size());
  for (auto& part : of_parts) {
    for (auto& result : part) joined.push_back(std::move(result));
  }
  co_return joined;
}

asio::awaitable<writer::results> writer::send_one_by_one(std::vector<write> all) {
  auto const side_by_side = lanes(all, calls_at_once_);
  std::function<asio::awaitable<core::result<row>>(std::size_t)> one =
      [&](std::size_t i) -> asio::awaitable<core::result<row>> {
    co_return co_await client_.send(std::move(all[i]));
  };
  co_return co_await async::gather<core::result<row>>(all.size(), side_by_side, one);
}

asio::awaitable<writer::results> writer::send_batched(std::vector<write> all) {
  if (all.size() < 2 || !batch_) co_return co_await send_one_by_one(std::move(all));
  auto answered = co_await client_.send_batch(all);
  if (!answered) {
    auto const code = answered.error().code;
    auto const missing = code == errc::not_found || code == errc::forbidden;
    if (missing) batch_ = false;
    // A batch refused as a whole did nothing: its requests may be sent alone, where one that is
    // at fault fails alone.
    if (missing || code == errc::rejected) co_return co_await send_one_by_one(std::move(all));
    co_return results(all.size(), answered.error());
  }
  co_return std::move(*answered);
}

}  // namespace adapters::servicenow

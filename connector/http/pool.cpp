#include "connector/http/pool.hpp"

#include <algorithm>

namespace connector::http {
namespace asio = boost::asio;

asio::awaitable<core::result<pool::place>> pool::enter(origin const& to, cutoff& limit) {
  auto& at = hosts_[to];
  if (at.busy < limits_.connections_max && at.queue.empty()) {
    ++at.busy;
    co_return place{*this, at};
  }

  waiter me;
  at.queue.push_back(&me);
  // Whoever leaves the queue early, cancelled or out of time, must not keep what it was handed.
  struct leave_queue {
    pool& of;
    host& at;
    waiter& me;
    bool entered = false;
    ~leave_queue() {
      if (entered) return;
      if (me.has_place) of.leave(at);
      std::erase(at.queue, &me);
    }
  };
  leave_queue on_exit{*this, at, me};
  cutoff::scope const awaited{limit, me.admitted};
  while (!me.has_place && !limit.over()) co_await me.admitted.wait();
  if (!me.has_place) {
    co_return core::error{
        core::errc::timeout,
        "no connection to " + to_string(to) + " became free: all " +
            std::to_string(limits_.connections_max) + " are in use"};
  }
  on_exit.entered = true;
  co_return place{*this, at};
}

void pool::leave(host& at) {
  if (at.queue.empty()) {
    --at.busy;
    return;
  }
  auto* const next = at.queue.front();
  at.queue.pop_front();
  next->has_place = true;
  next->admitted.notify();
}

std::unique_ptr<connection> pool::place::take(async::clock::duration age_max) {
  auto const now = pool_->clock_.steady_now();
  while (!host_->idle.empty()) {
    if (now - host_->idle.back()->answered_at > age_max) break;  // and so are all others
    auto latest = std::move(host_->idle.back());
    host_->idle.pop_back();
    if (latest->io->is_quiet()) {
      latest->reused = true;
      return latest;
    }
  }
  // A new one will be made: idle ones count, so the oldest makes room.
  auto const idle_max = pool_->limits_.connections_max - host_->busy;
  while (host_->idle.size() > idle_max) host_->idle.erase(host_->idle.begin());
  return nullptr;
}

void pool::place::keep(std::unique_ptr<connection> used) {
  used->answered_at = pool_->clock_.steady_now();
  used->received.shrink();
  auto const now = used->answered_at;
  host_->idle.push_back(std::move(used));
  if (now - pool_->swept_at_ >= std::chrono::seconds{1}) pool_->drop_stale(now);
}

void pool::drop_stale(async::clock::steady_point now) {
  swept_at_ = now;
  for (auto& [to, at] : hosts_) {
    std::erase_if(at.idle, [&](auto const& each) {
      return now - each->answered_at > limits_.idle_max;
    });
  }
}

}  // namespace connector::http

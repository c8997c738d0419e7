#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <list>
#include <optional>

#include "connector/async/clock.hpp"
#include "test/support/run.hpp"

namespace connector::support {

/// A clock that stands still until everybody waits, and then jumps to the next deadline.
class sim_clock final : public async::clock {
 public:
  explicit sim_clock(core::time_point start) : now_{start} {}

  core::time_point now() const override { return now_; }
  steady_point steady_now() const override { return steady_; }

  boost::asio::awaitable<bool> wait_until(steady_point deadline) override {
    if (deadline <= steady_) co_return true;
    auto const executor = co_await boost::asio::this_coro::executor;
    sleepers_.push_back({deadline, {executor, boost::asio::steady_timer::time_point::max()}, false}
    );
    auto const mine = std::prev(sleepers_.end());
    struct leave {
      std::list<sleeper>& all;
      std::list<sleeper>::iterator who;
      ~leave() { all.erase(who); }
    } const at_end{sleepers_, mine};
    boost::system::error_code ec;
    auto token = boost::asio::redirect_error(boost::asio::use_awaitable, ec);
    co_await mine->timer.async_wait(token);
    co_return mine->woken;
  }

  void advance(duration span) {
    now_ += std::chrono::duration_cast<core::ticks>(span);
    steady_ += span;
    for (auto& s : sleepers_) {
      if (s.deadline <= steady_ && !s.woken) {
        s.woken = true;
        s.timer.cancel();
      }
    }
  }

  /// When the first sleeper wants to be woken; none if nobody sleeps.
  std::optional<steady_point> next_deadline() const {
    std::optional<steady_point> next;
    for (auto const& s : sleepers_) {
      if (!s.woken) next = std::min(next.value_or(s.deadline), s.deadline);
    }
    return next;
  }

  /// Jumps to the next deadline; false if nobody sleeps.
  bool jump() {
    auto const next = next_deadline();
    if (!next) return false;
    advance(*next - steady_);
    return true;
  }

 private:
  struct sleeper {
    steady_point deadline;
    boost::asio::steady_timer timer;
    bool woken;
  };

  core::time_point now_;
  steady_point steady_{std::chrono::hours{24}};
  std::list<sleeper> sleepers_;
};

/// Runs one coroutine to its end in simulated time.
template <class T>
T run(boost::asio::io_context& loop, sim_clock& clock, boost::asio::awaitable<T> work) {
  std::optional<T> result;
  std::exception_ptr failure;
  auto ended = [&](std::exception_ptr f, T value) {
    failure = f;
    result.emplace(std::move(value));
  };
  boost::asio::co_spawn(loop, std::move(work), ended);
  while (!result && !failure) {
    loop.restart();
    loop.poll();
    if (!result && !failure && !clock.jump()) {
      throw std::logic_error{"the coroutine waits for something that never comes"};
    }
  }
  if (failure) std::rethrow_exception(failure);
  return std::move(*result);
}

}  // namespace connector::support

#include "connector/async/clock.hpp"

#include <algorithm>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

namespace connector::async {
namespace {

class system_clock final : public clock {
 public:
  core::time_point now() const override {
    return std::chrono::floor<core::ticks>(std::chrono::system_clock::now());
  }

  steady_point steady_now() const override { return std::chrono::steady_clock::now(); }

  boost::asio::awaitable<void> sleep_until(steady_point deadline) override {
    auto const executor = co_await boost::asio::this_coro::executor;
    boost::asio::steady_timer timer{executor, deadline};
    co_await timer.async_wait(boost::asio::use_awaitable);
  }
};

class slewing_clock final : public clock {
 public:
  explicit slewing_clock(clock& of) : of_{of}, shown_{of.now()}, at_{of.steady_now()} {}

  core::time_point now() const override {
    auto const steady = of_.steady_now();
    auto const passed = std::chrono::duration_cast<core::ticks>(steady - at_);
    shown_ = std::clamp(of_.now(), shown_ + passed - passed / 10, shown_ + passed + passed / 10);
    at_ = steady;
    return shown_;
  }

  steady_point steady_now() const override { return of_.steady_now(); }

  boost::asio::awaitable<void> sleep_until(steady_point deadline) override {
    return of_.sleep_until(deadline);
  }

 private:
  clock& of_;
  mutable core::time_point shown_;
  mutable steady_point at_;
};

}  // namespace

std::unique_ptr<clock> make_slewing_clock(clock& of) { return std::make_unique<slewing_clock>(of); }

std::unique_ptr<clock> make_system_clock() { return std::make_unique<system_clock>(); }

}  // namespace connector::async

#include "connector/async/clock.hpp"

#include <algorithm>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/system/system_error.hpp>

namespace connector::async {
namespace asio = boost::asio;
namespace {

class system_clock final : public clock {
 public:
  core::time_point now() const override {
    return std::chrono::floor<core::ticks>(std::chrono::system_clock::now());
  }

  steady_point steady_now() const override { return std::chrono::steady_clock::now(); }

  asio::awaitable<bool> wait_until(steady_point deadline) override {
    auto const executor = co_await asio::this_coro::executor;
    asio::steady_timer timer{executor, deadline};
    boost::system::error_code ec;
    auto token = asio::redirect_error(asio::use_awaitable, ec);
    co_await timer.async_wait(token);
    co_return !ec;
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

  asio::awaitable<bool> wait_until(steady_point deadline) override {
    return of_.wait_until(deadline);
  }

 private:
  clock& of_;
  mutable core::time_point shown_;
  mutable steady_point at_;
};

}  // namespace

asio::awaitable<void> clock::sleep_until(steady_point deadline) {
  auto const slept = co_await wait_until(deadline);
  if (!slept) throw boost::system::system_error{asio::error::operation_aborted};
}

std::unique_ptr<clock> make_slewing_clock(clock& of) { return std::make_unique<slewing_clock>(of); }

std::unique_ptr<clock> make_system_clock() { return std::make_unique<system_clock>(); }

}  // namespace connector::async

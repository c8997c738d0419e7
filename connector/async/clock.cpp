#include "connector/async/clock.hpp"

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

}  // namespace

std::unique_ptr<clock> make_system_clock() { return std::make_unique<system_clock>(); }

}  // namespace connector::async

#include "connector/async/tasks.hpp"

#include <boost/asio/detached.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/system/system_error.hpp>
#include <gtest/gtest.h>
#include <stdexcept>

#include "test/support/run.hpp"
#include "test/support/sim_clock.hpp"

namespace connector::async {
namespace {

namespace asio = boost::asio;
using asio::awaitable;

awaitable<void> yield_once() {
  auto const executor = co_await asio::this_coro::executor;
  co_await asio::post(executor, asio::use_awaitable);
}

task_group::failure_handler no_failures() {
  return [](std::string const& task, std::exception_ptr) { ADD_FAILURE() << task; };
}

TEST(Signal, WaitsNoLongerThanItsDeadline) {
  asio::io_context loop{1};
  support::sim_clock clock{core::time_point{}};
  signal never;
  auto const began = clock.steady_now();
  auto work = [&]() -> awaitable<int> {
    co_await never.wait_until(clock, began + std::chrono::seconds{5});
    co_return 1;
  };

  support::run(loop, clock, work());

  EXPECT_EQ(clock.steady_now() - began, std::chrono::seconds{5});
}

TEST(Signal, LeavesNobodyAsleepWhenNotifiedBeforeItsDeadline) {
  asio::io_context loop{1};
  support::sim_clock clock{core::time_point{}};
  signal called;
  auto const began = clock.steady_now();
  auto ended = [](std::exception_ptr failure) { EXPECT_FALSE(failure); };
  asio::co_spawn(loop, called.wait_until(clock, began + std::chrono::hours{1}), ended);
  loop.poll();
  ASSERT_TRUE(clock.next_deadline());

  called.notify();
  loop.restart();
  loop.poll();

  EXPECT_FALSE(clock.next_deadline());
  EXPECT_EQ(clock.steady_now(), began);
}

TEST(Signal, RemembersANotificationUntilSomebodyWaitsForADeadline) {
  asio::io_context loop{1};
  support::sim_clock clock{core::time_point{}};
  signal called;
  called.notify();
  auto const began = clock.steady_now();
  auto work = [&]() -> awaitable<int> {
    co_await called.wait_until(clock, began + std::chrono::seconds{5});
    EXPECT_EQ(clock.steady_now(), began);
    co_await called.wait_until(clock, began + std::chrono::seconds{7});
    co_return 1;
  };

  support::run(loop, clock, work());

  EXPECT_EQ(clock.steady_now() - began, std::chrono::seconds{7});
}

TEST(Signal, EndsQuietlyWhenCancelledWhileItAlsoWaitsForADeadline) {
  asio::io_context loop{1};
  support::sim_clock clock{core::time_point{}};
  signal never;
  task_group group{loop.get_executor(), no_failures()};
  group.spawn("waits", never.wait_until(clock, clock.steady_now() + std::chrono::hours{1}));
  auto work = [&]() -> awaitable<void> {
    co_await yield_once();
    group.cancel();
    co_await group.drain();
  };

  support::run(loop, work());

  EXPECT_EQ(group.running(), 0U);
}

TEST(Gather, KeepsTheOrderOfWhatEndsInAnyOrder) {
  auto all = []() -> awaitable<std::vector<int>> {
    std::function<awaitable<int>(std::size_t)> one = [](std::size_t i) -> awaitable<int> {
      for (std::size_t k = i; k < 5; ++k) co_await yield_once();
      co_return static_cast<int>(i);
    };
    co_return co_await gather<int>(5, 5, std::move(one));
  };

  EXPECT_EQ(support::run(all()), (std::vector{0, 1, 2, 3, 4}));
}

TEST(ForEachIndex, NeverExceedsItsLimit) {
  std::size_t under_way = 0, most = 0, done = 0;
  std::function<awaitable<void>(std::size_t)> one = [&](std::size_t) -> awaitable<void> {
    most = std::max(most, ++under_way);
    co_await yield_once();
    --under_way;
    ++done;
  };

  asio::io_context loop{1};
  support::run(loop, for_each_index(20, 3, one));

  EXPECT_EQ(done, 20u);
  EXPECT_EQ(most, 3u);
}

TEST(ForEachIndex, RethrowsTheFirstFailureAfterAllHaveEnded) {
  std::size_t ended = 0;
  std::function<awaitable<void>(std::size_t)> one = [&](std::size_t i) -> awaitable<void> {
    co_await yield_once();
    ++ended;
    if (i == 0) throw std::runtime_error{"first"};
  };

  asio::io_context loop{1};
  EXPECT_THROW(support::run(loop, for_each_index(3, 3, one)), std::runtime_error);
  EXPECT_EQ(ended, 3u);
}

TEST(ForEachIndex, EndsItsLanesWhenItsWaiterIsCancelled) {
  asio::io_context loop{1};
  std::size_t begun = 0;
  signal never;
  signal never_either;
  bool cancelled = false;
  std::function<awaitable<void>(std::size_t)> one = [&](std::size_t i) -> awaitable<void> {
    ++begun;
    co_await (i == 0 ? never : never_either).wait();
  };
  auto waiter = [&]() -> awaitable<void> {
    try {
      co_await for_each_index(2, 2, one);
    } catch (boost::system::system_error const& e) {
      cancelled = e.code() == asio::error::operation_aborted;
    }
  };
  task_group group{loop.get_executor(), no_failures()};
  group.spawn("waiter", waiter());
  loop.poll();
  ASSERT_EQ(begun, 2u);

  group.cancel();
  loop.restart();
  loop.run();

  EXPECT_TRUE(cancelled);
  EXPECT_EQ(group.running(), 0u);
}

TEST(TaskGroup, TakesCancellationForANormalEnd) {
  asio::io_context loop{1};
  signal never;
  auto waits = [&]() -> awaitable<void> { co_await never.wait(); };
  task_group group{loop.get_executor(), no_failures()};
  group.spawn("waits", waits());
  loop.poll();

  group.cancel();
  loop.restart();
  loop.run();

  EXPECT_EQ(group.running(), 0u);
}

TEST(TaskGroup, ReportsAFailureWithTheTasksName) {
  asio::io_context loop{1};
  std::string failed;
  auto on_failure = [&](std::string const& task, std::exception_ptr) { failed = task; };
  auto fails = []() -> awaitable<void> {
    co_await yield_once();
    throw std::runtime_error{"x"};
  };
  task_group group{loop.get_executor(), on_failure};
  group.spawn("the one", fails());

  loop.run();

  EXPECT_EQ(failed, "the one");
}

TEST(Signal, RemembersOneNotificationForALaterWait) {
  signal s;
  s.notify();
  s.notify();
  bool first = false, second = false;
  asio::io_context loop{1};
  auto waits = [&]() -> awaitable<void> {
    co_await s.wait();
    first = true;
    co_await s.wait();
    second = true;
  };
  task_group group{loop.get_executor(), no_failures()};
  group.spawn("waits", waits());

  loop.poll();

  EXPECT_TRUE(first);
  EXPECT_FALSE(second);
  group.cancel();
  loop.restart();
  loop.run();
}

TEST(Signal, OutlivesALoopInWhichSomebodyWaitedForIt) {
  auto s = std::make_unique<signal>();
  std::optional<asio::io_context> loop{1};
  auto waits = [&]() -> awaitable<void> { co_await s->wait(); };
  asio::co_spawn(*loop, waits, asio::detached);
  loop->poll();

  loop.reset();  // as a crash does in the simulation; the sanitizer watches

  EXPECT_NO_THROW(s->notify());
  EXPECT_NO_THROW(s.reset());
}

TEST(Gate, LetsInAsManyAsItHasPlacesInTheOrderOfArrival) {
  asio::io_context loop{1};
  gate door{1};
  std::vector<int> order;
  auto enters = [&](int who) -> awaitable<void> {
    auto const pass = co_await door.enter();
    order.push_back(who);
    co_await yield_once();
  };
  task_group group{loop.get_executor(), no_failures()};
  for (int i = 0; i < 4; ++i) group.spawn("enters", enters(i));

  loop.run();

  EXPECT_EQ(order, (std::vector{0, 1, 2, 3}));
}

TEST(Gate, OutlivesALoopInWhichSomebodyWaitedForIt) {
  auto door = std::make_unique<gate>(1);
  std::optional<asio::io_context> loop{1};
  auto enters = [&]() -> awaitable<void> {
    auto const pass = co_await door->enter();
    co_await asio::steady_timer{*loop, asio::steady_timer::time_point::max()}.async_wait(
        asio::use_awaitable
    );
  };
  for (int i = 0; i < 3; ++i) asio::co_spawn(*loop, enters, asio::detached);
  loop->poll();

  loop.reset();  // as a crash does in the simulation; the sanitizer watches

  EXPECT_NO_THROW(door.reset());
}

TEST(Gate, GivesAPlaceToTheNextWhenAWaiterIsCancelled) {
  asio::io_context loop{1};
  gate door{1};
  signal leave;
  std::vector<int> order;
  auto holds = [&]() -> awaitable<void> {
    auto const pass = co_await door.enter();
    order.push_back(0);
    co_await leave.wait();
  };
  auto enters = [&](int who) -> awaitable<void> {
    auto const pass = co_await door.enter();
    order.push_back(who);
  };
  task_group first{loop.get_executor(), no_failures()};
  task_group second{loop.get_executor(), no_failures()};
  task_group third{loop.get_executor(), no_failures()};
  first.spawn("holds", holds());
  loop.poll();
  second.spawn("cancelled", enters(1));
  third.spawn("next", enters(2));
  loop.restart();
  loop.poll();

  second.cancel();
  loop.restart();
  loop.poll();
  leave.notify();
  loop.restart();
  loop.run();

  EXPECT_EQ(order, (std::vector{0, 2}));
}

}  // namespace
}  // namespace connector::async

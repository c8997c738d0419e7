#include "connector/async/clock.hpp"

#include <gtest/gtest.h>

namespace connector::async {
namespace {

using namespace std::chrono_literals;

/// Two clocks that a test sets by hand.
class hand_clock final : public clock {
 public:
  core::time_point now() const override { return wall; }
  steady_point steady_now() const override { return steady; }
  boost::asio::awaitable<bool> wait_until(steady_point) override { co_return true; }

  void pass(std::chrono::seconds span) {
    wall += span;
    steady += span;
  }

  core::time_point wall = *core::parse_time("2026-03-01T09:00:00Z");
  steady_point steady{24h};
};

TEST(SlewingClock, FollowsAClockThatDoesNotStep) {
  hand_clock machine;
  auto const slewing = make_slewing_clock(machine);
  machine.pass(1h);
  EXPECT_EQ(slewing->now(), machine.wall);
}

TEST(SlewingClock, DoesNotJumpAheadWhenTheMachinesClockDoes) {
  hand_clock machine;
  auto const slewing = make_slewing_clock(machine);
  auto const before = slewing->now();
  machine.wall += 1h;
  EXPECT_EQ(slewing->now(), before);

  machine.pass(240s);
  EXPECT_EQ(slewing->now() - before, 264s) << "a tenth faster at most";
}

TEST(SlewingClock, CatchesUpInTheEnd) {
  hand_clock machine;
  auto const slewing = make_slewing_clock(machine);
  machine.wall += 1h;
  for (int i = 0; i < 11; ++i) {
    machine.pass(1h);
    slewing->now();
  }
  EXPECT_EQ(slewing->now(), machine.wall);
}

TEST(SlewingClock, NeverGoesBack) {
  hand_clock machine;
  auto const slewing = make_slewing_clock(machine);
  auto const before = slewing->now();
  machine.wall -= 1h;
  EXPECT_EQ(slewing->now(), before);
  machine.pass(100s);
  EXPECT_EQ(slewing->now() - before, 90s);
}

}  // namespace
}  // namespace connector::async

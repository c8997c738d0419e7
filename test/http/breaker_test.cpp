#include "connector/http/breaker.hpp"

#include <gtest/gtest.h>

namespace connector::http {
namespace {

using namespace std::chrono_literals;

constexpr breaker::time start{1h};

breaker open_at(breaker::time now) {
  breaker b;
  for (int i = 0; i < breaker::failures_max; ++i) b.failed(now);
  return b;
}

TEST(Breaker, OpensAfterFailuresInARowAlone) {
  breaker b;
  for (int i = 0; i < 100; ++i) {
    b.failed(start);
    if (i % 4 == 3) b.succeeded();
    EXPECT_FALSE(b.blocked(start));
  }
  EXPECT_TRUE(open_at(start).blocked(start));
}

TEST(Breaker, LetsOneProbeThroughWhenItsTimeIsUp) {
  auto b = open_at(start);
  EXPECT_EQ(b.blocked(start), breaker::hold_first);
  EXPECT_FALSE(b.blocked(start + 5s));
  b.begin();
  EXPECT_TRUE(b.blocked(start + 5s));
}

TEST(Breaker, ClosesWhenTheProbeIsAnswered) {
  auto b = open_at(start);
  b.begin();
  b.succeeded();
  EXPECT_FALSE(b.is_open());
  EXPECT_FALSE(b.blocked(start));
}

TEST(Breaker, HoldsTwiceAsLongAfterEachProbeThatFailsUpToAMinute) {
  auto b = open_at(start);
  auto now = start;
  for (auto const hold : {10s, 20s, 40s, 60s, 60s}) {
    now += *b.blocked(now);
    b.begin();
    b.failed(now);
    EXPECT_EQ(b.blocked(now), hold);
  }
}

TEST(Breaker, CallsThatWereUnderWayWhenItOpenedDoNotProlongIt) {
  auto b = open_at(start);
  for (int i = 0; i < 20; ++i) b.failed(start + 1s);
  EXPECT_FALSE(b.blocked(start + 5s));
}

TEST(Breaker, ACancelledProbeLeavesRoomForTheNext) {
  auto b = open_at(start);
  b.begin();
  b.abandoned();
  EXPECT_FALSE(b.blocked(start + 5s));
}

}  // namespace
}  // namespace connector::http

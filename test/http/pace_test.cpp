#include "connector/http/pace.hpp"

#include <algorithm>
#include <deque>
#include <gtest/gtest.h>
#include <random>

namespace connector::http {
namespace {

using namespace std::chrono_literals;

pace::time at(double seconds) {
  return pace::time{} + 1h +
         std::chrono::duration_cast<pace::time::duration>(std::chrono::duration<double>(seconds));
}

/// Sends whatever may be sent, as soon as it may, and gives the times.
std::vector<pace::time> hungry(pace& p, pace::time from, std::chrono::seconds span) {
  std::vector<pace::time> sent;
  for (auto now = from; now < from + span;) {
    auto const ready = p.ready_at(1, 0, now);
    if (ready > now) {
      now = ready;
      continue;
    }
    p.take(1, now);
    sent.push_back(now);
  }
  return sent;
}

std::size_t most_in_a_minute(std::vector<pace::time> const& sent) {
  std::size_t most = 0;
  for (std::size_t first = 0, last = 0; last < sent.size(); ++last) {
    while (sent[last] - sent[first] >= 1min) ++first;
    most = std::max(most, last - first + 1);
  }
  return most;
}

TEST(Pace, NoMinuteHoldsMoreThanTheLimitWhereverItBegins) {
  for (double const limit : {1, 2, 3, 5, 7, 20, 50, 150, 960, 6000}) {
    pace p{limit};
    auto const sent = hungry(p, at(0), 10min);
    EXPECT_LE(most_in_a_minute(sent), limit) << limit;
  }
}

TEST(Pace, UsesMostOfTheLimit) {
  for (double const limit : {5, 20, 150, 960}) {
    pace p{limit};
    auto const sent = hungry(p, at(0), 10min);
    EXPECT_GE(static_cast<double>(sent.size()), 0.79 * limit * 10) << limit;
  }
}

TEST(Pace, KeepsTheLimitWhateverTheArrivals) {
  for (unsigned seed = 0; seed < 200; ++seed) {
    std::mt19937 dice{seed};
    auto const limit = static_cast<double>(1 + dice() % 300);
    pace p{limit};
    std::vector<pace::time> sent;
    auto now = at(0);
    while (now < at(600)) {
      now += std::chrono::milliseconds{dice() % (dice() % 5 == 0 ? 60'000 : 400)};
      for (auto burst = dice() % 40; burst > 0 && p.ready_at(1, 0, now) <= now; --burst) {
        p.take(1, now);
        sent.push_back(now);
      }
    }
    ASSERT_LE(most_in_a_minute(sent), limit) << "seed " << seed;
  }
}

TEST(Pace, ACallThatCostsMoreThanTheBucketHoldsWaitsForAFullOneAndLeavesADebt) {
  pace p{60};  // the bucket holds ten
  EXPECT_EQ(p.ready_at(20, 0, at(0)), at(0));
  p.take(20, at(0));
  // Ten of debt and one for the call, at 50 a minute.
  EXPECT_NEAR(
      std::chrono::duration<double>(p.ready_at(1, 0, at(0)) - at(0)).count(), 11 * 60 / 50.0, 0.01
  );
}

TEST(Pace, AShareIsLeftToOthersButNoShareWaitsForEver) {
  pace p{60};
  p.take(5, at(0));
  EXPECT_EQ(p.ready_at(1, 0, at(0)), at(0));
  EXPECT_EQ(p.ready_at(1, 0.2, at(0)), at(0));
  EXPECT_GT(p.ready_at(1, 0.5, at(0)), at(0));
  EXPECT_DOUBLE_EQ(p.spare(0.5, at(0)), 0);
  EXPECT_DOUBLE_EQ(p.spare(0.2, at(0)), 3);
  pace tight{2};  // one token: nothing can be left of it
  EXPECT_EQ(tight.ready_at(1, 0.5, at(0)), at(0));
}

TEST(Pace, HalvesOnceForAllTheCallsThatWereUnderWayTogether) {
  pace p{120};
  p.take(3, at(1));
  p.slow_down(at(1), at(2));
  p.slow_down(at(1.5), at(2.1));
  EXPECT_NEAR(p.rate(at(2.1)), 60, 0.5);
  p.slow_down(at(3), at(4));
  EXPECT_NEAR(p.rate(at(4)), 30, 0.5);
}

TEST(Pace, ComesBackByATwentiethOfTheLimitAMinuteAndNotAboveIt) {
  pace p{120};
  p.slow_down(at(0), at(0));
  EXPECT_NEAR(p.rate(at(60)), 66, 0.01);
  EXPECT_DOUBLE_EQ(p.rate(at(3600)), 120);
}

TEST(Pace, NeverFallsSoLowThatItCannotComeBack) {
  pace p{100};
  for (int i = 0; i < 50; ++i) p.slow_down(at(i), at(i + 0.5));
  EXPECT_GE(p.rate(at(50)), 5);
  EXPECT_LT(p.ready_at(1, 0, at(51)), at(120));
}

TEST(Pace, LearnsALimitThatNobodyDocumented) {
  pace p;
  for (int i = 0; i < 80; ++i) p.take(1, at(i * 0.5));
  EXPECT_EQ(p.ready_at(1, 0, at(40)), at(40));
  p.slow_down(at(39), at(40));
  EXPECT_NEAR(p.rate(at(40)), 40, 0.01);
  EXPECT_GT(p.ready_at(1, 0, at(40)), at(40));
  EXPECT_NEAR(p.rate(at(100)), 44, 0.01);
}

TEST(Pace, NothingGoesOutWhileTheOtherSideAskedForAPause) {
  pace p;
  p.close(at(30));
  EXPECT_EQ(p.ready_at(1, 0, at(1)), at(30));
  EXPECT_EQ(p.spare(0, at(1)), 0);
  p.close(at(20));
  EXPECT_EQ(p.ready_at(1, 0, at(1)), at(30));
  EXPECT_EQ(p.ready_at(1, 0, at(31)), at(31));
}

TEST(Pace, WhatOthersSpendOfTheSameAccountIsTakenIntoAccount) {
  pace p{600};
  p.leave_at_most(2, at(0));
  EXPECT_DOUBLE_EQ(p.spare(0, at(0)), 2);
  p.leave_at_most(50, at(0));  // never the other way
  EXPECT_DOUBLE_EQ(p.spare(0, at(0)), 2);
}

}  // namespace
}  // namespace connector::http

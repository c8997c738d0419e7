#include "connector/http/budget.hpp"

#include <algorithm>
#include <boost/asio/co_spawn.hpp>
#include <cmath>
#include <deque>
#include <functional>
#include <gtest/gtest.h>
#include <random>

#include "connector/async/tasks.hpp"
#include "test/support/sim_clock.hpp"

namespace connector::http {
namespace {

using namespace std::chrono_literals;
using boost::asio::awaitable;

struct far_side final : transport {
  explicit far_side(async::clock& by) : clock{by} {}
  awaitable<core::result<response>> send(request call) override {
    urls.push_back(call.url);
    times.push_back(clock.steady_now());
    ++under_way;
    most_under_way = std::max(most_under_way, under_way);
    struct leave {
      int& count;
      ~leave() { --count; }
    } const at_end{under_way};
    co_await clock.sleep_for(latency);
    co_return answer(urls.size());
  }
  async::clock& clock;
  std::chrono::milliseconds latency{10};
  std::vector<std::string> urls;
  std::vector<async::clock::steady_point> times;
  int under_way = 0, most_under_way = 0;
  std::function<core::result<response>(std::size_t)> answer = [](std::size_t) {
    response ok;
    ok.status = 200;
    return core::result<response>{ok};
  };
};

response with(int status, std::vector<header> headers = {}) {
  response r;
  r.status = status;
  r.headers = std::move(headers);
  return r;
}

class Budget : public testing::Test {
 protected:
  void limit(double per_minute, std::size_t at_once = 0, call_limit declared = {}) {
    mine.set_limits({per_minute, at_once, std::move(declared)});
  }

  awaitable<void> one(lane l, std::string url, unsigned cost) {
    request call;
    call.url = std::move(url);
    call.cost = cost;
    auto const name = call.url;
    auto done = co_await mine.door(l).send(std::move(call));
    if (!done) refused.emplace_back(name, done.error());
  }

  void begin(lane l, std::string url, unsigned cost = 1) {
    tasks.spawn(url, one(l, url, cost));
    settle();
  }

  /// Runs what can run without time going by.
  void settle() {
    loop.restart();
    loop.poll();
  }

  void pass(std::chrono::milliseconds span) {
    auto const until = clock.steady_now() + span;
    settle();
    while (clock.steady_now() < until) {
      clock.advance(std::min<async::clock::duration>(10ms, until - clock.steady_now()));
      settle();
    }
  }

  boost::asio::io_context loop{1};
  support::sim_clock clock{*core::parse_time("2026-03-01T09:00:00Z")};
  far_side far{clock};
  budget mine{"desk", far, clock};
  std::vector<std::pair<std::string, core::error>> refused;
  async::task_group tasks{loop.get_executor(), [](auto const&, auto) { ADD_FAILURE(); }};
  ~Budget() override {
    tasks.cancel();
    settle();
  }
};

TEST_F(Budget, WithoutALimitNothingWaits) {
  for (int i = 0; i < 500; ++i) begin(lane::background, "x");
  EXPECT_EQ(far.urls.size(), 500U);
  EXPECT_EQ(mine.used().waited, 0U);
  EXPECT_TRUE(std::isinf(mine.spare(lane::background)));
}

TEST_F(Budget, KeepsTheLimitInEveryMinute) {
  limit(60);
  for (int i = 0; i < 55; ++i) begin(i % 2 == 0 ? lane::urgent : lane::routine, "x");
  pass(10min);
  for (auto const t : far.times) {
    auto const in_its_minute = std::count_if(far.times.begin(), far.times.end(), [&](auto u) {
      return u >= t && u < t + 1min;
    });
    EXPECT_LE(in_its_minute, 60);
  }
  EXPECT_EQ(far.times.size(), 55U);
  EXPECT_GT(mine.used().waited, 0U);
}

TEST_F(Budget, TheUrgentOvertakeWhoeverWaits) {
  limit(60);
  for (int i = 0; i < 20; ++i) begin(lane::background, "old");
  for (int i = 0; i < 6; ++i) begin(lane::routine, "usual");
  auto const before = far.urls.size();
  begin(lane::urgent, "customer");
  EXPECT_EQ(far.urls.size(), before + 1) << "a share was kept back for it";
  EXPECT_EQ(far.urls.back(), "customer");
  for (int i = 0; i < 10; ++i) begin(lane::urgent, "more");
  auto const here = far.urls.size();
  pass(40s);
  std::vector<std::string> after{far.urls.begin() + static_cast<long>(here), far.urls.end()};
  EXPECT_TRUE(std::is_sorted(after.begin(), after.end(), [](auto const& a, auto const& b) {
    auto const rank = [](auto const& s) { return s == "more" ? 0 : s == "usual" ? 1 : 2; };
    return rank(a) < rank(b);
  })) << testing::PrintToString(after);
}

TEST_F(Budget, ComesFirstServedWithinALane) {
  limit(6);
  for (int i = 0; i < 5; ++i) begin(lane::routine, std::string(1, static_cast<char>('a' + i)));
  pass(59s);
  EXPECT_EQ(far.urls, (std::vector<std::string>{"a", "b", "c", "d", "e"}));
}

TEST_F(Budget, ABatchCostsWhatTheOtherSideCounts) {
  limit(60);
  begin(lane::urgent, "batch", 10);
  begin(lane::urgent, "next");
  EXPECT_EQ(far.urls.size(), 1U);
  pass(2s);
  EXPECT_EQ(far.urls.size(), 2U);
  EXPECT_EQ(mine.used().made, 11U);
}

TEST_F(Budget, NoMoreCallsAtATimeThanAllowedAndOneOfThemNeverForTheBackground) {
  limit(0, 4);
  far.latency = 1s;
  for (int i = 0; i < 8; ++i) begin(lane::background, "old");
  EXPECT_EQ(far.under_way, 3);
  begin(lane::urgent, "customer");
  EXPECT_EQ(far.urls.back(), "customer");
  pass(5s);
  EXPECT_EQ(far.most_under_way, 4);
  EXPECT_EQ(far.urls.size(), 9U);
}

TEST_F(Budget, WaitsAsLongAsTheServerAsked) {
  far.answer = [](std::size_t n) { return n == 1 ? with(429, {{"Retry-After", "7"}}) : with(200); };
  begin(lane::urgent, "first");
  pass(10ms);
  auto const refused_at = clock.steady_now();
  begin(lane::urgent, "second");
  pass(30s);
  ASSERT_EQ(far.times.size(), 2U);
  EXPECT_GE(far.times[1] - refused_at, 7s);
  EXPECT_LE(far.times[1] - refused_at, 8s);
}

TEST_F(Budget, HalvesItsRateWhenTheSystemSaysTooMany) {
  limit(120);
  far.answer = [](std::size_t n) { return n == 1 ? with(429) : with(200); };
  begin(lane::urgent, "x");
  pass(10ms);
  EXPECT_NEAR(mine.used().per_minute, 60, 1);
  EXPECT_EQ(mine.used().too_many, 1U);
  pass(20min);
  begin(lane::urgent, "x");
  EXPECT_NEAR(mine.used().per_minute, 120, 1);
}

TEST_F(Budget, APauseTooLongToWaitForIsSaidAtOnce) {
  far.answer = [](std::size_t) { return with(429, {{"Retry-After", "600"}}); };
  begin(lane::urgent, "first");
  pass(10ms);
  begin(lane::urgent, "second");
  ASSERT_EQ(refused.size(), 1U);
  EXPECT_EQ(refused[0].second.code, core::errc::unavailable);
  EXPECT_EQ(refused[0].second.effect, core::effect::none);
  EXPECT_EQ(refused[0].second.retry_after, 600s);
  EXPECT_EQ(mine.used().refused, 1U);
}

TEST_F(Budget, NobodyWaitsLongerThanItsPatience) {
  limit(6);
  for (int i = 0; i < 30; ++i) begin(lane::routine, "x");
  pass(61s);
  EXPECT_EQ(mine.used().waiting, 0U);
  EXPECT_EQ(far.urls.size() + refused.size(), 30U);
  EXPECT_LE(far.urls.size(), 7U);
  for (auto const& [url, why] : refused) EXPECT_FALSE(why.retry_after) << "others may go on";
}

TEST_F(Budget, BelievesTheServersOwnCount) {
  call_limit says;
  says.remaining_header = "ratelimit-remaining";
  says.reset_header = "ratelimit-reset";
  limit(600, 0, says);
  far.answer = [](std::size_t n) {
    return with(200, {{"ratelimit-remaining", n == 1 ? "0" : "500"}, {"ratelimit-reset", "20"}});
  };
  begin(lane::urgent, "first");
  pass(10ms);
  begin(lane::urgent, "second");
  pass(19s);
  EXPECT_EQ(far.urls.size(), 1U);
  pass(2s);
  EXPECT_EQ(far.urls.size(), 2U);
}

TEST_F(Budget, AResetGivenAsAMomentCountsFromTheAnswersOwnDate) {
  call_limit says;
  says.reset_header = "X-RateLimit-Reset";
  says.reset_is_unix_time = true;
  limit(0, 0, says);
  far.answer = [](std::size_t n) {
    // The server's clock is an hour off; the wait is 12 seconds all the same.
    return n == 1 ? with(
                        429,
                        {{"X-RateLimit-Reset", "1772355612"},
                         {"Date", "Sun, 01 Mar 2026 09:00:00 GMT"}}
                    )
                  : with(200);
  };
  clock.advance(1h);
  begin(lane::urgent, "first");
  pass(10ms);
  begin(lane::urgent, "second");
  pass(11s);
  EXPECT_EQ(far.urls.size(), 1U);
  pass(2s);
  EXPECT_EQ(far.urls.size(), 2U);
}

TEST_F(Budget, AnOutageCostsNeitherTimeNorCalls) {
  bool down = true;
  far.answer = [&](std::size_t) -> core::result<response> {
    if (down) return core::error{core::errc::unreachable, "no route"};
    return with(200);
  };
  for (int i = 0; i < 5; ++i) {
    begin(lane::routine, "x");
    pass(10ms);
  }
  EXPECT_TRUE(mine.used().out_of_reach);
  refused.clear();
  for (int i = 0; i < 100; ++i) begin(lane::routine, "y");
  EXPECT_EQ(far.urls.size(), 5U);
  ASSERT_EQ(refused.size(), 100U);
  EXPECT_EQ(refused[0].second.code, core::errc::unavailable);
  EXPECT_EQ(refused[0].second.effect, core::effect::none);
  EXPECT_EQ(refused[0].second.retry_after, 5s);
  EXPECT_EQ(mine.spare(lane::urgent), 0);
  down = false;
  pass(5s);
  begin(lane::routine, "probe");
  begin(lane::routine, "beside it");
  EXPECT_EQ(far.urls.back(), "probe");
  pass(10ms);
  EXPECT_FALSE(mine.used().out_of_reach);
  begin(lane::routine, "z");
  EXPECT_EQ(far.urls.back(), "z");
}

TEST_F(Budget, WhoWaitsWhenTheOtherSideGoesDownIsToldSo) {
  limit(0, 5);
  far.latency = 1s;
  far.answer = [](std::size_t) -> core::result<response> {
    return core::error{core::errc::timeout, "no answer"};
  };
  for (int i = 0; i < 12; ++i) begin(lane::routine, "x");
  pass(1100ms);
  EXPECT_EQ(far.urls.size(), 5U);
  EXPECT_EQ(refused.size(), 12U);
  pass(10ms);
  EXPECT_EQ(mine.used().waiting, 0U);
}

TEST_F(Budget, ARefusalOfTheSystemIsNoOutage) {
  far.answer = [](std::size_t n) { return with(n % 2 == 0 ? 500 : 404); };
  for (int i = 0; i < 50; ++i) {
    begin(lane::routine, "x");
    pass(10ms);
  }
  EXPECT_FALSE(mine.used().out_of_reach);
}

TEST_F(Budget, TheBackgroundHasALimitOfItsOwn) {
  mine.set_background_limit(6);
  for (int i = 0; i < 5; ++i) begin(lane::background, "old");
  begin(lane::routine, "usual");
  EXPECT_EQ(far.urls, (std::vector<std::string>{"old", "usual"}));
  pass(59s);
  EXPECT_LE(std::count(far.urls.begin(), far.urls.end(), "old"), 6);
  EXPECT_GE(std::count(far.urls.begin(), far.urls.end(), "old"), 5);
}

TEST_F(Budget, CancellingWhoWaitsLetsTheNextGo) {
  limit(6);
  begin(lane::urgent, "now");
  {
    async::task_group given_up{loop.get_executor(), [](auto const&, auto) { ADD_FAILURE(); }};
    given_up.spawn("a", one(lane::urgent, "given up", 1));
    settle();
    begin(lane::urgent, "next");
    given_up.cancel();
    settle();
  }
  EXPECT_EQ(mine.used().waiting, 1U);
  pass(15s);
  EXPECT_EQ(far.urls, (std::vector<std::string>{"now", "next"}));
}

TEST_F(Budget, ACancelledCallGivesItsPlaceBack) {
  limit(0, 1);
  far.latency = 1h;
  {
    async::task_group given_up{loop.get_executor(), [](auto const&, auto) { ADD_FAILURE(); }};
    given_up.spawn("a", one(lane::urgent, "given up", 1));
    settle();
    EXPECT_EQ(mine.used().under_way, 1U);
    given_up.cancel();
    settle();
  }
  EXPECT_EQ(mine.used().under_way, 0U);
  begin(lane::urgent, "next");
  EXPECT_EQ(far.urls.back(), "next");
}

/// Whatever comes, in whatever lane: the limit holds, everybody is answered, nothing is left over.
TEST_F(Budget, HoldsForAnyMixOfLanesCostsAndAnswers) {
  std::mt19937 dice{7};
  limit(90, 4);
  far.answer = [&](std::size_t) -> core::result<response> {
    auto const roll = dice() % 100;
    if (roll < 3) return core::error{core::errc::timeout, "no answer"};
    if (roll < 5) return with(429, {{"Retry-After", "3"}});
    return with(200);
  };
  int came = 0;
  for (int i = 0; i < 1200; ++i) {
    if (dice() % 3 == 0) {
      begin(static_cast<lane>(dice() % 3), "x", 1);
      ++came;
    }
    pass(std::chrono::milliseconds{dice() % 1500});
  }
  pass(3min);
  for (auto const t : far.times) {
    auto const in_its_minute = std::count_if(far.times.begin(), far.times.end(), [&](auto u) {
      return u >= t && u < t + 1min;
    });
    ASSERT_LE(in_its_minute, 90);
  }
  auto const used = mine.used();
  EXPECT_EQ(used.waiting, 0U);
  EXPECT_EQ(used.under_way, 0U);
  EXPECT_EQ(used.made + used.refused + used.kept_back, static_cast<std::uint64_t>(came));
  EXPECT_LE(far.most_under_way, 4);
}

}  // namespace
}  // namespace connector::http

#include <boost/asio/experimental/awaitable_operators.hpp>
#include <boost/system/system_error.hpp>

#include "test/sync/world.hpp"

/// Rules and routes that may not write for now, and hints that bring a poll forward.
namespace connector::sync {
namespace {

using call = world::call;

core::record incident() {
  return {
      {"title", "Ransomware"},
      {"status", "active"},
      {"severity", "high"},
      {"owner", nullptr},
      {"note", nullptr}};
}

void hold(world& w, holds what) {
  auto done = support::run(w.loop, w.clock, w.sync_engine->hold("main", std::move(what)));
  ASSERT_TRUE(done) << done.error().detail;
}

holds rule(std::string name, std::string why) {
  holds out;
  out.rules[std::move(name)] = std::move(why);
  return out;
}

holds whole(std::string why) {
  holds out;
  out.route = std::move(why);
  return out;
}

TEST(Holds, AHeldRuleWritesNothingAndTheRestGoesOn) {
  world w;
  hold(w, rule("severity/urgency", "held: M102"));
  w.incidents->add("1", incident());

  w.sync();

  EXPECT_EQ(w.tickets->field("T1", "subject"), "Ransomware");
  EXPECT_TRUE(w.tickets->field("T1", "urgency").is_null());
  auto const link = w.link_of("1");
  ASSERT_EQ(link.parked.size(), 1u);
  EXPECT_EQ(link.parked[0].rule, "severity/urgency");
  EXPECT_EQ(link.parked[0].reason, "held: M102");
}

TEST(Holds, WhatARuleHeldBackIsWrittenOnceItIsLetGo) {
  world w;
  w.incidents->add("1", incident());
  w.sync();
  hold(w, rule("severity/urgency", "held: M102"));
  w.incidents->edit("1", {{"severity", "low"}});
  w.sync();
  ASSERT_EQ(w.tickets->field("T1", "urgency"), "1");

  hold(w, {});
  w.sync();

  EXPECT_EQ(w.tickets->field("T1", "urgency"), "3");
  EXPECT_TRUE(w.link_of("1").parked.empty());
}

TEST(Holds, AHeldRuleDoesNotCountTheOtherSidesEditAsItsOwn) {
  world w;
  w.incidents->add("1", incident());
  w.sync();
  hold(w, rule("severity/urgency", "held"));
  w.tickets->edit("T1", {{"urgency", "2"}});
  w.sync();
  EXPECT_EQ(w.incidents->field("1", "severity"), "high");

  hold(w, {});
  w.sync();

  EXPECT_EQ(w.incidents->field("1", "severity"), "medium");
}

TEST(Holds, AHeldRouteCallsNobodyAndLosesNothing) {
  world w;
  w.incidents->add("1", incident());
  w.sync();
  hold(w, whole("held: M110"));
  w.incidents->edit("1", {{"severity", "low"}});
  w.incidents->add("2", incident());
  auto const before = w.tickets->calls;

  for (int i = 0; i < 3; ++i) w.sync();

  EXPECT_EQ(w.tickets->ids().size(), 1u);
  EXPECT_EQ(w.tickets->field("T1", "urgency"), "1");
  for (auto const kind : {call::create, call::update, call::comment, call::find}) {
    auto const was = before.find(kind);
    EXPECT_EQ(w.tickets->calls[kind], was == before.end() ? 0 : was->second);
  }

  hold(w, {});
  w.wait(std::chrono::seconds{300});
  w.sync();

  EXPECT_EQ(w.tickets->ids().size(), 2u);
  EXPECT_EQ(w.tickets->field("T1", "urgency"), "3");
}

TEST(Holds, ARouteThatWasHeldSaysSoOncePerChange) {
  world w;
  w.incidents->add("1", incident());
  hold(w, whole("held: M110"));

  for (int i = 0; i < 4; ++i) {
    w.sync();
    w.wait(std::chrono::seconds{150});
  }

  EXPECT_EQ(w.journal("held").size(), 1u);
}

/// Runs the service's loop for a while, with `meanwhile` at work beside it.
void run_beside(world& w, boost::asio::awaitable<void> meanwhile) {
  using namespace boost::asio::experimental::awaitable_operators;
  auto both = [&](boost::asio::awaitable<void> other) -> boost::asio::awaitable<bool> {
    co_await (w.sync_engine->run() || std::move(other));
    co_return true;
  };
  support::run(w.loop, w.clock, both(std::move(meanwhile)));
}

TEST(Wake, BringsTheNextPollForward) {
  world w;
  auto work = [&]() -> boost::asio::awaitable<void> {
    co_await w.clock.sleep_for(std::chrono::seconds{10});
    auto const before = w.tickets->calls[call::changes];
    w.sync_engine->wake("desk");
    co_await w.clock.sleep_for(std::chrono::seconds{2});
    EXPECT_EQ(w.tickets->calls[call::changes], before + 1);
  };
  run_beside(w, work());
}

TEST(Wake, LeavesOtherConnectionsAlone) {
  world w;
  auto work = [&]() -> boost::asio::awaitable<void> {
    co_await w.clock.sleep_for(std::chrono::seconds{10});
    auto const before = w.incidents->calls[call::changes];
    w.sync_engine->wake("desk");
    w.sync_engine->wake("nobody");
    co_await w.clock.sleep_for(std::chrono::seconds{2});
    EXPECT_EQ(w.incidents->calls[call::changes], before);
  };
  run_beside(w, work());
}

TEST(Wake, ABurstBecomesOnePollASecondAtMost) {
  world w;
  auto work = [&]() -> boost::asio::awaitable<void> {
    co_await w.clock.sleep_for(std::chrono::seconds{10});
    auto const before = w.tickets->calls[call::changes];
    for (int i = 0; i < 500; ++i) {
      w.sync_engine->wake("desk");
      co_await w.clock.sleep_for(std::chrono::milliseconds{10});
    }
    co_await w.clock.sleep_for(std::chrono::seconds{2});
    auto const polls = w.tickets->calls[call::changes] - before;
    EXPECT_GE(polls, 4);
    EXPECT_LE(polls, 7);
  };
  run_beside(w, work());
}

TEST(Wake, DoesNotShortenAWaitThatTheSystemAskedFor) {
  world w;
  core::error limited{core::errc::rate_limited, "slow down"};
  limited.retry_after = std::chrono::seconds{90};
  w.tickets->faults[call::changes].push_back({limited});
  auto work = [&]() -> boost::asio::awaitable<void> {
    co_await w.clock.sleep_for(std::chrono::seconds{10});
    auto const before = w.tickets->calls[call::changes];
    w.sync_engine->wake("desk");
    co_await w.clock.sleep_for(std::chrono::seconds{60});
    EXPECT_EQ(w.tickets->calls[call::changes], before);
    co_await w.clock.sleep_for(std::chrono::seconds{30});
    EXPECT_GT(w.tickets->calls[call::changes], before);
  };
  run_beside(w, work());
}

}  // namespace
}  // namespace connector::sync

#include "test/sync/world.hpp"

namespace connector::sync {
namespace {

core::result<void> try_sweep(world& w) {
  return support::run(w.loop, w.clock, w.sync_engine->sweep());
}

void sweep(world& w) {
  auto const done = try_sweep(w);
  if (!done) ADD_FAILURE() << done.error().detail;
}

TEST(Sweep, FindsAndCountsAndRepairsWhatPollsMissed) {
  world w;
  w.incidents->add("1", plain_incident());
  w.sync();
  w.wait(std::chrono::hours{3});
  w.incidents->add("2", plain_incident());  // its ticket moves the cursor
  w.sync();
  w.tickets->edit("T1", {{"urgency", "3"}});
  w.tickets->backdate("T1", std::chrono::hours{2});
  w.sync();
  ASSERT_EQ(w.incidents->field("1", "severity"), "high") << "no poll can see it";

  sweep(w);
  w.sync();

  EXPECT_EQ(w.counted().missed, 1U);
  EXPECT_EQ(w.journal("missed").size(), 1U);
  EXPECT_EQ(w.incidents->field("1", "severity"), "low");
}

TEST(Sweep, CarriesACommentThatMovedNoStamp) {
  world w;
  w.incidents->add("1", plain_incident());
  w.sync();
  auto const before = w.tickets->at("T1");
  w.tickets->say("T1", "ann", "Called the user.");
  w.tickets->restore_stamp("T1", before);
  w.wait(std::chrono::hours{1});
  w.sync();
  ASSERT_TRUE(w.incidents->texts("1").empty());

  sweep(w);

  EXPECT_EQ(w.incidents->texts("1").size(), 1U);
  EXPECT_EQ(w.counted().missed, 1U);
}

TEST(Sweep, CountsNothingThatAPollMayStillBring) {
  world w;
  w.incidents->add("1", plain_incident());
  w.sync();
  w.tickets->edit("T1", {{"urgency", "3"}});

  sweep(w);

  EXPECT_EQ(w.incidents->field("1", "severity"), "low") << "the sweep was faster, that is all";
  EXPECT_EQ(w.counted().missed, 0U);
}

TEST(Sweep, WritesNothingWhereAllIsInStep) {
  world w;
  for (int n = 0; n < 250; ++n) w.incidents->add(std::to_string(n), plain_incident());
  w.sync();
  auto const writes = w.counted().tickets_created + w.counted().tickets_updated;

  sweep(w);

  EXPECT_EQ(w.counted().swept, 250U);
  EXPECT_EQ(w.counted().missed, 0U);
  EXPECT_EQ(w.counted().tickets_created + w.counted().tickets_updated, writes);
}

TEST(Sweep, GoesOnWhereItStopped) {
  world w;
  for (int n = 0; n < 150; ++n) w.incidents->add(std::to_string(n), plain_incident());
  w.sync();
  core::error const outage{core::errc::unavailable, "maintenance"};
  sweep(w);
  auto const whole = w.counted().swept;
  // The first portion of a hundred is read from both sides, the second one fails.
  auto reads = 0;
  w.tickets->just_before_read = [&]() -> std::optional<core::error> {
    return ++reads == 2 ? std::optional{outage} : std::nullopt;
  };

  EXPECT_FALSE(try_sweep(w)) << "a connection out of reach is told";
  auto const in_vain = w.counted().swept - whole;
  w.restart();
  sweep(w);

  EXPECT_EQ(in_vain, 150U);
  EXPECT_EQ(w.counted().swept - whole - in_vain, 50U) << "the first hundred are not read again";
}

TEST(Sweep, CallsThroughTheLaneThatTakesWhatOthersLeave) {
  world w;
  w.incidents->add("1", plain_incident());
  w.sync();
  for (auto const& c : w.sync_engine->connections()) {
    auto door = std::make_unique<support::fake_system>(w.clock, c->system->declared());
    door->just_before_read = [] { return core::error{core::errc::unavailable, "kept back"}; };
    c->background = std::move(door);
  }

  auto const done = try_sweep(w);
  ASSERT_FALSE(done);
  EXPECT_EQ(done.error().detail, "kept back");

  w.incidents->edit("1", {{"severity", "medium"}});
  w.sync();
  EXPECT_EQ(w.tickets->field("T1", "urgency"), "2") << "others are not held up";
}

}  // namespace
}  // namespace connector::sync

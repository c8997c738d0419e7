#include "test/sync/world.hpp"

/// What polls find, and what they do when they fail.
namespace connector::sync {
namespace {

using core::errc;
using core::error;
using call = world::call;

TEST(SignIn, ThatWasRefusedIsNotKnockedAtAgainAtOnce) {
  world w;
  w.incidents->add("1", plain_incident());
  for (int i = 0; i < 50; ++i) {
    w.tickets->faults[call::changes].push_back({error{errc::unauthorized, "wrong password"}, false}
    );
  }
  auto first = support::run(w.loop, w.clock, w.sync_engine->run_once(std::chrono::seconds{30}));
  EXPECT_FALSE(first);

  w.incidents->edit("1", {{"severity", "medium"}});
  auto second = support::run(w.loop, w.clock, w.sync_engine->run_once(std::chrono::seconds{30}));

  EXPECT_FALSE(second);
  EXPECT_LE(w.tickets->calls[call::changes], 3);
  EXPECT_EQ(w.tickets->calls[call::update], 0) << "nothing else is sent there either";
}

TEST(Poll, ThatFailsLeavesTheCursorWhereItWas) {
  world w;
  w.incidents->add("1", plain_incident());
  w.tickets->faults[call::read] = {};
  w.sync();
  w.incidents->edit("1", {{"severity", "medium"}});
  w.tickets->faults[call::read] = {{error{errc::unreachable, "refused"}, false}};

  auto first = support::run(w.loop, w.clock, w.sync_engine->run_once(std::chrono::seconds{0}));
  EXPECT_FALSE(first);
  EXPECT_EQ(w.tickets->field("T1", "urgency"), "1");

  w.sync();
  EXPECT_EQ(w.tickets->field("T1", "urgency"), "2");
}

TEST(Poll, FindsAChangeThatTurnsUpLateUnderAnOldStamp) {
  world w;
  w.incidents->add("1", plain_incident());
  w.sync();
  w.wait(std::chrono::seconds{300});
  w.incidents->add("2", plain_incident());
  w.sync();
  w.incidents->edit("1", {{"severity", "medium"}});
  w.incidents->backdate("1", std::chrono::seconds{250});
  w.sync();
  ASSERT_EQ(w.tickets->field("T1", "urgency"), "1") << "not in the short overlap";

  w.wait(std::chrono::seconds{600});
  w.sync();

  EXPECT_EQ(w.tickets->field("T1", "urgency"), "2");
}

TEST(Poll, OfNothingNewReadsNothingElse) {
  world w;
  for (int i = 0; i < 20; ++i) w.incidents->add(std::to_string(i), plain_incident());
  w.sync();
  auto const reads = w.incidents->calls[call::read] + w.tickets->calls[call::read] +
                     w.tickets->calls[call::complete];
  auto const lists = w.incidents->calls[call::changes] + w.tickets->calls[call::changes];

  w.sync();

  EXPECT_EQ(
      w.incidents->calls[call::read] + w.tickets->calls[call::read] +
          w.tickets->calls[call::complete],
      reads
  );
  EXPECT_EQ(w.incidents->calls[call::changes] + w.tickets->calls[call::changes], lists + 2);
}

TEST(Poll, ReadsTheOtherSideInBulk) {
  world w;
  for (int i = 0; i < 20; ++i) w.incidents->add(std::to_string(i), plain_incident());
  w.sync();
  auto const before = w.tickets->calls[call::read];

  for (int i = 0; i < 20; ++i) w.incidents->edit(std::to_string(i), {{"severity", "medium"}});
  w.sync();

  EXPECT_EQ(w.counted().tickets_updated, 20u);
  EXPECT_EQ(w.tickets->calls[call::read], before + 1);
}

}  // namespace
}  // namespace connector::sync

#include "test/sync/world.hpp"

/// What a system refuses: its cause is looked for, and the rest goes on.
namespace connector::sync {
namespace {

using core::effect;
using core::errc;
using core::error;
using call = world::call;

TEST(Refusal, WhoseCauseWasLookedForWhenTheProcessDiedLeavesNothingParked) {
  world w;
  w.incidents->add("1", plain_incident());
  std::shared_ptr<store::memory_disk> durable;
  w.tickets->refuses = [&](core::record const&) {
    // The second call is the first without one of the rules.
    if (w.tickets->calls[call::create] == 2) {
      durable = std::make_shared<store::memory_disk>(*w.disk);
    }
    return error{errc::rejected, "not today", effect::none};
  };
  w.sync(std::chrono::seconds{0});
  ASSERT_TRUE(durable);
  w.tickets->refuses = nullptr;
  w.disk = durable;
  w.restart();
  for (int i = 0; i < 3; ++i) w.sync(std::chrono::seconds{600});

  EXPECT_EQ(w.tickets->field("T1", "subject"), "Ransomware");
  EXPECT_EQ(w.tickets->field("T1", "urgency"), "1");
  EXPECT_TRUE(w.link_of("1").parked.empty());
}

TEST(Refusal, IsLookedIntoToTheEndThoughACommentIsNotTaken) {
  world w;
  w.incidents->add("1", plain_incident());
  w.sync();
  w.tickets->refuses = [](core::record const& fields) -> std::optional<error> {
    if (!fields.contains("urgency")) return std::nullopt;
    return error{errc::rejected, "not on the screen", effect::none};
  };
  w.tickets->faults[call::comment].assign(20, {error{errc::forbidden, "no", effect::none}, false});
  w.incidents->edit("1", {{"severity", "medium"}, {"title", "Changed"}, {"status", "inProgress"}});
  w.incidents->say("1", "soc", "Host isolated.");
  w.sync(std::chrono::seconds{0});

  EXPECT_EQ(w.tickets->field("T1", "subject"), "Changed");
  EXPECT_EQ(w.tickets->field("T1", "state"), "2");
  ASSERT_EQ(w.link_of("1").parked.size(), 1u);
  EXPECT_TRUE(w.link_of("1").parked.front().refused);
}

TEST(Refusal, WhoseCauseWasFoundByACreateWithoutAnAnswerIsNotForgotten) {
  world w;
  w.incidents->add("1", plain_incident());
  w.tickets->refuses = [](core::record const& fields) -> std::optional<error> {
    if (!fields.contains("urgency")) return std::nullopt;
    return error{errc::rejected, "not on the screen", effect::none};
  };
  std::shared_ptr<store::memory_disk> durable;
  w.tickets->rewrites = [&](core::record& written) {
    written["urgency"] = "2";
    durable = std::make_shared<store::memory_disk>(*w.disk);
  };
  w.sync(std::chrono::seconds{0});
  ASSERT_TRUE(durable);
  w.tickets->refuses = nullptr;
  w.tickets->rewrites = nullptr;
  w.disk = durable;
  w.restart();
  for (int i = 0; i < 3; ++i) w.sync(std::chrono::seconds{600});

  EXPECT_EQ(w.tickets->ids().size(), 1u);
  EXPECT_EQ(w.tickets->field("T1", "urgency"), "1");
  EXPECT_TRUE(w.link_of("1").parked.empty());
}

}  // namespace
}  // namespace connector::sync

#include "test/sync/world.hpp"

/// A ticket or an incident that is deleted, or that our account cannot see for a while.
namespace connector::sync {
namespace {

using call = world::call;

TEST(Gone, IsBelievedOnlyTheSecondTimeAndNeverMadeAnew) {
  world w;
  w.incidents->add("1", plain_incident());
  w.sync();
  w.tickets->remove("T1");
  w.incidents->edit("1", {{"severity", "medium"}});
  w.sync();
  EXPECT_EQ(w.link_of("1").state, store::link_state::linked);

  w.wait(std::chrono::seconds{300});
  w.sync();

  EXPECT_EQ(w.link_of("1").state, store::link_state::gone);
  EXPECT_TRUE(w.tickets->ids().empty());
}

TEST(Gone, IsNotMadeAnewWhenTheIncidentChangesAfterwards) {
  world w;
  w.incidents->add("1", plain_incident());
  w.sync();
  w.tickets->remove("T1");
  w.incidents->edit("1", {{"severity", "medium"}});
  w.sync();
  w.sync(std::chrono::seconds{600});
  ASSERT_EQ(w.link_of("1").state, store::link_state::gone);

  w.incidents->edit("1", {{"severity", "high"}});
  w.sync(std::chrono::seconds{600});

  EXPECT_TRUE(w.tickets->ids().empty());
  EXPECT_EQ(w.link_of("1").state, store::link_state::gone);
}

/// Incident 1 with ticket T1, which our account may no longer see.
void lose_sight(world& w) {
  w.incidents->add("1", plain_incident());
  w.sync();
  w.tickets->hidden.insert("T1");
  w.incidents->edit("1", {{"severity", "medium"}});
  w.sync();
  w.sync(std::chrono::seconds{600});
  ASSERT_EQ(w.link_of("1").state, store::link_state::gone);
}

TEST(Gone, GoesOnWithWhatChangedMeanwhileWhenItsTicketIsSeenAgain) {
  world w;
  lose_sight(w);

  w.tickets->hidden.clear();
  w.tickets->edit("T1", {{"agent", "ann"}});
  w.sync();

  EXPECT_EQ(w.link_of("1").state, store::link_state::linked);
  EXPECT_TRUE(w.link_of("1").parked.empty());
  EXPECT_EQ(w.tickets->field("T1", "urgency"), "2") << "the change that came while it was gone";
  EXPECT_EQ(w.journal("returned").size(), 1u);
}

TEST(Gone, GoesOnWithACommentThatWasStillToBeCopied) {
  world w;
  w.incidents->add("1", plain_incident());
  w.sync();
  core::error const no{core::errc::forbidden, "may not write", core::effect::none};
  w.incidents->faults[call::comment] = {{no, false}};
  w.tickets->say("T1", "desk", "Laptop collected.");
  w.sync(std::chrono::seconds{0});
  w.tickets->hidden.insert("T1");
  w.sync();
  w.sync(std::chrono::seconds{600});
  ASSERT_EQ(w.link_of("1").state, store::link_state::gone);

  w.tickets->hidden.clear();
  w.tickets->edit("T1", {{"agent", "ann"}});
  w.sync();

  EXPECT_EQ(w.incidents->texts("1").size(), 1u);
}

TEST(Gone, GoesOnWithTheNextChangeOfItsIncident) {
  world w;
  lose_sight(w);

  w.tickets->hidden.clear();
  w.incidents->edit("1", {{"severity", "high"}});
  w.sync();

  EXPECT_EQ(w.link_of("1").state, store::link_state::linked);
  EXPECT_EQ(w.tickets->ids().size(), 1u);
}

TEST(Gone, GoesOnWithTheSweepThoughNothingChanges) {
  world w;
  lose_sight(w);

  w.tickets->hidden.clear();
  ASSERT_TRUE(support::run(w.loop, w.clock, w.sync_engine->sweep()));

  EXPECT_EQ(w.link_of("1").state, store::link_state::linked);
  EXPECT_EQ(w.tickets->field("T1", "urgency"), "2");
}

TEST(Gone, IsLookedForOnceForEachChangeOfItsIncident) {
  world w;
  lose_sight(w);
  w.incidents->edit("1", {{"severity", "high"}});
  w.sync();
  auto const reads = w.tickets->calls[call::read];

  for (int i = 0; i < 5; ++i) w.sync();

  EXPECT_EQ(w.tickets->calls[call::read], reads);
  EXPECT_EQ(w.journal("gone").size(), 1u);
}

TEST(Gone, ComesBackBeforeAnotherIncidentIsMergedIntoItsOwn) {
  world w;
  w.incidents->add("2", plain_incident());
  w.sync();
  w.incidents->add("1", plain_incident());
  w.sync();
  w.tickets->hidden.insert("T2");
  w.incidents->edit("1", {{"severity", "medium"}});
  w.sync();
  w.sync(std::chrono::seconds{600});
  ASSERT_EQ(w.link_of("1").state, store::link_state::gone);

  w.tickets->hidden.clear();
  w.incidents->merge("2", "1");
  w.incidents->edit("1", {{"severity", "high"}});
  for (int i = 0; i < 3; ++i) w.sync();

  EXPECT_EQ(w.link_of("1").ticket_id, "T2");
  EXPECT_EQ(w.link_of("1").state, store::link_state::linked);
  EXPECT_EQ(w.link_of("2").state, store::link_state::merged);
}

TEST(Gone, StaysSoWhereTheIncidentWentOnInAnotherTicket) {
  world w;
  lose_sight(w);
  order what;
  what.what = order::kind::new_ticket;
  ASSERT_TRUE(support::run(w.loop, w.clock, w.sync_engine->carry_out(what, w.link_of("1").id)));
  w.sync();
  auto const second = w.link_of("1").ticket_id;

  w.tickets->hidden.clear();
  w.tickets->edit("T1", {{"agent", "ann"}});
  ASSERT_TRUE(support::run(w.loop, w.clock, w.sync_engine->sweep()));
  w.sync();

  EXPECT_EQ(w.link_of("1").ticket_id, second);
  EXPECT_TRUE(w.journal("returned").empty());
}

TEST(Gone, IsForgottenWhenTheTicketTurnsUpAgain) {
  world w;
  w.incidents->add("1", plain_incident());
  w.sync();
  w.tickets->faults[call::read] = {};
  auto const ticket = w.tickets->at("T1");
  w.tickets->remove("T1");
  w.incidents->edit("1", {{"severity", "medium"}});
  w.sync();

  auto& back = w.tickets->add("T1", ticket.fields);
  back.version = ticket.version;
  w.wait(std::chrono::seconds{300});
  w.sync();

  EXPECT_EQ(w.link_of("1").state, store::link_state::linked);
  EXPECT_TRUE(w.link_of("1").parked.empty());
  EXPECT_EQ(w.tickets->field("T1", "urgency"), "2");
}

}  // namespace
}  // namespace connector::sync

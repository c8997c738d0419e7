#include "connector/sync/marks.hpp"
#include "test/sync/world.hpp"

namespace connector::sync {
namespace {

using core::effect;
using core::errc;
using core::error;
using call = world::call;

TEST(Merged, ClosesTheLosersTicketAndSaysWhereItGoesOn) {
  world w;
  w.incidents->add("1", plain_incident());
  w.incidents->add("2", plain_incident());
  w.sync();
  auto const loser = w.link_of("2").ticket_id;
  auto const survivor = w.link_of("1").ticket_id;

  w.incidents->merge("2", "1");
  w.sync();
  w.sync();

  EXPECT_EQ(w.tickets->field(loser, "state"), "6");
  EXPECT_EQ(w.tickets->field(loser, "code"), "Duplicate");
  ASSERT_EQ(w.tickets->texts(loser).size(), 1u);
  EXPECT_EQ(without_marks(w.tickets->texts(loser)[0]), "Continued in " + survivor + ".");
  EXPECT_EQ(w.link_of("2").state, store::link_state::merged);
  EXPECT_EQ(w.tickets->field(survivor, "state"), "1");
  EXPECT_EQ(w.counted().incidents_updated, 0u) << "nothing is written to a merged incident";
}

TEST(Merged, HandsItsTicketToASurvivorThatHasNone) {
  world w;
  w.incidents->add("2", plain_incident("high", "Two"));
  w.sync();
  w.incidents->add("1", plain_incident("low", "One"));

  w.incidents->merge("2", "1");
  w.sync();

  EXPECT_EQ(w.tickets->ids().size(), 1u);
  EXPECT_EQ(w.link_of("1").ticket_id, "T1");
  EXPECT_EQ(w.tickets->field("T1", "subject"), "One");
}

TEST(Merged, OfTwoLosersInOneBatchOnlyTheFirstHandsItsTicketOver) {
  world w;
  w.incidents->add("2", plain_incident("high", "Two"));
  w.incidents->add("3", plain_incident("high", "Three"));
  w.sync();
  w.incidents->add("1", plain_incident("low", "One"));

  w.incidents->merge("2", "1");
  w.incidents->merge("3", "1");
  w.sync();
  w.sync();

  EXPECT_EQ(w.tickets->ids().size(), 2u);
  EXPECT_EQ(w.link_of("1").state, store::link_state::linked);
  EXPECT_EQ(w.link_of("3").merged_into, w.link_of("1").id);
  EXPECT_EQ(w.tickets->field(w.link_of("3").ticket_id, "state"), "6");
}

TEST(Merged, HandsItsTicketToASurvivorThatWouldOpenOneInTheSameBatch) {
  world w;
  w.incidents->add("2", plain_incident("high", "Two"));
  w.sync();

  w.incidents->add("1", plain_incident("high", "One"));
  w.incidents->merge("2", "1");
  w.sync();
  w.sync();

  EXPECT_EQ(w.tickets->ids().size(), 1u);
  EXPECT_EQ(w.link_of("1").ticket_id, "T1");
}

/// Incident 2 takes its ticket along into 1, which had none. Returns it as it was.
adapter::object merge_into_one_without_a_ticket(world& w) {
  w.incidents->add("2", plain_incident("high", "Two"));
  w.sync();
  w.incidents->add("1", plain_incident("low", "One"));
  auto before = w.incidents->at("2");
  w.incidents->merge("2", "1");
  w.sync();
  return before;
}

TEST(Merged, IsNotOpenedAnewByARowThatShowsItAsItWas) {
  world w;
  auto const before = merge_into_one_without_a_ticket(w);
  ASSERT_EQ(w.link_of("1").ticket_id, "T1");

  w.incidents->rows_as_they_were["2"] = before;
  w.incidents->edit("1", {{"title", "One, again"}});
  w.sync();

  EXPECT_EQ(w.tickets->ids().size(), 1u);
  EXPECT_EQ(w.link_of("1").ticket_id, "T1");
}

TEST(Merged, IsNotOpenedAnewThoughListsAndReadsShowItAsItWas) {
  world w;
  auto const before = merge_into_one_without_a_ticket(w);

  w.incidents->rows_as_they_were["2"] = before;
  w.incidents->reads_as_they_were["2"] = before;
  w.sync();

  EXPECT_EQ(w.tickets->ids().size(), 1u);
}

TEST(Merged, WhileItsCreateIsInDoubtIsNotTakenForWhatALateListShows) {
  world w;
  w.incidents->add("1", plain_incident("high", "One"));
  w.incidents->add("2", plain_incident("high", "Two"));
  auto const before = w.incidents->at("2");
  w.tickets->faults[call::create] = {
      {error{errc::unreachable, "refused"}, false},
      {error{errc::timeout, "no answer", effect::unknown}, false}};
  w.sync(std::chrono::seconds{0});
  ASSERT_TRUE(w.link_of("2").outstanding);
  w.incidents->merge("2", "1");
  w.sync(std::chrono::seconds{60});
  ASSERT_TRUE(w.link_of("2").outstanding) << "the merge is known, and has to wait";

  w.incidents->rows_as_they_were["2"] = before;
  for (int i = 0; i < 40; ++i) w.sync(std::chrono::seconds{0}), w.wait(std::chrono::seconds{14});

  EXPECT_EQ(w.tickets->ids().size(), 1u);
  EXPECT_EQ(w.link_of("2").state, store::link_state::merged);
}

TEST(Merged, ThatLivesByItselfAgainGetsATicketOfItsOwn) {
  world w;
  w.incidents->add("2", plain_incident("high", "Two"));
  w.sync();
  w.incidents->add("1", plain_incident("low", "One"));
  w.incidents->merge("2", "1");
  w.sync();

  w.incidents->add("2", plain_incident("high", "Two")).version = 9;
  w.sync();

  EXPECT_EQ(w.tickets->ids().size(), 2u);
  EXPECT_EQ(w.link_of("1").ticket_id, "T1");
  EXPECT_EQ(w.link_of("2").ticket_id, "T2");
}

TEST(Merged, ThatLivesByItselfAgainGoesOnInANewTicketAfterTheClosedOne) {
  world w;
  w.incidents->add("1", plain_incident("high", "One"));
  w.incidents->add("2", plain_incident("high", "Two"));
  w.sync();
  auto const closed = w.link_of("2").ticket_id;
  w.incidents->merge("2", "1");
  w.sync();
  w.sync();
  ASSERT_EQ(w.tickets->field(closed, "state"), "6");

  w.incidents->unmerge("2");
  w.sync();
  w.sync();

  EXPECT_EQ(w.tickets->ids().size(), 3u);
  EXPECT_NE(w.link_of("2").ticket_id, closed);
  EXPECT_EQ(w.incidents->field("2", "status"), "active");
  EXPECT_EQ(w.tickets->field(w.link_of("2").ticket_id, "subject"), "Two");
}

TEST(Merged, WhileAWriteIsInDoubtIsFollowedOnceThatIsSettled) {
  world w;
  w.incidents->add("1", plain_incident("high", "One"));
  w.incidents->add("2", plain_incident("high", "Two"));
  w.sync();
  w.tickets->faults[world::call::update] = {
      {core::error{core::errc::timeout, "no answer", core::effect::unknown}, true}};
  core::error const down{core::errc::unreachable, "refused"};
  w.tickets->faults[world::call::changes] = {{down, false}};
  w.incidents->edit("2", {{"title", "Too"}});
  support::run(w.loop, w.clock, w.sync_engine->run_once(std::chrono::seconds{0})).has_value();
  ASSERT_TRUE(w.link_of("2").outstanding);

  w.tickets->edit(w.link_of("2").ticket_id, {{"state", "2"}});
  w.incidents->merge("2", "1");
  w.sync(std::chrono::seconds{60});

  EXPECT_EQ(w.counted().incidents_updated, 0u) << "nothing is written to a merged incident";
  EXPECT_EQ(w.link_of("2").state, store::link_state::merged);
}

TEST(Merged, FollowsAChainToItsEnd) {
  world w;
  for (auto const* id : {"1", "2", "3"}) w.incidents->add(id, plain_incident());
  w.sync();

  w.incidents->merge("3", "2");
  w.incidents->merge("2", "1");
  w.sync();
  w.sync();

  EXPECT_EQ(w.link_of("3").merged_into, w.link_of("1").id);
  EXPECT_EQ(w.link_of("2").merged_into, w.link_of("1").id);
}

TEST(Merged, InACircleIsReportedAndNotFollowedForEver) {
  world w;
  w.incidents->add("1", plain_incident());
  w.incidents->add("2", plain_incident());
  w.sync();

  w.incidents->merge("2", "1");
  w.incidents->merge("1", "2");
  w.sync(std::chrono::seconds{0});

  EXPECT_EQ(w.link_of("1").state, store::link_state::linked);
  EXPECT_TRUE(w.link_of("1").due);
  EXPECT_FALSE(w.journal("deferred").empty());
}

TEST(Merged, ClosesOnceWhenTheAnswerIsLost) {
  world w;
  w.incidents->add("1", plain_incident());
  w.incidents->add("2", plain_incident());
  w.sync();
  auto const loser = w.link_of("2").ticket_id;
  w.tickets->faults[call::update] = {{error{errc::timeout, "no answer", effect::unknown}, false}};
  w.tickets->faults[call::comment] = {{error{errc::timeout, "no answer", effect::unknown}, true}};

  w.incidents->merge("2", "1");
  w.sync(std::chrono::seconds{600});

  EXPECT_EQ(w.tickets->field(loser, "state"), "6");
  EXPECT_EQ(w.tickets->texts(loser).size(), 1u);
  EXPECT_FALSE(w.link_of("2").outstanding);
}

TEST(Merged, SendsARefusedClosingWriteAgainOnlyWhenAPersonSaysSo) {
  world w;
  w.incidents->add("1", plain_incident());
  w.incidents->add("2", plain_incident());
  w.sync();
  auto const loser = w.link_of("2").ticket_id;
  error refused{errc::rejected, "the ticket is archived", effect::none};
  for (int i = 0; i < 3; ++i) w.tickets->faults[call::update].push_back({refused, false});

  w.incidents->merge("2", "1");
  w.sync();
  auto const calls = w.tickets->calls[call::update];
  for (int i = 0; i < 3; ++i) w.sync(std::chrono::hours{2});

  EXPECT_EQ(w.tickets->calls[call::update], calls) << "it was refused, and nothing has changed";
  ASSERT_EQ(w.link_of("2").parked.size(), 1u);
  EXPECT_EQ(w.link_of("2").parked.front().reason, "the ticket is archived");

  w.tickets->faults[call::update].clear();
  auto const id = w.link_of("2").id;
  ASSERT_TRUE(support::run(w.loop, w.clock, w.sync_engine->carry_out(order{}, id)));
  w.sync();
  EXPECT_EQ(w.tickets->field(loser, "state"), "6");
  EXPECT_TRUE(w.link_of("2").parked.empty());
}

TEST(Merged, DoesNotSendARefusedClosingWriteAgainBecauseItsCommentIsLate) {
  world w;
  w.incidents->add("1", plain_incident());
  w.incidents->add("2", plain_incident());
  w.sync();
  error refused{errc::rejected, "the ticket is archived", effect::none};
  for (int i = 0; i < 9; ++i) w.tickets->faults[call::update].push_back({refused, false});
  for (int i = 0; i < 3; ++i) {
    w.tickets->faults[call::comment].push_back({error{errc::unreachable, "refused"}, false});
  }

  w.incidents->merge("2", "1");
  for (int i = 0; i < 3; ++i) w.sync(std::chrono::seconds{600});

  EXPECT_EQ(w.tickets->calls[call::update], 1);
  EXPECT_EQ(w.tickets->texts(w.link_of("2").ticket_id).size(), 1u);
}

TEST(Merged, BeforeItHadATicketGetsNone) {
  world w;
  w.incidents->add("1", plain_incident());
  w.incidents->add("2", plain_incident());
  w.tickets->faults[call::create] = {
      {error{errc::unreachable, "refused"}, false}, {error{errc::unreachable, "refused"}, false}};
  w.sync(std::chrono::seconds{0});
  w.incidents->merge("2", "1");

  w.sync(std::chrono::seconds{600});

  EXPECT_EQ(w.tickets->ids().size(), 1u);
}

TEST(Merged, BeforeItHadATicketIsLeftAloneWhenItIsLookedAtAgain) {
  world w;
  w.incidents->add("1", plain_incident());
  w.sync();
  w.incidents->add("2", plain_incident());
  w.tickets->faults[call::create] = {{error{errc::unreachable, "refused"}, false}};
  w.sync(std::chrono::seconds{0});
  w.incidents->merge("2", "1");
  w.sync(std::chrono::seconds{600});
  ASSERT_EQ(w.link_of("2").state, store::link_state::merged);

  auto again = w.link_of("2");
  again.due = w.clock.now();
  store::changes marked;
  marked.links.push_back(std::move(again));
  ASSERT_TRUE(support::run(w.loop, w.clock, w.store->commit(std::move(marked))));
  w.sync(std::chrono::seconds{600});

  EXPECT_EQ(w.tickets->ids().size(), 1u);
  EXPECT_FALSE(w.link_of("2").due);
}

TEST(MergedTicket, IsNoResolutionAndWaitsForAPerson) {
  world w;
  w.incidents->add("1", plain_incident());
  w.incidents->add("2", plain_incident());
  w.sync();
  auto const source = w.link_of("2").ticket_id;

  w.tickets->edit(source, {{"state", "6"}});
  w.tickets->merge(source, w.link_of("1").ticket_id);
  w.sync();
  w.incidents->edit("2", {{"title", "Changed"}});
  w.sync();
  for (int i = 0; i < 3; ++i) w.sync();

  EXPECT_EQ(w.incidents->field("2", "status"), "active");
  EXPECT_EQ(w.counted().incidents_updated + w.counted().tickets_updated, 0u);
  ASSERT_EQ(w.link_of("2").parked.size(), 1u);
  EXPECT_EQ(w.link_of("2").parked.front().rule, "(ticket)");
  EXPECT_EQ(w.journal("ticket_merged").size(), 1u) << "said once";
}

TEST(MergedTicket, LeavesNoWriteToItsIncidentInDoubt) {
  world w;
  w.incidents->add("1", plain_incident());
  w.incidents->add("2", plain_incident());
  w.sync();
  auto const source = w.link_of("2").ticket_id;
  w.incidents->faults[call::update] = {{error{errc::timeout, "no answer", effect::unknown}, false}};
  w.tickets->edit(source, {{"state", "2"}});
  w.sync(std::chrono::seconds{0});
  ASSERT_TRUE(w.link_of("2").outstanding);

  w.tickets->merge(source, w.link_of("1").ticket_id);
  w.sync(std::chrono::seconds{600});
  w.sync(std::chrono::seconds{600});

  EXPECT_FALSE(w.link_of("2").outstanding);
  EXPECT_FALSE(w.link_of("2").due);
  EXPECT_EQ(w.incidents->field("2", "status"), "active") << "nothing is decided for it any more";
}

TEST(MergedTicket, OfAnIncidentThatIsMergedWhileAWriteToItIsInDoubtIsFollowed) {
  world w;
  w.incidents->add("1", plain_incident());
  w.incidents->add("2", plain_incident());
  w.sync();
  auto const source = w.link_of("2").ticket_id;
  w.incidents->faults[call::update] = {{error{errc::timeout, "no answer", effect::unknown}, false}};
  w.tickets->edit(source, {{"state", "2"}});
  w.sync(std::chrono::seconds{0});
  ASSERT_TRUE(w.link_of("2").outstanding);

  w.incidents->merge("2", "1");
  w.tickets->merge(source, w.link_of("1").ticket_id);
  auto const written = w.tickets->calls[call::update];
  for (int i = 0; i < 3; ++i) w.sync(std::chrono::seconds{600});

  EXPECT_EQ(w.link_of("2").state, store::link_state::merged);
  EXPECT_EQ(w.link_of("2").merged_into, w.link_of("1").id);
  EXPECT_EQ(w.tickets->calls[call::update], written) << "nothing is written to a merged ticket";
}

TEST(MergedTicket, GoesOnWhenTheMergeIsTakenBack) {
  world w;
  w.incidents->add("1", plain_incident());
  w.incidents->add("2", plain_incident());
  w.sync();
  auto const source = w.link_of("2").ticket_id;
  w.tickets->merge(source, w.link_of("1").ticket_id);
  w.sync();

  w.tickets->unmerge(source);
  w.tickets->edit(source, {{"state", "2"}});
  w.sync();

  EXPECT_EQ(w.incidents->field("2", "status"), "inProgress");
  EXPECT_TRUE(w.link_of("2").parked.empty());
}

}  // namespace
}  // namespace connector::sync

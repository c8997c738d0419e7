#include "connector/sync/comments.hpp"
#include "test/sync/world.hpp"

/// Updates whose outcome is unknown for a while.
namespace connector::sync {
namespace {

using core::effect;
using core::errc;
using core::error;
using call = world::call;

TEST(Update, WhoseAnswerIsLostIsSettledByReading) {
  world w;
  w.incidents->add("1", plain_incident());
  w.sync();
  w.tickets->faults[call::update] = {lost_reply()};

  w.incidents->edit("1", {{"severity", "medium"}});
  w.sync(std::chrono::seconds{10});

  EXPECT_EQ(w.tickets->field("T1", "urgency"), "2");
  EXPECT_FALSE(w.link_of("1").outstanding);
  EXPECT_EQ(w.tickets->calls[call::update], 1);
}

TEST(Update, ThatNeverArrivedIsSentAgainAfterTheHorizon) {
  world w;
  w.incidents->add("1", plain_incident());
  w.sync();
  w.tickets->faults[call::update] = {lost_request()};

  w.incidents->edit("1", {{"severity", "medium"}});
  w.sync(std::chrono::seconds{600});

  EXPECT_EQ(w.tickets->field("T1", "urgency"), "2");
  EXPECT_EQ(w.tickets->calls[call::update], 2);
}

TEST(Update, ThatWasRevertedByAPersonBeforeWeKnewIsAConflictAndNotOverwritten) {
  world w{plain_map()};
  w.incidents->add("1", plain_incident());
  w.sync();
  w.incidents->faults[call::update] = {lost_reply()};
  w.tickets->edit("T1", {{"urgency", "2"}});
  w.sync(std::chrono::seconds{0});
  ASSERT_EQ(w.incidents->field("1", "severity"), "medium");

  w.incidents->edit("1", {{"severity", "high"}});
  w.sync(std::chrono::seconds{600});

  EXPECT_EQ(w.incidents->field("1", "severity"), "high") << "a person set it back";
  EXPECT_EQ(w.tickets->field("T1", "urgency"), "1");
  EXPECT_EQ(w.journal("conflict").size(), 1u);
}

TEST(Update, OfUnknownOutcomeIsNotTakenForAPersonsEditLater) {
  auto one_way = plain_map();
  auto const rule = std::string{"{incident: title, ticket: subject, sync: to_ticket}"};
  one_way.replace(
      one_way.find(rule), rule.size(), "{incident: verdict, ticket: subject, sync: to_ticket}"
  );
  auto const verdict = one_way.find("  - incident: verdict");
  one_way.erase(verdict, one_way.find("merging_settles_after") - verdict);
  world w{one_way};
  auto first = plain_incident();
  first["verdict"] = "Fine";
  w.incidents->add("1", first);
  w.sync();
  w.tickets->faults[call::update] = {lost_reply()};
  core::error const down{errc::unreachable, "refused"};
  w.tickets->faults[call::changes] = {{down, false}};
  w.incidents->edit("1", {{"verdict", "Bad"}, {"severity", "medium"}});
  support::run(w.loop, w.clock, w.sync_engine->run_once(std::chrono::seconds{0})).has_value();
  ASSERT_TRUE(w.link_of("1").outstanding);

  w.tickets->edit("T1", {{"urgency", "3"}});
  w.incidents->edit("1", {{"verdict", "Fine"}});
  for (int i = 0; i < 3; ++i) w.sync(std::chrono::seconds{600});

  EXPECT_EQ(w.tickets->field("T1", "subject"), "Fine") << "our own write is nobody's edit";
}

TEST(Update, ThatOverwroteAPersonsEditWhenItTookEffectLateIsOnRecord) {
  world w;
  w.incidents->add("1", plain_incident());
  w.sync();
  w.tickets->faults[call::update] = {lost_request()};
  w.incidents->edit("1", {{"severity", "medium"}});
  w.sync(std::chrono::seconds{0});

  w.tickets->edit("T1", {{"urgency", "3"}});
  w.tickets->edit("T1", {{"urgency", "2"}});  // our write, at last
  w.sync(std::chrono::seconds{600});

  EXPECT_FALSE(w.link_of("1").outstanding);
  EXPECT_EQ(w.journal("changed_meanwhile").size(), 1u);
}

TEST(Update, PutsOnRecordOnceWhatAPersonWroteWhileItWasInDoubt) {
  world w;
  w.incidents->add("1", plain_incident());
  w.sync();
  w.incidents->faults[call::update] = {lost_request()};
  w.tickets->edit("T1", {{"urgency", "2"}});
  w.sync(std::chrono::seconds{0});
  ASSERT_TRUE(w.link_of("1").outstanding);

  w.incidents->edit("1", {{"severity", "low"}});
  w.sync(std::chrono::seconds{60});
  ASSERT_TRUE(w.link_of("1").outstanding);
  w.incidents->edit("1", {{"severity", "medium"}});  // our write, at last
  w.sync(std::chrono::seconds{600});

  EXPECT_FALSE(w.link_of("1").outstanding);
  EXPECT_EQ(w.journal("changed_meanwhile").size(), 1u);
  auto const seen = w.journal("seen");
  EXPECT_TRUE(std::any_of(seen.begin(), seen.end(), [](auto const& line) {
    return line.data.at_pointer("/object/fields/severity") == "low";
  }));
}

TEST(Update, DecidedFromSomebodysEditDoesNotTakeThatForOneMadeMeanwhile) {
  world w;
  w.incidents->add("1", plain_incident());
  w.sync();
  w.tickets->edit("T1", {{"agent", "ann"}});
  w.incidents->edit("1", {{"severity", "medium"}});
  w.sync();

  EXPECT_EQ(w.tickets->field("T1", "urgency"), "2");
  EXPECT_TRUE(w.journal("changed_meanwhile").empty());
}

TEST(Update, OfAnUnreachableSystemIsTriedAgainAndNothingIsLost) {
  world w;
  w.incidents->add("1", plain_incident());
  w.sync();
  for (int i = 0; i < 3; ++i) {
    w.tickets->faults[call::update].push_back({error{errc::unreachable, "refused"}, false});
  }

  w.incidents->edit("1", {{"severity", "medium"}});
  w.sync(std::chrono::seconds{120});

  EXPECT_EQ(w.tickets->field("T1", "urgency"), "2");
  EXPECT_FALSE(w.link_of("1").due);
}

TEST(Horizon, OfACommentBeginsWhenItMayHaveGoneOutAndNotWhenItWasDecided) {
  auto const decided = *core::parse_time("2026-03-01T09:00:00Z");
  auto const failed = decided + std::chrono::minutes{2};
  error const lost{errc::timeout, "no answer", effect::unknown};
  store::comment_entry comment;
  comment.state = store::comment_state::in_doubt;
  comment.not_before = decided + std::chrono::minutes{4};

  auto const doubtful = after_posting(comment, lost, failed, failed, std::chrono::seconds{240});

  EXPECT_EQ(doubtful.not_before, failed + std::chrono::minutes{4});
}

TEST(Row, WithTheStampOfOurOwnWriteIsNoReading) {
  world w;
  w.incidents->count_stamps_in(core::ticks{10});
  w.incidents->add("1", plain_incident());
  w.sync();
  w.tickets->edit("T1", {{"state", "2"}});
  auto as_it_was = w.incidents->at("1");
  w.sync();
  ASSERT_EQ(w.incidents->field("1", "status"), "inProgress");

  // A list that shows the incident as it was before our write, with a stamp that is no older.
  as_it_was.version = w.incidents->at("1").version + 1;
  as_it_was.changed_at = w.clock.now();
  w.incidents->rows_as_they_were["1"] = as_it_was;
  w.sync();

  EXPECT_EQ(w.incidents->field("1", "status"), "inProgress");
  EXPECT_EQ(w.tickets->field("T1", "state"), "2");
}

}  // namespace
}  // namespace connector::sync

#include "connector/sync/marks.hpp"
#include "test/sync/world.hpp"

namespace connector::sync {
namespace {

using core::effect;
using core::errc;
using core::error;
using call = world::call;

std::vector<std::string> unmarked(std::vector<std::string> texts) {
  for (auto& t : texts) t = without_marks(t);
  return texts;
}

TEST(Comments, ReachTheOtherSideOnce) {
  world w;
  w.incidents->add("1", plain_incident());
  w.incidents->say("1", "soc", "Host isolated.");
  w.sync();
  w.tickets->say("T1", "desk", "Laptop collected.");
  for (int i = 0; i < 4; ++i) w.sync();

  EXPECT_EQ(w.incidents->texts("1").size(), 2u);
  EXPECT_EQ(w.tickets->texts("T1").size(), 2u);
  EXPECT_EQ(unmarked(w.tickets->texts("T1"))[0], "Host isolated.");
  EXPECT_EQ(unmarked(w.incidents->texts("1"))[1], "Laptop collected.");
}

TEST(Comments, AreNotPostedTwiceWhenTheAnswerIsLost) {
  world w;
  w.incidents->add("1", plain_incident());
  w.sync();
  w.tickets->faults[call::comment] = {{error{errc::timeout, "no answer", effect::unknown}, true}};

  w.incidents->say("1", "soc", "Host isolated.");
  w.sync(std::chrono::seconds{600});

  EXPECT_EQ(w.tickets->texts("T1").size(), 1u);
  EXPECT_EQ(w.tickets->calls[call::comment], 1);
}

TEST(Comments, ThatNeverArrivedArePostedAgainAfterTheHorizon) {
  world w;
  w.incidents->add("1", plain_incident());
  w.sync();
  w.tickets->faults[call::comment] = {{error{errc::timeout, "no answer", effect::unknown}, false}};

  w.incidents->say("1", "soc", "Host isolated.");
  w.sync(std::chrono::seconds{600});

  EXPECT_EQ(w.tickets->texts("T1").size(), 1u);
}

TEST(Comments, OfAPersonWhoQuotesACopyAreTheirOwn) {
  world w;
  w.incidents->add("1", plain_incident());
  w.incidents->say("1", "soc", "Host isolated.");
  w.sync();
  auto const copy = w.tickets->texts("T1").at(0);

  w.tickets->say("T1", "desk", "> " + copy + "\nThanks!");
  w.tickets->say("T1", "desk", copy);
  for (int i = 0; i < 3; ++i) w.sync();

  auto const there = unmarked(w.incidents->texts("1"));
  ASSERT_EQ(there.size(), 3u);
  EXPECT_NE(there[1].find("Thanks!"), std::string::npos);
  EXPECT_EQ(there[2], "Host isolated.") << "a pasted copy is somebody's own words";
}

TEST(Comments, ThatAreRefusedStandOnRecordAndHoldNothingElseUp) {
  world w;
  w.incidents->add("1", plain_incident());
  w.sync();
  w.tickets->faults[call::comment] = {{error{errc::rejected, "record is read only"}, false}};

  w.incidents->say("1", "soc", "Late words.");
  w.incidents->edit("1", {{"severity", "medium"}});
  w.sync();

  EXPECT_EQ(w.tickets->field("T1", "urgency"), "2");
  std::vector<std::string> ids{w.link_of("1").id};
  auto const ledger = support::run(w.loop, w.clock, w.store->comments(ids));
  ASSERT_EQ(ledger->size(), 1u);
  EXPECT_EQ(ledger->front().state, store::comment_state::parked);
  EXPECT_EQ(ledger->front().detail, "record is read only");
}

TEST(Comments, OfCustomersStayWhereTheyAreUnlessTheMapTakesThem) {
  world w;
  w.incidents->add("1", plain_incident());
  w.sync();

  w.tickets->say("T1", "customer", "When will my laptop be back?", true);
  w.sync();

  EXPECT_TRUE(w.incidents->texts("1").empty());
}

TEST(Comments, SurviveACrashBetweenPostingAndTheAnswer) {
  world w;
  w.incidents->add("1", plain_incident());
  w.sync();
  w.tickets->faults[call::comment] = {{error{errc::timeout, "no answer", effect::unknown}, true}};
  w.incidents->say("1", "soc", "Host isolated.");
  w.sync(std::chrono::seconds{0});

  w.restart();
  w.sync(std::chrono::seconds{600});

  EXPECT_EQ(w.tickets->texts("T1").size(), 1u);
}

TEST(Comments, ThatMayNotBePostedAreTriedLessAndLessOften) {
  world w;
  w.incidents->add("1", plain_incident());
  w.sync();
  error const no{errc::forbidden, "the permission is withdrawn", effect::none};
  w.tickets->faults[call::comment].assign(1000, {no, false});

  w.incidents->say("1", "soc", "Host isolated.");
  w.sync(std::chrono::hours{1});
  EXPECT_LT(w.tickets->calls[call::comment], 30);

  w.tickets->faults.clear();
  w.sync(std::chrono::hours{1});
  EXPECT_EQ(w.tickets->texts("T1").size(), 1u);
}

TEST(Comments, InDoubtSinceACrashWaitFromWhenTheyWereSentAndNotFromWhenTheyWereDecided) {
  world w;
  w.incidents->add("1", plain_incident());
  w.sync();
  w.tickets->say("T1", "desk", "Laptop collected.");
  w.incidents->edit("1", {{"title", "Changed"}});
  // The ticket's update, which goes first, takes long.
  w.tickets->just_before_write = [&w](auto const&) { w.wait(std::chrono::seconds{200}); };
  std::shared_ptr<store::memory_disk> durable;
  w.incidents->just_before_write = [&](auto const&) {
    durable = std::make_shared<store::memory_disk>(*w.disk);
  };
  w.incidents->faults[call::comment] = {
      {error{errc::timeout, "no answer", effect::unknown}, false}};
  w.sync(std::chrono::seconds{0});
  ASSERT_TRUE(durable);
  w.disk = durable;
  w.restart();

  w.sync(std::chrono::seconds{230});
  EXPECT_EQ(w.incidents->calls[call::comment], 1) << "it may still arrive";

  w.sync(std::chrono::seconds{600});
  EXPECT_EQ(w.incidents->texts("1").size(), 1u);
}

/// A copy was posted to incident 1 and its answer lost; the process is new since. Returns the
/// incident without the copy, with an edit that nothing has shown so far.
adapter::object lose_the_answer_to_a_copy(world& w) {
  w.incidents->add("1", plain_incident());
  w.sync();
  w.incidents->rows_as_they_were["1"] = w.incidents->at("1");
  w.incidents->reads_as_they_were["1"] = w.incidents->at("1");
  w.incidents->edit("1", {{"title", "Renamed"}});
  auto before = w.incidents->at("1");
  w.tickets->say("T1", "desk", "Laptop collected.");
  w.incidents->faults[call::comment] = {{error{errc::timeout, "no answer", effect::unknown}, true}};
  w.sync(std::chrono::seconds{0});
  w.restart();
  w.incidents->reads_as_they_were.clear();
  w.wait(std::chrono::minutes{7});
  return before;
}

TEST(Comments, InDoubtAreNotJudgedByAListThatShowsTheObjectAsItWas) {
  world w;
  w.incidents->rows_as_they_were["1"] = lose_the_answer_to_a_copy(w);
  w.incidents->faults[call::read] = {{error{errc::unreachable, "no route", effect::none}, false}};
  w.sync(std::chrono::seconds{600});

  EXPECT_EQ(w.incidents->texts("1").size(), 1u);
}

TEST(Comments, InDoubtAreSentAgainOnlyAfterTwoLooksThatDoNotShowThem) {
  world w;
  auto const before = lose_the_answer_to_a_copy(w);
  w.incidents->rows_as_they_were["1"] = w.incidents->reads_as_they_were["1"] = before;
  w.sync(std::chrono::seconds{0});
  w.incidents->reads_as_they_were.clear();
  w.sync(std::chrono::seconds{600});

  EXPECT_EQ(w.incidents->texts("1").size(), 1u);
}

TEST(Comments, ThatAreEditedAreFollowedByTheirNewWordsOnce) {
  world w;
  w.incidents->add("1", plain_incident());
  w.sync();
  w.tickets->say("T1", "desk", "Do not isolate the host.");
  w.sync();
  w.tickets->rephrase("T1", "Isolate the host.");
  w.incidents->faults[call::comment] = {{error{errc::timeout, "no answer", effect::unknown}, true}};
  for (int i = 0; i < 3; ++i) w.sync(std::chrono::seconds{600});

  auto const there = unmarked(w.incidents->texts("1"));
  ASSERT_EQ(there.size(), 2u);
  EXPECT_EQ(there[0], "Do not isolate the host.");
  EXPECT_EQ(there[1], "Edited: Isolate the host.");
  EXPECT_EQ(w.tickets->texts("T1").size(), 1u) << "nothing comes back";

  // Back to the first words is one more edit; a look that changes nothing is none.
  w.tickets->rephrase("T1", "Do not isolate the host.");
  w.sync();
  w.tickets->rephrase("T1", "Do not isolate the host.");
  for (int i = 0; i < 3; ++i) w.sync();
  EXPECT_EQ(w.incidents->texts("1").size(), 3u);
}

TEST(Comments, ThatAreEditedBeforeTheirCopyArrivesAreCopiedAsTheyAre) {
  world w;
  w.incidents->add("1", plain_incident());
  w.sync();
  w.incidents->faults[call::comment] = {{error{errc::rate_limited, "busy", effect::none}, false}};
  w.tickets->say("T1", "desk", "Laptop colected.");
  w.sync(std::chrono::seconds{0});
  w.tickets->rephrase("T1", "Laptop collected.");
  for (int i = 0; i < 3; ++i) w.sync(std::chrono::seconds{600});

  EXPECT_EQ(unmarked(w.incidents->texts("1")), (std::vector<std::string>{"Laptop collected."}));
}

TEST(Comments, AndTheirEditsAreKnownAgainThoughTheStoreIsLost) {
  world w;
  w.incidents->add("1", plain_incident());
  w.sync();
  w.tickets->say("T1", "desk", "One.");
  w.sync();
  w.tickets->rephrase("T1", "Two.");
  w.sync();
  w.tickets->rephrase("T1", "Three.");
  w.sync();
  ASSERT_EQ(w.incidents->texts("1").size(), 3u);

  w.disk = std::make_shared<store::memory_disk>();
  w.restart();
  for (int i = 0; i < 3; ++i) w.sync(std::chrono::seconds{600});

  EXPECT_EQ(w.incidents->texts("1").size(), 3u);
  EXPECT_EQ(w.tickets->texts("T1").size(), 1u);
}

TEST(Comments, OfAPersonBetweenOurReadingAndOurPostingAreNotLost) {
  for (bool const to_ticket : {true, false}) {
    world w;
    w.incidents->add("1", plain_incident());
    w.sync();
    auto& written = to_ticket ? *w.tickets : *w.incidents;
    written.just_before_write = [&](std::string const& id) {
      if (written.texts(id).empty()) written.say(id, "somebody", "Faster.");
    };

    if (to_ticket) {
      w.incidents->say("1", "soc", "Host isolated.");
    } else {
      w.tickets->say("T1", "desk", "Laptop collected.");
    }
    for (int i = 0; i < 4; ++i) w.sync();

    EXPECT_EQ(w.incidents->texts("1").size(), 2u);
    EXPECT_EQ(w.tickets->texts("T1").size(), 2u);
  }
}

TEST(Comments, OfOursThatMoveNoVersionHideNoneOfAPerson) {
  world w;
  w.tickets->own_comments_count = false;
  w.incidents->add("1", plain_incident());
  w.sync();
  w.incidents->edit("1", {{"severity", "medium"}});
  w.sync();
  w.tickets->just_before_write = [&](std::string const& id) {
    w.tickets->just_before_write = nullptr;
    w.tickets->say(id, "desk", "Laptop collected.");
  };

  w.incidents->say("1", "soc", "Host isolated.");
  for (int i = 0; i < 3; ++i) w.sync();

  EXPECT_EQ(w.incidents->texts("1").size(), 2u) << "the counter moved by one, and not by ours";
}

TEST(Comments, InDoubtAreNotForgottenWhenTheLinkIsWrittenMeanwhile) {
  world w;
  w.incidents->add("1", plain_incident());
  w.sync();
  w.tickets->faults[call::comment] = {{error{errc::timeout, "no answer", effect::unknown}, false}};
  w.incidents->say("1", "soc", "Host isolated.");
  w.sync(std::chrono::seconds{0});

  w.incidents->edit("1", {{"severity", "medium"}});
  w.sync(std::chrono::seconds{0});
  ASSERT_EQ(w.tickets->field("T1", "urgency"), "2");
  w.sync(std::chrono::seconds{600});

  EXPECT_EQ(w.tickets->texts("T1").size(), 1u);
}

TEST(Comments, InDoubtAreNotForgottenWhenAWriteInDoubtIsSettled) {
  world w;
  w.incidents->add("1", plain_incident());
  w.sync();
  w.tickets->faults[call::comment] = {{error{errc::timeout, "no answer", effect::unknown}, false}};
  w.tickets->faults[call::update] = {{error{errc::timeout, "no answer", effect::unknown}, true}};
  w.incidents->say("1", "soc", "Host isolated.");
  w.incidents->edit("1", {{"severity", "medium"}});
  w.sync(std::chrono::seconds{0});

  w.restart();
  w.sync(std::chrono::seconds{600});

  EXPECT_EQ(w.tickets->texts("T1").size(), 1u);
  EXPECT_EQ(w.tickets->field("T1", "urgency"), "2");
}

TEST(Comments, ThatCameBetweenOurReadAndOurWriteAreNotPassedOver) {
  world w;
  w.incidents->add("1", {{"title", "Ransomware"}, {"status", "active"}, {"severity", "high"}});
  w.sync();
  w.tickets->just_before_write = [&](std::string const& id) {
    w.tickets->just_before_write = nullptr;
    w.tickets->say(id, "desk", "Laptop collected.");
  };

  w.incidents->edit("1", {{"severity", "medium"}});
  w.sync();

  EXPECT_EQ(w.tickets->field("T1", "urgency"), "2");
  EXPECT_EQ(w.incidents->texts("1").size(), 1u);
}

TEST(Comments, ThatArrivedNeedNoSecondLook) {
  world w;
  w.incidents->add("1", plain_incident());
  w.sync();
  w.incidents->say("1", "soc", "Host isolated.");
  w.sync();
  w.sync();

  EXPECT_FALSE(w.link_of("1").due);
}

TEST(Marks, AreFoundOnlyAtTheEnd) {
  auto const text = with_mark("words", "abcdefghij234567abcd");

  EXPECT_EQ(split_mark(text)->mark, "abcdefghij234567abcd");
  EXPECT_EQ(split_mark(text)->text, "words");
  EXPECT_TRUE(split_mark(text + "\n \r\n"));
  EXPECT_FALSE(split_mark(text + " more"));
  EXPECT_FALSE(split_mark("[sync:short]"));
  EXPECT_EQ(without_marks(text + " and " + text), "words\n and words");
}

}  // namespace
}  // namespace connector::sync

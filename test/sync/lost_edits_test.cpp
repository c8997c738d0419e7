#include "test/sync/world.hpp"

namespace connector::sync {
namespace {

using store::link_state;

core::record incident() {
  return {
      {"title", "Bad mail"},
      {"status", "active"},
      {"severity", "high"},
      {"owner", "ann"},
      {"note", "first"},
  };
}

/// A pair in step, whose ticket system keeps a history of edits.
struct pair : world {
  explicit pair(std::string const& map = plain_map()) : world{map} {
    tickets->keep_history();
    incidents->add("1", incident());
    sync();
    wait(std::chrono::hours{3});  // owners may be written now
    sync();
  }

  /// Somebody edits the ticket between our reading and our write; once.
  void edit_in_the_gap(core::record fields) {
    tickets->just_before_write = [this, fields, done = false](std::string const& id) mutable {
      if (!std::exchange(done, true)) tickets->edit(id, fields);
    };
  }

  void settle() {
    for (int i = 0; i < 4; ++i) sync(std::chrono::seconds{60});
  }
};

TEST(LostEdit, OfARuleThatTheIncidentWinsIsOnRecordAndStaysOverwritten) {
  pair w;
  w.incidents->edit("1", {{"severity", "medium"}});
  w.edit_in_the_gap({{"urgency", "3"}});
  w.settle();

  EXPECT_EQ(w.tickets->field("T1", "urgency"), "2");
  EXPECT_EQ(w.incidents->field("1", "severity"), "medium");
  auto const noticed = w.journal("changed_meanwhile");
  ASSERT_EQ(noticed.size(), 1u);
  auto const& what = noticed[0].data.at_pointer("/overwritten/0");
  EXPECT_EQ(what.at("field"), "urgency");
  EXPECT_EQ(what.at("value"), "3");
  EXPECT_EQ(what.at("by"), "Ann Desk");
  ASSERT_EQ(w.journal("conflict").size(), 1u);
  EXPECT_EQ(w.journal("conflict")[0].data.at("winner"), "incident");
  EXPECT_EQ(w.journal("conflict")[0].data.at("ticket"), (core::group{"3"}));
  EXPECT_TRUE(w.link_of("1").conflicts.empty());
}

TEST(LostEdit, OfARuleThatTheTicketWinsComesBack) {
  pair w;
  w.incidents->edit("1", {{"owner", "bob"}});
  w.edit_in_the_gap({{"agent", "carol"}});
  w.settle();

  EXPECT_EQ(w.incidents->field("1", "owner"), "carol");
  EXPECT_EQ(w.tickets->field("T1", "agent"), "carol");
  ASSERT_EQ(w.journal("conflict").size(), 1u);
  EXPECT_EQ(w.journal("conflict")[0].data.at("winner"), "ticket");
  EXPECT_TRUE(w.link_of("1").conflicts.empty());
}

TEST(LostEdit, ThatIsYetToComeBackIsRuledOnAgainWhenTheOtherSideChanges) {
  pair w;
  w.incidents->edit("1", {{"owner", "bob"}});
  w.edit_in_the_gap({{"agent", "carol"}});
  w.incidents->faults[world::call::update] = {
      {core::error{core::errc::rate_limited, "busy", core::effect::none}, false}};
  w.sync(std::chrono::seconds{0});
  w.incidents->edit("1", {{"owner", "dave"}});
  w.settle();

  EXPECT_EQ(w.incidents->field("1", "owner"), "carol") << "the map lets the ticket win";
  ASSERT_GE(w.journal("conflict").size(), 2u);
  EXPECT_EQ(w.journal("conflict").front().data.at("incident"), (core::group{"dave"}))
      << "and what was overwritten is on record";
}

TEST(LostEdit, OfAStateThatWentFurtherComesBack) {
  pair w;
  w.incidents->edit("1", {{"status", "inProgress"}});
  w.edit_in_the_gap({{"state", "6"}, {"code", "Fine"}});
  w.settle();

  EXPECT_EQ(w.incidents->field("1", "status"), "resolved");
  EXPECT_EQ(w.tickets->field("T1", "state"), "6");
}

TEST(LostEdit, ComesBackAfterACrashAtAnyPointOfTheWay) {
  pair w;
  w.incidents->edit("1", {{"owner", "bob"}});
  w.edit_in_the_gap({{"agent", "carol"}});
  w.sync(std::chrono::seconds{0});
  for (int i = 0; i < 4; ++i) {
    w.restart();
    w.sync(std::chrono::seconds{0});
  }
  w.settle();

  EXPECT_EQ(w.incidents->field("1", "owner"), "carol");
  EXPECT_EQ(w.tickets->field("T1", "agent"), "carol");
}

TEST(LostEdit, ComesBackAlthoughTheAnswerToTheFirstHalfWasLost) {
  for (auto const took_effect : {false, true}) {
    pair w;
    w.incidents->faults[pair::call::update] = {
        {core::error{core::errc::timeout, "no answer", core::effect::unknown}, took_effect}};
    w.incidents->edit("1", {{"owner", "bob"}});
    w.edit_in_the_gap({{"agent", "carol"}});
    w.settle();
    w.sync(std::chrono::seconds{1200});
    w.settle();

    EXPECT_EQ(w.incidents->field("1", "owner"), "carol") << took_effect;
    EXPECT_EQ(w.tickets->field("T1", "agent"), "carol") << took_effect;
  }
}

TEST(LostEdit, IsFoundThoughTheAnswerToTheWriteThatReplacedItWasLost) {
  for (bool const crashed : {false, true}) {
    pair w;
    w.tickets->faults[pair::call::update] = {lost_reply()};
    w.incidents->edit("1", {{"owner", "bob"}, {"severity", "medium"}});
    w.edit_in_the_gap({{"agent", "carol"}, {"urgency", "3"}});
    w.sync(std::chrono::seconds{0});
    if (crashed) w.restart();
    w.settle();

    EXPECT_EQ(w.incidents->field("1", "owner"), "carol") << "the map lets the ticket win";
    EXPECT_EQ(w.tickets->field("T1", "agent"), "carol");
    EXPECT_EQ(w.tickets->field("T1", "urgency"), "2") << "and here the incident";
    EXPECT_EQ(w.journal("changed_meanwhile").size(), 1u);
    EXPECT_EQ(w.journal("conflict").size(), 2u);
    EXPECT_TRUE(w.link_of("1").conflicts.empty());
  }
}

TEST(LostEdit, ThatWasSeenIsNoneThoughTheAnswerWasLost) {
  pair w;
  w.tickets->faults[pair::call::update] = {lost_reply()};
  w.incidents->edit("1", {{"severity", "medium"}});
  w.tickets->edit("T1", {{"urgency", "3"}});  // a plain conflict: the rule says incident
  w.settle();

  EXPECT_TRUE(w.journal("changed_meanwhile").empty());
  EXPECT_EQ(w.journal("conflict").size(), 1u);
}

TEST(LostEdit, ThatCannotBeLookedUpHoldsNothingUp) {
  pair w;
  w.tickets->faults[pair::call::update] = {lost_reply()};
  w.tickets->faults[pair::call::history] = {
      {core::error{core::errc::forbidden, "no history", core::effect::none}, false}};
  w.incidents->edit("1", {{"owner", "bob"}});
  w.edit_in_the_gap({{"agent", "carol"}});
  w.settle();

  EXPECT_EQ(w.tickets->field("T1", "agent"), "bob");
  EXPECT_FALSE(w.link_of("1").outstanding);
}

TEST(LostEdit, GivesWayToALaterOneOfSomebodyWhoSawOurs) {
  pair w;
  w.incidents->edit("1", {{"note", "ours"}});
  w.edit_in_the_gap({{"remark", "theirs"}});
  w.settle();
  ASSERT_EQ(w.link_of("1").conflicts.size(), 1u);

  w.tickets->edit("T1", {{"remark", "later"}});
  w.settle();

  EXPECT_EQ(w.incidents->field("1", "note"), "later");
  EXPECT_EQ(w.tickets->field("T1", "remark"), "later");
  EXPECT_TRUE(w.link_of("1").conflicts.empty());
}

class LostEditAsked : public testing::TestWithParam<mapping::side> {};
INSTANTIATE_TEST_SUITE_P(
    Sides,
    LostEditAsked,
    testing::Values(mapping::side::incident, mapping::side::ticket),
    [](auto const& p) { return p.param == mapping::side::incident ? "Incident" : "Ticket"; }
);

TEST_P(LostEditAsked, WaitsForAPersonWhoseWordIsDone) {
  pair w;
  w.incidents->edit("1", {{"note", "ours"}});
  w.edit_in_the_gap({{"remark", "theirs"}});
  w.settle();
  auto const waiting = w.link_of("1").conflicts;
  ASSERT_EQ(waiting.size(), 1u);
  EXPECT_EQ(waiting[0].incident, (core::group{"ours"}));
  EXPECT_EQ(waiting[0].ticket, (core::group{"theirs"}));
  EXPECT_EQ(waiting[0].overwritten, mapping::side::ticket);
  EXPECT_EQ(w.tickets->field("T1", "remark"), "ours");

  order what;
  what.what = order::kind::resolve;
  what.rule = waiting[0].rule;
  what.winner = GetParam();
  auto const link = w.link_of("1").id;
  ASSERT_TRUE(support::run(w.loop, w.clock, w.sync_engine->carry_out(what, link)));
  w.settle();

  auto const expected = GetParam() == mapping::side::incident ? "ours" : "theirs";
  EXPECT_EQ(w.incidents->field("1", "note"), expected);
  EXPECT_EQ(w.tickets->field("T1", "remark"), expected);
  EXPECT_TRUE(w.link_of("1").conflicts.empty());
}

TEST(LostEdit, WithoutAValueIsOnRecordAndNothingIsDecidedByIt) {
  pair w;
  w.tickets->untold = {"agent"};
  w.incidents->edit("1", {{"owner", "bob"}});
  w.wait(std::chrono::seconds{1});
  w.edit_in_the_gap({{"agent", "carol"}});
  w.settle();

  EXPECT_EQ(w.tickets->field("T1", "agent"), "bob");
  EXPECT_EQ(w.journal("changed_meanwhile").size(), 1u);
  EXPECT_TRUE(w.journal("conflict").empty());
}

TEST(LostEdit, ThatWasSeenBeforeItWasDecidedIsNone) {
  pair w;
  w.incidents->edit("1", {{"severity", "medium"}});
  w.tickets->edit("T1", {{"urgency", "3"}});  // a plain conflict: the rule says incident
  w.settle();

  EXPECT_TRUE(w.journal("changed_meanwhile").empty());
  EXPECT_EQ(w.journal("conflict").size(), 1u);
}

TEST(LostEdit, ThatSaidTheSameIsNoConflict) {
  pair w;
  w.incidents->edit("1", {{"severity", "medium"}});
  w.edit_in_the_gap({{"urgency", "2"}});
  w.settle();

  EXPECT_TRUE(w.journal("conflict").empty());
  EXPECT_EQ(w.tickets->field("T1", "urgency"), "2");
}

TEST(LostEdit, OfASetIsMerged) {
  pair w{R"(
mapping: sets
version: 1
incident: incidents
ticket: tickets
open: all
rules:
  - {incident: title, ticket: subject, sync: to_ticket}
  - {incident: tags, ticket: labels, sync: both, conflict: merge}
)"};
  w.incidents->edit("1", {{"tags", boost::json::array{"a"}}});
  w.edit_in_the_gap({{"labels", boost::json::array{"b"}}});
  w.settle();

  EXPECT_EQ(w.incidents->field("1", "tags"), (boost::json::array{"a", "b"}));
  EXPECT_EQ(w.tickets->field("T1", "labels"), (boost::json::array{"a", "b"}));
}

}  // namespace
}  // namespace connector::sync

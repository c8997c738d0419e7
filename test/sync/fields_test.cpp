#include "test/sync/world.hpp"

namespace connector::sync {
namespace {

core::record incident(std::string const& severity = "high") {
  return {
      {"title", "Ransomware"},
      {"status", "active"},
      {"severity", severity},
      {"owner", nullptr},
      {"note", nullptr}};
}

TEST(Fields, OpenOneTicketForAnIncidentThatTheMapLetsIn) {
  world w;
  w.incidents->add("1", incident("high"));
  w.incidents->add("2", incident("low"));

  w.sync();
  w.sync();

  ASSERT_EQ(w.tickets->ids(), (std::vector<std::string>{"T1"}));
  EXPECT_EQ(w.tickets->field("T1", "subject"), "Ransomware");
  EXPECT_EQ(w.tickets->field("T1", "state"), "1");
  EXPECT_EQ(w.tickets->field("T1", "urgency"), "1");
  EXPECT_EQ(w.link_of("1").ticket_id, "T1");
}

TEST(Fields, CarryChangesBothWays) {
  world w;
  w.incidents->add("1", incident());
  w.sync();

  w.incidents->edit("1", {{"severity", "medium"}});
  w.tickets->edit("T1", {{"state", "2"}});
  w.sync();

  EXPECT_EQ(w.tickets->field("T1", "urgency"), "2");
  EXPECT_EQ(w.incidents->field("1", "status"), "inProgress");
}

constexpr auto map_of_sets = R"(
mapping: sets
version: 1
incident: incidents
ticket: tickets
open: all
rules:
  - {incident: title, ticket: subject, sync: to_ticket}
  - {incident: tags, ticket: labels, sync: both, set: {prefix: x-}}
merging_settles_after: 2h
)";

TEST(Sets, ChangedOnBothSidesReachBoth) {
  world w{map_of_sets};
  auto start = incident();
  start["tags"] = boost::json::array{"both", "gone"};
  w.incidents->add("1", start);
  w.sync();
  auto const before = w.counted().tickets_updated;

  w.incidents->edit("1", {{"tags", boost::json::array{"both", "gone", "left"}}});
  w.tickets->edit("T1", {{"labels", boost::json::array{"own", "x-both", "x-right"}}});
  for (int i = 0; i < 4; ++i) w.sync();

  EXPECT_EQ(w.incidents->field("1", "tags"), (boost::json::array{"both", "left", "right"}));
  EXPECT_EQ(
      w.tickets->field("T1", "labels"), (boost::json::array{"own", "x-both", "x-left", "x-right"})
  );
  EXPECT_EQ(w.counted().tickets_updated, before + 1) << "and then nothing more is written";
  EXPECT_EQ(w.counted().incidents_updated, 1u);
}

TEST(Sets, ChangedOnBothSidesReachBothAlthoughAnAnswerWasLost) {
  world w{map_of_sets};
  auto start = incident();
  start["tags"] = boost::json::array{"both"};
  w.incidents->add("1", start);
  w.sync();
  w.incidents->faults[world::call::update] = {
      {core::error{core::errc::timeout, "no answer", core::effect::unknown}, true}};

  w.incidents->edit("1", {{"tags", boost::json::array{"both", "left"}}});
  w.tickets->edit("T1", {{"labels", boost::json::array{"x-both", "x-right"}}});
  for (int i = 0; i < 4; ++i) w.sync(std::chrono::seconds{60});

  EXPECT_EQ(w.incidents->field("1", "tags"), (boost::json::array{"both", "left", "right"}));
  EXPECT_EQ(w.tickets->field("T1", "labels"), (boost::json::array{"x-both", "x-left", "x-right"}));
}

TEST(Fields, AreNotWrittenAgainOnceBothSidesAgree) {
  world w;
  w.incidents->add("1", incident());
  w.sync();
  w.incidents->edit("1", {{"status", "inProgress"}});
  w.sync();
  auto const writes = w.counted().tickets_updated + w.counted().incidents_updated;

  for (int i = 0; i < 5; ++i) w.sync();

  EXPECT_EQ(w.counted().tickets_updated + w.counted().incidents_updated, writes);
  EXPECT_EQ(writes, 1u);
}

TEST(Fields, KeepTheTicketsOwnWordWhereTheMapTakesItForTheSame) {
  world w;
  w.incidents->add("1", incident());
  w.sync();

  w.tickets->edit("T1", {{"state", "7"}});
  w.sync();
  w.sync();

  EXPECT_EQ(w.incidents->field("1", "status"), "resolved");
  EXPECT_EQ(w.tickets->field("T1", "state"), "7");
}

TEST(Fields, GoTheOtherWayRoundAgainAfterAReopening) {
  world w;
  w.incidents->add("1", incident());
  w.sync();
  w.incidents->edit("1", {{"status", "resolved"}});
  w.sync();
  ASSERT_EQ(w.tickets->field("T1", "state"), "6");

  w.incidents->edit("1", {{"status", "active"}});
  w.sync();

  EXPECT_EQ(w.tickets->field("T1", "state"), "1");
}

TEST(Fields, ThatAStateNeedsComeWithItAlthoughNobodyChangedThem) {
  world w;
  w.tickets->refuses = [](core::record const& f) -> std::optional<core::error> {
    if (core::field(f, "state") != "6" || f.contains("code")) return std::nullopt;
    return core::error{core::errc::rejected, "code is mandatory"};
  };
  w.incidents->add("1", incident());
  w.sync();

  w.incidents->edit("1", {{"status", "resolved"}});
  w.sync();
  w.sync();

  EXPECT_EQ(w.tickets->field("T1", "state"), "6");
  EXPECT_EQ(w.tickets->field("T1", "code"), "No verdict");
  EXPECT_TRUE(w.incidents->field("1", "verdict").is_null()) << "the default is nobody's edit";
  EXPECT_TRUE(w.link_of("1").parked.empty());
}

TEST(Fields, ThatAStateNeedsComeAgainAfterAReopeningEmptiedThem) {
  world w;
  w.incidents->add("1", incident());
  w.incidents->edit("1", {{"verdict", "malware"}});
  w.sync();
  w.incidents->edit("1", {{"status", "resolved"}});
  w.sync();
  ASSERT_EQ(w.tickets->field("T1", "code"), "malware");

  w.tickets->edit("T1", {{"state", "2"}, {"code", nullptr}});
  w.sync();
  w.incidents->edit("1", {{"status", "resolved"}});
  w.sync();

  EXPECT_EQ(w.tickets->field("T1", "state"), "6");
  EXPECT_EQ(w.tickets->field("T1", "code"), "malware");
  EXPECT_EQ(w.incidents->field("1", "verdict"), "malware");
}

TEST(Fields, ThatOnlyCountInAStateAreLeftAloneBeforeIt) {
  world w;
  w.incidents->add("1", incident());
  w.sync();

  w.incidents->edit("1", {{"verdict", "malware"}});
  w.sync();
  EXPECT_TRUE(w.tickets->field("T1", "code").is_null());

  w.incidents->edit("1", {{"status", "resolved"}});
  w.sync();
  EXPECT_EQ(w.tickets->field("T1", "code"), "malware");
}

TEST(Conflict, IsDecidedByTheMapAndPutOnRecord) {
  world w;
  w.incidents->add("1", incident());
  w.sync();

  w.incidents->edit("1", {{"severity", "low"}});
  w.tickets->edit("T1", {{"urgency", "2"}});
  w.sync();

  EXPECT_EQ(w.tickets->field("T1", "urgency"), "3") << "the rule says: incident";
  EXPECT_EQ(w.incidents->field("1", "severity"), "low");
  ASSERT_EQ(w.journal("conflict").size(), 1u);
  EXPECT_EQ(core::field(w.journal("conflict")[0].data.as_object(), "ticket"), (core::group{"2"}));
}

TEST(Conflict, OfStatesGoesToTheFurthest) {
  world w;
  w.incidents->add("1", incident());
  w.sync();

  w.incidents->edit("1", {{"status", "inProgress"}});
  w.tickets->edit("T1", {{"state", "6"}});
  w.sync();

  EXPECT_EQ(w.incidents->field("1", "status"), "resolved");
  EXPECT_EQ(w.tickets->field("T1", "state"), "6");
}

TEST(Conflict, ThatAPersonDecidesHoldsOnlyThatField) {
  world w;
  w.incidents->add("1", incident());
  w.sync();

  w.incidents->edit("1", {{"note", "ours"}, {"severity", "medium"}});
  w.tickets->edit("T1", {{"remark", "theirs"}});
  w.sync();
  w.sync();

  EXPECT_EQ(w.tickets->field("T1", "remark"), "theirs");
  EXPECT_EQ(w.incidents->field("1", "note"), "ours");
  EXPECT_EQ(w.tickets->field("T1", "urgency"), "2");
  ASSERT_EQ(w.link_of("1").conflicts.size(), 1u);
  EXPECT_EQ(w.link_of("1").conflicts[0].incident, (core::group{"ours"}));
  EXPECT_EQ(w.journal("conflict").size(), 1u);
}

TEST(Conflict, EndsWhenPeopleMakeBothSidesAgree) {
  world w;
  w.incidents->add("1", incident());
  w.sync();
  w.incidents->edit("1", {{"note", "ours"}});
  w.tickets->edit("T1", {{"remark", "theirs"}});
  w.sync();
  ASSERT_EQ(w.link_of("1").conflicts.size(), 1u);

  w.tickets->edit("T1", {{"remark", "ours"}});
  w.sync();

  EXPECT_TRUE(w.link_of("1").conflicts.empty());
}

TEST(OneWay, LeavesAPersonsEditOfTheTicketUntilTheIncidentChanges) {
  world w;
  w.incidents->add("1", incident());
  w.sync();

  w.tickets->edit("T1", {{"subject", "My words"}});
  w.sync();
  EXPECT_EQ(w.tickets->field("T1", "subject"), "My words");
  EXPECT_EQ(w.incidents->field("1", "title"), "Ransomware");

  w.incidents->edit("1", {{"title", "Ransomware on two hosts"}});
  w.sync();
  EXPECT_EQ(w.tickets->field("T1", "subject"), "Ransomware on two hosts");
  EXPECT_TRUE(w.journal("conflict").empty());
}

TEST(MergeRisk, HoldsAnOwnerBackUntilAMergeIsUnlikely) {
  world w;
  w.incidents->add("1", incident());
  w.sync();

  w.tickets->edit("T1", {{"agent", "ann"}});
  w.sync();
  EXPECT_TRUE(w.incidents->field("1", "owner").is_null());
  ASSERT_EQ(w.journal("held").size(), 1u);

  w.wait(std::chrono::hours{2});
  w.sync();
  EXPECT_EQ(w.incidents->field("1", "owner"), "ann");
}

TEST(MergeRisk, IsNotForgottenWhenTheLinkIsLookedAtForSomethingElse) {
  world w;
  w.incidents->add("1", incident());
  w.sync();
  w.tickets->edit("T1", {{"agent", "ann"}, {"urgency", "2"}});
  w.incidents->faults[world::call::update] = {
      {core::error{core::errc::timeout, "no answer", core::effect::unknown}, true}};
  w.sync(std::chrono::seconds{60});
  ASSERT_NE(w.incidents->field("1", "owner"), "ann");

  w.wait(std::chrono::hours{2});
  w.sync();

  EXPECT_EQ(w.incidents->field("1", "owner"), "ann");
}

TEST(MergeRisk, IsOverOnceTheIncidentIsResolved) {
  world w;
  w.incidents->add("1", incident());
  w.sync();

  w.tickets->edit("T1", {{"agent", "ann"}, {"state", "6"}});
  w.sync();

  EXPECT_EQ(w.incidents->field("1", "status"), "resolved");
  EXPECT_EQ(w.incidents->field("1", "owner"), "ann");
}

TEST(Refusal, ParksOnlyTheFieldThatIsRefused) {
  world w;
  w.incidents->add("1", incident());
  w.sync();
  w.tickets->refuses = [](core::record const& f) -> std::optional<core::error> {
    if (!f.contains("urgency")) return std::nullopt;
    return core::error{core::errc::rejected, "urgency is locked"};
  };

  w.incidents->edit("1", {{"severity", "low"}, {"status", "inProgress"}, {"title", "New"}});
  w.sync();

  EXPECT_EQ(w.tickets->field("T1", "state"), "2");
  EXPECT_EQ(w.tickets->field("T1", "subject"), "New");
  EXPECT_EQ(w.tickets->field("T1", "urgency"), "1");
  auto const link = w.link_of("1");
  ASSERT_EQ(link.parked.size(), 1u);
  EXPECT_EQ(link.parked[0].reason, "urgency is locked");
}

TEST(Refusal, IsTriedAgainWhenTheValueChanges) {
  world w;
  w.incidents->add("1", incident());
  w.sync();
  w.tickets->refuses = [](core::record const& f) -> std::optional<core::error> {
    if (!f.contains("urgency")) return std::nullopt;
    return core::error{core::errc::rejected, "urgency is locked"};
  };
  w.incidents->edit("1", {{"severity", "low"}});
  w.sync();
  w.tickets->refuses = nullptr;
  w.sync();
  EXPECT_EQ(w.tickets->field("T1", "urgency"), "1") << "not tried again by itself";

  w.incidents->edit("1", {{"severity", "medium"}});
  w.sync();

  EXPECT_EQ(w.tickets->field("T1", "urgency"), "2");
  EXPECT_TRUE(w.link_of("1").parked.empty());
}

TEST(Refusal, OfARuleThatNoLongerAppliesIsForgotten) {
  world w;
  w.incidents->add("1", incident());
  w.sync();
  w.incidents->edit("1", {{"status", "resolved"}});
  w.sync();
  w.tickets->refuses = [](core::record const& fields) -> std::optional<core::error> {
    if (!fields.contains("code") || fields.contains("state")) return std::nullopt;
    return core::error{core::errc::rejected, "code is on the screen of Resolve alone"};
  };
  w.incidents->edit("1", {{"verdict", "Bad"}});
  w.sync();
  ASSERT_EQ(w.link_of("1").parked.size(), 1u);

  w.incidents->edit("1", {{"status", "active"}});
  w.sync();
  EXPECT_TRUE(w.link_of("1").parked.empty());
  w.incidents->edit("1", {{"status", "resolved"}});
  w.sync();

  EXPECT_EQ(w.tickets->field("T1", "state"), "6");
  EXPECT_EQ(w.tickets->field("T1", "code"), "Bad") << "it goes with the step that takes it";
}

TEST(Refusal, OfACreateLeavesOutTheFieldToBlame) {
  world w;
  w.tickets->refuses = [](core::record const& f) -> std::optional<core::error> {
    if (!f.contains("urgency")) return std::nullopt;
    return core::error{core::errc::rejected, "urgency is locked"};
  };
  w.incidents->add("1", incident());

  w.sync();

  ASSERT_EQ(w.tickets->ids().size(), 1u);
  EXPECT_EQ(w.tickets->field("T1", "state"), "1");
  EXPECT_EQ(w.link_of("1").parked.size(), 1u);
}

TEST(Refusal, OfEverythingIsOnRecordAndTriedAgainLater) {
  world w;
  w.tickets->refuses = [](core::record const&) -> std::optional<core::error> {
    return core::error{core::errc::rejected, "caller is mandatory"};
  };
  w.incidents->add("1", incident());
  w.sync();
  EXPECT_TRUE(w.tickets->ids().empty());
  EXPECT_FALSE(w.link_of("1").parked.empty());

  w.tickets->refuses = nullptr;
  w.wait(std::chrono::hours{2});
  w.sync();

  ASSERT_EQ(w.tickets->ids().size(), 1u);
  EXPECT_EQ(w.tickets->field("T1", "subject"), incident().at("title")) << "with all it has to say";
}

TEST(Rewriting, ByTheSystemIsNoEdit) {
  world w;
  w.tickets->rewrites = [](core::record& f) {
    if (auto* s = f.if_contains("subject")) {
      *s = boost::json::string{std::string{s->as_string()} + " "};
    }
  };
  w.incidents->add("1", incident());
  w.sync();
  w.incidents->edit("1", {{"title", "Two hosts"}});
  w.sync();
  auto const writes = w.counted().tickets_updated;

  for (int i = 0; i < 3; ++i) w.sync();

  EXPECT_EQ(w.counted().tickets_updated, writes);
}

TEST(Rewriting, ToSomethingElseIsParkedAndSaid) {
  world w;
  w.incidents->add("1", incident());
  w.sync();
  w.tickets->rewrites = [](core::record& f) {
    if (f.contains("urgency")) f["urgency"] = "3";
  };

  w.incidents->edit("1", {{"severity", "medium"}});
  w.sync();
  w.sync();

  EXPECT_EQ(w.journal("not_as_asked").size(), 1u);
  ASSERT_EQ(w.link_of("1").parked.size(), 1u);
  EXPECT_EQ(w.incidents->field("1", "severity"), "medium") << "the system's own value is no edit";
}

TEST(Refusal, OfALaterPartIsParkedInTheSystemsOwnWords) {
  world w;
  w.incidents->add("1", incident());
  w.sync();
  w.tickets->rewrites = [](core::record& f) { f.erase("urgency"); };
  w.tickets->refuses_rest = "urgency is read-only";

  w.incidents->edit("1", {{"severity", "medium"}, {"title", "Two hosts"}});
  w.sync();

  EXPECT_EQ(w.tickets->field("T1", "subject"), "Two hosts");
  ASSERT_EQ(w.link_of("1").parked.size(), 1u);
  EXPECT_EQ(w.link_of("1").parked.front().reason, "urgency is read-only");
}

TEST(Rewriting, ThatIsReleasedIsTriedAgain) {
  world w;
  w.incidents->add("1", incident());
  w.sync();
  w.tickets->rewrites = [](core::record& f) { f.erase("urgency"); };
  w.incidents->edit("1", {{"severity", "medium"}});
  w.sync();
  ASSERT_EQ(w.link_of("1").parked.size(), 1u);

  w.tickets->rewrites = nullptr;
  auto edited = plain_map();
  edited.replace(edited.find("mapping: plain"), 14, "mapping: edited");
  w.replace_map(edited);
  w.sync();

  EXPECT_EQ(w.tickets->field("T1", "urgency"), "2");
  EXPECT_TRUE(w.link_of("1").parked.empty());
}

TEST(Rule, ThatAgreesOnlyWithAWriteThatIsNeverMadeIsLookedAtAgain) {
  world w{R"(
mapping: plain
version: 1
incident: incidents
ticket: tickets
open:
  severity: [medium, high]
rules:
  - incident: status
    ticket: state
    sync: both
    conflict: furthest
    values:
      - active <-> "1"
      - inProgress <-> "2"
      - resolved <-> "6"
      - otherwise: park
  - {incident: title, ticket: subject, sync: to_ticket}
  - ticket: remark
    sync: to_ticket
    choose:
      - {when: {status: inProgress}, then: Being looked at}
      - otherwise: leave
comments: {sync: never}
)"};
  w.incidents->add("1", {{"title", "Ransomware"}, {"status", "active"}, {"severity", "high"}});
  w.sync();
  w.tickets->edit("T1", {{"state", "6"}});
  w.incidents->edit("1", {{"title", "Changed"}, {"status", "inProgress"}});
  // The ticket is done, so the remark has nothing to say, until somebody reopens it just before the
  // title is written.
  w.tickets->just_before_write = [&w](auto const&) {
    w.tickets->just_before_write = nullptr;
    w.tickets->edit("T1", {{"state", "1"}});
  };

  for (int i = 0; i < 3; ++i) w.sync();

  EXPECT_EQ(w.tickets->field("T1", "state"), "2");
  EXPECT_EQ(w.tickets->field("T1", "remark"), "Being looked at");
}

TEST(Rule, WrittenForAChangeThatIsNeverMadeIsWrittenAnew) {
  auto map = plain_map();
  std::string const titles = "  - {incident: title, ticket: subject, sync: to_ticket}\n";
  map.erase(map.find(titles), titles.size());
  map.insert(map.find("  - {incident: owner"), R"(  - ticket: subject
    sync: to_ticket
    choose:
      - {when: {severity: high, status: active}, then: Urgent}
      - {when: {severity: high}, then: Urgent and in work}
      - otherwise: Calm
)");
  world w{map};
  w.incidents->add("1", incident());
  w.sync();
  ASSERT_EQ(w.tickets->field("T1", "subject"), "Urgent");
  // The ticket's subject goes first, for the severity that the incident is to get next; but by then
  // somebody has taken the urgency back.
  w.incidents->edit("1", {{"status", "inProgress"}});
  w.tickets->edit("T1", {{"urgency", "2"}});
  w.tickets->just_before_write = [&w](auto const&) {
    w.tickets->just_before_write = nullptr;
    w.tickets->edit("T1", {{"urgency", "1"}});
  };
  for (int i = 0; i < 4; ++i) w.sync();

  EXPECT_EQ(w.incidents->field("1", "severity"), "high");
  EXPECT_EQ(w.tickets->field("T1", "subject"), "Urgent and in work");
}

}  // namespace
}  // namespace connector::sync

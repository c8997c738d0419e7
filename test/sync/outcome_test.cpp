#include <span>

#include "connector/sync/comments.hpp"
#include "connector/sync/decide.hpp"
#include "connector/sync/settle.hpp"
#include "test/sync/world.hpp"

namespace connector::sync {
namespace {

using core::effect;
using core::errc;
using core::error;
using call = world::call;

core::record incident() {
  return {{"title", "Ransomware"}, {"status", "active"}, {"severity", "high"}};
}

support::fake_system::fault lost_reply() {
  return {error{errc::timeout, "no answer", effect::unknown}, true};
}
support::fake_system::fault lost_request() {
  return {error{errc::timeout, "no answer", effect::unknown}, false};
}

TEST(Create, WhoseAnswerIsLostIsAdoptedByItsKey) {
  world w;
  w.incidents->add("1", incident());
  w.tickets->faults[call::create] = {lost_reply()};

  w.sync(std::chrono::seconds{10});

  EXPECT_EQ(w.tickets->ids(), (std::vector<std::string>{"T1"}));
  EXPECT_EQ(w.link_of("1").ticket_id, "T1");
  EXPECT_EQ(w.counted().tickets_adopted, 1u);
}

TEST(Create, ThatNeverArrivedIsSentAgainOnlyAfterTwoEmptyLooks) {
  world w;
  w.incidents->add("1", incident());
  w.tickets->faults[call::create] = {lost_request()};

  w.sync(std::chrono::seconds{60});
  EXPECT_TRUE(w.tickets->ids().empty()) << "within the horizon it may still arrive";

  w.sync(std::chrono::seconds{600});
  EXPECT_EQ(w.tickets->ids(), (std::vector<std::string>{"T1"}));
}

TEST(Create, IsNotRepeatedAfterACrashThatCameBeforeTheAnswer) {
  world w;
  w.incidents->add("1", incident());
  w.tickets->faults[call::create] = {lost_reply()};
  w.sync(std::chrono::seconds{0});
  ASSERT_EQ(w.link_of("1").state, store::link_state::opening);

  w.restart();
  w.sync(std::chrono::seconds{10});

  EXPECT_EQ(w.tickets->ids(), (std::vector<std::string>{"T1"}));
  EXPECT_EQ(w.link_of("1").state, store::link_state::linked);
}

TEST(Create, ThatDidNotTakeEverythingIsFollowedByAnUpdate) {
  world w;
  auto fields = incident();
  fields["status"] = "inProgress";
  w.incidents->add("1", fields);
  w.tickets->rewrites = [&w](core::record& written) {
    if (w.tickets->ids().empty()) written["state"] = "1";
  };

  w.sync();

  EXPECT_EQ(w.tickets->field("T1", "state"), "2");
  EXPECT_EQ(w.counted().tickets_updated, 1u);
  EXPECT_TRUE(w.link_of("1").parked.empty());
}

TEST(Create, ThatTookEffectInPartIsCompletedOnceItIsFound) {
  // Some systems make a ticket in several calls: first the record, then the way to its state.
  world w;
  auto fields = incident();
  fields["status"] = "resolved";
  w.incidents->add("1", fields);
  w.tickets->faults[call::create] = {lost_reply()};
  w.sync(std::chrono::seconds{0});
  w.tickets->edit("T1", {{"state", "1"}, {"code", nullptr}});

  for (int i = 0; i < 3; ++i) w.sync(std::chrono::seconds{600});

  EXPECT_EQ(w.tickets->field("T1", "state"), "6");
  EXPECT_EQ(w.incidents->field("1", "status"), "resolved");
  EXPECT_TRUE(w.link_of("1").parked.empty());
}

TEST(Create, InDoubtHidesNoEditOfWhatItWrote) {
  world w;
  w.incidents->add("1", incident());
  w.tickets->faults[call::create] = {lost_reply()};
  w.sync(std::chrono::seconds{0});
  w.tickets->edit("T1", {{"state", "6"}});

  for (int i = 0; i < 3; ++i) w.sync(std::chrono::seconds{600});

  EXPECT_EQ(w.tickets->field("T1", "state"), "6");
  EXPECT_EQ(w.incidents->field("1", "status"), "resolved");
  EXPECT_TRUE(w.link_of("1").parked.empty());
}

TEST(Create, InDoubtHidesNoEditOfAFieldThatTheMapLeftOut) {
  auto map = plain_map();
  std::string const rule = "{incident: owner, ticket: agent, sync: both, conflict: ticket}";
  map.replace(
      map.find(rule),
      rule.size(),
      "{incident: owner, ticket: agent, sync: both, conflict: ticket, values: [Customer -> leave, "
      "Abel <-> Abel, otherwise: leave]}"
  );
  world w{map};
  auto fields = incident();
  fields["owner"] = "Customer";
  w.incidents->add("1", fields);
  w.tickets->faults[call::create] = {lost_reply()};
  w.sync(std::chrono::seconds{0});
  ASSERT_EQ(w.link_of("1").state, store::link_state::opening);

  w.incidents->edit("1", {{"owner", "Abel"}});
  w.sync(std::chrono::seconds{10});

  EXPECT_EQ(w.tickets->field("T1", "agent"), "Abel");
}

TEST(Create, IsNotHeldUpByTheDeletionOfTheTicketThatItsSearchIsJudgedBy) {
  world w;
  w.incidents->add("1", incident());
  w.incidents->add("2", incident());
  w.sync();
  w.incidents->add("3", incident());
  w.tickets->faults[call::create] = {lost_request()};
  w.sync(std::chrono::seconds{0});
  ASSERT_TRUE(w.link_of("3").outstanding);
  w.tickets->remove("T2");

  for (int i = 0; i < 3; ++i) w.sync(std::chrono::seconds{600});

  EXPECT_EQ(w.link_of("3").state, store::link_state::linked);
  EXPECT_EQ(w.tickets->ids(), (std::vector<std::string>{"T1", "T3"}));
}

TEST(Create, IsNotJudgedByATicketMadeAfterIt) {
  // A permission that hides every ticket there is, and none that is made later.
  world w;
  w.incidents->add("1", incident());
  w.sync();
  w.incidents->add("2", incident());
  w.tickets->faults[call::create] = {lost_reply()};
  w.sync(std::chrono::seconds{0});
  w.tickets->hidden = {"T1", "T2"};
  w.incidents->add("3", incident());

  for (int i = 0; i < 3; ++i) w.sync(std::chrono::seconds{600});

  EXPECT_EQ(w.tickets->ids(), (std::vector<std::string>{"T1", "T2", "T3"}));
  ASSERT_EQ(w.link_of("2").parked.size(), 1u) << "a person is told";
  EXPECT_EQ(w.link_of("2").parked.front().rule, "(create)");

  w.tickets->hidden.clear();
  for (int i = 0; i < 3; ++i) w.sync(std::chrono::seconds{600});
  EXPECT_EQ(w.link_of("2").ticket_id, "T2");
  EXPECT_TRUE(w.link_of("2").parked.empty());
}

TEST(Create, WithoutAnyOlderTicketLeftToJudgeItByIsMadeWhenAPersonSaysSo) {
  world w;
  w.incidents->add("1", incident());
  w.sync();
  w.incidents->add("2", incident());
  w.tickets->faults[call::create] = {lost_request()};
  w.sync(std::chrono::seconds{0});
  w.tickets->remove("T1");
  for (int i = 0; i < 3; ++i) w.sync(std::chrono::seconds{600});
  ASSERT_TRUE(w.tickets->ids().empty()) << "deleted, or hidden like the one in doubt: who knows";

  order anew;
  anew.what = order::kind::new_ticket;
  anew.by = "ann";
  auto const done =
      support::run(w.loop, w.clock, w.sync_engine->carry_out(anew, w.link_of("2").id));
  ASSERT_TRUE(done) << done.error().detail;
  w.sync();

  EXPECT_EQ(w.tickets->ids(), (std::vector<std::string>{"T2"}));
  EXPECT_EQ(w.link_of("2").state, store::link_state::linked);
  EXPECT_TRUE(w.link_of("2").parked.empty());
}

TEST(Create, IsNotHeldUpForGoodByAnArchivedTicketThatNoSearchShows) {
  world w;
  w.incidents->add("1", incident());
  w.incidents->add("2", incident());
  w.sync();
  w.tickets->archived = {"T2"};
  w.incidents->add("3", incident());
  w.tickets->faults[call::create] = {lost_request()};

  for (int i = 0; i < 3; ++i) w.sync(std::chrono::seconds{600});

  EXPECT_EQ(w.link_of("3").state, store::link_state::linked);
}

TEST(Create, OfARunThatMadeNoneYetIsJudgedByATicketOfAnEarlierOne) {
  world w;
  w.incidents->add("1", incident());
  w.sync();
  w.restart();
  w.incidents->add("2", incident());
  w.tickets->faults[call::create] = {lost_reply()};
  w.tickets->blind = true;

  w.sync(std::chrono::seconds{1200});
  EXPECT_EQ(w.tickets->ids().size(), 2u) << "a search that finds nothing at all says nothing";

  w.tickets->blind = false;
  w.sync(std::chrono::seconds{1200});
  EXPECT_EQ(w.tickets->ids().size(), 2u);
  EXPECT_EQ(w.link_of("2").state, store::link_state::linked);
}

TEST(Create, WhoseTicketIsHiddenFromUsAtOnceIsNotMadeAgain) {
  world w;
  w.incidents->add("1", incident());
  w.tickets->hides_new = true;
  for (int i = 0; i < 4; ++i) w.sync(std::chrono::seconds{600});

  EXPECT_EQ(w.tickets->ids().size(), 1u);
  EXPECT_EQ(w.link_of("1").state, store::link_state::gone);

  w.tickets->hidden.clear();
  w.tickets->edit("T1", {{"state", "2"}});
  for (int i = 0; i < 3; ++i) w.sync();
  EXPECT_EQ(w.link_of("1").state, store::link_state::linked);
  EXPECT_EQ(w.incidents->field("1", "status"), "inProgress");
}

TEST(Create, ThatIsThrottledWaitsAsLongAsAsked) {
  world w;
  w.incidents->add("1", incident());
  error busy{errc::rate_limited, "too many requests"};
  busy.retry_after = std::chrono::seconds{30};
  w.tickets->faults[call::create] = {{busy, false}};

  auto first = support::run(w.loop, w.clock, w.sync_engine->run_once(std::chrono::seconds{20}));
  EXPECT_FALSE(first);
  EXPECT_TRUE(w.tickets->ids().empty());

  w.sync(std::chrono::seconds{40});
  EXPECT_EQ(w.tickets->ids().size(), 1u);
}

TEST(LostStore, MakesNoSecondTicketAndNoSecondComment) {
  world w;
  w.incidents->add("1", incident());
  w.incidents->say("1", "soc", "Host isolated.");
  w.sync();
  w.tickets->say("T1", "desk", "Laptop collected.");
  w.sync();
  w.disk = std::make_shared<store::memory_disk>();

  w.restart();
  w.sync();
  w.sync();

  EXPECT_EQ(w.tickets->ids(), (std::vector<std::string>{"T1"}));
  EXPECT_EQ(w.tickets->texts("T1").size(), 2u);
  EXPECT_EQ(w.incidents->texts("1").size(), 2u);
  EXPECT_EQ(w.link_of("1").ticket_id, "T1");
}

TEST(Update, WhoseAnswerIsLostIsSettledByReading) {
  world w;
  w.incidents->add("1", incident());
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
  w.incidents->add("1", incident());
  w.sync();
  w.tickets->faults[call::update] = {lost_request()};

  w.incidents->edit("1", {{"severity", "medium"}});
  w.sync(std::chrono::seconds{600});

  EXPECT_EQ(w.tickets->field("T1", "urgency"), "2");
  EXPECT_EQ(w.tickets->calls[call::update], 2);
}

TEST(Update, ThatWasRevertedByAPersonBeforeWeKnewIsAConflictAndNotOverwritten) {
  world w{plain_map()};
  w.incidents->add("1", incident());
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
  auto first = incident();
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
  w.incidents->add("1", incident());
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
  w.incidents->add("1", incident());
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

TEST(Update, OfAnUnreachableSystemIsTriedAgainAndNothingIsLost) {
  world w;
  w.incidents->add("1", incident());
  w.sync();
  for (int i = 0; i < 3; ++i) {
    w.tickets->faults[call::update].push_back({error{errc::unreachable, "refused"}, false});
  }

  w.incidents->edit("1", {{"severity", "medium"}});
  w.sync(std::chrono::seconds{120});

  EXPECT_EQ(w.tickets->field("T1", "urgency"), "2");
  EXPECT_FALSE(w.link_of("1").due);
}

TEST(SignIn, ThatWasRefusedIsNotKnockedAtAgainAtOnce) {
  world w;
  w.incidents->add("1", incident());
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
  w.incidents->add("1", incident());
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
  w.incidents->add("1", incident());
  w.sync();
  w.wait(std::chrono::seconds{300});
  w.incidents->add("2", incident());
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
  for (int i = 0; i < 20; ++i) w.incidents->add(std::to_string(i), incident());
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
  for (int i = 0; i < 20; ++i) w.incidents->add(std::to_string(i), incident());
  w.sync();
  auto const before = w.tickets->calls[call::read];

  for (int i = 0; i < 20; ++i) w.incidents->edit(std::to_string(i), {{"severity", "medium"}});
  w.sync();

  EXPECT_EQ(w.counted().tickets_updated, 20u);
  EXPECT_EQ(w.tickets->calls[call::read], before + 1);
}

TEST(Create, MadeInPartAgreesWithTheIncidentAsItIsWhenItIsFound) {
  using namespace std::chrono_literals;
  auto const map = compile(plain_map());
  mapping::answers const known;
  context const with{*map, known, core::time_point{48h}, 1min, 1min, 5s, "run"};
  auto const incident_with = [](char const* status, std::int64_t version) {
    adapter::object o;
    o.id = "1";
    o.version = version;
    o.fields = {{"title", "Ransomware"}, {"status", status}, {"severity", "high"}};
    return o;
  };
  store::link link;
  link.id = "aaaaaaaaaaaaaaaaaaaaaaaaaa";
  auto const created = decide_create(with, link, incident_with("inProgress", 1));
  adapter::object ticket;
  ticket.id = "T1";
  ticket.fields = created.fields;
  ticket.fields["state"] = "1";  // the step to "2" was never made

  auto const found = settle_create_by_search(
      with, created.link, incident_with("active", 2), std::span{&ticket, 1}, true
  );
  // Not looked at before it moved on again.
  auto const next = decide_update(with, found.link, incident_with("inProgress", 3), ticket);

  EXPECT_EQ(next.next, step::update_ticket);
  EXPECT_EQ(core::field(next.fields, "state"), "2");
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

TEST(Refusal, WhoseCauseWasLookedForWhenTheProcessDiedLeavesNothingParked) {
  world w;
  w.incidents->add("1", incident());
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
  w.incidents->add("1", incident());
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
  w.incidents->add("1", incident());
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

TEST(Row, WithTheStampOfOurOwnWriteIsNoReading) {
  world w;
  w.incidents->count_stamps_in(core::ticks{10});
  w.incidents->add("1", incident());
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

#include <span>

#include "connector/sync/decide.hpp"
#include "connector/sync/settle.hpp"
#include "test/sync/world.hpp"

/// A ticket is made once, whatever becomes of the answer.
namespace connector::sync {
namespace {

using core::errc;
using core::error;
using call = world::call;

TEST(Create, WhoseAnswerIsLostIsAdoptedByItsKey) {
  world w;
  w.incidents->add("1", plain_incident());
  w.tickets->faults[call::create] = {lost_reply()};

  w.sync(std::chrono::seconds{10});

  EXPECT_EQ(w.tickets->ids(), (std::vector<std::string>{"T1"}));
  EXPECT_EQ(w.link_of("1").ticket_id, "T1");
  EXPECT_EQ(w.counted().tickets_adopted, 1u);
}

TEST(Create, ThatNeverArrivedIsSentAgainOnlyAfterTwoEmptyLooks) {
  world w;
  w.incidents->add("1", plain_incident());
  w.tickets->faults[call::create] = {lost_request()};

  w.sync(std::chrono::seconds{60});
  EXPECT_TRUE(w.tickets->ids().empty()) << "within the horizon it may still arrive";

  w.sync(std::chrono::seconds{600});
  EXPECT_EQ(w.tickets->ids(), (std::vector<std::string>{"T1"}));
}

TEST(Create, IsNotRepeatedAfterACrashThatCameBeforeTheAnswer) {
  world w;
  w.incidents->add("1", plain_incident());
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
  auto fields = plain_incident();
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
  auto fields = plain_incident();
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
  w.incidents->add("1", plain_incident());
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
  auto fields = plain_incident();
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
  w.incidents->add("1", plain_incident());
  w.incidents->add("2", plain_incident());
  w.sync();
  w.incidents->add("3", plain_incident());
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
  w.incidents->add("1", plain_incident());
  w.sync();
  w.incidents->add("2", plain_incident());
  w.tickets->faults[call::create] = {lost_reply()};
  w.sync(std::chrono::seconds{0});
  w.tickets->hidden = {"T1", "T2"};
  w.incidents->add("3", plain_incident());

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
  w.incidents->add("1", plain_incident());
  w.sync();
  w.incidents->add("2", plain_incident());
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
  w.incidents->add("1", plain_incident());
  w.incidents->add("2", plain_incident());
  w.sync();
  w.tickets->archived = {"T2"};
  w.incidents->add("3", plain_incident());
  w.tickets->faults[call::create] = {lost_request()};

  for (int i = 0; i < 3; ++i) w.sync(std::chrono::seconds{600});

  EXPECT_EQ(w.link_of("3").state, store::link_state::linked);
}

TEST(Create, OfARunThatMadeNoneYetIsJudgedByATicketOfAnEarlierOne) {
  world w;
  w.incidents->add("1", plain_incident());
  w.sync();
  w.restart();
  w.incidents->add("2", plain_incident());
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
  w.incidents->add("1", plain_incident());
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
  w.incidents->add("1", plain_incident());
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
  w.incidents->add("1", plain_incident());
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

}  // namespace
}  // namespace connector::sync

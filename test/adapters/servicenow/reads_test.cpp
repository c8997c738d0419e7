#include <boost/json/array.hpp>
#include <functional>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "connector/async/tasks.hpp"
#include "world.hpp"

namespace servicenow_test {
namespace {

namespace json = boost::json;
using core::errc;
using servicenow::journal_source;
using testing::ElementsAre;
using testing::HasSubstr;

std::string rows(json::array all) { return result_of(std::move(all)); }

json::object entry(
    std::string sys_id, std::string record, std::string text, std::string element = "work_notes"
) {
  return {
      {"sys_id", sys_id},
      {"element", element},
      {"element_id", record},
      {"value", text},
      {"sys_created_on", "2026-02-02 10:00:00"},
      {"sys_created_by", "joe"}};
}

/// The same record as sysparm_display_value=all shows it.
json::object both_ways(json::object plain, std::string work_notes, std::string comments = "") {
  json::object all;
  for (auto const& [name, value] : plain) {
    all[name] = json::object{{"display_value", "shown " + std::string{name}}, {"value", value}};
  }
  all["work_notes"] = json::object{{"display_value", work_notes}, {"value", ""}};
  all["comments"] = json::object{{"display_value", comments}, {"value", ""}};
  return all;
}

std::string const note_on_display = "2026-02-02 10:00:00 - Joe Employee (Work notes)\nhello\n\n";

TEST(Read, AsksForManyIdsInOneCallAndSaysWhichAreGone) {
  world w;
  w.transport.will_answer(200, rows({ticket(id_b, "2026-02-02 09:00:00", 4, {{"state", "2"}})}));

  auto const got = run(w.system->read({id_a, id_b}, wanting({"state"})));

  ASSERT_TRUE(got) << got.error().detail;
  ASSERT_EQ(w.transport.calls.size(), 1u);
  EXPECT_EQ(query_of(w.transport.calls[0]), "sys_idIN" + id_a + "," + id_b);
  EXPECT_EQ(parameter(w.transport.calls[0], "sysparm_limit"), "2");
  ASSERT_EQ(got->size(), 2u);
  EXPECT_EQ(got->at(0).id, id_a);
  EXPECT_EQ(got->at(0).presence, adapter::presence::gone);
  EXPECT_EQ(got->at(1).id, id_b);
  EXPECT_EQ(got->at(1).presence, adapter::presence::present);
  EXPECT_EQ(got->at(1).version, 4);
}

TEST(Read, OfNothingCallsNobody) {
  world w;
  auto const got = run(w.system->read({}, wanting({"state"}, true)));
  ASSERT_TRUE(got);
  EXPECT_TRUE(got->empty());
  EXPECT_TRUE(w.transport.calls.empty());
}

TEST(Read, KeepsUrlsShort) {
  world w;
  std::vector<std::string> ids;
  for (int i = 0; i < 150; ++i) {
    ids.push_back("0123456789abcdef0123456789abc" + std::to_string(100 + i));
  }
  w.transport.will_answer(200, rows({}));
  w.transport.will_answer(200, rows({}));

  auto const got = run(w.system->read(ids, wanting({"state"})));

  ASSERT_TRUE(got);
  EXPECT_EQ(got->size(), 150u);
  ASSERT_EQ(w.transport.calls.size(), 2u);
  for (auto const& call : w.transport.calls) EXPECT_LT(call.url.size(), 4500u);
}

TEST(Read, ByManyCallersStaysWithinTheLimitOfTheConnection) {
  world w{[](auto& with) { with.calls_at_once = 2; }};
  for (int i = 0; i < 6; ++i) w.transport.will_answer(200, rows({}));
  std::function<boost::asio::awaitable<void>(std::size_t)> one = [&w](std::size_t
                                                                 ) -> boost::asio::awaitable<void> {
    auto needs = wanting({});
    std::vector<std::string> ids{id_a};
    co_await w.system->read(std::move(ids), std::move(needs));
  };
  auto all = [&]() -> boost::asio::awaitable<bool> {
    co_await async::for_each_index(6, 6, one);
    co_return true;
  };

  EXPECT_TRUE(run(all()));

  EXPECT_EQ(w.transport.calls.size(), 6u);
  EXPECT_EQ(w.transport.at_once_max, 2u);
}

TEST(Read, RefusesRecordsThatWereNotAskedFor) {
  world w;
  w.transport.will_answer(200, rows({ticket(id_c, "2026-02-02 09:00:00", 4)}));
  auto const got = run(w.system->read({id_a}, wanting({})));
  ASSERT_FALSE(got);
  EXPECT_EQ(got.error().code, errc::malformed);
}

TEST(Read, RefusesIdsThatWouldChangeTheQuery) {
  world w;
  auto const got = run(w.system->read({"x^ORactive=true"}, wanting({})));
  ASSERT_FALSE(got);
  EXPECT_EQ(got.error().code, errc::invalid);
}

TEST(Read, RefusesColumnsThatAreNone) {
  world w;
  auto const got = run(w.system->read({id_a}, wanting({"state&sysparm_limit=1"})));
  ASSERT_FALSE(got);
  EXPECT_EQ(got.error().code, errc::invalid);
}

TEST(Read, TakesAbsentDotWalkedColumnsAsEmptyReferences) {
  world w;
  w.transport.will_answer(200, rows({ticket(id_a, "2026-02-02 09:00:00", 4)}));
  auto const got = run(w.system->read({id_a}, wanting({"caller_id.email"})));
  ASSERT_TRUE(got);
  EXPECT_FALSE(got->at(0).fields.contains("caller_id.email"));
}

TEST(Read, NeedsTheVersion) {
  world w;
  auto hidden = ticket(id_a, "2026-02-02 09:00:00", 4);
  hidden.erase("sys_mod_count");
  w.transport.will_answer(200, rows({hidden}));
  auto const got = run(w.system->read({id_a}, wanting({})));
  ASSERT_FALSE(got);
  EXPECT_EQ(got.error().code, errc::forbidden);
  EXPECT_THAT(got.error().detail, HasSubstr("sys_mod_count"));
}

TEST(Comments, ComeFromTheTableInOneQueryForAllRecords) {
  world w{[](auto& with) { with.journal = journal_source::table; }};
  w.transport.will_answer(
      200, rows({ticket(id_a, "2026-02-02 10:00:00", 4), ticket(id_b, "2026-02-02 10:00:00", 4)})
  );
  w.transport.will_answer(
      200, rows({entry("s1", id_b, "one"), entry("s2", id_b, "two", "comments")})
  );

  auto const got = run(w.system->read({id_a, id_b}, wanting({}, true)));

  ASSERT_TRUE(got) << got.error().detail;
  EXPECT_EQ(parameter(w.transport.calls[0], "sysparm_display_value"), "false");
  EXPECT_EQ(path_of(w.transport.calls[1]), "/api/now/table/sys_journal_field");
  EXPECT_EQ(
      query_of(w.transport.calls[1]),
      "element_idIN" + id_a + "," + id_b +
          "^elementINcomments,work_notes^ORDERBYsys_created_on^ORDERBYsys_id"
  );
  ASSERT_TRUE(got->at(0).comments);
  EXPECT_TRUE(got->at(0).comments->empty());
  ASSERT_EQ(got->at(1).comments->size(), 2u);
  EXPECT_EQ(got->at(1).comments->at(0).text, "one");
  EXPECT_EQ(got->at(1).comments->at(0).author, "joe");
  EXPECT_FALSE(got->at(1).comments->at(0).is_public);
  EXPECT_TRUE(got->at(1).comments->at(1).is_public);
}

TEST(Comments, OfATableThatMayNotBeReadAreAnErrorIfItWasDemanded) {
  world w{[](auto& with) { with.journal = journal_source::table; }};
  w.transport.will_answer(200, rows({ticket(id_a, "2026-02-02 10:00:00", 4)}));
  w.transport.will_answer(
      403, refusal("Insufficient rights", "Insufficient rights to query records")
  );

  auto const got = run(w.system->read({id_a}, wanting({}, true)));

  ASSERT_FALSE(got);
  EXPECT_EQ(got.error().code, errc::forbidden);
  EXPECT_THAT(got.error().detail, HasSubstr("journal: display"));
}

TEST(Comments, ComeFromTheDisplayValuesOfTheSameBulkRead) {
  world w{[](auto& with) { with.journal = journal_source::display; }};
  auto const plain = ticket(id_a, "2026-02-02 10:00:00", 4, {{"state", "2"}});
  w.transport.will_answer(200, rows({both_ways(plain, note_on_display)}));

  auto const got = run(w.system->read({id_a}, wanting({"state"}, true)));

  ASSERT_TRUE(got) << got.error().detail;
  ASSERT_EQ(w.transport.calls.size(), 1u);
  EXPECT_EQ(parameter(w.transport.calls[0], "sysparm_display_value"), "all");
  EXPECT_EQ(got->at(0).version, 4);
  EXPECT_EQ(got->at(0).fields.at("state"), "2");
  ASSERT_EQ(got->at(0).comments->size(), 1u);
  EXPECT_EQ(got->at(0).comments->at(0).text, "hello");
}

TEST(Comments, OnDisplayThatMayNotBeSeenAreAnError) {
  world w{[](auto& with) { with.journal = journal_source::display; }};
  auto record = both_ways(ticket(id_a, "2026-02-02 10:00:00", 4), "");
  record.erase("work_notes");
  w.transport.will_answer(200, rows({record}));

  auto const got = run(w.system->read({id_a}, wanting({}, true)));

  ASSERT_FALSE(got);
  EXPECT_EQ(got.error().code, errc::forbidden);
  EXPECT_THAT(got.error().detail, HasSubstr("work_notes"));
}

TEST(JournalDecision, TakesTheDisplayWhenTheTableIsDenied) {
  world w;
  auto const record = both_ways(ticket(id_a, "2026-02-02 10:00:00", 4), note_on_display);
  w.transport.will_answer(200, rows({record}));
  w.transport.will_answer(
      403, refusal("Insufficient rights", "Insufficient rights to query records")
  );
  w.transport.will_answer(200, rows({record}));

  auto const first = run(w.system->read({id_a}, wanting({}, true)));
  auto const second = run(w.system->read({id_a}, wanting({}, true)));

  ASSERT_TRUE(first) << first.error().detail;
  EXPECT_EQ(first->at(0).comments->size(), 1u);
  ASSERT_TRUE(second);
  EXPECT_EQ(w.transport.calls.size(), 3u) << "the decision is made once";
}

TEST(JournalDecision, IsNotFooledByATableThatShowsNothing) {
  world w;
  auto const record = both_ways(ticket(id_a, "2026-02-02 10:00:00", 4), note_on_display);
  w.transport.will_answer(200, rows({record}));
  w.transport.will_answer(200, rows({}));
  w.transport.will_answer(200, rows({record}));

  auto const first = run(w.system->read({id_a}, wanting({}, true)));
  auto const second = run(w.system->read({id_a}, wanting({}, true)));

  ASSERT_TRUE(first);
  ASSERT_EQ(first->at(0).comments->size(), 1u);
  EXPECT_EQ(first->at(0).comments->at(0).text, "hello");
  ASSERT_TRUE(second);
  EXPECT_EQ(w.transport.calls.size(), 3u);
}

TEST(JournalDecision, IsNotFooledByATableThatShowsOneKindAlone) {
  world w;
  auto const record = both_ways(
      ticket(id_a, "2026-02-02 10:00:00", 4),
      note_on_display,
      "2026-02-02 10:00:00 - Joe Employee (Additional comments)\npublic\n\n"
  );
  w.transport.will_answer(200, rows({record}));
  w.transport.will_answer(200, rows({entry("s1", id_a, "public", "comments")}));

  auto const got = run(w.system->read({id_a}, wanting({}, true)));

  ASSERT_TRUE(got);
  EXPECT_EQ(got->at(0).comments->size(), 2u);
}

TEST(JournalDecision, TakesTheTableOnceItShowsWhatIsOnDisplay) {
  world w;
  auto const plain = ticket(id_a, "2026-02-02 10:00:00", 4);
  w.transport.will_answer(200, rows({both_ways(plain, note_on_display)}));
  w.transport.will_answer(200, rows({entry("s1", id_a, "hello")}));
  w.transport.will_answer(200, rows({plain}));
  w.transport.will_answer(200, rows({entry("s1", id_a, "hello")}));

  auto const first = run(w.system->read({id_a}, wanting({}, true)));
  auto const second = run(w.system->read({id_a}, wanting({}, true)));

  ASSERT_TRUE(first);
  EXPECT_EQ(first->at(0).comments->at(0).author, "joe");
  ASSERT_TRUE(second);
  EXPECT_EQ(parameter(w.transport.calls[2], "sysparm_display_value"), "false");
}

TEST(JournalDecision, WaitsWhileThereIsNothingToDecideBy) {
  world w;
  auto const record = both_ways(ticket(id_a, "2026-02-02 10:00:00", 4), "");
  for (int i = 0; i < 2; ++i) {
    w.transport.will_answer(200, rows({record}));
    w.transport.will_answer(200, rows({}));
  }

  auto const first = run(w.system->read({id_a}, wanting({}, true)));
  auto const second = run(w.system->read({id_a}, wanting({}, true)));

  ASSERT_TRUE(first);
  EXPECT_TRUE(first->at(0).comments->empty());
  ASSERT_TRUE(second);
  EXPECT_EQ(parameter(w.transport.calls[2], "sysparm_display_value"), "all");
}

TEST(JournalDecision, IsNotMadeByAnInstanceThatIsDown) {
  world w;
  auto const record = both_ways(ticket(id_a, "2026-02-02 10:00:00", 4), note_on_display);
  w.transport.will_answer(200, rows({record}));
  w.transport.will_answer(503, "{}");
  w.transport.will_answer(200, rows({record}));
  w.transport.will_answer(200, rows({entry("s1", id_a, "hello")}));

  auto const first = run(w.system->read({id_a}, wanting({}, true)));
  auto const second = run(w.system->read({id_a}, wanting({}, true)));

  ASSERT_FALSE(first);
  EXPECT_EQ(first.error().code, errc::unavailable);
  ASSERT_TRUE(second);
  EXPECT_EQ(second->at(0).comments->at(0).author, "joe");
}

TEST(Comments, ArePagedUntilAllAreThere) {
  world w{[](auto& with) { with.journal = journal_source::table; }};
  w.transport.will_answer(200, rows({ticket(id_a, "2026-02-02 10:00:00", 4)}));
  json::array full;
  for (int i = 0; i < 1000; ++i) {
    full.push_back(entry("s" + std::to_string(i), id_a, "note " + std::to_string(i)));
  }
  w.transport.will_answer(200, rows(full));
  w.transport.will_answer(200, rows({full.back(), entry("s1000", id_a, "last")}));

  auto const got = run(w.system->read({id_a}, wanting({}, true)));

  ASSERT_TRUE(got) << got.error().detail;
  EXPECT_EQ(got->at(0).comments->size(), 1001u);
  EXPECT_THAT(query_of(w.transport.calls[2]), HasSubstr("^sys_created_on>=2026-02-02 10:00:00^"));
}

TEST(Complete, AddsTheCommentsOfAPageInOneCall) {
  world w{[](auto& with) { with.journal = journal_source::table; }};
  w.transport.will_answer(200, rows({entry("s1", id_b, "one")}));
  std::vector<adapter::object> page(2);
  page[0].id = id_a;
  page[1].id = id_b;
  page[1].version = 9;

  auto const got = run(w.system->complete(page, wanting({}, true)));

  ASSERT_TRUE(got);
  EXPECT_EQ(w.transport.calls.size(), 1u);
  EXPECT_TRUE(got->at(0).comments->empty());
  EXPECT_EQ(got->at(1).comments->size(), 1u);
  EXPECT_EQ(got->at(1).version, 9);
}

TEST(Complete, ReadsDisplayValuesWhereItMust) {
  world w{[](auto& with) { with.journal = journal_source::display; }};
  w.transport.will_answer(
      200, rows({both_ways(ticket(id_a, "2026-02-02 10:00:00", 4), note_on_display)})
  );
  std::vector<adapter::object> page(1);
  page[0].id = id_a;

  auto const got = run(w.system->complete(page, wanting({}, true)));

  ASSERT_TRUE(got);
  EXPECT_EQ(parameter(w.transport.calls[0], "sysparm_fields"), "sys_id,comments,work_notes");
  EXPECT_EQ(got->at(0).comments->size(), 1u);
}

TEST(Complete, CallsNobodyWhenNothingIsMissing) {
  world w;
  std::vector<adapter::object> page(1);
  auto const got = run(w.system->complete(page, wanting({"state"})));
  ASSERT_TRUE(got);
  EXPECT_TRUE(w.transport.calls.empty());
}

TEST(Find, AsksForManyKeysAndAnswersTwinsOldestFirst) {
  world w;
  w.transport.will_answer(
      200,
      rows(
          {ticket(id_b, "2026-02-02 09:00:00", 1, {{"correlation_id", "k2"}}),
           ticket(id_a, "2026-02-02 09:00:00", 1, {{"correlation_id", "k1"}}),
           ticket(id_c, "2026-02-02 09:00:00", 1, {{"correlation_id", "k2"}})}
      )
  );

  auto const got = run(w.system->find({"k1", "k2", "k3"}, wanting({})));

  ASSERT_TRUE(got) << got.error().detail;
  EXPECT_EQ(
      query_of(w.transport.calls[0]), "correlation_idINk1,k2,k3^ORDERBYsys_created_on^ORDERBYsys_id"
  );
  ASSERT_EQ(got->size(), 3u);
  EXPECT_EQ(got->at(0).key, "k1");
  EXPECT_EQ(got->at(0).found.id, id_a);
  EXPECT_EQ(got->at(1).found.id, id_b);
  EXPECT_EQ(got->at(2).found.id, id_c);
}

TEST(Find, TakesOnlyRowsThatCarryTheKeyExactly) {
  world w;
  w.transport.will_answer(
      200, rows({ticket(id_a, "2026-02-02 09:00:00", 1, {{"correlation_id", "K1"}})})
  );
  auto const got = run(w.system->find({"k1"}, wanting({})));
  ASSERT_FALSE(got);
  EXPECT_EQ(got.error().code, errc::malformed);
}

}  // namespace
}  // namespace servicenow_test

#include <boost/json/array.hpp>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "world.hpp"

namespace servicenow_test {
namespace {

namespace json = boost::json;
using core::errc;

adapter::change_query since(std::string_view from, std::vector<std::string> fields = {"state"}) {
  adapter::change_query asked;
  asked.from = *core::parse_time(from);
  asked.wants = wanting(std::move(fields));
  return asked;
}

TEST(Changes, AskOneFilteredOrderedPageOfRawValues) {
  world w;
  w.transport.will_answer(200, R"({"result":[]})");

  auto const page = run(w.system->changes(since("2026-01-02 03:04:05")));

  ASSERT_TRUE(page);
  EXPECT_TRUE(page->rows.empty());
  EXPECT_EQ(page->continuation, "");
  ASSERT_EQ(w.transport.calls.size(), 1u);
  auto const& call = w.transport.calls[0];
  EXPECT_EQ(call.method, "GET");
  EXPECT_EQ(path_of(call), "/api/now/table/incident");
  EXPECT_EQ(
      query_of(call),
      "sys_updated_on>=2026-01-02 03:04:05^correlation_display=defender^ORDERBYsys_updated_on"
      "^ORDERBYsys_id"
  );
  EXPECT_EQ(parameter(call, "sysparm_display_value"), "false");
  EXPECT_EQ(parameter(call, "sysparm_exclude_reference_link"), "true");
  EXPECT_EQ(parameter(call, "sysparm_no_count"), "") << "only the count tells the last page";
  EXPECT_EQ(parameter(call, "sysparm_limit"), "200");
  EXPECT_EQ(
      parameter(call, "sysparm_fields"),
      "sys_id,number,correlation_id,correlation_display,sys_mod_count,sys_updated_on,"
      "sys_updated_by,sys_created_on,state"
  );
}

TEST(Changes, TurnRowsIntoObjects) {
  world w;
  auto const row = ticket(
      id_a,
      "2026-01-02 03:04:06",
      7,
      {{"state", "2"},
       {"assigned_to",
        json::object{{"link", "https://x/api/now/table/sys_user/u1"}, {"value", "u1"}}},
       {"close_code", ""},
       {"business_criticality", 3}}
  );
  w.transport.will_answer(200, result_of(json::array{row}));

  auto const page = run(w.system->changes(
      since("2026-01-02 03:04:05", {"state", "assigned_to", "close_code", "business_criticality"})
  ));

  ASSERT_TRUE(page) << page.error().detail;
  ASSERT_EQ(page->rows.size(), 1u);
  auto const& object = page->rows[0];
  EXPECT_EQ(object.id, id_a);
  EXPECT_EQ(object.label, "INCcdea");
  EXPECT_EQ(object.url, "https://dev1.service-now.com/incident.do?sys_id=" + id_a);
  EXPECT_EQ(object.version, 7);
  EXPECT_EQ(object.changed_by, "someone");
  EXPECT_EQ(object.changed_at, *core::parse_time("2026-01-02 03:04:06"));
  EXPECT_EQ(object.created_at, *core::parse_time("2026-02-01 08:00:00"));
  EXPECT_EQ(object.fields.at("state"), "2");
  EXPECT_EQ(object.fields.at("assigned_to"), "u1");
  EXPECT_TRUE(object.fields.at("close_code").is_null());
  EXPECT_EQ(object.fields.at("business_criticality"), "3");
  EXPECT_FALSE(object.comments);
}

TEST(Changes, GoOnAfterTheLastRowByKeyInTwoHalves) {
  world w;
  auto asked = since("2026-01-02 03:04:05");
  asked.to = *core::parse_time("2026-01-03 00:00:00");
  asked.rows_max = 2;
  w.transport.will_answer(
      200,
      result_of(json::array{
          ticket(id_a, "2026-01-02 03:04:06", 1, {{"state", "1"}}),
          ticket(id_b, "2026-01-02 03:04:06", 1, {{"state", "1"}})})
  );
  w.transport.will_answer(200, R"({"result":[]})");

  auto const first = run(w.system->changes(asked));
  ASSERT_TRUE(first);
  asked.continuation = first->continuation;
  auto const second = run(w.system->changes(asked));

  ASSERT_TRUE(second);
  EXPECT_EQ(second->continuation, "");
  EXPECT_EQ(parameter(w.transport.calls[1], "sysparm_limit"), "2");
  EXPECT_EQ(
      query_of(w.transport.calls[1]),
      "sys_updated_on=2026-01-02 03:04:06^sys_id>" + id_b +
          "^correlation_display=defender^sys_updated_on<=2026-01-03 00:00:00"
          "^NQsys_updated_on>2026-01-02 03:04:06^correlation_display=defender"
          "^sys_updated_on<=2026-01-03 00:00:00^ORDERBYsys_updated_on^ORDERBYsys_id"
  );
}

TEST(Changes, GoOnAfterAPageThatHiddenRowsMadeShort) {
  world w;
  w.transport.will_answer(
      200,
      result_of(json::array{ticket(id_a, "2026-01-02 03:04:06", 1, {{"state", "1"}})}),
      {{"X-Total-Count", "203"}}
  );

  auto const page = run(w.system->changes(since("2026-01-02 03:04:05")));

  ASSERT_TRUE(page);
  EXPECT_EQ(page->continuation, "2026-01-02 03:04:06|" + id_a + "|0");
  EXPECT_EQ(page->left, 3u);
}

TEST(Changes, EndWithAFullPageThatHoldsTheLastRow) {
  world w;
  auto asked = since("2026-01-02 03:04:05");
  asked.rows_max = 1;
  w.transport.will_answer(
      200,
      result_of(json::array{ticket(id_a, "2026-01-02 03:04:06", 1, {{"state", "1"}})}),
      {{"X-Total-Count", "1"}}
  );

  auto const page = run(w.system->changes(asked));

  ASSERT_TRUE(page);
  EXPECT_EQ(page->continuation, "");
  EXPECT_EQ(page->left, 0u);
}

TEST(Changes, SkipAPageOfWhichNothingCanBeSeen) {
  world w;
  auto asked = since("2026-01-02 03:04:05");
  w.transport.will_answer(200, result_of(json::array{}), {{"X-Total-Count", "201"}});
  w.transport.will_answer(
      200,
      result_of(json::array{ticket(id_a, "2026-01-02 03:04:06", 1, {{"state", "1"}})}),
      {{"X-Total-Count", "201"}}
  );

  auto const first = run(w.system->changes(asked));
  ASSERT_TRUE(first);
  asked.continuation = first->continuation;
  auto const second = run(w.system->changes(asked));

  ASSERT_TRUE(second) << second.error().detail;
  EXPECT_EQ(parameter(w.transport.calls[1], "sysparm_offset"), "200");
  EXPECT_EQ(query_of(w.transport.calls[1]), query_of(w.transport.calls[0]));
  EXPECT_EQ(second->rows.size(), 1u);
  EXPECT_EQ(second->continuation, "");
}

TEST(Changes, TakeARepeatedRowOnce) {
  world w;
  auto const one = ticket(id_a, "2026-01-02 03:04:06", 1, {{"state", "1"}});
  auto const two = ticket(id_b, "2026-01-02 03:04:07", 1, {{"state", "1"}});
  w.transport.will_answer(200, result_of(json::array{one, two, one}));

  auto const page = run(w.system->changes(since("2026-01-02 03:04:05")));

  ASSERT_TRUE(page) << page.error().detail;
  EXPECT_EQ(page->rows.size(), 2u);
}

TEST(Changes, AskFromTheWholeSecondBefore) {
  world w;
  w.transport.will_answer(
      200, result_of(json::array{ticket(id_a, "2026-01-02 03:04:05", 1, {{"state", "1"}})})
  );

  auto const page = run(w.system->changes(since("2026-01-02T03:04:05.75Z")));

  ASSERT_TRUE(page);
  EXPECT_EQ(page->rows.size(), 1u);
  EXPECT_THAT(
      query_of(w.transport.calls[0]), testing::StartsWith("sys_updated_on>=2026-01-02 03:04:05^")
  );
}

TEST(Changes, RefuseRowsOfOtherTickets) {
  world w;
  w.transport.will_answer(
      200,
      result_of(json::array{ticket(
          id_a, "2026-01-02 03:04:06", 1, {{"state", "1"}, {"correlation_display", "other"}}
      )})
  );

  auto const page = run(w.system->changes(since("2026-01-02 03:04:05")));

  ASSERT_FALSE(page);
  EXPECT_EQ(page.error().code, errc::malformed);
  EXPECT_THAT(page.error().detail, testing::HasSubstr("ignored a part of the query"));
}

TEST(Changes, RefuseRowsFromBeforeTheBound) {
  world w;
  w.transport.will_answer(
      200, result_of(json::array{ticket(id_a, "2026-01-02 03:04:04", 1, {{"state", "1"}})})
  );

  auto const page = run(w.system->changes(since("2026-01-02 03:04:05")));

  ASSERT_FALSE(page);
  EXPECT_EQ(page.error().code, errc::malformed);
}

TEST(Changes, RefuseRowsOutOfOrder) {
  world w;
  w.transport.will_answer(
      200,
      result_of(json::array{
          ticket(id_b, "2026-01-02 03:04:06", 1, {{"state", "1"}}),
          ticket(id_a, "2026-01-02 03:04:06", 1, {{"state", "1"}})})
  );

  auto const page = run(w.system->changes(since("2026-01-02 03:04:05")));

  ASSERT_FALSE(page);
  EXPECT_EQ(page.error().code, errc::malformed);
}

TEST(Changes, SayWhichColumnIsHidden) {
  world w;
  w.transport.will_answer(200, result_of(json::array{ticket(id_a, "2026-01-02 03:04:06", 1)}));

  auto const page = run(w.system->changes(since("2026-01-02 03:04:05", {"close_notes"})));

  ASSERT_FALSE(page);
  EXPECT_EQ(page.error().code, errc::forbidden);
  EXPECT_THAT(page.error().fields, testing::ElementsAre("close_notes"));
}

TEST(Changes, DoNotTakeForeignContinuations) {
  world w;
  auto asked = since("2026-01-02 03:04:05");
  for (auto const* foreign :
       {"2026-01-02 03:04:05|x^ORDERBYnumber|0",
        "2026-01-02 03:04:05|x",
        "x|y|0",
        "||-1",
        "2026-01-02 03:04:05||0",
        "||0|more"}) {
    asked.continuation = foreign;
    auto const page = run(w.system->changes(asked));
    ASSERT_FALSE(page) << foreign;
    EXPECT_EQ(page.error().code, errc::invalid);
  }
  EXPECT_TRUE(w.transport.calls.empty());
}

}  // namespace
}  // namespace servicenow_test

#include "test/simulators/servicenow/encoded_query.hpp"

#include <gtest/gtest.h>

namespace simulators::encoded_query {
namespace {

query read(std::string_view text, bool escapes = false, int zone_minutes = 0) {
  return parse(text, escapes, {}, std::chrono::minutes{zone_minutes});
}

bool holds(std::string_view condition, field_type type, std::string_view have) {
  auto const parsed = read(condition);
  EXPECT_EQ(parsed.unreadable, 0U) << condition;
  auto const now = *core::parse_time("2026-03-01T10:00:00Z");
  return matches(parsed.branches.at(0).at(0).at(0), type, have, now);
}

TEST(EncodedQuery, BindsOrToTheConditionBefore) {
  auto const parsed = read("a=1^b=2^ORc=3^d=4");

  ASSERT_EQ(parsed.branches.size(), 1U);
  auto const& all = parsed.branches[0];
  ASSERT_EQ(all.size(), 3U);
  EXPECT_EQ(all[0].size(), 1U);
  ASSERT_EQ(all[1].size(), 2U);
  EXPECT_EQ(all[1][1].field, "c");
  EXPECT_EQ(all[2].size(), 1U);
}

TEST(EncodedQuery, StartsAnotherQueryWithNq) {
  auto const parsed = read("a=1^b=2^NQc=3^ORDERBYx^ORDERBYDESCy");

  ASSERT_EQ(parsed.branches.size(), 2U);
  EXPECT_EQ(parsed.branches[0].size(), 2U);
  EXPECT_EQ(parsed.branches[1].size(), 1U);
  ASSERT_EQ(parsed.orders.size(), 2U);
  EXPECT_EQ(parsed.orders[0].field, "x");
  EXPECT_TRUE(parsed.orders[1].descending);
}

TEST(EncodedQuery, ReadsEachOperator) {
  EXPECT_TRUE(holds("a=x", field_type::text, "x"));
  EXPECT_FALSE(holds("a=x", field_type::text, "X")) << "case counts";
  EXPECT_TRUE(holds("a!=x", field_type::text, ""));
  EXPECT_TRUE(holds("a>9", field_type::integer, "10"));
  EXPECT_FALSE(holds("a>9", field_type::text, "10"));
  EXPECT_TRUE(holds("a>=10", field_type::integer, "10"));
  EXPECT_TRUE(holds("a<=10", field_type::integer, "10"));
  EXPECT_FALSE(holds("a<10", field_type::integer, ""));
  EXPECT_TRUE(holds("aINx,y", field_type::text, "y"));
  EXPECT_TRUE(holds("aNOT INx,y", field_type::text, "z"));
  EXPECT_TRUE(holds("aNOTINx,y", field_type::text, "z"));
  EXPECT_TRUE(holds("aLIKEell", field_type::text, "hello"));
  EXPECT_TRUE(holds("aNOT LIKEx", field_type::text, "hello"));
  EXPECT_TRUE(holds("aSTARTSWITHhe", field_type::text, "hello"));
  EXPECT_TRUE(holds("aENDSWITHlo", field_type::text, "hello"));
  EXPECT_TRUE(holds("aISEMPTY", field_type::text, ""));
  EXPECT_TRUE(holds("aISNOTEMPTY", field_type::text, "x"));
  EXPECT_TRUE(holds("aBETWEEN2@4", field_type::integer, "3"));
  EXPECT_FALSE(holds("aBETWEEN2@4", field_type::integer, "5"));
}

TEST(EncodedQuery, ComparesWithRelativeMoments) {
  EXPECT_TRUE(holds("aRELATIVEGTminute@ago@5", field_type::date_time, "2026-03-01 09:56:00"));
  EXPECT_FALSE(holds("aRELATIVEGTminute@ago@5", field_type::date_time, "2026-03-01 09:54:00"));
}

TEST(EncodedQuery, TakesScriptedDatesInTheUsersZone) {
  auto const parsed =
      read("sys_updated_on>=javascript:gs.dateGenerate('2026-03-01','10:00:00')", false, 60);

  EXPECT_EQ(parsed.branches[0][0][0].values[0], "2026-03-01 09:00:00");
}

TEST(EncodedQuery, CountsWhatItCannotRead) {
  EXPECT_EQ(read("stateIS1").unreadable, 1U);
  EXPECT_EQ(read("=1").unreadable, 1U);
  EXPECT_EQ(read("a>=javascript:gs.beginningOfToday()").unreadable, 1U);
  EXPECT_EQ(read("aBETWEEN1").unreadable, 1U);
  EXPECT_EQ(read("").unreadable, 0U);
}

TEST(EncodedQuery, BreaksAtACaretInAValueUnlessEscapingWorks) {
  EXPECT_EQ(read("a=x^^y").branches[0][0][0].values[0], "x");
  EXPECT_EQ(read("a=x^^y").unreadable, 1U);
  EXPECT_EQ(read("a=x^^y", true).branches[0][0][0].values[0], "x^y");
}

}  // namespace
}  // namespace simulators::encoded_query

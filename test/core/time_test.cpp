#include "connector/core/time.hpp"

#include <gtest/gtest.h>

namespace connector::core {
namespace {

TEST(Time, KeepsAllSevenDigitsOfAGraphStamp) {
  auto const at = parse_time("2026-01-22T12:09:23.1433333Z");

  ASSERT_TRUE(at);
  EXPECT_EQ(format_time(*at), "2026-01-22T12:09:23.1433333Z");
}

TEST(Time, LeavesOutTrailingZerosAsGraphDoes) {
  EXPECT_EQ(format_time(*parse_time("2026-02-25T16:29:33.1000000Z")), "2026-02-25T16:29:33.1Z");
  EXPECT_EQ(format_time(*parse_time("2026-02-25T16:29:33.000Z")), "2026-02-25T16:29:33Z");
}

TEST(Time, TakesATextWithoutZoneAsUtc) {
  EXPECT_EQ(parse_time("2016-01-22 14:12:37"), parse_time("2016-01-22T14:12:37Z"));
}

TEST(Time, AppliesOffsetsWithAndWithoutColon) {
  EXPECT_EQ(parse_time("2026-07-01T02:30:00+0230"), parse_time("2026-07-01T00:00:00Z"));
  EXPECT_EQ(parse_time("2026-07-01T00:00:00-01:00"), parse_time("2026-07-01T01:00:00Z"));
}

TEST(Time, CutsTheFractionForSystemsOfSeconds) {
  EXPECT_EQ(format_time_seconds(*parse_time("2026-01-02T03:04:05.999Z")), "2026-01-02 03:04:05");
}

TEST(Time, WritesEachPartWithAllItsDigits) {
  for (auto const* text :
       {"0001-01-01T00:00:00Z", "2026-10-09T08:07:06.0000001Z", "9999-12-31T23:59:59.9999999Z"}) {
    EXPECT_EQ(format_time(*parse_time(text)), text);
  }
}

TEST(Time, KnowsDatesBeforeTheEpoch) {
  EXPECT_EQ(format_time(*parse_time("1969-12-31T23:59:59.5Z")), "1969-12-31T23:59:59.5Z");
}

TEST(Time, RefusesWhatIsNoStamp) {
  for (auto const* text :
       {"",
        "2026-01-22",
        "2026-02-30T00:00:00Z",
        "2026-01-22T24:00:00Z",
        "2026-01-22T12:60:00Z",
        "2026-01-22T12:09:23.Z",
        "2026-01-22T12:09:23Zulu",
        "2026-1-22T12:09:23Z",
        "22.01.2026 12:09:23"}) {
    EXPECT_FALSE(parse_time(text)) << text;
  }
}

}  // namespace
}  // namespace connector::core

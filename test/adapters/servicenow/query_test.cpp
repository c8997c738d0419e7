#include "adapters/servicenow/query.hpp"

#include <gtest/gtest.h>
#include <stdexcept>
#include <string>
#include <vector>

namespace adapters::servicenow {
namespace {

TEST(Query, JoinsConditionsAlternativesAndOrder) {
  std::vector<std::string> const keys{"k1", "k2"};
  query left;
  left.is("sys_updated_on", "2026-01-02 03:04:05").above("sys_id", "ab");
  query right;
  right.in("correlation_id", keys);

  left.or_else(right).ascending("sys_updated_on");

  EXPECT_EQ(
      left.text(),
      "sys_updated_on=2026-01-02 03:04:05^sys_id>ab^NQcorrelation_idINk1,k2^ORDERBYsys_updated_on"
  );
}

TEST(Query, WritesTimesAsUtcLiterals) {
  query q;
  q.at_least("sys_updated_on", *core::parse_time("2026-01-02T05:04:05.9+02:00"));
  EXPECT_EQ(q.text(), "sys_updated_on>=2026-01-02 03:04:05");
}

TEST(Query, RefusesWhatWouldStartAnotherCondition) {
  query q;
  EXPECT_THROW(q.is("name", "x^ORactive=true"), std::invalid_argument);
  EXPECT_THROW(q.is("name^ORactive", "true"), std::invalid_argument);
  EXPECT_THROW(q.ascending("name^x"), std::invalid_argument);
  EXPECT_EQ(q.text(), "");
}

TEST(Query, RefusesWhatTheInstanceWouldRun) {
  query q;
  EXPECT_THROW(q.is("name", "javascript:gs.getUserID()"), std::invalid_argument);
  EXPECT_THROW(q.is("name", "a JavaScript:gs.log('x')"), std::invalid_argument);
}

TEST(Query, RefusesCommasInLists) {
  std::vector<std::string> const names{"Doe, John"};
  query q;
  EXPECT_THROW(q.in("name", names), std::invalid_argument);
}

TEST(Query, RefusesEmptyValues) {
  query q;
  EXPECT_THROW(q.is("correlation_id", ""), std::invalid_argument);
  EXPECT_THROW(q.in("correlation_id", std::vector<std::string>{}), std::invalid_argument);
}

TEST(SafeKey, IsLettersDigitsAndFourSigns) {
  EXPECT_TRUE(is_safe_key("tenant-1:Incident_42.x"));
  for (auto const* bad : {"", "a b", "a^b", "a,b", "a=b", "a@b", "\xC3\xA4", "a\n"}) {
    EXPECT_FALSE(is_safe_key(bad)) << bad;
  }
}

}  // namespace
}  // namespace adapters::servicenow

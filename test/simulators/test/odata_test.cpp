#include "test/simulators/graph/odata.hpp"

#include <gtest/gtest.h>
#include <map>

namespace simulators::odata {
namespace {

struct values : row {
  std::map<std::string, odata::literal, std::less<>> has;
  odata::literal property(std::string_view name) const override {
    auto const at = has.find(name);
    return at == has.end() ? odata::literal{} : at->second;
  }
};

bool holds(std::string_view filter, values const& entity) {
  auto const parsed = parse_filter(filter);
  EXPECT_TRUE(parsed.expression) << parsed.complaint;
  return parsed.expression && matches(*parsed.expression, entity);
}

values entity() {
  values out;
  out.has["status"] = std::string{"active"};
  out.has["severity"] = std::string{"high"};
  out.has["lastUpdateDateTime"] = *core::parse_time("2026-03-01T00:00:00Z");
  return out;
}

TEST(ODataFilter, BindsAndMoreTightlyThanOr) {
  auto const e = entity();
  EXPECT_TRUE(holds("status eq 'active' or status eq 'x' and severity eq 'low'", e));
  EXPECT_FALSE(holds("(status eq 'active' or status eq 'x') and severity eq 'low'", e));
}

TEST(ODataFilter, NegatesWhatFollows) {
  EXPECT_FALSE(holds("not (status eq 'active')", entity()));
  EXPECT_TRUE(holds("not status eq 'x' and severity eq 'high'", entity()));
}

TEST(ODataFilter, ComparesNullOnlyForEquality) {
  EXPECT_TRUE(holds("assignedTo eq null", entity()));
  EXPECT_FALSE(holds("assignedTo ne null", entity()));
  EXPECT_FALSE(holds("assignedTo ge 'a'", entity()));
  EXPECT_FALSE(holds("assignedTo lt 'a'", entity()));
}

TEST(ODataFilter, ReadsADoubledQuoteAsOne) {
  auto e = entity();
  e.has["assignedTo"] = std::string{"O'Neil"};
  EXPECT_TRUE(holds("assignedTo eq 'O''Neil'", e));
}

TEST(ODataFilter, ReadsBareDateTimes) {
  EXPECT_TRUE(holds("lastUpdateDateTime ge 2026-03-01T00:00:00Z", entity()));
  EXPECT_FALSE(holds("lastUpdateDateTime gt 2026-03-01T00:00:00.0000000Z", entity()));
}

TEST(ODataFilter, ComplainsWhereItCannotRead) {
  for (auto const* wrong :
       {"",
        "status",
        "status eq",
        "status is 'x'",
        "status eq active",
        "status eq 'x",
        "(status eq 'x'",
        "status eq 'x')",
        "status eq 'x' and",
        "lastUpdateDateTime ge 2026-03-01 00:00:00"}) {
    EXPECT_FALSE(parse_filter(wrong).expression) << wrong;
  }
}

TEST(ODataFilter, SurvivesDeepNesting) {
  EXPECT_FALSE(parse_filter(std::string(100'000, '(')).expression);
}

TEST(ODataFilter, FindsTheWindowInItsOutermostAnd) {
  auto const filter = parse_filter(
                          "lastUpdateDateTime ge 2026-03-01T00:00:00Z and lastUpdateDateTime lt "
                          "2026-03-02T00:00:00Z and status eq 'x'"
  )
                          .expression.value();
  auto const found = window_of(filter, "lastUpdateDateTime");

  EXPECT_EQ(found.from, core::parse_time("2026-03-01T00:00:00Z"));
  EXPECT_EQ(found.to, core::parse_time("2026-03-01T23:59:59.9999999Z"));
  EXPECT_FALSE(found.exact);
}

}  // namespace
}  // namespace simulators::odata

#include "connector/config/scalars.hpp"

#include <gtest/gtest.h>

namespace connector::config {
namespace {

using namespace std::chrono_literals;

TEST(ParseSpan, ReadsEveryUnit) {
  EXPECT_EQ(parse_span("500ms"), 500ms);
  EXPECT_EQ(parse_span("30s"), 30s);
  EXPECT_EQ(parse_span("5m"), 5min);
  EXPECT_EQ(parse_span("2h"), 2h);
  EXPECT_EQ(parse_span("7d"), 7 * 24h);
  EXPECT_EQ(parse_span("0s"), 0s);
}

TEST(ParseSpan, WantsAUnit) {
  EXPECT_EQ(parse_span("60"), std::nullopt);
  EXPECT_EQ(parse_span("s"), std::nullopt);
  EXPECT_EQ(parse_span(""), std::nullopt);
  EXPECT_EQ(parse_span("60 s"), std::nullopt);
  EXPECT_EQ(parse_span("1.5h"), std::nullopt);
  EXPECT_EQ(parse_span("-1s"), std::nullopt);
  EXPECT_EQ(parse_span("5w"), std::nullopt);
}

TEST(ParseSpan, DoesNotOverflow) {
  EXPECT_EQ(parse_span("3650d"), 3650 * 24h);
  EXPECT_EQ(parse_span("3651d"), std::nullopt);
  EXPECT_EQ(parse_span("9223372036854775807d"), std::nullopt);
  EXPECT_EQ(parse_span("9223372036854775808ms"), std::nullopt);
}

TEST(ParseWholeNumber, TakesNothingElse) {
  EXPECT_EQ(parse_whole_number("42"), 42);
  EXPECT_EQ(parse_whole_number("-7"), -7);
  EXPECT_EQ(parse_whole_number("+7"), std::nullopt);
  EXPECT_EQ(parse_whole_number("4 2"), std::nullopt);
  EXPECT_EQ(parse_whole_number("0x10"), std::nullopt);
  EXPECT_EQ(parse_whole_number("9223372036854775808"), std::nullopt);
}

TEST(FaultOfUrl, AcceptsAbsoluteAddresses) {
  EXPECT_EQ(fault_of_url("https://example.service-now.com"), std::nullopt);
  EXPECT_EQ(fault_of_url("http://127.0.0.1:8080/api/"), std::nullopt);
  EXPECT_EQ(fault_of_url("https://[::1]:8443"), std::nullopt);
}

TEST(FaultOfUrl, RefusesTheRest) {
  EXPECT_NE(fault_of_url("example.service-now.com"), std::nullopt);
  EXPECT_NE(fault_of_url("ftp://example.com"), std::nullopt);
  EXPECT_NE(fault_of_url("https://"), std::nullopt);
  EXPECT_NE(fault_of_url("https:///path"), std::nullopt);
  EXPECT_NE(fault_of_url("https://user:password@example.com"), std::nullopt);
  EXPECT_NE(fault_of_url("https://example.com/?a=b"), std::nullopt);
  EXPECT_NE(fault_of_url("https://example.com/#a"), std::nullopt);
  EXPECT_NE(fault_of_url("https://exa mple.com"), std::nullopt);
  EXPECT_NE(fault_of_url(""), std::nullopt);
}

}  // namespace
}  // namespace connector::config

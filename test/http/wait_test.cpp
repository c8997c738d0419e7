#include "connector/http/wait.hpp"

#include <gtest/gtest.h>

namespace {

namespace core = connector::core;
namespace http = connector::http;
using http::parse_http_date;
using std::chrono::seconds;

core::time_point at(std::string_view text) { return core::parse_time(text).value(); }

std::optional<seconds> wait_of(std::vector<http::header> headers) {
  return http::retry_after(headers, at("2026-11-22T12:00:00Z"));
}

TEST(RetryAfter, IsReadAsSeconds) {
  EXPECT_EQ(wait_of({{"Retry-After", "120"}}), seconds{120});
  EXPECT_EQ(wait_of({{"retry-after", "0"}}), seconds{0});
  EXPECT_EQ(wait_of({{"Retry-After", "2.5"}}), seconds{3});
}

TEST(RetryAfter, IsReadAsADateCountedFromTheServersOwn) {
  EXPECT_EQ(
      wait_of(
          {{"Retry-After", "Sun, 22 Nov 2026 09:00:30 GMT"},
           {"Date", "Sun, 22 Nov 2026 09:00:00 GMT"}}
      ),
      seconds{30}
  );
  EXPECT_EQ(wait_of({{"Retry-After", "Sun, 22 Nov 2026 12:01:00 GMT"}}), seconds{60});
  EXPECT_EQ(wait_of({{"Retry-After", "Sun, 22 Nov 2026 11:00:00 GMT"}}), seconds{0});
}

TEST(RetryAfter, ThatSaysNothingIsNone) {
  EXPECT_EQ(wait_of({}), std::nullopt);
  EXPECT_EQ(wait_of({{"Retry-After", ""}}), std::nullopt);
  EXPECT_EQ(wait_of({{"Retry-After", "soon"}}), std::nullopt);
  EXPECT_EQ(wait_of({{"Retry-After", "12x"}}), std::nullopt);
}

TEST(RetryAfter, IsNeverNegativeOrBeyondADay) {
  EXPECT_EQ(wait_of({{"Retry-After", "-5"}}), seconds{0});
  EXPECT_EQ(wait_of({{"Retry-After", "99999999999"}}), http::longest_wait);
  EXPECT_EQ(wait_of({{"Retry-After", "9223372036854775807.5"}}), http::longest_wait);
  EXPECT_EQ(wait_of({{"Retry-After", "Sun, 22 Nov 2099 12:00:00 GMT"}}), http::longest_wait);
}

TEST(HttpDate, IsReadToTheSecond) {
  EXPECT_EQ(parse_http_date("Sun, 22 Nov 2026 02:37:05 GMT"), at("2026-11-22T02:37:05Z"));
  for (auto const* text :
       {"",
        "2026-11-22 02:37:05",
        "Sun, 22 Nov 2026 02:37:05",
        "Sun, 22 Nov 2026 02:37:05 UTC",
        "Sunday, 22-Nov-26 02:37:05 GMT",
        "Sun, 22 Foo 2026 02:37:05 GMT",
        "Sun, 99 Nov 2026 02:37:05 GMT"}) {
    EXPECT_EQ(parse_http_date(text), std::nullopt) << text;
  }
}

}  // namespace

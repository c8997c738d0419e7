#include "adapters/defender/failure.hpp"

#include "world.hpp"

namespace defender_test {
namespace {

using adapters::defender::parse_http_date;
using adapters::defender::refusal;
using adapters::defender::reply;
using adapters::defender::retry_after;
using adapters::defender::tidy;
using std::chrono::seconds;
using ::testing::HasSubstr;

constexpr auto when = "2026-11-22T12:00:00Z";

std::optional<seconds> wait_of(std::vector<http::header> headers) {
  return retry_after(headers, at(when));
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
  EXPECT_EQ(wait_of({{"Retry-After", "99999999999"}}), seconds{86'400});
}

TEST(HttpDate, IsReadToTheSecond) {
  EXPECT_EQ(parse_http_date("Sun, 22 Nov 2026 02:37:05 GMT"), at("2026-11-22T02:37:05Z"));
  for (auto const* text :
       {"",
        "Sun, 22 Nov 2026 02:37:05",
        "Sunday, 22-Nov-26 02:37:05 GMT",
        "Sun, 22 Foo 2026 02:37:05 GMT",
        "Sun, 99 Nov 2026 02:37:05 GMT"}) {
    EXPECT_EQ(parse_http_date(text), std::nullopt) << text;
  }
}

TEST(Refusal, WorksWithAnEmptyCodeAsSeenInTheField) {
  reply const answer{
      400,
      {},
      parsed(R"({"error":{"code":"","message":"The limit of '50' for Top query has been exceeded.",
             "innerError":{"request-id":"65fe78a8"}}})")};

  auto const e = refusal(answer, "GET /security/incidents", false, at(when));

  EXPECT_EQ(e.code, errc::rejected);
  EXPECT_EQ(
      e.detail,
      "GET /security/incidents was answered with 400: The limit of '50' for Top query has been "
      "exceeded. (request-id 65fe78a8)"
  );
}

TEST(Refusal, NamesThePermissionToGrant) {
  reply const answer{403, {{"request-id", "abc"}}, parsed(R"({"error":{"code":"Forbidden"}})")};

  auto const reading = refusal(answer, "GET /x", false, at(when));
  auto const writing = refusal(answer, "PATCH /x", true, at(when));

  EXPECT_EQ(reading.code, errc::forbidden);
  EXPECT_THAT(reading.detail, HasSubstr("SecurityIncident.Read.All"));
  EXPECT_THAT(reading.detail, HasSubstr("request-id abc"));
  EXPECT_THAT(writing.detail, HasSubstr("SecurityIncident.ReadWrite.All"));
}

TEST(Refusal, NeedsNoBody) {
  for (auto const* body :
       {"null", "[]", "7", R"({"error":"text"})", R"({"error":{"message":7}})"}) {
    reply const answer{500, {}, parsed(body)};
    EXPECT_EQ(refusal(answer, "GET /x", false, at(when)).code, errc::unavailable) << body;
  }
}

TEST(Refusal, OfAReadNeverLeavesAnEffect) {
  reply const answer{500, {}, nullptr};

  EXPECT_EQ(refusal(answer, "GET /x", false, at(when)).effect, core::effect::none);
  EXPECT_EQ(refusal(answer, "PATCH /x", true, at(when)).effect, core::effect::unknown);
}

TEST(Tidy, KeepsAForeignTextShortAndOnOneLine) {
  EXPECT_EQ(tidy("a\r\n\tb\x1b[31m"), "a b [31m");
  EXPECT_EQ(tidy(std::string(1000, 'x')), std::string(300, 'x') + "...");
  auto const cut = tidy(std::string(299, 'x') + "\xc3\xa9 and more");
  EXPECT_EQ(cut, std::string(299, 'x') + "...") << "not in the middle of a character";
}

}  // namespace
}  // namespace defender_test

#include "adapters/pagerduty/answer.hpp"

#include "world.hpp"

namespace pagerduty_test {
namespace {

using pagerduty::decode;
using pagerduty::intent;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

auto const noon = at("2026-03-01T12:00:00Z");

http::response answer(int status, std::string body, std::vector<http::header> headers = {}) {
  http::response made;
  made.status = status;
  made.body = std::move(body);
  made.headers = std::move(headers);
  return made;
}

core::error failure(http::response const& of, intent what = intent::writes) {
  auto const decoded = decode(of, what, noon);
  EXPECT_FALSE(decoded) << of.body;
  return decoded ? core::error{} : decoded.error();
}

std::string body(int code, std::string const& message, std::string const& errors = "[]") {
  return R"({"error":{"message":")" + message + R"(","code":)" + std::to_string(code) +
         R"(,"errors":)" + errors + "}}";
}

TEST(Answer, NamesTheFieldThatIsRefused) {
  auto const e = failure(answer(400, body(2001, "Invalid Input", R"(["Title cannot be empty."])")));

  EXPECT_EQ(e.code, errc::rejected);
  EXPECT_EQ(e.effect, effect::none);
  EXPECT_THAT(e.detail, HasSubstr("Title cannot be empty."));
  EXPECT_THAT(e.fields, ElementsAre("title"));
}

TEST(Answer, ReadsErrorsByFieldToo) {
  auto const e =
      failure(answer(400, body(2001, "Invalid", R"({"event.since":["is in the past"]})")));

  EXPECT_THAT(e.detail, HasSubstr("event.since: is in the past"));
  EXPECT_THAT(e.fields, IsEmpty());
}

TEST(Answer, KnowsAKeyThatIsTaken) {
  auto const taken = R"(["Open incident with matching dedup key already exists on this service"])";

  EXPECT_EQ(failure(answer(400, body(2002, "Arguments Caused Error", taken))).code, errc::conflict);
  EXPECT_EQ(failure(answer(400, body(2002, "Arguments Caused Error"))).code, errc::rejected);
}

TEST(Answer, BlamesTheConfigurationForAnUnknownRequester) {
  auto const e = failure(answer(400, body(1008, "Requester User Not Found")));

  EXPECT_EQ(e.code, errc::forbidden) << "no other content would help";
  EXPECT_THAT(e.detail, HasSubstr("`from`"));
}

TEST(Answer, TakesEveryStatusForWhatItMeans) {
  EXPECT_EQ(failure(answer(401, body(2006, "Authentication failed"))).code, errc::unauthorized);
  EXPECT_EQ(failure(answer(402, body(2014, "Missing Account Ability"))).code, errc::forbidden);
  EXPECT_EQ(failure(answer(403, body(2010, "Access Denied"))).code, errc::forbidden);
  EXPECT_EQ(failure(answer(404, body(2100, "Not Found"))).code, errc::not_found);
  EXPECT_EQ(failure(answer(413, "")).code, errc::rejected);
  EXPECT_EQ(failure(answer(500, "")).code, errc::unavailable);
}

TEST(Answer, LeavesOpenWhetherASlowOrBrokenWriteTookEffect) {
  for (int const status : {408, 500, 503, 302}) {
    EXPECT_EQ(failure(answer(status, "")).effect, effect::unknown) << status;
    EXPECT_EQ(failure(answer(status, ""), intent::reads).effect, effect::none) << status;
  }
  EXPECT_EQ(failure(answer(200, "{\"incident\":")).effect, effect::unknown);
  EXPECT_EQ(
      failure(answer(200, "<html>", {{"Content-Type", "text/html"}})).code, errc::unavailable
  );
  EXPECT_EQ(failure(answer(429, "")).effect, effect::none);
}

TEST(Answer, WaitsAsLongAsTheLimitSays) {
  EXPECT_EQ(failure(answer(429, "", {{"ratelimit-reset", "20"}})).retry_after, seconds{20});
  EXPECT_EQ(failure(answer(429, "", {{"Retry-After", "7"}})).retry_after, seconds{7});
  EXPECT_EQ(failure(answer(429, "", {{"ratelimit-reset", "-3"}})).retry_after, seconds{1});
}

TEST(Answer, WaitsHalfAMinuteWhereNothingIsSaid) {
  EXPECT_EQ(failure(answer(429, "")).retry_after, seconds{30});
  EXPECT_EQ(failure(answer(429, "", {{"ratelimit-reset", "soon"}})).retry_after, seconds{30});
}

TEST(Answer, KeepsTheWordsOfTheOtherSideShortAndOnOneLine) {
  auto const e = failure(answer(400, body(2001, std::string(5000, 'x') + "\\nb\\u001b[31m")));

  EXPECT_LT(e.detail.size(), 600u);
  EXPECT_EQ(e.detail.find('\n'), std::string::npos);
  EXPECT_EQ(pagerduty::for_people("a\xC3\xA4", 2), "a");
}

}  // namespace
}  // namespace pagerduty_test

#include "adapters/servicenow/answer.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "world.hpp"

namespace servicenow_test {
namespace {

using adapters::servicenow::decode;
using adapters::servicenow::intent;
using adapters::servicenow::mandatory_fields;
using adapters::servicenow::wait_asked_for;
using core::effect;
using core::errc;
using testing::ElementsAre;
using testing::HasSubstr;

core::time_point const noon = *core::parse_time("2026-03-01 12:00:00");

http::response answer(int status, std::string body, std::vector<http::header> headers = {}) {
  http::response made;
  made.status = status;
  made.body = std::move(body);
  made.headers = std::move(headers);
  if (http::find(made.headers, "Content-Type").empty()) {
    made.headers.push_back({"Content-Type", "application/json;charset=UTF-8"});
  }
  return made;
}

core::error failure(http::response const& from, intent what) {
  auto const got = decode(from, what, noon);
  EXPECT_FALSE(got);
  return got ? core::error{} : got.error();
}

TEST(Answer, IsTheJsonOfASuccess) {
  auto const got = decode(answer(201, R"({"result":{}})"), intent::writes, noon);
  ASSERT_TRUE(got);
  EXPECT_TRUE(got->is_object());
}

TEST(Answer, WithoutAContentTypeIsJudgedByItsBody) {
  http::response bare;
  bare.status = 200;
  bare.body = R"({"result":[]})";
  EXPECT_TRUE(decode(bare, intent::reads, noon));
}

TEST(Answer, PagesWithStatus200AreNoSuccess) {
  struct page {
    char const* body;
    char const* hint;
  };
  for (auto const& [body, hint] :
       {page{"<html><title>Instance Hibernating page</title></html>", "hibernating"},
        page{"<html><form action='/saml_login'></form></html>", "sign-in page"},
        page{"<html>Down for maintenance</html>", "maintenance"},
        page{"<html><title>Something else</title></html>", "titled \"Something else\""}}) {
    auto const e = failure(answer(200, body, {{"Content-Type", "text/html"}}), intent::reads);
    EXPECT_EQ(e.code, errc::unavailable);
    EXPECT_THAT(e.detail, HasSubstr(hint));
  }
}

TEST(Answer, PagesLeaveTheOutcomeOfAWriteOpen) {
  auto const page = answer(200, "<html></html>", {{"Content-Type", "text/html"}});
  EXPECT_EQ(failure(page, intent::writes).effect, effect::unknown);
  EXPECT_EQ(failure(page, intent::reads).effect, effect::none);
}

TEST(Answer, TruncatedJsonIsMalformedAndLeavesTheOutcomeOpen) {
  auto const e = failure(answer(200, R"({"result":[{"sys_id")"), intent::writes);
  EXPECT_EQ(e.code, errc::malformed);
  EXPECT_EQ(e.effect, effect::unknown);
}

TEST(Answer, RedirectsAreNotFollowed) {
  auto const e = failure(answer(302, "", {{"Location", "https://sso.example.com"}}), intent::reads);
  EXPECT_EQ(e.code, errc::unavailable);
}

TEST(Answer, OfClass4HadNoEffectAndOfClass5PerhapsHad) {
  for (auto const status : {400, 401, 403, 404, 405, 406, 409, 413, 415, 429}) {
    EXPECT_EQ(failure(answer(status, "{}"), intent::writes).effect, effect::none) << status;
  }
  for (auto const status : {500, 502, 503, 504}) {
    auto const e = failure(answer(status, "{}"), intent::writes);
    EXPECT_EQ(e.code, errc::unavailable) << status;
    EXPECT_EQ(e.effect, effect::unknown) << status;
    EXPECT_EQ(failure(answer(status, "{}"), intent::reads).effect, effect::none) << status;
  }
}

TEST(Answer, MissingMandatoryFieldsAreARefusalThatNamesThem) {
  auto const e = failure(
      answer(
          403,
          refusal(
              "Operation Failed",
              "Data Policy Exception: The following fields are mandatory: Resolution code, "
              "Resolution notes, Sternzeichen"
          ),
          {{"X-Transaction-ID", "ab12cd"}}
      ),
      intent::writes
  );
  EXPECT_EQ(e.code, errc::rejected);
  EXPECT_THAT(e.fields, ElementsAre("close_code", "close_notes"));
  EXPECT_THAT(e.detail, HasSubstr("Resolution code, Resolution notes, Sternzeichen"));
  EXPECT_THAT(e.detail, HasSubstr("transaction ab12cd"));
}

TEST(Answer, AnAbortByABusinessRuleIsARefusal) {
  auto const e = failure(
      answer(
          403,
          refusal(
              "Operation Failed",
              "Operation against file 'incident' was aborted by Business Rule 'Stop it^ab12'. "
              "Business Rule Stack:Stop it"
          )
      ),
      intent::writes
  );
  EXPECT_EQ(e.code, errc::rejected);
  EXPECT_THAT(e.detail, HasSubstr("Stop it"));
}

TEST(Answer, IsNotMisledByTheNameOfARule) {
  auto const e = failure(
      answer(
          403,
          refusal(
              "Operation Failed",
              "Operation against file 'incident' was aborted by Business Rule 'ACL not "
              "authorized^1'"
          )
      ),
      intent::writes
  );
  EXPECT_EQ(e.code, errc::rejected);
}

TEST(Answer, MissingRightsAreForbidden) {
  for (auto const* words :
       {"Insufficient rights to query records",
        "Failed API level ACL Validation",
        "User Not Authorized",
        "ACL Exception Update Failed due to security constraints"}) {
    EXPECT_EQ(
        failure(answer(403, refusal("Operation Failed", words)), intent::writes).code,
        errc::forbidden
    ) << words;
  }
  EXPECT_EQ(failure(answer(403, "{}"), intent::reads).code, errc::forbidden);
}

TEST(Answer, OfABadCredentialWarnsOfTheLockOut) {
  auto const e = failure(
      answer(
          401,
          refusal("User Not Authenticated", "Required to provide Auth information"),
          {{"X-MFA_TOKEN", "invalid"}}
      ),
      intent::reads
  );
  EXPECT_EQ(e.code, errc::unauthorized);
  EXPECT_FALSE(core::is_transient(e.code));
  EXPECT_THAT(e.detail, HasSubstr("lock the user out"));
  EXPECT_THAT(e.detail, HasSubstr("second factor"));
}

TEST(Answer, AnUnknownPathIsNotFound) {
  auto const e = failure(
      answer(400, refusal("Requested URI does not represent any resource", "")), intent::writes
  );
  EXPECT_EQ(e.code, errc::not_found);
  EXPECT_EQ(
      failure(answer(400, refusal("Invalid table sn_si_incident", "")), intent::reads).code,
      errc::rejected
  );
}

TEST(Answer, WaitsAsLongAsTheServerAsked) {
  auto const limited = answer(
      429,
      refusal("Rate limit exceeded", "Rate limit of 100 requests per hour for Table API exceeded"),
      {{"Retry-After", "30"}, {"X-RateLimit-Reset", "1"}}
  );
  auto const e = failure(limited, intent::writes);
  EXPECT_EQ(e.code, errc::rate_limited);
  EXPECT_EQ(e.retry_after, std::chrono::seconds{30});
}

TEST(Answer, WaitsUntilTheResetByTheServersOwnClock) {
  // 2026-03-01 12:00:00 UTC is 1772366400.
  std::vector<http::header> headers{{"X-RateLimit-Reset", "1772366460"}};
  EXPECT_EQ(wait_asked_for(headers, noon), std::chrono::seconds{60});

  headers.push_back({"Date", "Sun, 01 Mar 2026 12:00:50 GMT"});
  EXPECT_EQ(wait_asked_for(headers, noon), std::chrono::seconds{10});
}

TEST(Answer, WaitsUntilADate) {
  EXPECT_EQ(
      wait_asked_for({{"Retry-After", "Sun, 01 Mar 2026 12:00:20 GMT"}}, noon),
      std::chrono::seconds{20}
  );
}

TEST(Answer, NeverAsksForAWaitThatMakesNoSense) {
  EXPECT_EQ(wait_asked_for({{"Retry-After", "-5"}}, noon), std::chrono::seconds{1});
  EXPECT_EQ(wait_asked_for({{"X-RateLimit-Reset", "1"}}, noon), std::chrono::seconds{1});
  EXPECT_EQ(wait_asked_for({{"X-RateLimit-Reset", "9999999999"}}, noon), std::chrono::hours{24});
  EXPECT_FALSE(wait_asked_for({{"Retry-After", "soon"}}, noon));
}

TEST(Answer, KeepsTheWordsOfTheOtherSideShortAndOnOneLine) {
  auto const e =
      failure(answer(400, refusal(std::string(5000, 'x'), "a\\nb\\u001b[31m")), intent::reads);
  EXPECT_LT(e.detail.size(), 1000u);
  EXPECT_EQ(e.detail.find('\n'), std::string::npos);
  EXPECT_EQ(e.detail.find('\x1b'), std::string::npos);
}

TEST(Answer, CutsBetweenCharacters) {
  EXPECT_EQ(adapters::servicenow::for_people("a\xC3\xA4", 2), "a");
  EXPECT_EQ(adapters::servicenow::for_people("a\xC3\xA4", 3), "a\xC3\xA4");
}

TEST(MandatoryFields, AreOnlyThoseThatAreNamed) {
  EXPECT_THAT(mandatory_fields("something else"), ElementsAre());
  EXPECT_THAT(
      mandatory_fields("The following fields are mandatory: Caller , Short description."),
      ElementsAre("caller_id", "short_description")
  );
}

}  // namespace
}  // namespace servicenow_test

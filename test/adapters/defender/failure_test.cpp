#include "adapters/defender/failure.hpp"

#include "world.hpp"

namespace defender_test {
namespace {

using adapters::defender::refusal;
using adapters::defender::reply;
using adapters::defender::tidy;
using std::chrono::seconds;
using ::testing::HasSubstr;

constexpr auto when = "2026-11-22T12:00:00Z";

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

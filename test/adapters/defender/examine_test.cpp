#include <map>

#include "certificates.hpp"
#include "world.hpp"

namespace defender_test {
namespace {

using verdict = adapter::check::verdict;
using ::testing::HasSubstr;

constexpr auto date = "Sun, 22 Nov 2026 12:00:00 GMT";

std::map<std::string, adapter::check> examined(world& w) {
  std::map<std::string, adapter::check> checks;
  for (auto& one : run(w.system->examine())) checks[one.name] = one;
  for (auto const& call : w.transport.calls) EXPECT_EQ(call.method, "GET") << "doctor only reads";
  return checks;
}

TEST(Examine, FindsAGoodConnectionGood) {
  world w;
  auto const one = incident("29", "2026-03-01T10:00:00.1433333Z");
  w.transport.then(200, list_of({one}), {{"Date", date}});
  w.transport.then(200, list_of({one}));

  auto checks = examined(w);

  EXPECT_EQ(checks.size(), 5u);
  for (auto const& [name, check] : checks) {
    EXPECT_EQ(check.found, verdict::good) << name << ": " << check.detail;
  }
  EXPECT_THAT(w.transport.calls.at(0).url, HasSubstr("$orderby=lastUpdateDateTime%20desc&$top=1"));
  EXPECT_THAT(w.transport.calls.at(1).url, HasSubstr("ge%202026-03-01T10%3A00%3A00.1433333Z"));
  EXPECT_THAT(checks["write incidents"].detail, HasSubstr("not tried"));
}

TEST(Examine, StopsWhereSigningInFails) {
  world w;
  w.transport.scripted_sign_in = true;
  w.transport.then([](http::request const&) -> answer {
    return json_response(401, R"({"error":"invalid_client","error_codes":[7000222]})");
  });

  auto const checks = run(w.system->examine());

  ASSERT_EQ(checks.size(), 1u);
  EXPECT_EQ(checks[0].name, "sign-in");
  EXPECT_EQ(checks[0].found, verdict::bad);
  EXPECT_THAT(checks[0].detail, HasSubstr("expired"));
}

TEST(Examine, NamesTheMissingPermission) {
  world w;
  w.transport.then(403, R"({"error":{"code":"Forbidden"}})");

  auto checks = examined(w);

  EXPECT_EQ(checks["sign-in"].found, verdict::good);
  EXPECT_EQ(checks["read incidents"].found, verdict::bad);
  EXPECT_THAT(checks["read incidents"].detail, HasSubstr("SecurityIncident.Read.All"));
}

TEST(Examine, MeasuresTheClock) {
  struct {
    int ahead;
    verdict expected;
  } const cases[] = {
      {0, verdict::good}, {29, verdict::good}, {-45, verdict::warning}, {301, verdict::bad}};
  for (auto const& c : cases) {
    world w;
    w.clock.wall += std::chrono::seconds{c.ahead};
    w.transport.then(200, list_of({}), {{"Date", date}});

    EXPECT_EQ(examined(w)["clock"].found, c.expected) << c.ahead;
  }
}

TEST(Examine, WarnsIfARowIsNotFoundByItsOwnStamp) {
  world w;
  w.transport.then(200, list_of({incident("29", "2026-03-01T10:00:00Z")}), {{"Date", date}});
  w.transport.then(200, list_of({}));

  EXPECT_EQ(examined(w)["find changes"].found, verdict::warning);
}

TEST(Examine, WatchesTheCertificatesEnd) {
  struct {
    int days;
    verdict expected;
  } const cases[] = {{90, verdict::good}, {10, verdict::warning}, {-1, verdict::bad}};
  for (auto const& c : cases) {
    auto const files = make_certificate_files(key_kind::rsa, c.days);
    auto chosen = usual_settings();
    chosen.method = adapters::defender::by_certificate{files.certificate, files.key};
    world w{chosen};
    w.clock.wall = std::chrono::time_point_cast<core::ticks>(std::chrono::system_clock::now());
    w.transport.then(200, list_of({}));

    EXPECT_EQ(examined(w)["certificate"].found, c.expected) << c.days;
  }
}

}  // namespace
}  // namespace defender_test

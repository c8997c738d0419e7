#include "adapters/defender/token.hpp"

#include <cstdio>
#include <filesystem>
#include <fstream>

#include "certificates.hpp"
#include "connector/async/tasks.hpp"
#include "connector/http/url.hpp"
#include "world.hpp"

namespace defender_test {
namespace {

using adapters::defender::by_certificate;
using adapters::defender::by_managed_identity;
using adapters::defender::by_workload_identity;
using adapters::defender::settings;
using ::testing::HasSubstr;
using ::testing::Not;

/// A connection whose sign-ins are scripted too.
struct signing_in {
  explicit signing_in(settings with = usual_settings()) : chosen{std::move(with)} {
    transport.scripted_sign_in = true;
    adapter::surroundings around{"soc", transport, clock, *random};
    tokens.emplace(chosen, around);
  }
  ~signing_in() { EXPECT_EQ(transport.left(), 0u) << "calls expected and not made"; }

  std::string token() {
    auto got = run(tokens->token());
    if (!got) ADD_FAILURE() << got.error().detail;
    return got ? got->reveal() : "";
  }
  core::error failure() {
    auto got = run(tokens->token());
    EXPECT_FALSE(got);
    return got ? core::error{} : got.error();
  }
  void then_token(std::string const& text, std::string const& expires_in = "3600") {
    transport.then([=](http::request const&) -> answer {
      return token_response(text, expires_in);
    });
  }

  settings chosen;
  scripted_transport transport;
  still_clock clock;
  std::unique_ptr<connector::async::random> random = connector::async::make_seeded_random(7);
  std::optional<adapters::defender::token_source> tokens;
};

std::string field_of(std::string const& form, std::string const& name) {
  auto const at = ("&" + form).find("&" + name + "=");
  if (at == std::string::npos) return "(absent)";
  auto const from = at + name.size() + 1;
  return form.substr(from, form.find('&', from) - from);
}

TEST(Token, IsAskedForWithTheClientSecret) {
  signing_in s;
  s.then_token("t1");

  EXPECT_EQ(s.token(), "t1");

  auto const& call = s.transport.calls.at(0);
  EXPECT_EQ(call.method, "POST");
  EXPECT_EQ(call.url, token_url);
  EXPECT_EQ(header(call, "Content-Type"), "application/x-www-form-urlencoded");
  EXPECT_EQ(field_of(call.body, "grant_type"), "client_credentials");
  EXPECT_EQ(field_of(call.body, "client_id"), "11111111-2222-3333-4444-555555555555");
  EXPECT_EQ(field_of(call.body, "scope"), "https%3A%2F%2Fgraph.microsoft.com%2F.default");
  EXPECT_EQ(field_of(call.body, "client_secret"), "very~secret%2Bcanary");
}

TEST(Token, IsKeptUntilFiveMinutesBeforeItsEnd) {
  signing_in s;
  s.then_token("t1", "3600");
  s.token();
  s.clock.advance(std::chrono::seconds{3299});
  EXPECT_EQ(s.token(), "t1");
  EXPECT_EQ(s.transport.calls.size(), 1u);

  s.clock.advance(std::chrono::seconds{1});
  s.then_token("t2");

  EXPECT_EQ(s.token(), "t2");
}

TEST(Token, TakesALifetimeWrittenAsText) {
  signing_in s;
  s.then_token("t1", R"("3600")");
  s.token();
  s.clock.advance(std::chrono::seconds{3299});

  EXPECT_EQ(s.token(), "t1");
}

TEST(Token, OfAShortLifeIsRenewedHalfWay) {
  signing_in s;
  s.then_token("t1", "60");
  s.token();
  s.clock.advance(std::chrono::seconds{29});
  EXPECT_EQ(s.token(), "t1");
  s.clock.advance(std::chrono::seconds{1});
  s.then_token("t2");

  EXPECT_EQ(s.token(), "t2");
}

TEST(Token, StaysInUseWhileItsRenewalFails) {
  signing_in s;
  s.then_token("t1", "3600");
  s.token();
  s.clock.advance(std::chrono::seconds{3400});
  s.transport.then(503, "{}");

  EXPECT_EQ(s.token(), "t1");
  EXPECT_EQ(s.token(), "t1") << "and the next try waits half a minute";

  s.clock.advance(std::chrono::seconds{30});
  s.then_token("t2");
  EXPECT_EQ(s.token(), "t2");
}

TEST(Token, IsNotUsedBeyondItsEnd) {
  signing_in s;
  s.then_token("t1", "3600");
  s.token();
  s.clock.advance(std::chrono::seconds{3600});
  s.transport.then(503, "{}");

  EXPECT_EQ(s.failure().code, errc::unavailable);
}

TEST(Token, IsDroppedOnlyIfItIsTheOneRefused) {
  signing_in s;
  s.then_token("t1");
  s.token();

  s.tokens->drop(core::secret{"another"});
  EXPECT_EQ(s.token(), "t1");

  s.tokens->drop(core::secret{"t1"});
  s.then_token("t2");
  EXPECT_EQ(s.token(), "t2");
}

/// Answers each sign-in only when told to, so that callers can queue.
class slow_transport final : public http::transport {
 public:
  awaitable<core::result<http::response>> send(http::request) override {
    ++calls;
    auto const mine = calls - 1;
    co_await go.wait();
    co_return answers.at(mine);
  }
  connector::async::signal go;
  std::size_t calls = 0;
  std::vector<answer> answers;
};

std::vector<core::result<core::secret>> five_at_once(slow_transport& transport) {
  auto const chosen = usual_settings();
  still_clock clock;
  auto const random = connector::async::make_seeded_random(7);
  adapter::surroundings const around{"soc", transport, clock, *random};
  adapters::defender::token_source tokens{chosen, around};
  auto work = [&]() -> awaitable<std::vector<core::result<core::secret>>> {
    std::function<awaitable<core::result<core::secret>>(std::size_t)> one =
        [&](std::size_t n) -> awaitable<core::result<core::secret>> {
      if (n == 4) transport.go.notify();
      co_return co_await tokens.token();
    };
    co_return co_await connector::async::gather<core::result<core::secret>>(5, 5, one);
  };
  return run(work());
}

TEST(Token, OneSignInServesAllWhoWait) {
  slow_transport transport;
  transport.answers.emplace_back(token_response("t1"));

  for (auto const& got : five_at_once(transport)) EXPECT_EQ(got->reveal(), "t1");

  EXPECT_EQ(transport.calls, 1u);
}

TEST(Token, OneFailedSignInFailsAllWhoWait) {
  slow_transport transport;
  transport.answers.emplace_back(core::error{errc::unreachable, "no route"});

  for (auto const& got : five_at_once(transport)) EXPECT_EQ(got.error().code, errc::unreachable);

  EXPECT_EQ(transport.calls, 1u);
}

TEST(Token, IsAskedForWithASignedAssertion) {
  auto const files = make_certificate_files();
  auto chosen = usual_settings();
  chosen.method = by_certificate{files.certificate, files.key};
  signing_in s{chosen};
  s.then_token("t1");

  s.token();

  auto const& body = s.transport.calls.at(0).body;
  EXPECT_EQ(field_of(body, "client_secret"), "(absent)");
  EXPECT_EQ(
      field_of(body, "client_assertion_type"),
      http::percent_encode("urn:ietf:params:oauth:client-assertion-type:jwt-bearer")
  );
  auto const jwt = field_of(body, "client_assertion");
  EXPECT_TRUE(is_signed_by(files, jwt));
  EXPECT_EQ(claims_of(jwt).at("aud"), token_url);
}

TEST(Token, ReadsARenewedCertificateWithoutARestart) {
  auto files = make_certificate_files();
  auto chosen = usual_settings();
  chosen.method = by_certificate{files.certificate, files.key};
  signing_in s{chosen};
  s.then_token("t1", "600");
  s.token();
  s.clock.advance(std::chrono::seconds{600});
  auto const newer = make_certificate_files();
  using std::filesystem::copy_options;
  std::filesystem::copy_file(
      newer.certificate, files.certificate, copy_options::overwrite_existing
  );
  std::filesystem::copy_file(newer.key, files.key, copy_options::overwrite_existing);
  s.then_token("t2");

  s.token();

  EXPECT_TRUE(is_signed_by(newer, field_of(s.transport.calls.at(1).body, "client_assertion")));
}

TEST(Token, OfAVirtualMachineComesFromItsIdentityEndpoint) {
  auto chosen = usual_settings();
  chosen.method = by_managed_identity{"user-assigned", {}};
  signing_in s{chosen};
  s.transport.then(
      200, R"({"access_token":"t1","expires_in":"3599","expires_on":"1","token_type":"Bearer"})"
  );

  EXPECT_EQ(s.token(), "t1");

  auto const& call = s.transport.calls.at(0);
  EXPECT_EQ(call.method, "GET");
  EXPECT_EQ(
      call.url,
      "http://169.254.169.254/metadata/identity/oauth2/token?api-version=2018-02-01"
      "&resource=https%3A%2F%2Fgraph.microsoft.com&client_id=user-assigned"
  );
  EXPECT_EQ(header(call, "Metadata"), "true");
}

TEST(Token, OnAppServiceComesWithItsHeaderAndOnlyAnEnd) {
  auto chosen = usual_settings();
  chosen.method = by_managed_identity{"", core::secret{"header-canary"}};
  chosen.identity_url = "http://127.0.0.1:41741/msi/token";
  signing_in s{chosen};
  auto const end = s.clock.wall.time_since_epoch() + std::chrono::hours{1};
  auto const seconds = std::chrono::duration_cast<std::chrono::seconds>(end).count();
  s.transport.then(
      200, R"({"access_token":"t1","expires_on":")" + std::to_string(seconds) + R"("})"
  );

  EXPECT_EQ(s.token(), "t1");

  auto const& call = s.transport.calls.at(0);
  EXPECT_EQ(
      call.url,
      "http://127.0.0.1:41741/msi/token?api-version=2019-08-01"
      "&resource=https%3A%2F%2Fgraph.microsoft.com"
  );
  EXPECT_EQ(header(call, "X-IDENTITY-HEADER"), "header-canary");
  EXPECT_EQ(header(call, "Metadata"), "");
  s.clock.advance(std::chrono::seconds{3299});
  EXPECT_EQ(s.token(), "t1");
}

TEST(Token, OfAWorkloadIsExchangedForTheFilesContentOfTheMoment) {
  auto const path = std::filesystem::path{::testing::TempDir()} / "defender-federated-token";
  auto write = [&](char const* text) { std::ofstream{path} << text; };
  write("outer-1\n");
  auto chosen = usual_settings();
  chosen.method = by_workload_identity{path.string()};
  signing_in s{chosen};
  s.then_token("t1", "600");
  s.token();
  EXPECT_EQ(field_of(s.transport.calls.at(0).body, "client_assertion"), "outer-1");

  write("outer-2");
  s.clock.advance(std::chrono::seconds{600});
  s.then_token("t2");
  s.token();
  EXPECT_EQ(field_of(s.transport.calls.at(1).body, "client_assertion"), "outer-2");

  std::filesystem::remove(path);
  s.clock.advance(std::chrono::seconds{3600});
  auto const e = s.failure();
  EXPECT_EQ(e.code, errc::unauthorized);
  EXPECT_THAT(e.detail, HasSubstr(path.string()));
}

TEST(Token, FailureSaysWhatToDo) {
  struct {
    int status;
    char const* body;
    errc code;
    char const* words;
  } const cases[] = {
      {401,
       R"({"error":"invalid_client","error_codes":[7000215],"trace_id":"tr","correlation_id":"co"})",
       errc::unauthorized,
       "secret's value, not its id (trace_id tr, correlation_id co)"},
      {401, R"({"error":"invalid_client","error_codes":[7000222]})", errc::unauthorized, "expired"},
      {400,
       R"({"error":"unauthorized_client","error_codes":[700016]})",
       errc::unauthorized,
       "check client_id"},
      {400,
       R"({"error":"invalid_request","error_codes":[90002]})",
       errc::unauthorized,
       "check tenant_id"},
      {401, R"({"error":"invalid_client","error_codes":[700024]})", errc::unauthorized, "clock"},
      {400, R"({"error":"x","error_codes":[424242]})", errc::unauthorized, "AADSTS424242"},
      {400, R"({"error":"x","error_codes":[50196]})", errc::rate_limited, "loop"},
      {400, R"({"error":"temporarily_unavailable"})", errc::unavailable, "temporarily"},
      {429, "", errc::rate_limited, "429"},
      {502, "<html>", errc::unavailable, "502"},
      {404, R"({"error":"not_found"})", errc::unavailable, "404"},
      {200, "<html>", errc::malformed, "without a bearer token"},
      {200, R"({"access_token":"a b","expires_in":1})", errc::malformed, "without a bearer token"},
      {200,
       R"({"access_token":"ab","expires_in":1,"token_type":"pop"})",
       errc::malformed,
       "without a bearer token"},
      {200, R"({"access_token":"ab"})", errc::malformed, "has ended"},
      {200, R"({"access_token":"ab","expires_in":0})", errc::malformed, "has ended"},
  };
  for (auto const& c : cases) {
    signing_in s;
    s.transport.then(c.status, c.body);

    auto const e = s.failure();

    EXPECT_EQ(e.code, c.code) << c.body;
    EXPECT_EQ(e.effect, core::effect::none);
    EXPECT_THAT(e.detail, HasSubstr(c.words));
  }
}

TEST(Token, FailureOfTheNetworkLeavesTheCallUnsent) {
  world w;
  w.transport.scripted_sign_in = true;
  w.transport.then([](http::request const&) -> answer {
    return core::error{errc::timeout, "no answer", core::effect::unknown};
  });
  std::vector<adapter::update> updates(1);
  updates[0].id = "29";
  updates[0].fields = {{"severity", "low"}};

  auto const receipts = run(w.system->update_all(std::move(updates), {}));

  EXPECT_EQ(receipts.at(0).error().code, errc::timeout);
  EXPECT_EQ(receipts.at(0).error().effect, core::effect::none);
}

TEST(Unauthorized, IsAnsweredWithANewTokenAndOneMoreTry) {
  world w;
  w.transport.then([&](http::request const& call) -> answer {
    EXPECT_EQ(header(call, "Authorization"), "Bearer token-1-canary");
    w.transport.token = "token-2-canary";
    return json_response(401, R"({"error":{"code":"InvalidAuthenticationToken"}})");
  });
  w.transport.then([](http::request const& call) -> answer {
    EXPECT_EQ(header(call, "Authorization"), "Bearer token-2-canary");
    return json_response(200, incident("29", "2026-03-01T10:00:00Z"));
  });

  EXPECT_TRUE(run(w.system->read({"29"}, {})));
  EXPECT_EQ(w.transport.sign_ins.size(), 2u);
}

TEST(Unauthorized, TwiceIsAFailure) {
  world w;
  w.transport.then(401, "{}");
  w.transport.then(401, "{}");

  auto const found = run(w.system->read({"29"}, {}));

  EXPECT_EQ(found.error().code, errc::unauthorized);
  EXPECT_THAT(found.error().detail, HasSubstr("tenant_id"));
}

TEST(Unauthorized, InAPartOfABatchDropsTheToken) {
  world w;
  w.transport.then(
      200, R"({"responses":[{"id":"0","status":401,"body":{}},{"id":"1","status":401,"body":{}}]})"
  );
  w.transport.then(200, incident("29", "2026-03-01T10:00:00Z"));

  EXPECT_EQ(run(w.system->read({"1", "2"}, {})).error().code, errc::unauthorized);
  EXPECT_TRUE(run(w.system->read({"29"}, {})));
  EXPECT_EQ(w.transport.sign_ins.size(), 2u);
}

TEST(Secrets, ShowInNoError) {
  auto const leak = std::string{"token-1-canary "} + secret_canary;
  auto const body = R"({"error":{"code":")" + leak + R"(","message":")" + leak + R"("}})";
  auto const part = R"({"id":"0","status":400,"body":)" + body + "}";
  for (auto const status : {400, 401, 403, 404, 409, 429, 500, 503}) {
    world w;
    w.transport.then(status, body);
    if (status == 401) w.transport.then(status, body);
    w.transport.then(200, R"({"responses":[)" + part + "]}");

    auto const listed = run(w.system->changes({}));
    auto const read = run(w.system->read({"1", "2"}, {}));

    for (auto const& detail : {listed.error().detail, read.error().detail}) {
      EXPECT_THAT(detail, Not(HasSubstr("canary"))) << detail;
    }
  }
}

TEST(Secrets, ShowInNoSignInError) {
  signing_in s;
  s.transport.then(
      400,
      R"({"error":"invalid_client","error_description":"AADSTS7000215: very~secret+canary","error_codes":[7000215]})"
  );

  EXPECT_THAT(s.failure().detail, Not(HasSubstr("canary")));
}

}  // namespace
}  // namespace defender_test

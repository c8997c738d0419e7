#include "test/simulators/test/support.hpp"

namespace simulators::testing {
namespace {

class GraphSignIn : public ::testing::Test {
 protected:
  core::time_point now = at("2026-03-01T10:00:00Z");
  graph service;
  std::map<std::string, std::string> form{
      {"client_id", service.settings().client_id},
      {"scope", "https://graph.microsoft.com/.default"},
      {"client_secret", service.settings().client_secret},
      {"grant_type", "client_credentials"},
  };

  http::response sign_in(std::string_view tenant = "contoso.onmicrosoft.com") {
    http::request call;
    call.method = "POST";
    call.url = "https://login.microsoftonline.com/" + std::string{tenant} + "/oauth2/v2.0/token";
    call.headers = {{"Content-Type", "application/x-www-form-urlencoded"}};
    for (auto const& [name, value] : form) {
      call.body += (call.body.empty() ? "" : "&") + name + "=" + quote(value);
    }
    return service.handle(call, now);
  }

  int code_of(http::response const& answer) {
    return static_cast<int>(object_of(answer).at("error_codes").as_array().at(0).as_int64());
  }

  http::response list(std::string const& token) {
    http::request call;
    call.url = "https://graph.microsoft.com/v1.0/security/incidents";
    if (!token.empty()) call.headers = {{"Authorization", "Bearer " + token}};
    return service.handle(call, now);
  }
};

TEST_F(GraphSignIn, GivesATokenWithANumberForItsLife) {
  auto const answer = sign_in();

  EXPECT_EQ(answer.status, 200);
  auto const body = object_of(answer);
  EXPECT_EQ(body.at("expires_in"), 3599);
  EXPECT_EQ(text_at(body, "token_type"), "Bearer");
  EXPECT_EQ(list(text_at(body, "access_token")).status, 200);
}

TEST_F(GraphSignIn, NamesTheReasonOfEachRefusal) {
  EXPECT_EQ(code_of(sign_in("common")), 90002);
  form["client_secret"] = "wrong";
  EXPECT_EQ(code_of(sign_in()), 7000215);
  form["client_secret"] = service.settings().client_secret;
  form["scope"] = "https://graph.microsoft.com/User.Read";
  EXPECT_EQ(code_of(sign_in()), 70011);
  form["scope"] = "https://graph.microsoft.com/.default";
  form["client_id"] = "other";
  EXPECT_EQ(code_of(sign_in()), 700016);
  form.erase("client_id");
  EXPECT_EQ(code_of(sign_in()), 900144);
}

TEST_F(GraphSignIn, RefusesTokensThatAreAbsentUnknownExpiredOrForAnotherResource) {
  EXPECT_EQ(list("").status, 401);
  EXPECT_EQ(list("nonsense").status, 401);
  auto const token = text_at(object_of(sign_in()), "access_token");
  now += std::chrono::seconds{3599};
  EXPECT_EQ(list(token).status, 401);
  form["scope"] = "https://management.azure.com/.default";
  EXPECT_EQ(list(text_at(object_of(sign_in()), "access_token")).status, 401);
}

TEST_F(GraphSignIn, RefusesWithoutTheAppRole) {
  auto const token = text_at(object_of(sign_in()), "access_token");
  service.settings().permissions = {"SecurityAlert.Read.All"};

  auto const answer = list(token);
  EXPECT_EQ(answer.status, 403);
  EXPECT_EQ(text_at(object_of(answer).at("error").as_object(), "code"), "");
  service.settings().empty_error_codes = false;
  EXPECT_EQ(text_at(object_of(list(token)).at("error").as_object(), "code"), "Forbidden");
}

TEST_F(GraphSignIn, ThrottlesBeyondTheCallsOfAMinute) {
  auto const token = text_at(object_of(sign_in()), "access_token");
  service.settings().calls_per_minute = 2;
  now = at("2026-03-01T10:00:45Z");
  using header = graph_settings::retry_header;

  EXPECT_EQ(list(token).status, 200);
  EXPECT_EQ(list(token).status, 200);
  auto const absent = list(token);
  EXPECT_EQ(absent.status, 429);
  EXPECT_EQ(http::find(absent.headers, "Retry-After"), "");
  service.settings().retry_after = header::seconds;
  EXPECT_EQ(http::find(list(token).headers, "Retry-After"), "15");
  service.settings().retry_after = header::date;
  EXPECT_EQ(http::find(list(token).headers, "Retry-After"), "Sun, 01 Mar 2026 10:01:00 GMT");
  now = at("2026-03-01T10:01:00Z");
  EXPECT_EQ(list(token).status, 200);
}

TEST_F(GraphSignIn, GivesManagedIdentitiesNumbersAsText) {
  http::request call;
  call.url =
      "http://169.254.169.254/metadata/identity/oauth2/token?api-version=2018-02-01&resource="
      "https%3A%2F%2Fgraph.microsoft.com";

  auto const refused = service.handle(call, now);
  EXPECT_EQ(refused.status, 400);
  EXPECT_EQ(text_at(object_of(refused), "error"), "bad_request_102");

  call.headers = {{"Metadata", "true"}};
  auto const body = object_of(service.handle(call, now));
  EXPECT_EQ(body.at("expires_in"), "3599");
  EXPECT_EQ(text_at(body, "expires_on"), std::to_string(unix_seconds(now) + 3599));
  EXPECT_EQ(list(text_at(body, "access_token")).status, 200);
}

TEST_F(GraphSignIn, EchoesTheClientsRequestId) {
  http::request call;
  call.url = "https://graph.microsoft.com/v1.0/security/incidents";
  call.headers = {{"client-request-id", "mine"}};

  auto const answer = service.handle(call, now);
  EXPECT_EQ(http::find(answer.headers, "client-request-id"), "mine");
  EXPECT_FALSE(http::find(answer.headers, "request-id").empty());
  EXPECT_EQ(http::find(answer.headers, "Date"), "Sun, 01 Mar 2026 10:00:00 GMT");
}

}  // namespace
}  // namespace simulators::testing

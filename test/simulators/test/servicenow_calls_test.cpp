#include "test/simulators/test/support.hpp"

namespace simulators::testing {
namespace {

class ServiceNowCalls : public ::testing::Test {
 protected:
  core::time_point now = at("2026-03-01T10:00:00Z");
  servicenow service{{}, now};
  servicenow_client client{service, now};

  http::response list() { return client.get("/api/now/table/incident"); }

  http::response sign_in(std::string body, std::string type = "application/x-www-form-urlencoded") {
    http::request call;
    call.method = "POST";
    call.url = "https://instance.service-now.com/oauth_token.do";
    call.headers = {{"Content-Type", std::move(type)}};
    call.body = "client_id=simulated-client&client_secret=simulated-secret&" + std::move(body);
    return service.handle(call, now);
  }
};

TEST_F(ServiceNowCalls, RefuseStrangersWithTheInstancesWords) {
  client.headers[0].value = "Basic bm9ib2R5Ong=";
  auto const answer = list();

  EXPECT_EQ(answer.status, 401);
  EXPECT_EQ(
      answer.body,
      R"({"error":{"message":"User Not Authenticated","detail":"Required to provide Auth )"
      R"(information"},"status":"failure"})"
  );
}

TEST_F(ServiceNowCalls, AcceptEachCredential) {
  EXPECT_EQ(list().status, 200);
  service.settings().basic_allowed = false;
  EXPECT_EQ(list().status, 401);

  client.headers[0] = {"x-sn-apikey", "simulated-key"};
  EXPECT_EQ(list().status, 200);
  service.settings().api_key = "";
  EXPECT_EQ(list().status, 401);

  auto const token = text_at(object_of(sign_in("grant_type=client_credentials")), "access_token");
  client.headers[0] = {"Authorization", "Bearer " + token};
  EXPECT_EQ(list().status, 200);
  now += service.settings().token_life;
  EXPECT_EQ(list().status, 401);
}

TEST_F(ServiceNowCalls, GiveTheSameTokenForASecondPasswordGrant) {
  auto const body = "grant_type=password&username=svc.defender&password=simulated-password";
  auto const first = object_of(sign_in(body));
  now += std::chrono::seconds{100};
  auto const second = object_of(sign_in(body));

  EXPECT_EQ(first.at("access_token"), second.at("access_token"));
  EXPECT_EQ(first.at("expires_in"), 1799);
  EXPECT_EQ(second.at("expires_in"), 1699);
  EXPECT_EQ(first.at("scope"), "useraccount");

  auto const fresh =
      object_of(sign_in("grant_type=refresh_token&refresh_token=" + text_at(first, "refresh_token"))
      );
  EXPECT_NE(fresh.at("access_token"), first.at("access_token"));
  EXPECT_FALSE(fresh.contains("refresh_token"));
}

TEST_F(ServiceNowCalls, DenySignInAlwaysInTheSameWords) {
  auto const denied = R"({"error_description":"access_denied","error":"server_error"})";
  EXPECT_EQ(sign_in("grant_type=password&username=svc.defender&password=x").body, denied);
  EXPECT_EQ(sign_in("grant_type=nonsense").body, denied);
  EXPECT_EQ(sign_in("grant_type=client_credentials", "application/json").body, denied);
  service.settings().client_credentials_grant = false;
  auto const answer = sign_in("grant_type=client_credentials");
  EXPECT_EQ(answer.status, 401);
  EXPECT_EQ(answer.body, denied);
}

TEST_F(ServiceNowCalls, OpenASessionForEachCallThatDropsItsCookies) {
  auto const first = list();
  list();
  EXPECT_EQ(service.sessions_opened(), 2U);

  auto const cookie = std::string{http::find(first.headers, "Set-Cookie")};
  client.headers.push_back({"Cookie", cookie.substr(0, cookie.find(';'))});
  EXPECT_EQ(http::find(list().headers, "Set-Cookie"), "");
  EXPECT_EQ(service.sessions_opened(), 2U);
}

TEST_F(ServiceNowCalls, AnswerHtmlWithAFriendlyStatusWhileHibernating) {
  service.settings().hibernating = true;
  auto const answer = list();

  EXPECT_EQ(answer.status, 200);
  EXPECT_EQ(http::find(answer.headers, "Content-Type"), "text/html;charset=UTF-8");
}

TEST_F(ServiceNowCalls, CountRatesInHalfMinutesAndSayWhenToComeBack) {
  service.settings().rate_limits = {{2, {}}};
  for (int i = 0; i < 5; ++i) EXPECT_EQ(list().status, 200) << "not committed yet";

  now = at("2026-03-01T10:00:30Z");
  auto const answer = list();
  EXPECT_EQ(answer.status, 429);
  EXPECT_EQ(http::find(answer.headers, "Retry-After"), "3570");
  EXPECT_EQ(http::find(answer.headers, "X-RateLimit-Limit"), "2");
  EXPECT_EQ(
      http::find(answer.headers, "X-RateLimit-Reset"),
      std::to_string(unix_seconds(at("2026-03-01T11:00:00Z")))
  );
  EXPECT_EQ(http::find(answer.headers, "X-RateLimit-Rule").size(), 32U);
  EXPECT_EQ(
      answer.body,
      R"({"error":{"message":"Rate limit exceeded","detail":"Rate limit of 2 requests per hour for )"
      R"(Table API exceeded"},"status":"failure"})"
  );
  now = at("2026-03-01T11:00:00Z");
  EXPECT_EQ(list().status, 200);
}

TEST_F(ServiceNowCalls, BatchServesItemsOneByOneWithTheirOwnStatus) {
  auto const item = [](std::string const& id,
                       std::string const& method,
                       std::string const& url,
                       std::string const& body) {
    return R"({"id":")" + id + R"(","method":")" + method + R"(","url":")" + url +
           R"(","headers":[{"name":"Accept","value":"application/json"},)" +
           R"({"name":"Content-Type","value":"application/json"}],"body":")" + http::base64(body) +
           R"("})";
  };
  auto const body = R"({"batch_request_id":"b","rest_requests":[)" +
                    item("1", "POST", "/api/now/table/incident", R"({"short_description":"x"})") +
                    "," + item("2", "GET", "/api/now/table/nonsense", "") + "," +
                    item("3", "GET", "/api/now/table/incident", "") + "]}";
  service.settings().batch_requests_serviced = 2;

  auto const answer = client.call("POST", "/api/now/v1/batch", body);

  ASSERT_EQ(answer.status, 200) << answer.body;
  auto const out = object_of(answer);
  EXPECT_EQ(out.at("batch_request_id"), "b");
  auto const& done = out.at("serviced_requests").as_array();
  ASSERT_EQ(done.size(), 2U);
  EXPECT_EQ(done[0].at("status_code"), 201);
  EXPECT_EQ(done[1].at("status_code"), 400);
  auto const inner = http::from_base64(text_at(done[0].as_object(), "body")).value();
  EXPECT_NE(inner.find(R"("short_description":"x")"), std::string::npos);
  EXPECT_EQ(json::serialize(out.at("unserviced_requests")), R"(["3"])");
  EXPECT_EQ(service.records("incident"), 1U) << "what is unserviced was not done";
}

TEST_F(ServiceNowCalls, BatchDemandsHeadersOfEachItem) {
  auto const body = R"({"batch_request_id":"b","rest_requests":[{"id":"1","method":"GET",)"
                    R"("url":"/api/now/table/incident"}]})";

  auto const out = object_of(client.call("POST", "/api/now/v1/batch", body));
  EXPECT_EQ(out.at("serviced_requests").as_array().at(0).at("status_code"), 400);
}

TEST_F(ServiceNowCalls, CarryATransactionIdAndADate) {
  auto const answer = list();
  EXPECT_FALSE(http::find(answer.headers, "X-Transaction-ID").empty());
  EXPECT_EQ(http::find(answer.headers, "Date"), "Sun, 01 Mar 2026 10:00:00 GMT");
  EXPECT_EQ(http::find(answer.headers, "Server"), "ServiceNow");
}

TEST_F(ServiceNowCalls, CountTicketsPerKey) {
  client.create({{"correlation_id", "a"}});
  client.create({{"correlation_id", "a"}});
  client.create({{"correlation_id", "b"}});
  client.create({});

  EXPECT_EQ(
      service.tickets_by_correlation("incident"),
      (std::map<std::string, std::size_t>{{"a", 2}, {"b", 1}})
  );
}

}  // namespace
}  // namespace simulators::testing

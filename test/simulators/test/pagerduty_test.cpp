#include "test/simulators/pagerduty/pagerduty.hpp"

#include "test/simulators/test/support.hpp"

namespace simulators::testing {
namespace {

class PagerDuty : public ::testing::Test {
 protected:
  static pagerduty_settings chosen() {
    pagerduty_settings s;
    s.creates_per_minute = 0;
    return s;
  }

  http::response call(std::string_view method, std::string_view path, std::string body = {}) {
    http::request request;
    request.method = method;
    request.url = "https://api.pagerduty.com" + std::string{path};
    request.headers = headers;
    if (!body.empty()) request.headers.push_back({"Content-Type", "application/json"});
    request.body = std::move(body);
    return service.handle(request, now);
  }
  http::response create(std::string const& more = {}) {
    return call(
        "POST",
        "/incidents",
        R"({"incident":{"type":"incident","title":"T","service":{"id":"PSECOPS","type":"service_reference"})" +
            more + "}}"
    );
  }
  static std::int64_t code(http::response const& answer) {
    return object_of(answer).at("error").at("code").as_int64();
  }
  std::string open(std::string const& more = {}) {
    return text_at(object_of(create(more)).at("incident").as_object(), "id");
  }
  http::response put(std::string const& id, std::string const& members) {
    return call(
        "PUT", "/incidents/" + id, R"({"incident":{"type":"incident_reference",)" + members + "}}"
    );
  }

  core::time_point now = at("2026-03-01T10:00:00Z");
  pagerduty service{chosen(), now};
  std::vector<http::header> headers{
      {"Authorization", "Token token=simulated-api-key"},
      {"Accept", "application/vnd.pagerduty+json;version=2"},
      {"From", "svc.defender@acme.example"}};
};

TEST_F(PagerDuty, TakesAKeyInItsOwnFormAlone) {
  EXPECT_EQ(call("GET", "/abilities").status, 200);
  for (auto const* wrong : {"simulated-api-key", "Bearer simulated-api-key", "Token token=other"}) {
    headers[0].value = wrong;
    EXPECT_EQ(call("GET", "/abilities").status, 401) << wrong;
  }
}

TEST_F(PagerDuty, WantsItsVersionAndForWritesARequester) {
  headers[2].value = "";
  EXPECT_EQ(create().status, 400);
  headers[2].value = "nobody@acme.example";
  EXPECT_EQ(code(create()), 1008);
  headers[1].value = "application/json";
  EXPECT_EQ(call("GET", "/abilities").status, 400);
}

TEST_F(PagerDuty, MissesTheTitleWhereTheEnvelopeIsMissing) {
  auto const answer = call("POST", "/incidents", R"({"title":"T"})");

  EXPECT_EQ(answer.status, 400);
  EXPECT_NE(answer.body.find("Title cannot be empty."), std::string::npos);
}

TEST_F(PagerDuty, KeepsOneOpenIncidentPerKey) {
  auto const id = open(R"(,"incident_key":"k")");
  EXPECT_EQ(code(create(R"(,"incident_key":"k")")), 2002);

  put(id, R"("status":"resolved")");

  EXPECT_EQ(create(R"(,"incident_key":"k")").status, 201);
  auto const found =
      object_of(call("GET", "/incidents?incident_key=k&date_range=all")).at("incidents").as_array();
  EXPECT_EQ(found.size(), 2u);
}

TEST_F(PagerDuty, IgnoresWhatItDoesNotKnow) {
  auto const id = open(R"(,"status":"resolved","nonsense":1)");

  EXPECT_EQ(service.incident(id)->at("status"), "triggered");
  EXPECT_EQ(put(id, R"("body":{"type":"incident_body","details":"New"})").status, 200);
  EXPECT_EQ(service.incident(id)->at("details"), "");
}

TEST_F(PagerDuty, RefusesPolicyAndPersonTogether) {
  EXPECT_EQ(
      create(
          R"(,"assignments":[],"escalation_policy":{"id":")" + service.policy("Customer response") +
          R"(","type":"escalation_policy_reference"})"
      )
          .status,
      400
  );
}

TEST_F(PagerDuty, LooksAtAMonthUnlessToldOtherwise) {
  open(R"(,"incident_key":"k")");
  now += std::chrono::hours{24 * 60};

  auto const rows = [&](std::string const& query) {
    return object_of(call("GET", "/incidents?" + query)).at("incidents").as_array().size();
  };
  EXPECT_EQ(rows("incident_key=k"), 0u);
  EXPECT_EQ(rows("incident_key=k&date_range=all"), 1u);
  EXPECT_EQ(rows("incident_key=&date_range=all"), 1u) << "an empty key is no condition";
}

TEST_F(PagerDuty, ListsNoFurtherThanTenThousand) {
  EXPECT_EQ(call("GET", "/log_entries?limit=100&offset=9900").status, 200);
  EXPECT_EQ(call("GET", "/log_entries?limit=100&offset=9901").status, 400);
  EXPECT_EQ(call("GET", "/log_entries?limit=101").status, 400);
  EXPECT_EQ(code(call("GET", "/log_entries?since=yesterday")), 2004);
}

TEST_F(PagerDuty, ReadsATimeWithoutAZoneInTheAccounts) {
  open();

  auto const entries = [&](std::string const& since) {
    return object_of(call("GET", "/log_entries?since=" + since))
        .at("log_entries")
        .as_array()
        .size();
  };
  EXPECT_GT(entries("2026-03-01T10:00:00Z"), 0u);
  EXPECT_EQ(entries("2026-03-01T10:00:00"), 0u);
}

TEST_F(PagerDuty, ListsItsLogByStampWhateverTheOrderOfWhatHappened) {
  open(R"(,"incident_key":"now")");
  auto const then = now;
  now -= std::chrono::minutes{10};
  open(R"(,"incident_key":"before")");
  auto const since = connector::core::format_time(now + std::chrono::minutes{5});
  now = then + std::chrono::minutes{1};

  auto const rows = object_of(call("GET", "/log_entries?since=" + since)).at("log_entries");
  ASSERT_FALSE(rows.as_array().empty());
  for (auto const& row : rows.as_array()) {
    EXPECT_EQ(row.at("created_at").as_string(), connector::core::format_time(then));
  }
}

TEST_F(PagerDuty, WalksThroughItsStates) {
  auto const id = open();
  EXPECT_EQ(code(put(id, R"("status":"closed")")), 1003);
  EXPECT_EQ(put(id, R"("status":"acknowledged")").status, 200);
  EXPECT_EQ(code(put(id, R"("status":"acknowledged")")), 1002);
  EXPECT_EQ(put(id, R"("status":"resolved")").status, 200);
  EXPECT_EQ(code(put(id, R"("status":"resolved")")), 1001);
  EXPECT_EQ(put(id, R"("status":"triggered")").status, 200);

  service.settings().reopening = false;
  put(id, R"("status":"resolved")");
  EXPECT_EQ(code(put(id, R"("status":"triggered")")), 1001);
}

TEST_F(PagerDuty, ChangesManyOrNone) {
  auto const one = open();
  auto const both = [&](std::string const& second) {
    return call(
        "PUT",
        "/incidents",
        R"({"incidents":[{"type":"incident","id":")" + one +
            R"(","title":"N"},{"type":"incident","id":")" + second + R"(","title":"N"}]})"
    );
  };
  EXPECT_EQ(both("PNOTHERE").status, 404);
  EXPECT_EQ(service.incident(one)->at("title"), "T");
  EXPECT_EQ(both(open()).status, 200);
  EXPECT_EQ(service.incident(one)->at("title"), "N");
}

TEST_F(PagerDuty, AMergeResolvesTheSourceAndPointsToTheTarget) {
  auto const source = open();
  auto const target = open();
  auto const merged = call(
      "PUT",
      "/incidents/" + target + "/merge",
      R"({"source_incidents":[{"id":")" + source + R"(","type":"incident_reference"}]})"
  );

  EXPECT_EQ(merged.status, 200);
  auto const shown = object_of(call("GET", "/incidents/" + source)).at("incident").as_object();
  EXPECT_EQ(shown.at("status"), "resolved");
  EXPECT_EQ(shown.at("resolve_reason").at("incident").at("id"), json::value(target));
  EXPECT_EQ(code(put(source, R"("status":"triggered")")), 1019);
}

TEST_F(PagerDuty, AnEventForNoOpenAlertIsTakenAndDropped) {
  auto const event = [&](std::string const& action, std::string const& payload = {}) {
    http::request request;
    request.method = "POST";
    request.url = "https://events.pagerduty.com/v2/enqueue";
    request.body =
        R"({"routing_key":"0123456789abcdef0123456789abcdef","dedup_key":"a","event_action":")" +
        action + "\"" + payload + "}";
    return service.handle(request, now).status;
  };
  EXPECT_EQ(event("resolve"), 202);
  EXPECT_EQ(service.incidents(), 0u);
  EXPECT_EQ(event("trigger"), 400);
  auto const payload = R"(,"payload":{"summary":"S","source":"x","severity":"info"})";
  EXPECT_EQ(event("trigger", payload), 202);
  EXPECT_EQ(event("trigger", payload), 202);
  EXPECT_EQ(service.incidents(), 1u);
}

TEST_F(PagerDuty, LimitsCreatesOfAMinuteAndNeedNotSaySo) {
  service.settings().creates_per_minute = 1;
  EXPECT_EQ(create().status, 201);

  auto const refused = create();

  EXPECT_EQ(refused.status, 429);
  EXPECT_TRUE(http::find(refused.headers, "ratelimit-reset").empty());
  now += std::chrono::minutes{1};
  EXPECT_EQ(create().status, 201);
}

TEST_F(PagerDuty, ListsLagBehindAndReadsByIdDoNot) {
  service.settings().list_lag = std::chrono::seconds{5};
  auto const id = open();
  auto const listed = [&] {
    return object_of(call("GET", "/log_entries")).at("log_entries").as_array().size() +
           object_of(call("GET", "/incidents")).at("incidents").as_array().size();
  };

  EXPECT_EQ(call("GET", "/incidents/" + id).status, 200);
  EXPECT_EQ(listed(), 0u);
  now += std::chrono::seconds{5};
  EXPECT_GT(listed(), 1u);
}

TEST_F(PagerDuty, ListsNeverGoBackToAnEarlierStateWhenTheirLagShrinks) {
  auto const id = open();
  service.settings().list_lag = std::chrono::seconds{5};
  put(id, R"("title":"Earlier")");
  service.settings().list_lag = std::chrono::seconds{0};
  put(id, R"("title":"Later")");

  now += std::chrono::seconds{5};

  auto const listed = object_of(call("GET", "/incidents")).at("incidents").as_array();
  EXPECT_EQ(text_at(listed.front().as_object(), "title"), "Later");
}

TEST_F(PagerDuty, TheSameCallsGiveTheSameIds) {
  pagerduty twin{chosen(), now};
  EXPECT_EQ(service.policy("Customer response"), twin.policy("Customer response"));
}

}  // namespace
}  // namespace simulators::testing

#include "test/simulators/test/support.hpp"

namespace simulators::testing {
namespace {

class GraphLists : public ::testing::Test {
 protected:
  core::time_point now = at("2026-03-01T10:00:00Z");
  graph service;
  graph_client client{service, now};

  GraphLists() { service.settings().calls_per_minute = 0; }

  std::string add(std::string_view stamp, json::object record = {}) {
    return service.add_incident(std::move(record), at(stamp));
  }
};

TEST_F(GraphLists, RefusesTopAboveFiftyWithAnEmptyCode) {
  auto const answer = client.get("/security/incidents?$top=51");

  EXPECT_EQ(answer.status, 400);
  auto const error = object_of(answer).at("error").as_object();
  EXPECT_EQ(text_at(error, "code"), "");
  EXPECT_EQ(
      text_at(error, "message"),
      "The query specified in the URI is not valid. The limit of '50' for Top query has been "
      "exceeded. The value from the incoming request is '51'."
  );
}

TEST_F(GraphLists, OrdersByLastUpdateAndHonoursTheWindow) {
  auto const first = add("2026-03-01T08:00:00Z");
  auto const second = add("2026-03-01T08:00:10Z");
  auto const third = add("2026-03-01T08:00:20Z");

  auto const answer = client.get(
      "/security/incidents?$orderby=lastUpdateDateTime&$filter=" +
      quote("lastUpdateDateTime ge 2026-03-01T08:00:10Z and lastUpdateDateTime le "
            "2026-03-01T08:00:20Z")
  );

  EXPECT_EQ(ids_of(answer), (std::vector{second, third}));
  EXPECT_NE(first, second);
}

TEST_F(GraphLists, PagesByNextLinkInBothStyles) {
  std::vector<std::string> all;
  for (int i = 0; i < 7; ++i) all.push_back(add("2026-03-01T08:00:0" + std::to_string(i) + "Z"));

  for (auto const style : {graph_settings::paging::skip, graph_settings::paging::skip_token}) {
    service.settings().next_link = style;
    std::vector<std::string> seen;
    std::string url = "/security/incidents?$top=3&$orderby=lastUpdateDateTime%20asc";
    while (!url.empty()) {
      auto const answer = client.get(url);
      ASSERT_EQ(answer.status, 200) << answer.body;
      for (auto& id : ids_of(answer)) seen.push_back(id);
      auto const body = object_of(answer);
      url = body.contains("@odata.nextLink") ? text_at(body, "@odata.nextLink") : "";
    }
    EXPECT_EQ(seen, all);
  }
}

TEST_F(GraphLists, ShowsAwaitingActionOnlyWithThePreferHeader) {
  auto const id = add("2026-03-01T08:00:00Z");
  service.experts_hand_over(id, "please isolate", now);

  EXPECT_EQ(
      text_at(object_of(client.get("/security/incidents/" + id)), "status"), "awaitingAction"
  );
  client.prefers = false;
  EXPECT_EQ(
      text_at(object_of(client.get("/security/incidents/" + id)), "status"), "unknownFutureValue"
  );
  auto const rows = object_of(client.get("/security/incidents")).at("value").as_array();
  EXPECT_EQ(text_at(rows.at(0).as_object(), "status"), "unknownFutureValue");
}

TEST_F(GraphLists, SendsTheNextLinkOnlyWhileRowsAreLeft) {
  for (int i = 0; i < 3; ++i) add("2026-03-01T08:00:0" + std::to_string(i) + "Z");

  EXPECT_TRUE(object_of(client.get("/security/incidents?$top=2")).contains("@odata.nextLink"));
  EXPECT_FALSE(object_of(client.get("/security/incidents?$top=3")).contains("@odata.nextLink"));
}

TEST_F(GraphLists, ShiftsRowsBetweenOffsetPagesWhileIncidentsChange) {
  std::vector<std::string> all;
  for (int i = 0; i < 4; ++i) all.push_back(add("2026-03-01T08:00:0" + std::to_string(i) + "Z"));
  service.settings().next_link = graph_settings::paging::skip;

  auto const first = client.get("/security/incidents?$top=2&$orderby=lastUpdateDateTime");
  service.edit(all[0], {{"severity", "high"}}, "ann", now);
  auto const second = client.get(text_at(object_of(first), "@odata.nextLink"));

  EXPECT_EQ(ids_of(first), (std::vector{all[0], all[1]}));
  EXPECT_EQ(ids_of(second), (std::vector{all[3], all[0]})) << "the third slipped through";
}

TEST_F(GraphLists, CountsAllMatchesWhateverThePageHolds) {
  for (int i = 0; i < 5; ++i) add("2026-03-01T08:00:00Z");
  service.add_incident({{"severity", "high"}}, at("2026-03-01T08:00:01Z"));

  auto const all = object_of(client.get("/security/incidents?$count=true&$top=1"));
  auto const high = object_of(
      client.get("/security/incidents?$count=true&$top=1&$filter=" + quote("severity eq 'high'"))
  );

  EXPECT_EQ(all.at("@odata.count"), 6);
  EXPECT_EQ(high.at("@odata.count"), 1);
}

TEST_F(GraphLists, RefusesPropertiesThatThePageDoesNotOfferForFiltering) {
  EXPECT_EQ(client.get("/security/incidents?$filter=" + quote("id eq '1'")).status, 400);
  EXPECT_EQ(client.get("/security/incidents?$filter=" + quote("nonsense eq '1'")).status, 400);
  EXPECT_EQ(
      client.get("/security/incidents?$filter=" + quote("lastUpdateDateTime ge '2026-01-01'"))
          .status,
      400
  );
}

TEST_F(GraphLists, RefusesUnknownWordsAndOptions) {
  EXPECT_EQ(client.get("/security/incidents?$filter=" + quote("status eq 'closed'")).status, 400);
  EXPECT_EQ(client.get("/security/incidents?$select=nonsense").status, 400);
  EXPECT_EQ(client.get("/security/incidents?$orderby=nonsense").status, 400);
  EXPECT_EQ(client.get("/security/incidents?$search=x").status, 400);
  EXPECT_EQ(client.get("/security/incidents?$top=0").status, 400);
  EXPECT_EQ(client.get("/security/incidents?$expand=comments").status, 400);
}

TEST_F(GraphLists, TakesGatedWordsInFiltersAsTheSwitchSays) {
  auto const id = add("2026-03-01T08:00:00Z");
  service.experts_hand_over(id, "", now);
  auto const url = "/security/incidents?$filter=" + quote("status eq 'awaitingAction'");
  using gated = graph_settings::gated_literals;

  EXPECT_EQ(client.get(url).status, 400);
  service.settings().filter_gated = gated::with_prefer;
  EXPECT_EQ(ids_of(client.get(url)), std::vector{id});
  client.prefers = false;
  EXPECT_EQ(client.get(url).status, 400);
  service.settings().filter_gated = gated::accepted;
  EXPECT_EQ(ids_of(client.get(url)), std::vector{id});
}

TEST_F(GraphLists, SelectsMembersAndAlwaysTheKey) {
  add("2026-03-01T08:00:00Z");

  auto const body = object_of(client.get("/security/incidents?$select=severity"));
  auto const row = body.at("value").as_array().at(0).as_object();

  EXPECT_EQ(row.size(), 2U);
  EXPECT_TRUE(row.contains("id"));
  EXPECT_TRUE(row.contains("severity"));
}

TEST_F(GraphLists, ShowsAWriteInListsOnlyAfterTheLag) {
  auto const id = add("2026-03-01T08:00:00Z");
  service.settings().list_lag = std::chrono::seconds{30};

  client.call("PATCH", "/security/incidents/" + id, R"({"severity":"high"})");

  auto const severity = [&](std::string const& answer) {
    return answer.find(R"("severity":"high")") != answer.npos;
  };
  EXPECT_TRUE(severity(client.get("/security/incidents/" + id).body)) << "point reads see it";
  EXPECT_FALSE(severity(client.get("/security/incidents").body));
  now += std::chrono::seconds{30};
  EXPECT_TRUE(severity(client.get("/security/incidents").body));
}

TEST_F(GraphLists, ForgetsIncidentsPastTheirRetention) {
  auto const old = add("2025-08-01T00:00:00Z");
  auto const young = add("2026-02-01T00:00:00Z");

  EXPECT_EQ(ids_of(client.get("/security/incidents")), std::vector{young});
  EXPECT_EQ(client.get("/security/incidents/" + old).status, 404);
}

TEST_F(GraphLists, CutsLongAlertListsOffWithALinkToTheRest) {
  service.settings().expanded_alerts = 2;
  auto const id = add("2026-03-01T08:00:00Z");
  for (int i = 0; i < 3; ++i) service.add_alert(id, {}, at("2026-03-01T08:00:00Z"));

  auto const incident = object_of(client.get("/security/incidents/" + id + "?$expand=alerts"));
  auto const rest = client.get(text_at(incident, "alerts@odata.nextLink"));

  EXPECT_EQ(incident.at("alerts").as_array().size(), 2U);
  EXPECT_EQ(ids_of(rest).size(), 1U);
}

TEST_F(GraphLists, StepsStampsByAThreeHundredthOfASecond) {
  EXPECT_EQ(defender_stamp(at("2026-03-01T08:00:00.0000001Z")), at("2026-03-01T08:00:00Z"));
  EXPECT_EQ(defender_stamp(at("2026-03-01T08:00:00.005Z")), at("2026-03-01T08:00:00.0033333Z"));
  EXPECT_EQ(defender_stamp(at("2026-03-01T08:00:00.0099Z")), at("2026-03-01T08:00:00.0066667Z"));
  EXPECT_EQ(defender_stamp(at("2026-03-01T08:00:00.01Z")), at("2026-03-01T08:00:00.01Z"));
}

}  // namespace
}  // namespace simulators::testing

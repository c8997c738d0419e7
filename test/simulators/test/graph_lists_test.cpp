#include "test/simulators/test/support.hpp"

namespace simulators::testing {
namespace {

using ::testing::Test;

struct GraphLists : Test {
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

}  // namespace
}  // namespace simulators::testing

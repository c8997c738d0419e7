#include "test/simulators/control.hpp"

#include "test/simulators/test/support.hpp"

namespace simulators::testing {
namespace {

class Control : public ::testing::Test {
 protected:
  core::time_point now = at("2026-03-01T10:00:00Z");
  estate world{graph{}, make_desks(open_points::hard, now)};

  http::response call(std::string_view method, std::string_view path, std::string body = {}) {
    http::request request;
    request.method = method;
    request.url = "/_sim/" + std::string{path};
    request.body = std::move(body);
    return answer_control(world, nullptr, request, now).value();
  }
  json::value post(std::string_view path, std::string body = {}) {
    auto const answer = call("POST", path, std::move(body));
    EXPECT_LT(answer.status, 300) << path << ": " << answer.body;
    return json::parse(answer.body);
  }
  json::value get(std::string_view path) { return json::parse(call("GET", path).body); }
};

TEST_F(Control, PlaysTheAnalystsAndTheExperts) {
  auto const id = text_at(post("incidents", R"({"record":{"displayName":"x"}})").as_object(), "id");
  post("incidents/" + id + "/edit", R"({"fields":{"severity":"high"},"who":"ann"})");
  post("incidents/" + id + "/comment", R"({"text":"hello"})");
  post("incidents/" + id + "/alert", R"({"alert":{"title":"t"}})");
  post("incidents/" + id + "/experts-take");
  post("incidents/" + id + "/experts-hand-over", R"({"summary":"isolate"})");

  auto const found = get("incidents/" + id).as_object();
  EXPECT_EQ(found.at("severity"), "high");
  EXPECT_EQ(found.at("status"), "awaitingAction");
  EXPECT_EQ(found.at("comments").as_array().size(), 1U);

  auto const other = text_at(post("incidents").as_object(), "id");
  post("incidents/" + other + "/merge", R"({"into":")" + id + R"("})");
  EXPECT_EQ(get("incidents/" + other).at("redirectIncidentId"), json::value(id));
}

TEST_F(Control, PlaysTheServiceDesk) {
  post("tickets", R"({"fields":{"short_description":"x","correlation_id":"k"}})");
  post("tickets/INC0010001/journal", R"({"text":"note","who":"beth.anglin"})");
  post("tickets/k/edit", R"({"fields":{"impact":"1"}})");
  post("tickets/k/resolve", R"({"close_code":"Duplicate","close_notes":"twin"})");
  EXPECT_EQ(get("tickets/k").at("state"), "6");
  post("tickets/k/reopen");
  post("tickets/k/close");
  EXPECT_EQ(get("tickets/k").at("state"), "7");

  auto const all = get("tickets").as_array();
  ASSERT_EQ(all.size(), 1U);
  EXPECT_EQ(all[0].at("journal").as_array().at(0).at("text"), "note");
  post("tickets/k/remove");
  EXPECT_TRUE(get("tickets").as_array().empty());
}

TEST_F(Control, CountsDuplicates) {
  post("tickets", R"({"fields":{"correlation_id":"k"}})");
  post("tickets", R"({"fields":{"correlation_id":"k"}})");

  EXPECT_EQ(
      json::serialize(get("duplicates").at("incident")),
      R"({"tickets":2,"keys":1,"duplicates":{"k":2}})"
  );
}

TEST_F(Control, SwitchesFaultsOnAndOff) {
  post("faults/graph", R"({"rates":{"server_error":1},"skew_ms":1500})");
  EXPECT_EQ(world.graph_faults.rates.at(fault_kind::server_error), 1.0);
  EXPECT_EQ(world.graph_faults.skew, std::chrono::milliseconds{1500});
  post("faults/graph");
  EXPECT_TRUE(world.graph_faults.rates.empty());
  EXPECT_EQ(world.graph_faults.skew.count(), 0);
}

TEST_F(Control, CountsCallsByOperation) {
  http::request request;
  request.url = "/api/now/table/incident";
  world.desks.front()->service().handle(request, now);

  EXPECT_EQ(get("stats").at("servicenow").at("calls").at("GET refused: 401"), 1);
  post("stats/reset");
  EXPECT_TRUE(get("stats").at("servicenow").at("calls").as_object().empty());
}

TEST_F(Control, SaysWhatIsWrongWithACall) {
  EXPECT_EQ(call("POST", "incidents/77/comment", R"({"text":"x"})").status, 404);
  EXPECT_EQ(call("POST", "tickets/77/resolve").status, 404);
  EXPECT_EQ(call("POST", "incidents", "[]").status, 400);
  EXPECT_EQ(call("POST", "incidents", R"({"record":1})").status, 400);
  EXPECT_EQ(call("POST", "faults/graph", R"({"rates":{"nonsense":1}})").status, 400);
  EXPECT_EQ(call("POST", "faults/graph", R"({"rates":{"slow":2}})").status, 400);
  EXPECT_EQ(call("POST", "settings", R"({"nonsense":2})").status, 400);
  EXPECT_EQ(call("POST", "settings", R"({"nonsense":["a"]})").status, 400);
  EXPECT_EQ(call("POST", "settings", R"({"servicenow_roles":[1]})").status, 400);
  EXPECT_EQ(call("GET", "nonsense").status, 404);
  EXPECT_EQ(call("PUT", "incidents").status, 405);
}

TEST_F(Control, LeavesOtherPathsToTheServices) {
  http::request request;
  request.url = "/api/now/table/incident";
  EXPECT_FALSE(answer_control(world, nullptr, request, now));
}

}  // namespace
}  // namespace simulators::testing

#include "test/simulators/test/support.hpp"

namespace simulators::testing {
namespace {

class GraphWrites : public ::testing::Test {
 protected:
  core::time_point now = at("2026-03-01T10:00:00Z");
  graph service;
  graph_client client{service, now};
  std::string id = service.add_incident({}, at("2026-03-01T09:00:00Z"));

  GraphWrites() { service.settings().calls_per_minute = 0; }

  http::response patch(std::string body) {
    return client.call("PATCH", "/security/incidents/" + id, std::move(body));
  }
  http::response comment(std::string const& text) {
    return client.call(
        "POST",
        "/security/incidents/" + id + "/comments",
        json::serialize(json::object{{"comment", text}})
    );
  }
  json::object stored() { return *service.incident(id); }
};

TEST_F(GraphWrites, AnswersAPatchWithTheWholeIncident) {
  auto const answer = patch(R"({"status":"inProgress","assignedTo":"a@b.c"})");

  ASSERT_EQ(answer.status, 200) << answer.body;
  auto const body = object_of(answer);
  EXPECT_EQ(text_at(body, "status"), "inProgress");
  EXPECT_EQ(text_at(body, "assignedTo"), "a@b.c");
  EXPECT_EQ(text_at(body, "lastModifiedBy"), "API-App:ITSM Connector");
  EXPECT_EQ(text_at(body, "lastUpdateDateTime"), "2026-03-01T10:00:00Z");
  EXPECT_EQ(text_at(body, "severity"), "medium") << "what was not sent stays";
}

TEST_F(GraphWrites, RefusesReadOnlyAndUnknownMembers) {
  for (auto const* body :
       {R"({"systemTags":[]})",
        R"({"comments":[]})",
        R"({"redirectIncidentId":"1"})",
        R"({"lastUpdateDateTime":"2026-03-01T10:00:00Z"})",
        R"({"id":"7"})",
        R"({"nonsense":1})"}) {
    EXPECT_EQ(patch(body).status, 400) << body;
  }
  EXPECT_EQ(text_at(stored(), "lastUpdateDateTime"), "2026-03-01T09:00:00Z");
}

TEST_F(GraphWrites, RefusesWordsAndTypesThatDoNotFit) {
  for (auto const* body :
       {R"({"status":"closed"})",
        R"({"status":"awaitingAction"})",
        R"({"status":"redirected"})",
        R"({"status":"unknownFutureValue"})",
        R"({"status":null})",
        R"({"severity":3})",
        R"({"customTags":"a"})",
        R"({"customTags":[1]})",
        R"({"determination":"apt"})",
        R"({"assignedTo":{}})",
        "{}",
        "[]",
        "{",
        ""}) {
    EXPECT_EQ(patch(body).status, 400) << body;
  }
}

TEST_F(GraphWrites, TakesWordsInAnyCaseOnlyIfToldSo) {
  EXPECT_EQ(patch(R"({"classification":"TruePositive"})").status, 400);
  service.settings().any_enum_case = true;
  EXPECT_EQ(patch(R"({"classification":"TruePositive"})").status, 200);
  EXPECT_EQ(text_at(stored(), "classification"), "truePositive");
}

TEST_F(GraphWrites, RefusesPairsThatDoNotBelongTogetherUnlessToldOtherwise) {
  auto const body = R"({"classification":"falsePositive","determination":"malware"})";

  EXPECT_EQ(patch(body).status, 400);
  EXPECT_EQ(patch(R"({"classification":"truePositive","determination":"malware"})").status, 200);
  EXPECT_EQ(patch(R"({"classification":"falsePositive"})").status, 400) << "with what is stored";
  service.settings().refuse_mismatched_pair = false;
  EXPECT_EQ(patch(body).status, 200);
}

TEST_F(GraphWrites, ReplacesTheWholeSetOfCustomTags) {
  patch(R"({"customTags":["a","b"]})");
  patch(R"({"customTags":["c"]})");

  EXPECT_EQ(json::serialize(stored().at("customTags")), R"(["c"])");
}

TEST_F(GraphWrites, ResolvesAndAssignsTheAlertsToo) {
  auto const alert = service.add_alert(id, {}, at("2026-03-01T09:00:00Z"));

  patch(R"({"status":"resolved","assignedTo":"a@b.c"})");

  auto const found = object_of(client.get("/security/alerts_v2/" + alert));
  EXPECT_EQ(text_at(found, "status"), "resolved");
  EXPECT_EQ(text_at(found, "assignedTo"), "a@b.c");
  EXPECT_EQ(text_at(found, "resolvedDateTime"), "2026-03-01T10:00:00Z");
}

TEST_F(GraphWrites, AnswersACommentWithAllCommentsAndNoIds) {
  comment("first");
  auto const answer = comment("second");

  EXPECT_EQ(answer.status, 200);
  auto const body = object_of(answer);
  auto const& all = body.at("value").as_array();
  ASSERT_EQ(all.size(), 2U);
  EXPECT_EQ(text_at(all[1].as_object(), "comment"), "second");
  EXPECT_EQ(text_at(all[1].as_object(), "createdByDisplayName"), "ITSM Connector");
  EXPECT_FALSE(all[1].as_object().contains("id"));
}

TEST_F(GraphWrites, AppendsARepeatedComment) {
  comment("same");
  comment("same");

  EXPECT_EQ(stored().at("comments").as_array().size(), 2U);
}

TEST_F(GraphWrites, MovesTheStampForACommentOnlyIfToldSo) {
  comment("x");
  EXPECT_EQ(text_at(stored(), "lastUpdateDateTime"), "2026-03-01T09:00:00Z");
  service.settings().comment_moves_stamp = true;
  comment("y");
  EXPECT_EQ(text_at(stored(), "lastUpdateDateTime"), "2026-03-01T10:00:00Z");
}

TEST_F(GraphWrites, EscapesCommentsAsHtmlUnlessToldOtherwise) {
  comment("a < b");
  service.settings().comments_as_html = false;
  comment("a < b");

  auto const all = stored().at("comments").as_array();
  EXPECT_EQ(text_at(all[0].as_object(), "comment"), "a &lt; b");
  EXPECT_EQ(text_at(all[1].as_object(), "comment"), "a < b");
}

TEST_F(GraphWrites, RefusesCommentsThatAreTooLongOrMisshapen) {
  EXPECT_EQ(comment(std::string(1000, 'x')).status, 200);
  EXPECT_EQ(comment(std::string(1001, 'x')).status, 400);
  EXPECT_EQ(comment("").status, 400);
  auto const path = "/security/incidents/" + id + "/comments";
  EXPECT_EQ(client.call("POST", path, R"({"comment":"x","text":"y"})").status, 400);
  EXPECT_EQ(client.call("POST", path, R"({"comment":"x","@odata.type":"wrong"})").status, 400);
}

TEST_F(GraphWrites, DemandsTheMediaType) {
  http::request call;
  call.method = "PATCH";
  call.url = "https://graph.microsoft.com/v1.0/security/incidents/" + id;
  call.headers = {{"Authorization", "Bearer " + client.token}};
  call.body = R"({"severity":"high"})";

  EXPECT_EQ(service.handle(call, now).status, 415);
}

TEST_F(GraphWrites, DoesToAMergedIncidentWhatTheSwitchSays) {
  auto const target = service.add_incident({}, at("2026-03-01T09:00:00Z"));
  ASSERT_TRUE(service.merge(id, target, now));
  using position = graph_settings::redirected_write;
  auto const body = R"({"severity":"high"})";
  auto const severity = [&](std::string const& of) {
    return text_at(*service.incident(of), "severity");
  };

  auto const answer = patch(body);
  EXPECT_EQ(answer.status, 200);
  EXPECT_EQ(text_at(object_of(answer), "status"), "redirected");
  EXPECT_EQ(severity(target), "medium") << "the live incident did not change";
  EXPECT_EQ(text_at(object_of(patch(R"({"status":"inProgress"})")), "status"), "redirected")
      << "no write takes a merge back";

  service.settings().write_to_redirected = position::bad_request;
  EXPECT_EQ(patch(body).status, 400);
  service.settings().write_to_redirected = position::not_found;
  EXPECT_EQ(patch(body).status, 404);
  service.settings().write_to_redirected = position::forwarded;
  EXPECT_EQ(text_at(object_of(patch(body)), "id"), target);
  EXPECT_EQ(severity(target), "high");
}

TEST_F(GraphWrites, MergesOnlyWithThePermissionAndWithinTheRules) {
  auto const other = service.add_incident({{"assignedTo", "x"}}, at("2026-03-01T09:00:00Z"));
  auto const path = "/security/incidents/microsoft.graph.security.mergeIncidents";
  auto const body = R"({"incidentIds":[")" + id + R"(",")" + other + R"("],"incidentComment":"c"})";
  service.edit(id, {{"assignedTo", "y"}}, "ann", now);

  EXPECT_EQ(client.call("POST", path, body).status, 400) << "two owners";
  service.edit(id, {{"assignedTo", "x"}}, "ann", now);
  auto const answer = client.call("POST", path, body);
  EXPECT_EQ(text_at(object_of(answer), "targetIncidentId"), id);
  EXPECT_EQ(text_at(*service.incident(other), "redirectIncidentId"), id);

  service.settings().permissions = {"SecurityIncident.ReadWrite.All"};
  EXPECT_EQ(client.call("POST", path, body).status, 403);
}

TEST_F(GraphWrites, AnswersABatchInAnotherOrder) {
  auto const answer = client.call(
      "POST",
      "/$batch",
      R"({"requests":[
      {"id":"1","method":"GET","url":"/security/incidents/)" +
          id + R"("},
      {"id":"2","method":"PATCH","url":"/security/incidents/)" +
          id + R"(","body":{"severity":"low"}},
      {"id":"3","method":"PATCH","url":"/security/incidents/)" +
          id + R"(",
       "headers":{"Content-Type":"application/json"},"body":{"severity":"low"}},
      {"id":"4","method":"GET","url":"/security/incidents/99","dependsOn":["2"]}]})"
  );

  ASSERT_EQ(answer.status, 200) << answer.body;
  auto const body = object_of(answer);
  std::map<std::string, int> status;
  for (auto const& each : body.at("responses").as_array()) {
    auto const& one = each.as_object();
    status[text_at(one, "id")] = static_cast<int>(one.at("status").as_int64());
  }
  EXPECT_EQ(status, (std::map<std::string, int>{{"1", 200}, {"2", 415}, {"3", 200}, {"4", 424}}));
  EXPECT_EQ(text_at(body.at("responses").as_array().at(0).as_object(), "id"), "4");
}

TEST_F(GraphWrites, RefusesMoreThanTwentyBatchItems) {
  json::array items;
  for (int i = 0; i < 21; ++i) {
    items.push_back(json::object{
        {"id", std::to_string(i)}, {"method", "GET"}, {"url", "/security/incidents/" + id}});
  }
  auto const body = json::serialize(json::object{{"requests", items}});

  EXPECT_EQ(client.call("POST", "/$batch", body).status, 400);
}

TEST_F(GraphWrites, CountsEachBatchItemAgainstTheLimit) {
  service.settings().calls_per_minute = 1;
  auto const answer = client.call(
      "POST",
      "/$batch",
      R"({"requests":[
      {"id":"1","method":"GET","url":"/security/incidents/)" +
          id + R"("},
      {"id":"2","method":"GET","url":"/security/incidents/)" +
          id + R"("}]})"
  );

  EXPECT_EQ(answer.status, 200);
  auto const body = object_of(answer);
  auto const& second = body.at("responses").as_array().at(0).as_object();
  EXPECT_EQ(second.at("status"), 429);
}

}  // namespace
}  // namespace simulators::testing

#include "world.hpp"

namespace defender_test {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

TEST(Read, FetchesOneIncidentByItself) {
  world w;
  w.transport.then(200, incident("29", "2026-03-01T10:00:00Z"));

  auto const found = run(w.system->read({"29"}, {}));

  ASSERT_TRUE(found);
  EXPECT_EQ(w.transport.calls.at(0).url, std::string{graph} + "/security/incidents/29");
  EXPECT_EQ(found->at(0).id, "29");
  EXPECT_EQ(found->at(0).version, at("2026-03-01T10:00:00Z").time_since_epoch().count());
}

TEST(Read, FetchesAlertsOnlyIfTheyAreWanted) {
  world w;
  w.transport.then(200, incident("29", "2026-03-01T10:00:00Z", R"("alerts":[{"id":"a"}])"));

  auto const found = run(w.system->read({"29"}, with_alerts()));

  ASSERT_TRUE(found);
  EXPECT_EQ(
      w.transport.calls.at(0).url, std::string{graph} + "/security/incidents/29?$expand=alerts"
  );
  EXPECT_EQ(found->at(0).fields.at("alerts").as_array().size(), 1u);
}

TEST(Read, TakesTwentyIncidentsPerBatchAndPutsTheAnswersInOrder) {
  world w;
  std::vector<std::string> ids;
  for (int i = 1; i <= 21; ++i) ids.push_back(std::to_string(i));
  w.transport.then([](http::request const& call) -> answer {
    EXPECT_EQ(call.method, "POST");
    EXPECT_EQ(call.url, std::string{graph} + "/$batch");
    EXPECT_FALSE(call.fresh_connection) << "a batch of reads may be repeated";
    auto const body = parsed(call.body);
    auto const& requests = body.at("requests").as_array();
    EXPECT_EQ(requests.size(), 20u);
    EXPECT_EQ(requests[0].at("method"), "GET");
    EXPECT_EQ(requests[0].at("url"), "/security/incidents/1");
    EXPECT_EQ(requests[0].at("headers").at("Prefer"), "include-unknown-enum-members");
    std::string parts;
    for (std::size_t n = requests.size(); n-- > 0;) {
      auto const id = std::to_string(n + 1);
      parts += (parts.empty() ? "" : ",") + (R"({"id":")" + std::to_string(n)) +
               R"(","status":200,"body":)" + incident(id, "2026-03-01T10:00:00Z") + "}";
    }
    return json_response(200, R"({"responses":[)" + parts + "]}");
  });
  w.transport.then(200, incident("21", "2026-03-01T10:00:00Z"));

  auto const found = run(w.system->read(ids, {}));

  ASSERT_TRUE(found);
  EXPECT_EQ(ids_of(*found), ids);
}

TEST(Read, ReportsAnIncidentThatIsNoMore) {
  world w;
  w.transport.then(404, R"({"error":{"code":"ResourceNotFound","message":"no"}})");

  auto const found = run(w.system->read({"29"}, {}));

  ASSERT_TRUE(found);
  EXPECT_EQ(found->at(0).presence, adapter::presence::gone);
  EXPECT_EQ(found->at(0).id, "29");
}

TEST(Read, ReportsOneOfABatchThatIsNoMore) {
  world w;
  w.transport.then(
      200,
      R"({"responses":[{"id":"1","status":404,"body":{"error":{"code":""}}},{"id":"0","status":200,"body":)" +
          incident("1", "2026-03-01T10:00:00Z") + "}]}"
  );

  auto const found = run(w.system->read({"1", "2"}, {}));

  ASSERT_TRUE(found);
  EXPECT_EQ(found->at(0).presence, adapter::presence::present);
  EXPECT_EQ(found->at(1).presence, adapter::presence::gone);
}

TEST(Read, FailsWithTheWaitOfAThrottledPart) {
  world w;
  w.transport.then(
      200,
      R"({"responses":[{"id":"0","status":200,"body":)" + incident("1", "2026-03-01T10:00:00Z") +
          R"(},{"id":"1","status":429,"headers":{"retry-after":"17"},"body":{"error":{"code":"TooManyRequests"}}}]})"
  );

  auto const found = run(w.system->read({"1", "2"}, {}));

  ASSERT_FALSE(found);
  EXPECT_EQ(found.error().code, errc::rate_limited);
  EXPECT_EQ(found.error().retry_after, std::chrono::seconds{17});
}

TEST(Read, TellsWhereAMergedIncidentLivesOn) {
  world w;
  w.transport.then(
      200,
      R"({"id":"1","lastUpdateDateTime":"2026-03-01T10:00:00Z","status":"Redirected","redirectIncidentId":"7"})"
  );

  auto const found = run(w.system->read({"1"}, {}));

  ASSERT_TRUE(found);
  EXPECT_EQ(found->at(0).presence, adapter::presence::merged);
  EXPECT_EQ(found->at(0).merged_into, "7");
}

TEST(Read, TakesAnAnswerAboutAnotherIncidentForAMerge) {
  world w;
  w.transport.then(200, incident("7", "2026-03-01T10:00:00Z"));

  auto const found = run(w.system->read({"1"}, {}));

  ASSERT_TRUE(found);
  EXPECT_EQ(found->at(0).id, "1");
  EXPECT_EQ(found->at(0).presence, adapter::presence::merged);
  EXPECT_EQ(found->at(0).merged_into, "7");
}

TEST(Read, FollowsALongListOfAlerts) {
  world w;
  w.transport.then(
      200,
      incident(
          "1",
          "2026-03-01T10:00:00Z",
          R"("alerts":[{"id":"a"}],"alerts@odata.nextLink":"https://graph.microsoft.com/v1.0/n1")"
      )
  );
  w.transport.then(
      200, list_of({R"({"id":"b"})"}, R"("@odata.nextLink":"https://graph.microsoft.com/v1.0/n2")")
  );
  w.transport.then(200, list_of({R"({"id":"c"})"}));

  auto const found = run(w.system->read({"1"}, with_alerts()));

  ASSERT_TRUE(found);
  EXPECT_EQ(w.transport.calls.at(1).url, std::string{graph} + "/n1");
  EXPECT_EQ(found->at(0).fields.at("alerts").as_array().size(), 3u);
  EXPECT_FALSE(found->at(0).fields.contains("alerts@odata.nextLink"));
}

TEST(Read, NeverPutsAStrangeIdIntoAnAddress) {
  world w;
  for (auto const* id : {"14/../../users", "1?$expand=alerts", "", "1 or 1", "1%2F2"}) {
    auto const found = run(w.system->read({id}, {}));
    ASSERT_FALSE(found);
    EXPECT_EQ(found.error().code, errc::invalid);
  }
  EXPECT_THAT(w.transport.calls, IsEmpty());
}

TEST(Complete, AddsAlertsInOneBatch) {
  world w;
  w.transport.then(
      200, list_of({incident("1", "2026-03-01T10:00:00Z"), incident("2", "2026-03-01T11:00:00Z")})
  );
  w.transport.then([](http::request const& call) -> answer {
    auto const body = parsed(call.body);
    EXPECT_EQ(body.at("requests").at(1).at("url"), "/security/incidents/2?$expand=alerts");
    return json_response(
        200,
        R"({"responses":[{"id":"0","status":200,"body":)" +
            incident("1", "2026-03-01T10:00:00Z", R"("alerts":[{"id":"a"}])") +
            R"(},{"id":"1","status":200,"body":)" +
            incident("2", "2026-03-01T11:30:00Z", R"("alerts":[])") + "}]}"
    );
  });
  auto query = since("2026-03-01T00:00:00Z");
  query.wants = with_alerts();
  auto page = w.changes(query);

  auto const whole = run(w.system->complete(std::move(page.rows), with_alerts()));

  ASSERT_TRUE(whole);
  EXPECT_THAT(ids_of(*whole), ElementsAre("1", "2"));
  EXPECT_EQ(whole->at(0).fields.at("alerts").as_array().size(), 1u);
  EXPECT_EQ(whole->at(1).changed_at, at("2026-03-01T11:30:00Z")) << "a fresh read is taken whole";
}

TEST(Complete, AsksNothingIfNothingIsMissing) {
  world w;
  w.transport.then(
      200, list_of({incident("1", "2026-03-01T10:00:00Z", R"("comments":[{"comment":"hello"}])")})
  );
  auto query = since("2026-03-01T00:00:00Z");
  query.wants = with_comments();
  auto page = w.changes(query);

  auto const whole = run(w.system->complete(std::move(page.rows), with_comments()));

  ASSERT_TRUE(whole);
  EXPECT_EQ(whole->at(0).comments->at(0).text, "hello");
  EXPECT_EQ(w.transport.calls.size(), 1u);
}

TEST(Incidents, DeclareWhatTheSyncRestsOn) {
  world w;
  auto const& c = w.system->declared();

  EXPECT_EQ(c.system, "defender");
  EXPECT_EQ(c.history, adapter::edit_history::none);
  EXPECT_EQ(c.list_lag, std::chrono::minutes{15});
  EXPECT_EQ(c.page_rows_max, 50u);
  EXPECT_EQ(c.read_at_once, 20u);
  EXPECT_EQ(c.write_at_once, 20u);
  EXPECT_FALSE(c.creates);
  EXPECT_TRUE(c.rows_have_comments);
  EXPECT_THAT(c.fields_not_in_rows, ElementsAre("alerts"));
}

TEST(Incidents, CannotBeCreatedOrSoughtByKey) {
  world w;

  auto const created = run(w.system->create_all({{"key", {}}, {"other", {}}}, {}));
  auto const found = run(w.system->find({"key"}, {}));

  ASSERT_EQ(created.size(), 2u);
  EXPECT_EQ(created[1].error().code, errc::rejected);
  EXPECT_EQ(found.error().code, errc::rejected);
}

TEST(Incidents, TakeAPersonForTheTextThatNamesThem) {
  world w;

  auto const answers = run(w.system->look_up(
      {{"user", "email", "anna@contoso.com", "id"}, {"group", "name", "SOC", "id"}}
  ));

  ASSERT_TRUE(answers);
  EXPECT_EQ(answers->at(0).found, "anna@contoso.com");
  EXPECT_TRUE(answers->at(1).found.is_null());
}

}  // namespace
}  // namespace defender_test

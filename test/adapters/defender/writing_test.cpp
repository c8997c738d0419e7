#include "world.hpp"

namespace defender_test {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

core::record fields(std::string_view text) { return parsed(text).as_object(); }

adapter::update update_of(std::string id, std::string_view text) {
  adapter::update one;
  one.id = std::move(id);
  one.fields = fields(text);
  return one;
}

adapter::new_comment comment_on(std::string id, std::string text) {
  return {std::move(id), std::move(text), ""};
}

std::string part(int n, int status, std::string const& body, std::string const& more = "") {
  return R"({"id":")" + std::to_string(n) + R"(","status":)" + std::to_string(status) + more +
         R"(,"body":)" + body + "}";
}

std::string batch_of(std::vector<std::string> const& parts) {
  std::string out;
  for (auto const& p : parts) out += (out.empty() ? "" : ",") + p;
  return R"({"responses":[)" + out + "]}";
}

core::result<adapter::receipt> write_one(world& w, std::string_view text) {
  std::vector<adapter::update> updates{update_of("29", text)};
  return run(w.system->update_all(std::move(updates), {})).at(0);
}

TEST(Update, PatchesExactlyTheFieldsGiven) {
  world w;
  w.transport.then(
      200, incident("29", "2026-03-01T10:00:00Z", R"("classification":"truePositive")")
  );

  auto const receipt =
      write_one(w, R"({"status":"resolved","classification":"truePositive","assignedTo":null})");

  ASSERT_TRUE(receipt);
  auto const& call = w.transport.calls.at(0);
  EXPECT_EQ(call.method, "PATCH");
  EXPECT_EQ(call.url, std::string{graph} + "/security/incidents/29");
  EXPECT_EQ(header(call, "Content-Type"), "application/json");
  EXPECT_TRUE(call.fresh_connection);
  EXPECT_EQ(
      parsed(call.body),
      parsed(R"({"status":"resolved","classification":"truePositive","assignedTo":null})")
  );
  EXPECT_EQ(receipt->stored.fields.at("classification"), "truePositive");
  EXPECT_EQ(receipt->stored.version, at("2026-03-01T10:00:00Z").time_since_epoch().count());
}

TEST(Update, WritesEveryFieldThatCanBeWritten) {
  world w;
  w.transport.then(200, incident("29", "2026-03-01T10:00:00Z"));
  auto const all = R"({"assignedTo":"a@b.c","classification":"falsePositive","customTags":["x"],
    "description":"d","determination":"notMalicious","displayName":"n","severity":"low",
    "resolvingComment":"r","status":"inProgress","summary":"s"})";

  ASSERT_TRUE(write_one(w, all));

  EXPECT_EQ(parsed(w.transport.calls.at(0).body), parsed(all));
}

TEST(Update, ClearsInTheWordsGraphTakes) {
  world w;
  w.transport.then(200, incident("29", "2026-03-01T10:00:00Z"));

  ASSERT_TRUE(write_one(
      w, R"({"classification":null,"determination":"","customTags":null,"assignedTo":null})"
  ));

  EXPECT_EQ(
      parsed(w.transport.calls.at(0).body),
      parsed(
          R"({"classification":"unknown","determination":"unknown","customTags":[],"assignedTo":null})"
      )
  );
}

TEST(Update, RefusesWhatCannotBeWrittenBeforeSending) {
  world w;
  struct {
    char const* text;
    char const* field;
  } const cases[] = {
      {R"({"systemTags":[]})", "systemTags"},
      {R"({"comments":[]})", "comments"},
      {R"({"priorityScore":1})", "priorityScore"},
      {R"({"id":"1"})", "id"},
      {R"({"status":"awaitingAction"})", "status"},
      {R"({"status":"redirected"})", "status"},
      {R"({"status":null})", "status"},
      {R"({"severity":null})", "severity"},
      {R"({"determination":"apt"})", "determination"},
      {R"({"determination":"clean"})", "determination"},
      {R"({"customTags":"x"})", "customTags"},
      {R"({"displayName":7})", "displayName"},
  };
  for (auto const& c : cases) {
    auto const receipt = write_one(w, c.text);

    ASSERT_FALSE(receipt) << c.text;
    EXPECT_EQ(receipt.error().code, errc::rejected) << c.text;
    EXPECT_EQ(receipt.error().effect, core::effect::none);
    EXPECT_THAT(receipt.error().fields, ElementsAre(c.field));
  }
  EXPECT_THAT(w.transport.calls, IsEmpty());
}

TEST(Update, ShowsThatTheIncidentWasMergedMeanwhile) {
  world w;
  w.transport.then(
      200,
      R"({"id":"29","lastUpdateDateTime":"2026-03-01T10:00:00Z","status":"redirected","redirectIncidentId":"1234"})"
  );

  auto const receipt = write_one(w, R"({"assignedTo":"x"})");

  ASSERT_TRUE(receipt);
  EXPECT_EQ(receipt->stored.presence, adapter::presence::merged);
  EXPECT_EQ(receipt->stored.merged_into, "1234");
}

TEST(Update, SendsSeveralInOneBatchAndJudgesEachByItself) {
  world w;
  w.transport.then([](http::request const& call) -> answer {
    EXPECT_TRUE(call.fresh_connection);
    auto const body = parsed(call.body);
    auto const& first = body.at("requests").at(0);
    EXPECT_EQ(first.at("method"), "PATCH");
    EXPECT_EQ(first.at("url"), "/security/incidents/1");
    EXPECT_EQ(first.at("body"), parsed(R"({"severity":"low"})"));
    EXPECT_EQ(first.at("headers").at("Content-Type"), "application/json");
    EXPECT_EQ(body.at("requests").as_array().size(), 3u) << "the refused one is not among them";
    return json_response(
        200,
        batch_of(
            {part(2, 400, R"({"error":{"code":"BadRequest","message":"bad enum"}})"),
             part(1, 429, "{}", R"(,"headers":{"Retry-After":"30"})"),
             part(0, 200, incident("1", "2026-03-01T10:00:00Z"))}
        )
    );
  });
  std::vector<adapter::update> updates{
      update_of("1", R"({"severity":"low"})"),
      update_of("2", R"({"systemTags":[]})"),
      update_of("3", R"({"severity":"low"})"),
      update_of("4", R"({"severity":"high"})")};

  auto const receipts = run(w.system->update_all(std::move(updates), {}));

  ASSERT_EQ(receipts.size(), 4u);
  EXPECT_TRUE(receipts[0]);
  EXPECT_EQ(receipts[1].error().code, errc::rejected);
  EXPECT_EQ(receipts[2].error().code, errc::rate_limited);
  EXPECT_EQ(receipts[2].error().effect, core::effect::none);
  EXPECT_EQ(receipts[2].error().retry_after, std::chrono::seconds{30});
  EXPECT_EQ(receipts[3].error().code, errc::rejected);
  EXPECT_THAT(receipts[3].error().detail, HasSubstr("PATCH /security/incidents/4"));
  EXPECT_THAT(receipts[3].error().detail, HasSubstr("bad enum"));
}

TEST(Update, LeavesTheOutcomeOpenForEachOfALostBatch) {
  world w;
  w.transport.then([](http::request const&) -> answer {
    return core::error{errc::timeout, "no answer within 30 s", core::effect::unknown};
  });
  std::vector<adapter::update> updates{
      update_of("1", R"({"severity":"low"})"), update_of("2", R"({"severity":"low"})")};

  auto const receipts = run(w.system->update_all(std::move(updates), {}));

  for (auto const& one : receipts) {
    ASSERT_FALSE(one);
    EXPECT_EQ(one.error().code, errc::timeout);
    EXPECT_EQ(one.error().effect, core::effect::unknown);
  }
}

TEST(Update, LeavesTheOutcomeOpenForAPartTheBatchAnswerLacks) {
  world w;
  w.transport.then(200, batch_of({part(1, 200, incident("2", "2026-03-01T10:00:00Z"))}));
  std::vector<adapter::update> updates{
      update_of("1", R"({"severity":"low"})"), update_of("2", R"({"severity":"low"})")};

  auto const receipts = run(w.system->update_all(std::move(updates), {}));

  EXPECT_EQ(receipts[0].error().code, errc::malformed);
  EXPECT_EQ(receipts[0].error().effect, core::effect::unknown);
  EXPECT_TRUE(receipts[1]);
}

TEST(Update, NeverPutsOneIncidentTwiceIntoABatch) {
  world w;
  w.transport.then([](http::request const& call) -> answer {
    EXPECT_EQ(parsed(call.body).at("requests").as_array().size(), 2u);
    return json_response(
        200,
        batch_of(
            {part(0, 200, incident("1", "2026-03-01T10:00:00Z")),
             part(1, 200, incident("2", "2026-03-01T10:00:00Z"))}
        )
    );
  });
  w.transport.then([](http::request const& call) -> answer {
    EXPECT_EQ(call.method, "PATCH");
    EXPECT_EQ(parsed(call.body), parsed(R"({"summary":"second"})"));
    return json_response(200, incident("1", "2026-03-01T10:00:01Z"));
  });
  std::vector<adapter::update> updates{
      update_of("1", R"({"severity":"low"})"),
      update_of("1", R"({"summary":"second"})"),
      update_of("2", R"({"severity":"low"})")};

  auto const receipts = run(w.system->update_all(std::move(updates), {}));

  EXPECT_EQ(receipts.at(1)->stored.changed_at, at("2026-03-01T10:00:01Z"));
}

struct doubtful {
  char const* name;
  http::response response;
  errc code;
};

TEST(Update, LeavesTheOutcomeOpenWhereTheAnswerProvesNothing) {
  std::vector<doubtful> const cases{
      {"truncated", json_response(200, R"({"id":"29","lastUp)"), errc::malformed},
      {"empty", json_response(200, ""), errc::malformed},
      {"no id", json_response(200, "{}"), errc::malformed},
      {"html",
       {200, {{"Content-Type", "text/html; charset=utf-8"}}, "<html>maintenance</html>"},
       errc::unavailable},
      {"text", {200, {{"Content-Type", "text/plain"}}, "{}"}, errc::malformed},
      {"500", json_response(500, R"({"error":{"code":"InternalServerError"}})"), errc::unavailable},
      {"503", {503, {{"Content-Type", "text/html"}}, "<html>"}, errc::unavailable},
      {"504", json_response(504, ""), errc::unavailable},
      {"408", json_response(408, ""), errc::timeout},
      {"302", {302, {{"Location", "https://evil.example/"}}, ""}, errc::malformed},
  };
  for (auto const& c : cases) {
    world w;
    w.transport.then([&](http::request const&) -> answer { return c.response; });

    auto const receipt = write_one(w, R"({"severity":"low"})");

    ASSERT_FALSE(receipt) << c.name;
    EXPECT_EQ(receipt.error().code, c.code) << c.name;
    EXPECT_EQ(receipt.error().effect, core::effect::unknown) << c.name;
  }
}

TEST(Update, KnowsThatADefiniteNoHadNoEffect) {
  struct {
    int status;
    errc code;
  } const cases[] = {
      {400, errc::rejected},
      {403, errc::forbidden},
      {404, errc::not_found},
      {409, errc::conflict},
      {412, errc::conflict},
      {422, errc::rejected},
      {429, errc::rate_limited}};
  for (auto const& c : cases) {
    world w;
    w.transport.then(c.status, R"({"error":{"code":"","message":"no"}})");

    auto const receipt = write_one(w, R"({"severity":"low"})");

    EXPECT_EQ(receipt.error().code, c.code) << c.status;
    EXPECT_EQ(receipt.error().effect, core::effect::none) << c.status;
  }
}

TEST(Update, IsNotSentAgainAfterAnyFailure) {
  for (auto const status : {429, 500, 503}) {
    world w;
    w.transport.then(status, "{}");

    write_one(w, R"({"severity":"low"})");

    EXPECT_EQ(w.transport.calls.size(), 1u) << status;
  }
}

constexpr auto two_comments = R"({"value":[
  {"comment":"hello","createdByDisplayName":"app","createdDateTime":"2026-03-01T10:00:00Z"},
  {"comment":"hello","createdByDisplayName":"app","createdDateTime":"2026-03-01T11:00:00Z"}]})";

TEST(Comment, IsPostedAndFoundInTheListThatComesBack) {
  world w;
  w.transport.then(200, two_comments);
  std::vector<adapter::new_comment> comments{comment_on("29", "hello")};

  auto const receipts = run(w.system->comment_all(std::move(comments), {}));

  auto const& call = w.transport.calls.at(0);
  EXPECT_EQ(call.method, "POST");
  EXPECT_EQ(call.url, std::string{graph} + "/security/incidents/29/comments");
  EXPECT_TRUE(call.fresh_connection);
  EXPECT_EQ(
      parsed(call.body),
      parsed(R"({"@odata.type":"microsoft.graph.security.alertComment","comment":"hello"})")
  );
  ASSERT_TRUE(receipts.at(0));
  auto const& stored = receipts[0]->stored;
  ASSERT_TRUE(stored.comments);
  ASSERT_EQ(stored.comments->size(), 2u);
  EXPECT_EQ(receipts[0]->comment_id, stored.comments->at(1).id) << "the newest of that text";
}

TEST(Comment, ToSeveralIncidentsGoesInOneBatch) {
  world w;
  w.transport.then([](http::request const& call) -> answer {
    EXPECT_EQ(parsed(call.body).at("requests").at(1).at("url"), "/security/incidents/2/comments");
    return json_response(200, batch_of({part(0, 200, two_comments), part(1, 200, two_comments)}));
  });
  std::vector<adapter::new_comment> comments{comment_on("1", "hello"), comment_on("2", "bye")};

  auto const receipts = run(w.system->comment_all(std::move(comments), {}));

  EXPECT_NE(receipts.at(0)->comment_id, "");
  EXPECT_EQ(receipts.at(1)->comment_id, "") << "not in the list: the answer does not tell";
}

TEST(Comment, NeverOvertakesAnEarlierOneOfItsIncident) {
  world w;
  w.transport.then(503, "{}", {{"Retry-After", "9"}});
  std::vector<adapter::new_comment> comments{comment_on("1", "first"), comment_on("1", "second")};

  auto const receipts = run(w.system->comment_all(std::move(comments), {}));

  EXPECT_EQ(receipts.at(0).error().effect, core::effect::unknown);
  EXPECT_EQ(receipts.at(1).error().code, errc::unavailable);
  EXPECT_EQ(receipts.at(1).error().effect, core::effect::none);
  EXPECT_EQ(receipts.at(1).error().retry_after, std::chrono::seconds{9});
}

TEST(Comment, GoesOutAfterOneThatWasRefusedForGood) {
  world w;
  w.transport.then(400, R"({"error":{"message":"too long"}})");
  w.transport.then(200, two_comments);
  std::vector<adapter::new_comment> comments{comment_on("1", "first"), comment_on("1", "hello")};

  auto const receipts = run(w.system->comment_all(std::move(comments), {}));

  EXPECT_EQ(receipts.at(0).error().code, errc::rejected);
  EXPECT_TRUE(receipts.at(1));
}

TEST(Comment, LeavesTheOutcomeOpenIfTheAnswerIsNoList) {
  world w;
  w.transport.then(200, "{}");
  std::vector<adapter::new_comment> comments{comment_on("1", "first")};

  auto const receipts = run(w.system->comment_all(std::move(comments), {}));

  EXPECT_EQ(receipts.at(0).error().code, errc::malformed);
  EXPECT_EQ(receipts.at(0).error().effect, core::effect::unknown);
}

}  // namespace
}  // namespace defender_test

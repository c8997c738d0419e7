#include <boost/json/array.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <boost/json/value_to.hpp>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "connector/http/base64.hpp"
#include "world.hpp"

namespace servicenow_test {
namespace {

namespace json = boost::json;
using core::effect;
using core::errc;
using testing::ElementsAre;
using testing::HasSubstr;

adapter::update update_of(std::string id, core::record fields) {
  adapter::update one;
  one.id = std::move(id);
  one.fields = std::move(fields);
  return one;
}

adapter::new_comment note_on(std::string id, std::string text, std::string place = "work_notes") {
  adapter::new_comment one;
  one.object_id = std::move(id);
  one.text = std::move(text);
  one.place = std::move(place);
  return one;
}

adapter::creation creation_of(std::string key, core::record fields = {{"short_description", "x"}}) {
  adapter::creation one;
  one.key = std::move(key);
  one.fields = std::move(fields);
  return one;
}

/// What a batch answers: status and body per item; status 0 leaves the item out, 1 leaves it
/// unserviced.
std::string batch_answer(std::vector<std::pair<int, std::string>> const& items) {
  json::array served;
  json::array unserved;
  for (std::size_t i = 0; i < items.size(); ++i) {
    auto const& [status, body] = items[i];
    if (status == 1) unserved.push_back(json::string(std::to_string(i)));
    if (status < 100) continue;
    served.push_back(json::object{
        {"id", std::to_string(i)},
        {"status_code", status},
        {"status_text", "x"},
        {"headers", json::array{}},
        {"body", http::base64(body)},
        {"execution_time", 5}});
  }
  return json::serialize(json::object{
      {"batch_request_id", "1"}, {"serviced_requests", served}, {"unserviced_requests", unserved}});
}

TEST(Update, PatchesOneRecordWithTexts) {
  world w;
  w.transport.will_answer(
      200, result_of(ticket(id_a, "2026-02-02 09:00:00", 5, {{"state", "2"}, {"impact", "1"}}))
  );

  auto const got = run(w.system->update_all(
      {update_of(
          id_a,
          {{"state", "2"},
           {"impact", 1},
           {"knowledge", true},
           {"risk", 2.0},
           {"close_code", nullptr},
           {"watch_list", json::array{"u1", "u2"}}}
      )},
      wanting({"state", "impact"})
  ));

  ASSERT_EQ(got.size(), 1u);
  ASSERT_TRUE(got[0]) << got[0].error().detail;
  auto const& call = w.transport.calls[0];
  EXPECT_EQ(call.method, "PATCH");
  EXPECT_EQ(path_of(call), "/api/now/table/incident/" + id_a);
  EXPECT_EQ(
      body_of(call),
      json::parse(R"({"state":"2","impact":"1","knowledge":"true","risk":"2","close_code":"",
                      "watch_list":"u1,u2"})")
  );
  EXPECT_EQ(header_of(call, "Content-Type"), "application/json");
  EXPECT_EQ(header_of(call, "Accept"), "application/json");
  EXPECT_EQ(header_of(call, "X-no-response-body"), "");
  EXPECT_EQ(parameter(call, "sysparm_display_value"), "false");
  EXPECT_THAT(parameter(call, "sysparm_fields"), HasSubstr("watch_list"));
  EXPECT_FALSE(call.fresh_connection);
  EXPECT_EQ(got[0]->stored.version, 5);
}

TEST(Update, ReportsWhatIsStoredAndNotWhatWasAsked) {
  world w;
  w.transport.will_answer(
      200, result_of(ticket(id_a, "2026-02-02 09:00:00", 4, {{"priority", "3"}}))
  );

  auto const got =
      run(w.system->update_all({update_of(id_a, {{"priority", "1"}, {"hidden", "x"}})}, wanting({}))
      );

  ASSERT_TRUE(got[0]);
  EXPECT_EQ(got[0]->stored.fields.at("priority"), "3");
  EXPECT_FALSE(got[0]->stored.fields.contains("hidden"));
  EXPECT_EQ(got[0]->stored.version, 4);
  EXPECT_FALSE(got[0]->stored.comments);
}

TEST(Update, RefusesValuesWithoutAForm) {
  world w;
  auto const got = run(w.system->update_all(
      {update_of(id_a, {{"state", json::object{{"a", 1}}}}), update_of("x^y", {{"state", "1"}})},
      wanting({})
  ));
  ASSERT_EQ(got.size(), 2u);
  EXPECT_EQ(got[0].error().code, errc::invalid);
  EXPECT_EQ(got[0].error().effect, effect::none);
  EXPECT_EQ(got[1].error().code, errc::invalid);
  EXPECT_TRUE(w.transport.calls.empty());
}

TEST(Update, OfAJournalColumnIsTreatedAsAComment) {
  world w;
  w.transport.will_answer(200, result_of(ticket(id_a, "2026-02-02 09:00:00", 5)));
  run(w.system->update_all({update_of(id_a, {{"work_notes", "[code]x[/code]"}})}, wanting({})));
  EXPECT_TRUE(w.transport.calls[0].fresh_connection);
  EXPECT_EQ(w.transport.calls[0].body.find("[code]"), std::string::npos);
}

TEST(Update, OfAMissingRecordIsNotFound) {
  world w;
  w.transport.will_answer(
      404, refusal("No Record found", "Record doesn't exist or ACL restricts the record retrieval")
  );
  auto const got = run(w.system->update_all({update_of(id_a, {{"state", "2"}})}, wanting({})));
  EXPECT_EQ(got[0].error().code, errc::not_found);
  EXPECT_EQ(got[0].error().effect, effect::none);
}

TEST(Update, WithALostAnswerIsOfUnknownEffect) {
  world w;
  w.transport.will_fail({errc::timeout, "no answer within 60 s"});
  auto const got = run(w.system->update_all({update_of(id_a, {{"state", "2"}})}, wanting({})));
  EXPECT_EQ(got[0].error().code, errc::timeout);
  EXPECT_EQ(got[0].error().effect, effect::unknown);
}

TEST(Update, ThatNeverLeftIsOfNoEffect) {
  world w;
  w.transport.will_fail({errc::unreachable, "no route", effect::none});
  w.transport.will_fail({errc::unreachable, "reset", effect::unknown});
  auto const never = run(w.system->update_all({update_of(id_a, {{"state", "2"}})}, wanting({})));
  auto const perhaps = run(w.system->update_all({update_of(id_a, {{"state", "2"}})}, wanting({})));
  EXPECT_EQ(never[0].error().effect, effect::none);
  EXPECT_EQ(perhaps[0].error().effect, effect::unknown);
}

TEST(Update, AnsweredWithoutARecordIsOfUnknownEffect) {
  world w;
  for (auto const* body : {R"({"result":[]})", R"([])", R"({"result":{"sys_id":"x"}})"}) {
    w.transport.will_answer(200, body);
    auto const got = run(w.system->update_all({update_of(id_a, {{"state", "2"}})}, wanting({})));
    ASSERT_FALSE(got[0]) << body;
    EXPECT_EQ(got[0].error().effect, effect::unknown) << body;
  }
}

TEST(Update, AnsweredWithAnotherRecordIsOfUnknownEffect) {
  world w;
  w.transport.will_answer(200, result_of(ticket(id_b, "2026-02-02 09:00:00", 5)));
  auto const got = run(w.system->update_all({update_of(id_a, {{"state", "2"}})}, wanting({})));
  ASSERT_FALSE(got[0]);
  EXPECT_EQ(got[0].error().code, errc::malformed);
  EXPECT_EQ(got[0].error().effect, effect::unknown);
}

TEST(Comment, IsPatchedIntoItsJournalOnAFreshConnection) {
  world w;
  w.transport.will_answer(200, result_of(ticket(id_a, "2026-02-02 09:00:00", 6)));

  auto const got = run(w.system->comment_all({note_on(id_a, "hello", "comments")}, wanting({})));

  ASSERT_TRUE(got[0]);
  EXPECT_EQ(got[0]->stored.version, 6);
  EXPECT_EQ(got[0]->comment_id, "");
  EXPECT_EQ(w.transport.calls[0].method, "PATCH");
  EXPECT_EQ(body_of(w.transport.calls[0]), json::parse(R"({"comments":"hello"})"));
  EXPECT_TRUE(w.transport.calls[0].fresh_connection);
}

TEST(Comment, WithoutAPlaceIsInternal) {
  world w;
  w.transport.will_answer(200, result_of(ticket(id_a, "2026-02-02 09:00:00", 6)));
  run(w.system->comment_all({note_on(id_a, "hello", "")}, wanting({})));
  EXPECT_EQ(body_of(w.transport.calls[0]), json::parse(R"({"work_notes":"hello"})"));
}

TEST(Comment, CannotBecomeHtml) {
  world w;
  w.transport.will_answer(200, result_of(ticket(id_a, "2026-02-02 09:00:00", 6)));
  run(w.system->comment_all({note_on(id_a, "[code]<img src=x>[/code]")}, wanting({})));
  auto const sent = json::value_to<std::string>(body_of(w.transport.calls[0]).at("work_notes"));
  EXPECT_EQ(sent.find("[code]"), std::string::npos);
  EXPECT_EQ(sent.find("[/code]"), std::string::npos);
}

TEST(Comment, GoesNowhereButIntoAJournal) {
  world w;
  auto const got =
      run(w.system->comment_all({note_on(id_a, "x", "short_description")}, wanting({})));
  EXPECT_EQ(got[0].error().code, errc::invalid);
  EXPECT_TRUE(w.transport.calls.empty());
}

TEST(Comment, ToTheSameTicketKeepsItsOrderWithoutBatches) {
  world w{[](auto& with) { with.batch = false; }};
  for (int i = 0; i < 3; ++i) {
    w.transport.will_answer(200, result_of(ticket(id_a, "2026-02-02 09:00:00", i)));
  }
  run(w.system->comment_all(
      {note_on(id_a, "1"), note_on(id_b, "2"), note_on(id_a, "3")}, wanting({})
  ));
  ASSERT_EQ(w.transport.calls.size(), 3u);
  EXPECT_EQ(w.transport.at_once_max, 1u) << "the first may still be on its way";
  EXPECT_EQ(body_of(w.transport.calls[0]).at("work_notes"), "1");
  EXPECT_EQ(body_of(w.transport.calls[2]).at("work_notes"), "3");
}

TEST(Comment, ToManyTicketsGoSideBySideWithinTheLimit) {
  world w{[](auto& with) {
    with.batch = false;
    with.calls_at_once = 3;
  }};
  std::vector<adapter::new_comment> many;
  for (int i = 0; i < 10; ++i) {
    many.push_back(note_on("id" + std::to_string(i), "x"));
    w.transport.will_answer(
        200, result_of(ticket("abc" + std::to_string(i), "2026-02-02 09:00:00", i))
    );
  }
  run(w.system->comment_all(many, wanting({})));
  EXPECT_EQ(w.transport.calls.size(), 10u);
  EXPECT_EQ(w.transport.at_once_max, 3u);
}

TEST(Create, PostsTheKeyAndTheTagOnAFreshConnection) {
  world w;
  w.transport.will_answer(
      201, result_of(ticket(id_a, "2026-02-02 09:00:00", 0, {{"correlation_id", "k1"}}))
  );

  auto const got = run(w.system->create_all({creation_of("k1")}, wanting({"state"})));

  ASSERT_TRUE(got[0]) << got[0].error().detail;
  auto const& call = w.transport.calls[0];
  EXPECT_EQ(call.method, "POST");
  EXPECT_EQ(path_of(call), "/api/now/table/incident");
  EXPECT_EQ(
      body_of(call),
      json::parse(
          R"({"short_description":"x","correlation_id":"k1","correlation_display":"defender"})"
      )
  );
  EXPECT_TRUE(call.fresh_connection);
  EXPECT_EQ(got[0]->stored.id, id_a);
  EXPECT_EQ(got[0]->stored.label, "INCcdea");
}

TEST(Create, StopsWhenATicketComesBackWithoutItsKey) {
  world w;
  w.transport.will_answer(201, result_of(ticket(id_a, "2026-02-02 09:00:00", 0)));

  auto const first = run(w.system->create_all({creation_of("k1")}, wanting({})));
  auto const second = run(w.system->create_all({creation_of("k2")}, wanting({})));

  EXPECT_TRUE(first[0]) << "it exists, so it has to be linked";
  ASSERT_FALSE(second[0]);
  EXPECT_EQ(second[0].error().code, errc::forbidden);
  EXPECT_EQ(second[0].error().effect, effect::none);
  EXPECT_EQ(w.transport.calls.size(), 1u);
}

TEST(Create, RefusesKeysThatCouldNotBeFoundAgain) {
  world w;
  auto const got = run(w.system->create_all(
      {creation_of("a b"), creation_of(std::string(101, 'k')), creation_of("")}, wanting({})
  ));
  for (auto const& one : got) EXPECT_EQ(one.error().code, errc::invalid);
  EXPECT_TRUE(w.transport.calls.empty());
}

TEST(Create, RefusedByADataPolicyNamesTheFields) {
  world w;
  w.transport.will_answer(
      403,
      refusal(
          "Operation Failed",
          "Data Policy Exception: The following fields are mandatory: Caller, Category"
      )
  );
  auto const got = run(w.system->create_all({creation_of("k1")}, wanting({})));
  EXPECT_EQ(got[0].error().code, errc::rejected);
  EXPECT_THAT(got[0].error().fields, ElementsAre("caller_id", "category"));
}

TEST(Batch, CarriesManyWritesInOneCall) {
  world w;
  w.transport.will_answer(
      200,
      batch_answer(
          {{200, result_of(ticket(id_a, "2026-02-02 09:00:00", 2))},
           {403,
            refusal(
                "Operation Failed",
                "Data Policy Exception: The following fields are mandatory: Caller"
            )},
           {200, result_of(ticket(id_c, "2026-02-02 09:00:00", 3))}}
      )
  );

  auto const got = run(w.system->update_all(
      {update_of(id_a, {{"state", "2"}}),
       update_of(id_b, {{"state", "2"}}),
       update_of(id_c, {{"state", "2"}})},
      wanting({"state"})
  ));

  ASSERT_EQ(w.transport.calls.size(), 1u);
  auto const& call = w.transport.calls[0];
  EXPECT_EQ(call.method, "POST");
  EXPECT_EQ(path_of(call), "/api/now/v1/batch");
  auto const sent = body_of(call);
  auto const& item = sent.at("rest_requests").as_array().at(1).as_object();
  EXPECT_EQ(item.at("id"), "1");
  EXPECT_EQ(item.at("method"), "PATCH");
  EXPECT_THAT(
      json::value_to<std::string>(item.at("url")),
      testing::StartsWith("/api/now/table/incident/" + id_b + "?")
  );
  auto const body = json::value_to<std::string>(item.at("body"));
  EXPECT_EQ(http::from_base64(body), R"({"state":"2"})");
  ASSERT_EQ(got.size(), 3u);
  EXPECT_TRUE(got[0]);
  EXPECT_EQ(got[1].error().code, errc::rejected);
  EXPECT_THAT(got[1].error().fields, ElementsAre("caller_id"));
  ASSERT_TRUE(got[2]);
  EXPECT_EQ(got[2]->stored.id, id_c);
}

TEST(Batch, IsNotUsedForOneWrite) {
  world w;
  w.transport.will_answer(200, result_of(ticket(id_a, "2026-02-02 09:00:00", 2)));
  run(w.system->update_all({update_of(id_a, {{"state", "2"}})}, wanting({})));
  EXPECT_EQ(w.transport.calls[0].method, "PATCH");
}

TEST(Batch, OfFiftyAtMost) {
  world w;
  std::vector<adapter::update> many;
  std::vector<std::pair<int, std::string>> answers;
  for (int i = 0; i < 51; ++i) {
    many.push_back(update_of("id" + std::to_string(i), {{"state", "2"}}));
    answers.emplace_back(
        200, result_of(ticket("id" + std::to_string(i) + "xx", "2026-02-02 09:00:00", 1))
    );
  }
  answers.pop_back();
  w.transport.will_answer(200, batch_answer(answers));
  w.transport.will_answer(200, result_of(ticket("id50", "2026-02-02 09:00:00", 1)));

  auto const got = run(w.system->update_all(many, wanting({})));

  EXPECT_EQ(w.system->declared().write_at_once, 50u);
  ASSERT_EQ(w.transport.calls.size(), 2u);
  EXPECT_EQ(body_of(w.transport.calls[0]).at("rest_requests").as_array().size(), 50u);
  EXPECT_EQ(got.size(), 51u);
}

TEST(Batch, UnservicedRequestsDidNothing) {
  world w;
  w.transport.will_answer(
      200,
      batch_answer(
          {{201, result_of(ticket(id_a, "2026-02-02 09:00:00", 0, {{"correlation_id", "k1"}}))},
           {1, ""}}
      )
  );
  auto const got = run(w.system->create_all({creation_of("k1"), creation_of("k2")}, wanting({})));
  EXPECT_TRUE(got[0]);
  EXPECT_EQ(got[1].error().code, errc::rate_limited);
  EXPECT_EQ(got[1].error().effect, effect::none);
}

TEST(Batch, RequestsItSaysNothingOfAreOfUnknownEffect) {
  world w;
  w.transport.will_answer(
      200,
      batch_answer(
          {{201, result_of(ticket(id_a, "2026-02-02 09:00:00", 0, {{"correlation_id", "k1"}}))},
           {0, ""}}
      )
  );
  auto const got = run(w.system->create_all({creation_of("k1"), creation_of("k2")}, wanting({})));
  EXPECT_TRUE(got[0]);
  EXPECT_EQ(got[1].error().effect, effect::unknown);
}

TEST(Batch, WithALostAnswerLeavesEachOpen) {
  world w;
  w.transport.will_fail({errc::timeout, "no answer"});
  auto const got = run(w.system->create_all({creation_of("k1"), creation_of("k2")}, wanting({})));
  ASSERT_EQ(got.size(), 2u);
  for (auto const& one : got) EXPECT_EQ(one.error().effect, effect::unknown);
  EXPECT_TRUE(w.transport.calls[0].fresh_connection);
  EXPECT_EQ(w.transport.calls.size(), 1u);
}

TEST(Batch, ThatFailsInsideTheInstanceLeavesEachOpenAndIsNotSentAgain) {
  for (auto const& body : {std::string{"{}"}, std::string{"<html>"}}) {
    world w;
    w.transport.will_answer(500, body);
    auto const got = run(w.system->create_all({creation_of("k1"), creation_of("k2")}, wanting({})));
    for (auto const& one : got) EXPECT_EQ(one.error().effect, effect::unknown);
    EXPECT_EQ(w.transport.calls.size(), 1u);
  }
}

TEST(Batch, ThatIsNotThereIsReplacedBySingleCallsForGood) {
  for (auto const& [status, words] :
       {std::pair{400, "Requested URI does not represent any resource"},
        std::pair{404, "No Record found"},
        std::pair{403, "Failed API level ACL Validation"}}) {
    world w;
    w.transport.will_answer(status, refusal(words, ""));
    for (int i = 0; i < 4; ++i) {
      w.transport.will_answer(
          200, result_of(ticket(i % 2 ? id_b : id_a, "2026-02-02 09:00:00", i))
      );
    }
    std::vector<adapter::update> const two{
        update_of(id_a, {{"state", "2"}}), update_of(id_b, {{"state", "2"}})};

    auto const first = run(w.system->update_all(two, wanting({})));
    auto const second = run(w.system->update_all(two, wanting({})));

    EXPECT_TRUE(first[0] && first[1] && second[0] && second[1]) << words;
    EXPECT_EQ(w.transport.calls.size(), 5u) << words;
  }
}

TEST(Batch, RefusedAsAWholeIsSentOneByOneThisTime) {
  world w;
  w.transport.will_answer(413, "{}");
  w.transport.will_answer(200, result_of(ticket(id_a, "2026-02-02 09:00:00", 1)));
  w.transport.will_answer(400, refusal("too long", ""));
  w.transport.will_answer(200, batch_answer({{0, ""}, {0, ""}}));
  std::vector<adapter::update> const two{
      update_of(id_a, {{"state", "2"}}), update_of(id_b, {{"state", "2"}})};

  auto const first = run(w.system->update_all(two, wanting({})));
  run(w.system->update_all(two, wanting({})));

  EXPECT_TRUE(first[0]);
  EXPECT_EQ(first[1].error().code, errc::rejected);
  EXPECT_EQ(path_of(w.transport.calls[3]), "/api/now/v1/batch");
}

TEST(Batch, ThatIsLimitedDidNothing) {
  world w;
  w.transport.will_answer(429, refusal("Rate limit exceeded", ""), {{"Retry-After", "7"}});
  auto const got = run(w.system->create_all({creation_of("k1"), creation_of("k2")}, wanting({})));
  for (auto const& one : got) {
    EXPECT_EQ(one.error().code, errc::rate_limited);
    EXPECT_EQ(one.error().effect, effect::none);
    EXPECT_EQ(one.error().retry_after, std::chrono::seconds{7});
  }
  EXPECT_EQ(w.transport.calls.size(), 1u);
}

TEST(Batch, CanBeSwitchedOff) {
  world w{[](auto& with) { with.batch = false; }};
  EXPECT_EQ(w.system->declared().write_at_once, 1u);
  w.transport.will_answer(200, result_of(ticket(id_a, "2026-02-02 09:00:00", 1)));
  w.transport.will_answer(200, result_of(ticket(id_b, "2026-02-02 09:00:00", 1)));
  run(w.system->update_all(
      {update_of(id_a, {{"state", "2"}}), update_of(id_b, {{"state", "2"}})}, wanting({})
  ));
  EXPECT_EQ(w.transport.calls[0].method, "PATCH");
}

TEST(Batch, KeepsItsPlacesWhenSomeWritesCannotBeSent) {
  world w;
  w.transport.will_answer(
      200,
      batch_answer(
          {{200, result_of(ticket(id_a, "2026-02-02 09:00:00", 2))},
           {200, result_of(ticket(id_c, "2026-02-02 09:00:00", 3))}}
      )
  );
  auto const got = run(w.system->update_all(
      {update_of(id_a, {{"state", "2"}}),
       update_of("bad id", {{"state", "2"}}),
       update_of(id_c, {{"state", "2"}})},
      wanting({})
  ));
  EXPECT_EQ(got[0]->stored.id, id_a);
  EXPECT_EQ(got[1].error().code, errc::invalid);
  EXPECT_EQ(got[2]->stored.id, id_c);
}

}  // namespace
}  // namespace servicenow_test

#include <boost/json/parse.hpp>
#include <gmock/gmock.h>

#include "adapters/jira/adf.hpp"
#include "adapters/jira/answer.hpp"
#include "adapters/jira/history.hpp"
#include "adapters/jira/jql.hpp"
#include "adapters/jira/settings.hpp"
#include "adapters/jira/webhook.hpp"
#include "adapters/jira/wiki.hpp"
#include "adapters/jira/workflow.hpp"
#include "test/simulators/jira/jira.hpp"

namespace adapters::jira {
namespace {

using core::errc;
using testing::HasSubstr;

TEST(Adf, APlainTextComesBackAsItWas) {
  for (auto const* text :
       {"one line", "two\nlines", "a paragraph\n\nand another", "[sync:abc] @bob"}) {
    auto const document = adf_of(text);
    EXPECT_EQ(text_of_adf(document), text);
    EXPECT_FALSE(simulators::complaint_about_document(document)) << text;
  }
}

TEST(Adf, ShowsWhatAReaderSees) {
  auto const document = json::parse(R"({"type":"doc","version":1,"content":[
    {"type":"bulletList","content":[
      {"type":"listItem","content":[{"type":"paragraph","content":[{"type":"text","text":"one"}]}]},
      {"type":"listItem","content":[{"type":"paragraph","content":[{"type":"text","text":"two"}]}]}]},
    {"type":"paragraph","content":[{"type":"mention","attrs":{"id":"1","text":"@Bob"}},
      {"type":"text","text":" here","marks":[{"type":"link","attrs":{"href":"https://x.example"}}]}]}]})"
  );

  auto const text = text_of_adf(document);

  EXPECT_THAT(text, HasSubstr("- one\n- two"));
  EXPECT_THAT(text, HasSubstr("@Bob here (https://x.example)"));
}

TEST(Wiki, NothingInATextActsAndItComesBack) {
  std::string const text = "{code} [~bob] !image.png! C:\\\\temp | done";

  auto const wiki = wiki_of(text);

  EXPECT_THAT(wiki, HasSubstr("\\[~bob\\]"));
  EXPECT_THAT(wiki, HasSubstr("\\{code\\}"));
  EXPECT_EQ(text_of_wiki(wiki), text);
}

TEST(Jql, QuotesWhatCouldEndAString) {
  EXPECT_EQ(jql_quoted(R"(a"b\c)"), R"("a\"b\\c")");
  EXPECT_EQ(jql_time(*core::parse_time("1970-01-01T00:00:01.5Z")), "1500");
}

transition leads(std::string id, status to) {
  transition one;
  one.id = std::move(id);
  one.to = std::move(to);
  return one;
}

TEST(Workflow, FindsTheShortestWay) {
  status const a{"1", "A", "new"}, b{"2", "B", "indeterminate"}, c{"3", "C", "done"};
  workflow flow;
  flow.learn(a, {leads("11", b)});
  flow.learn(b, {leads("21", a), leads("22", c)});

  auto const way = flow.path("1", "c");

  ASSERT_EQ(way.size(), 2u);
  EXPECT_EQ(way[0].id, "11");
  EXPECT_EQ(way[1].id, "22");
  EXPECT_TRUE(flow.path("1", "D").empty());
  EXPECT_EQ(flow.unseen_from("1").size(), 1u) << "nobody saw what is on offer in C";
}

TEST(Webhook, TakesTheDocumentedSignatureAndNoOther) {
  // The example of the page "Webhooks", section "Secure admin webhooks".
  connector::adapter::hook_call call;
  call.body = "Hello World!";
  call.headers.emplace_back(
      "x-hub-signature", "sha256=a4771c39fbe90f317c7824e83ddef3caae9cb3d976c214ace1f2937e133263c9"
  );
  core::secret const secret{"It's a Secret to Everybody"};

  EXPECT_TRUE(check_signature(call, secret));
  EXPECT_FALSE(check_signature(call, core::secret{"another"}));
  call.body += " ";
  EXPECT_FALSE(check_signature(call, secret));
  call.headers.front().second = "sha1=00";
  EXPECT_FALSE(check_signature(call, secret));
  call.headers.clear();
  EXPECT_FALSE(check_signature(call, secret));
}

TEST(Answer, NamesTheFieldsThatJiraRefuses) {
  http::response answer;
  answer.status = 400;
  answer.body =
      R"({"errorMessages":[],"errors":{"customfield_1":"It is not on the appropriate screen"}})";

  auto const decoded = decode(answer, intent::writes, {});

  ASSERT_FALSE(decoded);
  EXPECT_EQ(decoded.error().code, errc::rejected);
  EXPECT_EQ(decoded.error().effect, core::effect::none);
  EXPECT_EQ(decoded.error().fields, std::vector<std::string>{"customfield_1"});
}

TEST(Answer, APageAfterAWriteLeavesItsEffectOpen) {
  http::response answer;
  answer.status = 200;
  answer.headers.push_back({"Content-Type", "text/html"});
  answer.body = "<html>";

  EXPECT_EQ(decode(answer, intent::writes, {}).error().effect, core::effect::unknown);
  EXPECT_EQ(decode(answer, intent::reads, {}).error().code, errc::unavailable);
}

TEST(Answer, WaitsUntilTheResetThatJiraNames) {
  std::vector<http::header> const headers{
      {"Date", "Sun, 01 Mar 2026 09:00:00 GMT"}, {"X-RateLimit-Reset", "2026-03-01T09:00:30Z"}};

  EXPECT_EQ(wait_asked_for(headers, {}), std::chrono::seconds{30});
}

TEST(History, TellsLabelsAsTheyWereWhenTheyWereRead) {
  auto const entries = json::parse(R"([
    {"created":1772355600,"items":[{"fieldId":"labels","fromString":"a","toString":"a b"}]},
    {"created":1772355700000,"items":[{"field":"labels","fromString":"a b","toString":"b"}]}])");
  auto const changes = changes_in(entries.as_array());
  auto const at = [](std::int64_t s) { return core::time_point{std::chrono::seconds{s}}; };

  EXPECT_EQ(labels_at(at(1772355650), {"b"}, changes), (std::vector<std::string>{"a", "b"}));
  EXPECT_EQ(labels_at(at(1772355500), {"b"}, changes), std::vector<std::string>{"a"});
  EXPECT_EQ(labels_at(at(1772355800), {"b"}, changes), std::vector<std::string>{"b"});
}

TEST(JiraSettings, AnAddressIsHttpsOrThisMachine) {
  EXPECT_FALSE(complaint_about_base_url("https://jira.example.com/jira"));
  EXPECT_FALSE(complaint_about_base_url("http://127.0.0.1:8080"));
  EXPECT_TRUE(complaint_about_base_url("http://jira.example.com"));
  EXPECT_TRUE(complaint_about_base_url("https://jira.example.com/rest/api/2"));
}

}  // namespace
}  // namespace adapters::jira

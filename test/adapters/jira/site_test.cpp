#include <boost/json/parse.hpp>
#include <gmock/gmock.h>

#include "test/adapters/jira/world.hpp"

/// The adapter against the simulated site, whose open points stand at the harder position.
namespace jira_test {
namespace {

using core::errc;
using simulators::fault_kind;
using testing::HasSubstr;

TEST(JiraCreate, CarriesItsKeyAsLabelAndPropertyInOneCall) {
  world w;

  auto const id = w.issue({{"summary", "One"}});

  auto const found = w.site.find(id);
  EXPECT_EQ(found->labels, (std::vector<std::string>{"defender-sync", "defender-sync.k1"}));
  EXPECT_EQ(found->properties.at("itsm-connector").at("key"), "k1");
  EXPECT_EQ(w.site.operations().at("POST /issue"), 1u);
}

TEST(JiraCreate, InBulkEachHearsItsOwn) {
  world w;
  std::vector<adapter::creation> three;
  three.push_back({"a", {{"summary", "One"}}});
  three.push_back({"b", {{"summary", "Two"}, {"priority", "Nonsense"}}});
  three.push_back({"c", {{"summary", "Three"}}});

  auto const made = w.run(w.system->create_all(std::move(three), wanting({"summary"})));

  ASSERT_TRUE(made[0]);
  ASSERT_FALSE(made[1]);
  EXPECT_EQ(made[1].error().code, errc::rejected);
  EXPECT_EQ(made[1].error().fields, std::vector<std::string>{"priority"});
  ASSERT_TRUE(made[2]);
  EXPECT_EQ(made[2]->stored.fields.at("summary"), "Three");
}

TEST(JiraCreate, OfAnIssueThatIsHiddenFromUsAtOnceTellsItsId) {
  world w;
  w.transport.on_exchange = [&w](auto const& call, auto const& answer) {
    if (!call.url.ends_with("/issue") || !answer) return;
    auto const made = boost::json::parse(answer->body).at("id").as_string();
    ASSERT_TRUE(w.site.hide(made, true, w.now()));
  };

  std::vector<adapter::creation> one{{"k1", {{"summary", "One"}}}};
  auto const made = w.run(w.system->create_all(std::move(one), wanting({"summary"})));

  ASSERT_TRUE(made[0]) << made[0].error().detail;
  EXPECT_EQ(made[0]->stored.presence, adapter::presence::gone);
  EXPECT_FALSE(made[0]->stored.id.empty());
}

TEST(JiraCreate, IsFoundByItsKeyOnceTheIndexHasIt) {
  jira_settings site;
  site.list_lag = std::chrono::seconds{30};
  world w{site};
  auto const id = w.issue({});
  std::vector<std::string> const keys{"k1", "other"};

  auto const early = w.run(w.system->find(keys, {}));
  w.wait(std::chrono::seconds{30});
  auto const late = w.run(w.system->find(keys, {}));

  EXPECT_TRUE(early->empty());
  ASSERT_EQ(late->size(), 1u);
  EXPECT_EQ(late->front().key, "k1");
  EXPECT_EQ(late->front().found.id, id);
}

TEST(JiraStatus, OfANewIssueIsTheWorkflowsFirstWhateverWasAskedFor) {
  world w;
  auto const id = w.issue({{"status", "In Progress"}});

  EXPECT_EQ(w.read(id, {"status"}).fields.at("status"), "To Do");
  for (auto const& [operation, count] : w.site.operations()) {
    EXPECT_EQ(operation.find("transitions"), operation.npos)
        << "a step could take effect late, and over what people did";
  }
}

TEST(JiraStatus, IsWalkedToThroughEveryStepWithWhatTheScreenAsks) {
  world w;
  auto const id = w.issue({});

  auto const done = w.update(id, {{"status", "Done"}, {"resolution", "Declined"}});

  ASSERT_TRUE(done) << done.error().detail;
  EXPECT_EQ(done->stored.fields.at("status"), "Done");
  EXPECT_EQ(w.site.find(id)->resolution, "Declined");
}

TEST(JiraStatus, AWayThatNeedsAResolutionNobodySuppliesIsRefusedAndNamesIt) {
  world w;
  auto const id = w.issue({});
  ASSERT_TRUE(w.update(id, {{"status", "In Progress"}}));

  auto const refused = w.update(id, {{"status", "Done"}});

  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, errc::rejected);
  EXPECT_EQ(refused.error().effect, core::effect::none);
  EXPECT_THAT(refused.error().fields, testing::Contains("status"));
  EXPECT_THAT(refused.error().detail, HasSubstr("resolution"));
}

TEST(JiraStatus, ThatNoTransitionLeadsToChangesNothing) {
  world w;
  // One issue has been everywhere, so that the whole workflow can be seen.
  ASSERT_TRUE(w.update(w.issue({}, "a"), {{"status", "Done"}, {"resolution", "Done"}}));
  ASSERT_TRUE(w.update(w.issue({}, "b"), {{"status", "In Progress"}}));
  auto const id = w.issue({});
  auto const before = w.site.find(id)->updated;

  auto const refused = w.update(id, {{"status", "Cancelled"}, {"summary", "New"}});

  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().effect, core::effect::none);
  EXPECT_THAT(refused.error().detail, HasSubstr("Start work"));
  EXPECT_EQ(w.site.find(id)->updated, before);
}

TEST(JiraStatus, OfAFinishedIssueThatForbidsEditsIsLeftFirst) {
  jira_settings site;
  site.finished_is_editable = false;
  world w{site};
  auto const id = w.issue({});
  ASSERT_TRUE(w.update(id, {{"status", "Done"}, {"resolution", "Done"}, {"summary", "Last"}}));

  auto const reopened = w.update(id, {{"status", "To Do"}, {"summary", "Again"}});

  ASSERT_TRUE(reopened) << reopened.error().detail;
  EXPECT_EQ(reopened->stored.fields.at("summary"), "Again");
  EXPECT_EQ(reopened->stored.fields.at("status"), "To Do");
}

TEST(JiraStatus, AWorkflowThatChangedIsLookedAtAgain) {
  world w;
  auto const id = w.issue({});
  ASSERT_TRUE(w.update(id, {{"status", "In Progress"}}));
  auto const other = w.issue({}, "k2");
  for (auto& each : w.site.settings().transitions) each.id = "9" + each.id;

  auto const moved = w.update(other, {{"status", "In Progress"}});

  ASSERT_TRUE(moved) << moved.error().detail;
  EXPECT_EQ(moved->stored.fields.at("status"), "In Progress");
}

TEST(JiraStatus, AStepRefusedAfterTheEditShowsWhatIsStored) {
  world w;
  auto const id = w.issue({});
  w.faults.script({fault_kind::lost_reply}, "/transitions");  // of reading what is on offer
  (void)w.update(id, {{"status", "In Progress"}});
  w.site.settings().permissions = {"BROWSE_PROJECTS", "EDIT_ISSUES"};

  auto const refused = w.update(id, {{"status", "In Progress"}, {"summary", "New"}});

  ASSERT_FALSE(refused) << "no way on offer: nothing done";
  EXPECT_NE(w.site.find(id)->fields.at("summary"), "New");
}

TEST(JiraLabels, AreAddedAndRemovedAndThoseOfOthersStay) {
  world w;
  auto const id = w.issue({{"labels", core::value{"ours"}}});
  w.wait(std::chrono::seconds{1});
  auto const seen = w.read(id, {"labels"});
  // After we looked, somebody else adds one.
  w.wait(std::chrono::seconds{2});
  w.site.label(id, "theirs", {}, "Bob Desk", w.now());

  boost::json::array const wanted{"new"};
  auto const done = w.update(id, {{"labels", wanted}}, seen.version);

  ASSERT_TRUE(done) << done.error().detail;
  EXPECT_EQ(
      w.site.find(id)->labels,
      (std::vector<std::string>{"defender-sync", "defender-sync.k1", "new", "theirs"})
  );
}

TEST(JiraChanges, AreReadToTheEndWhateverChangesMeanwhile) {
  world w;
  std::vector<adapter::creation> many;
  for (int i = 0; i < 120; ++i) many.push_back({"k" + std::to_string(i), {{"summary", "x"}}});
  auto const made = w.run(w.system->create_all(std::move(many), {}));
  w.wait(std::chrono::seconds{60});

  std::set<std::string> seen;
  adapter::change_query query;
  query.from = *core::parse_time("2026-03-01T08:59:00Z");
  query.rows_max = 10;
  for (int pages = 0; pages < 60; ++pages) {
    auto const page = w.run(w.system->changes(query));
    ASSERT_TRUE(page) << page.error().detail;
    for (auto const& row : page->rows) seen.insert(row.id);
    if (page->continuation.empty()) break;
    query.continuation = page->continuation;
  }

  for (auto const& one : made) EXPECT_TRUE(seen.contains(one->stored.id));
}

TEST(JiraChanges, ARefusedCredentialIsNoEmptyList) {
  world w{
      {}, [](jira::settings& s) {
        s.credential = jira::basic_sign_in{"svc.defender@example.com", core::secret{"wrong-one"}};
      }};

  auto const page = w.run(w.system->changes({}));

  ASSERT_FALSE(page);
  EXPECT_EQ(page.error().code, errc::unauthorized);
  EXPECT_EQ(page.error().detail.find("wrong-one"), std::string::npos);
}

TEST(JiraComments, BeyondThoseOfTheFieldAreReadByPages) {
  world w;
  auto const id = w.issue({});
  for (int i = 0; i < 130; ++i) {
    w.site.comment(id, "word " + std::to_string(i), true, "Bob Desk", w.now());
    w.wait(std::chrono::milliseconds{5});
  }

  auto const read = w.read(id, {}, true);

  ASSERT_EQ(read.comments->size(), 130u);
  EXPECT_EQ(read.comments->front().text, "word 0");
  EXPECT_EQ(read.comments->back().text, "word 129");
}

TEST(JiraComments, AreInternalUnlessTheyAreForTheCustomer) {
  jira_settings site;
  site.service_project = true;
  world w{site};
  auto const id = w.issue({});
  std::vector<adapter::new_comment> two;
  two.push_back({id, "Among us", "comment"});
  two.push_back({id, "Dear customer", "reply_to_customer"});

  auto const posted = w.run(w.system->comment_all(std::move(two), {}));
  auto const read = w.read(id, {}, true);

  ASSERT_TRUE(posted[0] && posted[1]);
  EXPECT_FALSE(read.comments->at(0).is_public);
  EXPECT_TRUE(read.comments->at(1).is_public);
  EXPECT_EQ(read.comments->at(1).place, "reply_to_customer");
}

TEST(JiraReading, WhatIsGoneArchivedOrHiddenIsGone) {
  world w;
  auto const one = w.issue({}, "a");
  auto const two = w.issue({}, "b");
  w.site.remove(one, w.now());
  w.site.hide(two, true, w.now());

  EXPECT_EQ(w.read(one, {}).presence, adapter::presence::gone);
  EXPECT_EQ(w.read(two, {}).presence, adapter::presence::gone);
}

TEST(JiraReading, AFieldThatIsNotThereIsAnErrorAndNotEmpty) {
  world w;
  auto const id = w.issue({});
  std::vector<std::string> const ids{id};

  auto const read = w.run(w.system->read(ids, wanting({"customfield_99999"})));

  ASSERT_FALSE(read);
  EXPECT_EQ(read.error().fields, std::vector<std::string>{"customfield_99999"});
}

TEST(JiraLimits, TheWaitOfATooFrequentWriteIsPassedOn) {
  world w;
  auto const id = w.issue({});
  core::result<adapter::receipt> last = core::error{};
  for (int i = 0; i < 25; ++i) last = w.update(id, {{"summary", "n" + std::to_string(i)}});

  ASSERT_FALSE(last);
  EXPECT_EQ(last.error().code, errc::rate_limited);
  EXPECT_EQ(last.error().effect, core::effect::none);
  EXPECT_EQ(last.error().retry_after, std::chrono::seconds{2});
  EXPECT_THAT(last.error().detail, HasSubstr("jira-per-issue-on-write"));
}

TEST(JiraPeople, AHiddenAddressIsAnsweredByTheOnePersonWhoHasIt) {
  world w;
  std::vector<adapter::question> const asked{
      {"user", "email", "ann.analyst@contoso.com", "id"},
      {"user", "email", "gone@example.com", "id"}};

  auto const answers = w.run(w.system->look_up(asked));

  EXPECT_EQ(answers->at(0).found, core::value(w.site.account("Ann Analyst")));
  EXPECT_TRUE(answers->at(1).found.is_null());
}

TEST(JiraOauth, AnExpiredTokenIsFetchedAnew) {
  world w{{}, [](jira::settings& s) {
            s.base_url = "https://api.atlassian.com/ex/jira/11111111-2222-4333-8444-555555555555";
            s.credential = jira::oauth_sign_in{
                "simulated-client",
                core::secret{"simulated-secret"},
                "https://auth.atlassian.com/oauth/token"};
          }};
  auto const id = w.issue({});
  w.site.revoke_tokens();

  EXPECT_EQ(w.read(id, {"summary"}).fields.at("summary"), "An incident");
}

TEST(JiraDescribe, TellsFieldsWorkflowAndWhatIsUnseen) {
  world w;
  w.issue({});

  auto const told = w.run(w.system->describe());

  ASSERT_TRUE(told) << told.error().detail;
  EXPECT_EQ(told->workflow_field, "status");
  EXPECT_EQ(told->exits_unseen, std::vector<std::string>{"In Progress"});
  auto const priority =
      std::ranges::find(told->fields, "priority", &adapter::description::field::name);
  ASSERT_NE(priority, told->fields.end());
  EXPECT_EQ(priority->choices->size(), 5u);
}

TEST(JiraExamine, EverythingIsGoodOnASoundSite) {
  world w;
  w.issue({});

  for (auto const& check : w.run(w.system->examine())) {
    EXPECT_EQ(check.found, adapter::check::verdict::good) << check.name << ": " << check.detail;
  }
}

TEST(JiraExamine, NamesMissingPermissionsAndTypes) {
  jira_settings site;
  site.permissions = {"BROWSE_PROJECTS"};
  world w{site, [](jira::settings& s) { s.issue_type = "Incident"; }};

  std::string bad;
  for (auto const& check : w.run(w.system->examine())) {
    if (check.found == adapter::check::verdict::bad) bad += check.detail + "\n";
  }
  EXPECT_THAT(bad, HasSubstr("TRANSITION_ISSUES"));
  EXPECT_THAT(bad, HasSubstr("it has: Task"));
}

}  // namespace
}  // namespace jira_test

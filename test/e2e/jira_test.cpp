#include "test/simulators/jira/jira.hpp"

#include <gmock/gmock.h>

#include "test/e2e/service_in_process.hpp"
#include "test/simulators/servicenow/servicenow.hpp"

/// A day at work with Jira, piece by piece, over the production adapters and the shipped maps; and
/// one incident that feeds two ticket systems.
namespace connector::e2e {
namespace {

using simulators::fault_kind;
using testing::HasSubstr;

constexpr auto cloud_lines = R"(
  jira:
    system: jira
    site: example
    api_token: {email: svc.defender@example.com, token: "${env:JIRA_TOKEN}"}
    project: SEC
    issue_type: Task
)";
constexpr auto data_center_lines = R"(
  jira:
    system: jira
    base_url: https://jira.example.com/jira
    edition: data_center
    access_token: ${env:JIRA_PAT}
    project: SEC
    issue_type: Task
)";
constexpr auto snow_lines = R"(
  snow:
    system: servicenow
    base_url: https://instance.service-now.com
    basic: {user: svc.defender, password: "${env:SNOW_PASSWORD}"}
)";

/// Graph, a Jira and, where `also_servicenow`, a ServiceNow instance, with a route to each.
class jira_estate : public service_in_process {
 public:
  jira_estate(simulators::graph_settings g, simulators::jira_settings j, bool also_servicenow)
      : service_in_process{settings_for(std::move(g), j, also_servicenow)},
        jira{std::move(j), clock.now()} {
    transport.route("https://example.atlassian.net", jira, &jira_faults);
    transport.route("https://jira.example.com", jira, &jira_faults);
    transport.route("https://instance.service-now.com", servicenow);
    start();
  }

  static settings settings_for(
      simulators::graph_settings g, simulators::jira_settings const& j, bool also_servicenow
  ) {
    auto const on_cloud = j.edition == simulators::jira_settings::edition::cloud;
    settings s;
    s.graph = std::move(g);
    s.graph.calls_per_minute = 0;
    s.connections = on_cloud ? cloud_lines : data_center_lines;
    s.secrets = {{"JIRA_TOKEN", j.api_token}, {"JIRA_PAT", j.access_token}};
    s.routes = {{"main", "jira", on_cloud ? "jira" : "jira-data-center"}};
    if (also_servicenow) {
      s.connections += snow_lines;
      s.secrets.emplace_back("SNOW_PASSWORD", simulators::servicenow_settings::observed().password);
      s.routes.push_back({"second", "snow", "servicenow-incident"});
    }
    return s;
  }

  std::string open(std::string severity = "high") {
    return service_in_process::open(
        {{"displayName", "Ransomware"}, {"severity", severity}, {"status", "active"}}
    );
  }
  boost::json::object issue_of(std::string const& incident) {
    auto const found = jira.find(link_of(incident).ticket_id);
    if (!found) throw std::runtime_error{"no issue for incident " + incident};
    return jira.told(*found);
  }

  simulators::jira jira;
  simulators::servicenow servicenow{simulators::servicenow_settings::observed(), clock.now()};
  simulators::faults jira_faults{2};
};

enum class kind { observed, hard, data_center, service };

class JiraDay : public testing::TestWithParam<kind> {
 protected:
  static simulators::graph_settings graph_chosen() {
    simulators::graph_settings g;
    if (GetParam() != kind::hard) g = simulators::graph_settings::observed();
    g.comment_moves_stamp = true;
    return g;
  }
  static simulators::jira_settings jira_chosen() {
    simulators::jira_settings j;
    if (GetParam() != kind::hard) j = simulators::jira_settings::observed();
    if (GetParam() == kind::service) j.service_project = true;
    if (GetParam() == kind::data_center) {
      j.edition = simulators::jira_settings::edition::data_center;
      j.context_path = "/jira";
    }
    return j;
  }
  jira_estate w{graph_chosen(), jira_chosen(), false};
};

INSTANTIATE_TEST_SUITE_P(
    Kinds,
    JiraDay,
    testing::Values(kind::observed, kind::hard, kind::data_center, kind::service),
    [](auto const& p) {
      switch (p.param) {
        case kind::observed:
          return "Observed";
        case kind::hard:
          return "Hard";
        case kind::data_center:
          return "DataCenter";
        case kind::service:
          return "ServiceProject";
      }
      return "";
    }
);

TEST_P(JiraDay, AnIncidentBecomesOneIssueAndThenThereIsSilence) {
  auto const id = w.open();

  w.sync();
  auto const issue = w.issue_of(id);
  EXPECT_EQ(issue.at("summary"), "Ransomware");
  EXPECT_EQ(issue.at("status"), "To Do");
  EXPECT_EQ(issue.at("priority"), "High");
  EXPECT_EQ(issue.at("remote_links").as_array().size(), 1u);

  w.sync();
  auto const writes = w.writes();
  for (int i = 0; i < 5; ++i) w.sync();
  EXPECT_EQ(w.writes(), writes) << w.log();
  EXPECT_EQ(w.jira.issues(), 1u);
  EXPECT_TRUE(w.link_of(id).parked.empty()) << w.log();
}

TEST_P(JiraDay, TheIncidentIsResolvedAndTheIssueWalksThereWithItsResolution) {
  auto const id = w.open();
  w.sync();

  w.graph.edit(
      id,
      {{"status", "resolved"},
       {"classification", "falsePositive"},
       {"determination", "notMalicious"}},
      "analyst@contoso.com",
      w.now()
  );
  w.sync();

  EXPECT_EQ(w.issue_of(id).at("status"), "Done") << w.log();
  EXPECT_EQ(w.issue_of(id).at("resolution"), "Declined");

  w.graph.edit(id, {{"status", "active"}}, "analyst@contoso.com", w.now());
  w.sync();

  EXPECT_EQ(w.issue_of(id).at("status"), "To Do") << w.log();
  EXPECT_TRUE(w.issue_of(id).at("resolution").is_null());
}

TEST_P(JiraDay, SomebodyWorksTheIssueAndResolvesIt) {
  auto const id = w.open();
  w.sync();
  auto const issue = w.link_of(id).ticket_id;

  w.jira.put_into(issue, "In Progress", {}, "Bob Desk", w.now());
  w.jira.comment(issue, "Called the user.", true, "Bob Desk", w.now());
  w.sync();
  EXPECT_EQ(w.graph.incident(id)->at("status"), "inProgress") << w.log();
  ASSERT_EQ(w.graph.incident(id)->at("comments").as_array().size(), 1u) << w.log();

  w.jira.put_into(issue, "Done", "Done", "Bob Desk", w.now());
  for (int i = 0; i < 4; ++i) w.sync();

  EXPECT_EQ(w.graph.incident(id)->at("status"), "resolved") << w.log();
  EXPECT_EQ(w.graph.incident(id)->at("classification"), "truePositive");
  EXPECT_EQ(w.issue_of(id).at("status"), "Done");
}

TEST_P(JiraDay, TheSocsCommentsArriveOnceAndWhereCustomersDoNotSeeThem) {
  auto const id = w.open();
  w.sync();

  w.graph.comment(id, "Host [isolated] & {imaged}, see C:\\temp.", "analyst@contoso.com", w.now());
  for (int i = 0; i < 4; ++i) w.sync();

  auto const comments = w.issue_of(id).at("comments").as_array();
  ASSERT_EQ(comments.size(), 1u) << w.log();
  EXPECT_THAT(std::string{comments[0].at("text").as_string()}, HasSubstr("isolated"));
  EXPECT_EQ(comments[0].at("internal"), true);
  EXPECT_EQ(w.graph.incident(id)->at("comments").as_array().size(), 1u) << "no echo";
}

TEST_P(JiraDay, AMovedIssueIsFollowed) {
  auto const id = w.open();
  w.sync();
  auto const issue = w.link_of(id).ticket_id;

  w.jira.move(issue, "OPS", "Bob Desk", w.now());
  w.jira.put_into(issue, "In Progress", {}, "Bob Desk", w.now());
  w.sync();
  w.sync();

  EXPECT_EQ(w.graph.incident(id)->at("status"), "inProgress") << w.log();
}

TEST_P(JiraDay, ALostAnswerToACreateLeavesOneIssue) {
  w.jira_faults.script({fault_kind::lost_reply}, "/issue");
  auto const id = w.open();

  for (int i = 0; i < 3; ++i) (void)w.try_sync(std::chrono::seconds{1200});

  EXPECT_EQ(w.jira.issues(), 1u);
  EXPECT_EQ(w.link_of(id).state, store::link_state::linked) << w.log();
}

TEST_P(JiraDay, ASearchThatLagsMakesNoSecondIssue) {
  w.jira.settings().list_lag = std::chrono::seconds{200};
  w.jira_faults.script({fault_kind::lost_reply}, "/issue");
  auto const id = w.open();

  for (int i = 0; i < 3; ++i) (void)w.try_sync(std::chrono::seconds{1200});

  EXPECT_EQ(w.jira.issues(), 1u) << w.log();
  EXPECT_EQ(w.link_of(id).state, store::link_state::linked);
}

TEST_P(JiraDay, EveryCallMayFailOnceAndNothingIsLostOrDoubled) {
  auto const id = w.open();
  w.sync();
  for (auto* f : {&w.graph_faults, &w.jira_faults}) {
    f->rates = {
        {fault_kind::server_error, 0.1},
        {fault_kind::lost_reply, 0.1},
        {fault_kind::html_page, 0.05},
        {fault_kind::truncated_json, 0.05},
        {fault_kind::too_many_requests, 0.05}};
  }

  w.graph.edit(id, {{"severity", "medium"}}, "analyst@contoso.com", w.now());
  w.graph.comment(id, "Host isolated.", "analyst@contoso.com", w.now());
  auto const issue = w.link_of(id).ticket_id;
  w.jira.put_into(issue, "In Progress", {}, "Bob Desk", w.now());
  w.jira.comment(issue, "Called the user.", true, "Bob Desk", w.now());
  for (int i = 0; i < 10; ++i) (void)w.try_sync(std::chrono::seconds{60});
  w.graph_faults.off();
  w.jira_faults.off();
  for (int i = 0; i < 3; ++i) w.sync(std::chrono::seconds{2400});

  EXPECT_EQ(w.jira.issues(), 1u);
  EXPECT_EQ(w.issue_of(id).at("priority"), "Medium") << w.log();
  EXPECT_EQ(w.graph.incident(id)->at("status"), "inProgress");
  EXPECT_EQ(w.issue_of(id).at("comments").as_array().size(), 2u);
  EXPECT_EQ(w.graph.incident(id)->at("comments").as_array().size(), 2u);
}

TEST_P(JiraDay, AMergedIncidentsIssueIsClosedAsDuplicate) {
  auto const one = w.open();
  auto const two = w.open();
  w.sync();

  ASSERT_TRUE(w.graph.merge(two, one, w.now()));
  for (int i = 0; i < 4; ++i) w.sync();

  EXPECT_EQ(w.issue_of(two).at("status"), "Done") << w.log();
  EXPECT_EQ(w.issue_of(two).at("resolution"), "Duplicate");
  EXPECT_EQ(w.issue_of(one).at("status"), "To Do");
}

TEST(TwoTargets, OneIncidentFeedsBothAndEachSidesNewsReachTheOther) {
  jira_estate w{
      simulators::graph_settings::observed(), simulators::jira_settings::observed(), true};
  auto const id = w.open();

  for (int i = 0; i < 3; ++i) w.sync();
  EXPECT_EQ(w.jira.issues(), 1u) << w.log();
  EXPECT_EQ(w.servicenow.records("incident"), 1u);

  std::string issue;
  w.jira.each_issue([&](auto const& one) { issue = std::to_string(one.id); });
  w.jira.put_into(issue, "Done", "Done", "Bob Desk", w.now());
  for (int i = 0; i < 5; ++i) w.sync();

  EXPECT_EQ(w.graph.incident(id)->at("status"), "resolved") << w.log();
  w.servicenow.each_record("incident", [&](auto const& one) { EXPECT_EQ(one.at("state"), "6"); });

  auto const writes = w.writes();
  for (int i = 0; i < 5; ++i) w.sync();
  EXPECT_EQ(w.writes(), writes) << "silence: " << w.log();
}

}  // namespace
}  // namespace connector::e2e

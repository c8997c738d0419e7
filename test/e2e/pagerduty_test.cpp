#include "test/simulators/pagerduty/pagerduty.hpp"

#include <gmock/gmock.h>

#include "connector/sync/marks.hpp"
#include "test/e2e/service_in_process.hpp"

/// A day at work with PagerDuty, piece by piece, over the production adapters and the shipped map.
namespace connector::e2e {
namespace {

using testing::HasSubstr;

constexpr auto rest_lines = R"(
  pager:
    system: pagerduty
    api_key: ${env:PAGERDUTY_KEY}
    service: PSECOPS
    from: svc.defender@acme.example
)";
constexpr auto events_lines = R"(
  pager:
    system: pagerduty
    events: {routing_key: "${env:ROUTING_KEY}"}
)";

class pager_estate : public service_in_process {
 public:
  pager_estate(
      simulators::graph_settings g,
      simulators::pagerduty_settings p,
      std::string lines = rest_lines,
      std::string map = "pagerduty"
  )
      : service_in_process{settings_for(std::move(g), p, std::move(lines), std::move(map))},
        pager{std::move(p)} {
    transport.route("https://events.pagerduty.com", pager, &pager_faults);
    transport.route("https://api.pagerduty.com", pager, &pager_faults);
    start();
  }

  static settings settings_for(
      simulators::graph_settings g,
      simulators::pagerduty_settings const& p,
      std::string lines,
      std::string map
  ) {
    settings s;
    s.graph = std::move(g);
    s.connections = std::move(lines);
    s.secrets = {{"PAGERDUTY_KEY", p.api_key}, {"ROUTING_KEY", p.routing_key}};
    s.routes = {{"main", "pager", std::move(map)}};
    return s;
  }

  std::string open(std::string severity = "high") {
    return service_in_process::open(
        {{"displayName", "Ransomware activity on one endpoint"},
         {"severity", severity},
         {"status", "active"},
         {"assignedTo", nullptr}}
    );
  }
  boost::json::object ticket_of(std::string const& incident) {
    return pager.incident(link_of(incident).ticket_id).value();
  }
  std::vector<std::string> notes_of(std::string const& incident) {
    std::vector<std::string> out;
    auto const ticket = ticket_of(incident);
    for (auto const& note : ticket.at("notes").as_array()) {
      out.emplace_back(note.as_object().at("text").as_string());
    }
    return out;
  }

  simulators::pagerduty pager;
  simulators::faults pager_faults{2};
};

class PagerDutyDay : public testing::TestWithParam<bool> {
 protected:
  static simulators::graph_settings graph_of() {
    auto s = GetParam() ? simulators::graph_settings{} : simulators::graph_settings::observed();
    s.calls_per_minute = 0;
    s.comment_moves_stamp = true;
    return s;
  }
  static simulators::pagerduty_settings pager_of() {
    return GetParam() ? simulators::pagerduty_settings{}
                      : simulators::pagerduty_settings::observed();
  }
  pager_estate w{graph_of(), pager_of()};
};

INSTANTIATE_TEST_SUITE_P(OpenPoints, PagerDutyDay, testing::Bool(), [](auto const& p) {
  return p.param ? "Hard" : "Observed";
});

TEST_P(PagerDutyDay, AnIncidentBecomesOneTicketAndThenThereIsSilence) {
  auto const id = w.open();

  w.sync();

  auto const ticket = w.ticket_of(id);
  EXPECT_EQ(ticket.at("title"), "Ransomware activity on one endpoint");
  EXPECT_EQ(ticket.at("status"), "triggered");
  EXPECT_EQ(ticket.at("priority"), "P2");
  EXPECT_EQ(ticket.at("escalation_policy"), "Security Operations") << "the service's own";
  EXPECT_EQ(ticket.at("incident_key"), core::value(w.link_of(id).id));
  w.sync();
  auto const writes = w.writes();
  for (int i = 0; i < 5; ++i) w.sync();
  EXPECT_EQ(w.writes(), writes) << w.log();
  EXPECT_EQ(w.pager.incidents(), 1u);
}

TEST_P(PagerDutyDay, TheSocChangesSeverityAndComments) {
  auto const id = w.open();
  w.sync();

  w.graph.edit(id, {{"severity", "medium"}}, "analyst@contoso.com", w.clock.now());
  w.graph.comment(id, "Host isolated & <b>imaged</b>.", "analyst@contoso.com", w.clock.now());
  for (int i = 0; i < 4; ++i) w.sync();

  EXPECT_EQ(w.ticket_of(id).at("priority"), "P3");
  ASSERT_EQ(w.notes_of(id).size(), 1u) << w.log();
  EXPECT_THAT(w.notes_of(id)[0], HasSubstr("Host isolated"));
  EXPECT_EQ(w.graph.incident(id)->at("comments").as_array().size(), 1u) << "no echo";
}

TEST_P(PagerDutyDay, SomebodyAcknowledgesAndResolves) {
  auto const id = w.open();
  w.sync();
  auto const ticket = w.link_of(id).ticket_id;

  w.pager.acknowledge(ticket, "beth@acme.example", w.clock.now());
  w.pager.annotate(ticket, "Called the user.", "beth@acme.example", w.clock.now());
  w.sync();
  EXPECT_EQ(w.graph.incident(id)->at("status"), "inProgress") << w.log();
  ASSERT_EQ(w.graph.incident(id)->at("comments").as_array().size(), 1u) << w.log();
  w.pager.resolve(ticket, "beth@acme.example", w.clock.now());
  for (int i = 0; i < 4; ++i) w.sync();

  EXPECT_EQ(w.graph.incident(id)->at("status"), "resolved") << w.log();
  EXPECT_EQ(w.ticket_of(id).at("status"), "resolved");
  EXPECT_EQ(w.notes_of(id).size(), 1u);
}

TEST_P(PagerDutyDay, ANoteAloneArrives) {
  auto const id = w.open();
  w.sync();
  w.clock.advance(std::chrono::minutes{5});

  w.pager.annotate(w.link_of(id).ticket_id, "Any news?", "beth@acme.example", w.clock.now());
  for (int i = 0; i < 4; ++i) w.sync();

  EXPECT_EQ(w.graph.incident(id)->at("comments").as_array().size(), 1u) << w.log();
}

TEST_P(PagerDutyDay, DefenderExpertsHandAnIncidentToTheCustomer) {
  auto const id = w.open();
  w.sync();
  w.pager.acknowledge(w.link_of(id).ticket_id, "beth@acme.example", w.clock.now());
  w.sync();
  w.graph.experts_take(id, w.clock.now());
  w.sync();

  w.graph.experts_hand_over(id, "Isolate the host.", w.clock.now());
  for (int i = 0; i < 4; ++i) w.sync();

  EXPECT_EQ(w.ticket_of(id).at("status"), "triggered") << "somebody is called";
  EXPECT_EQ(w.ticket_of(id).at("escalation_policy"), "Customer response");
  EXPECT_EQ(w.ticket_of(id).at("priority"), "P1");
  EXPECT_EQ(w.graph.incident(id)->at("status"), "awaitingAction") << "never written back";
  EXPECT_EQ(w.graph.incident(id)->at("assignedTo"), "Customer");
}

TEST_P(PagerDutyDay, AMergeInDefenderResolvesTheLosersTicket) {
  auto const one = w.open();
  auto const two = w.open();
  w.sync();

  ASSERT_TRUE(w.graph.merge(two, one, w.clock.now()));
  for (int i = 0; i < 4; ++i) w.sync();

  EXPECT_EQ(w.ticket_of(two).at("status"), "resolved") << w.log();
  ASSERT_FALSE(w.notes_of(two).empty());
  EXPECT_THAT(w.notes_of(two).back(), HasSubstr(w.link_of(one).ticket_label));
  EXPECT_EQ(w.ticket_of(one).at("status"), "triggered");
}

TEST_P(PagerDutyDay, AMergeInPagerDutyResolvesNoIncident) {
  auto const one = w.open();
  auto const two = w.open();
  w.sync();

  ASSERT_TRUE(w.pager.merge(
      w.link_of(two).ticket_id, w.link_of(one).ticket_id, "beth@acme.example", w.clock.now()
  ));
  for (int i = 0; i < 4; ++i) w.sync();

  EXPECT_EQ(w.graph.incident(two)->at("status"), "active") << w.log();
  ASSERT_EQ(w.link_of(two).parked.size(), 1u);
  EXPECT_THAT(w.link_of(two).parked.front().reason, HasSubstr(w.link_of(one).ticket_id));
}

TEST_P(PagerDutyDay, ALostAnswerToACreateLeavesOneTicket) {
  w.pager_faults.script({simulators::fault_kind::lost_reply}, "POST");
  auto const id = w.open();

  w.sync(std::chrono::seconds{20});

  EXPECT_EQ(w.pager.incidents(), 1u);
  EXPECT_EQ(w.link_of(id).state, store::link_state::linked) << w.log();
  EXPECT_TRUE(w.link_of(id).parked.empty()) << w.log();
}

TEST_P(PagerDutyDay, ABacklogIsOpenedAtTheSpeedThatPagerDutyAllows) {
  w.pager.settings().creates_per_minute = 5;
  std::vector<std::string> ids;
  for (int i = 0; i < 20; ++i) ids.push_back(w.open());

  for (int i = 0; i < 4; ++i) (void)w.try_sync(std::chrono::seconds{300});

  EXPECT_EQ(w.pager.incidents(), 20u) << w.log();
  for (auto const& [key, count] : w.pager.incidents_by_key()) EXPECT_EQ(count, 1u);
  auto const found = w.pager.operations().find("POST /incidents refused: 429");
  EXPECT_LT(found == w.pager.operations().end() ? 0u : found->second, 40u);
}

TEST_P(PagerDutyDay, EveryCallMayFailOnceAndNothingIsLostOrDoubled) {
  auto const id = w.open();
  w.sync();
  for (auto* f : {&w.graph_faults, &w.pager_faults}) {
    f->rates = {
        {simulators::fault_kind::server_error, 0.1},
        {simulators::fault_kind::lost_reply, 0.1},
        {simulators::fault_kind::html_page, 0.05},
        {simulators::fault_kind::truncated_json, 0.05},
        {simulators::fault_kind::duplicate_rows, 0.05},
        {simulators::fault_kind::too_many_requests, 0.05}};
  }
  w.graph.edit(id, {{"severity", "medium"}}, "analyst@contoso.com", w.clock.now());
  w.graph.comment(id, "Host isolated.", "analyst@contoso.com", w.clock.now());
  auto const ticket = w.link_of(id).ticket_id;
  w.pager.acknowledge(ticket, "beth@acme.example", w.clock.now());
  w.pager.annotate(ticket, "Called the user.", "beth@acme.example", w.clock.now());
  for (int i = 0; i < 10; ++i) (void)w.try_sync(std::chrono::seconds{60});
  w.graph_faults.off();
  w.pager_faults.off();
  for (int i = 0; i < 3; ++i) w.sync(std::chrono::seconds{1200});

  EXPECT_EQ(w.pager.incidents(), 1u);
  EXPECT_EQ(w.ticket_of(id).at("priority"), "P3") << w.log();
  EXPECT_EQ(w.graph.incident(id)->at("status"), "inProgress");
  EXPECT_EQ(w.notes_of(id).size(), 2u) << w.log();
  EXPECT_EQ(w.graph.incident(id)->at("comments").as_array().size(), 2u) << w.log();
}

TEST(PagerDutyEvents, AnIncidentRaisesAcknowledgesAndResolvesOneAlert) {
  auto graph = simulators::graph_settings::observed();
  graph.calls_per_minute = 0;
  pager_estate w{graph, {}, events_lines, "pagerduty-events"};
  auto const id = w.open();
  w.pager_faults.script({simulators::fault_kind::lost_reply}, "POST");

  w.sync(std::chrono::seconds{60});
  ASSERT_EQ(w.pager.incidents(), 1u) << w.log();
  auto const status = [&] {
    std::string found;
    w.pager.each_incident([&](boost::json::object const& one) {
      found = one.at("status").as_string().c_str();
    });
    return found;
  };
  EXPECT_EQ(status(), "triggered");
  w.graph.edit(id, {{"status", "inProgress"}}, "analyst@contoso.com", w.clock.now());
  w.sync();
  EXPECT_EQ(status(), "acknowledged") << w.log();
  w.start();  // what is remembered is enough to go on from
  w.graph.edit(id, {{"status", "resolved"}}, "analyst@contoso.com", w.clock.now());
  w.sync();
  EXPECT_EQ(status(), "resolved") << w.log();
  auto const writes = w.writes();
  for (int i = 0; i < 5; ++i) w.sync();

  EXPECT_EQ(w.writes(), writes) << w.log();
  EXPECT_TRUE(w.link_of(id).parked.empty()) << w.log();
  EXPECT_EQ(w.pager.incidents(), 1u);
}

}  // namespace
}  // namespace connector::e2e

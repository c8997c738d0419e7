#include "test/simulators/pagerduty/pagerduty.hpp"

#include <gmock/gmock.h>
#include <spdlog/sinks/ostream_sink.h>
#include <spdlog/spdlog.h>
#include <sstream>

#include "adapters/registry.hpp"
#include "connector/config/references.hpp"
#include "connector/config/settings.hpp"
#include "connector/mapping/compile.hpp"
#include "connector/store/memory.hpp"
#include "connector/sync/engine.hpp"
#include "connector/sync/marks.hpp"
#include "test/simulators/graph/graph.hpp"
#include "test/simulators/transport.hpp"
#include "test/support/sim_clock.hpp"

/// A day at work with PagerDuty, piece by piece, over the production adapters and the shipped map.
namespace connector::e2e {
namespace {

using testing::HasSubstr;

constexpr auto configuration = R"(
store: unused.db
connections:
  contoso:
    system: defender
    tenant_id: cfcdbe43-297b-4c6b-ac7e-8d7f6befb514
    client_id: 11111111-2222-4333-8444-555555555555
    client_secret: ${env:GRAPH_SECRET}
  pager:
    system: pagerduty
    api_key: ${env:PAGERDUTY_KEY}
    service: PSECOPS
    from: svc.defender@acme.example
routes:
  - {name: main, from: contoso, to: pager, mapping: unused.yaml}
)";

constexpr auto one_way_configuration = R"(
store: unused.db
connections:
  contoso:
    system: defender
    tenant_id: cfcdbe43-297b-4c6b-ac7e-8d7f6befb514
    client_id: 11111111-2222-4333-8444-555555555555
    client_secret: ${env:GRAPH_SECRET}
  pager:
    system: pagerduty
    events: {routing_key: "${env:ROUTING_KEY}"}
routes:
  - {name: main, from: contoso, to: pager, mapping: unused.yaml}
)";

class pager_estate {
 public:
  pager_estate(
      simulators::graph_settings g,
      simulators::pagerduty_settings p,
      std::string configured = configuration,
      std::string map = "pagerduty.yaml"
  )
      : graph{std::move(g)},
        pager{std::move(p)},
        configured_{std::move(configured)},
        map_{std::move(map)} {
    transport.route("https://events.pagerduty.com", pager, &pager_faults);
    transport.route("https://graph.microsoft.com", graph, &graph_faults);
    transport.route("https://login.microsoftonline.com", graph, &graph_faults);
    transport.route("https://api.pagerduty.com", pager, &pager_faults);
    log_.set_level(spdlog::level::debug);
    start();
  }

  void start() {
    auto const references = config::make_fixed_references(
        {{"GRAPH_SECRET", graph.settings().client_secret},
         {"PAGERDUTY_KEY", pager.settings().api_key},
         {"ROUTING_KEY", pager.settings().routing_key}}
    );
    std::vector<std::string> const systems{"defender", "pagerduty"};
    auto loaded = config::load_text(configured_, "connector.yaml", references, systems);
    for (auto const& complaint : *loaded.complaints) ADD_FAILURE() << complaint.text;
    std::vector<std::unique_ptr<sync::connection>> connections;
    mapping::model_catalogue models;
    std::vector<mapping::finding> findings;
    for (auto const& entry : adapters::registry()) {
      for (auto const text : entry.models) models.add(text, std::string{entry.system}, findings);
    }
    for (auto const& c : loaded.settings.connections) {
      for (auto const& entry : adapters::registry()) {
        if (entry.system != c.system) continue;
        auto made = std::make_unique<sync::connection>();
        made->name = c.name;
        made->system = entry.make(c.settings, {c.name, transport, clock, *random_});
        connections.push_back(std::move(made));
      }
    }
    auto compiled =
        mapping::compile(PROJECT_DIR "/mappings/" + map_, models, mapping::disk_files());
    if (!compiled.map || connections.size() != 2) throw std::runtime_error{"no estate"};
    std::vector<sync::route> routes{
        {"main", connections[0].get(), connections[1].get(), std::move(compiled.map)}};
    engine_.reset();
    store.reset();
    store = store::make_memory_store(disk_);
    sync::engine_settings settings;
    settings.lookback = std::chrono::hours{1};
    sync::reconciler::surroundings with{*store, clock, *random_, log_, counters_, {}, {}};
    engine_ = std::make_unique<sync::engine>(
        settings, std::move(connections), std::move(routes), std::move(with)
    );
  }

  core::result<void> try_sync(std::chrono::seconds patience) {
    auto done = support::run(loop, clock, engine_->run_once(patience));
    clock.advance(std::chrono::seconds{5});
    return done;
  }
  void sync(std::chrono::seconds patience = std::chrono::seconds{5}) {
    auto done = try_sync(patience);
    if (!done) ADD_FAILURE() << done.error().detail;
  }
  std::string open(std::string severity = "high") {
    return graph.add_incident(
        {{"displayName", "Ransomware activity on one endpoint"},
         {"severity", severity},
         {"status", "active"},
         {"assignedTo", nullptr}},
        clock.now()
    );
  }
  store::link link_of(std::string const& incident) {
    std::vector<std::string> ids{incident};
    auto found = support::run(loop, clock, store->links_by_incident("contoso", ids));
    if (!found || found->empty()) throw std::runtime_error{"no link for incident " + incident};
    return found->front();
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
  std::uint64_t writes() const {
    return counters_.tickets_created + counters_.tickets_updated + counters_.incidents_updated +
           counters_.comments_copied;
  }
  std::string log() const { return log_text_.str(); }

  boost::asio::io_context loop{1};
  support::sim_clock clock{*core::parse_time("2026-03-01T09:00:00Z")};
  simulators::graph graph;
  simulators::pagerduty pager;
  simulators::faults graph_faults{1}, pager_faults{2};
  simulators::simulated_transport transport{clock};
  std::unique_ptr<store::store> store;

 private:
  std::string configured_, map_;
  std::shared_ptr<store::memory_disk> disk_ = std::make_shared<store::memory_disk>();
  std::unique_ptr<async::random> random_ = async::make_seeded_random(7);
  std::ostringstream log_text_;
  spdlog::logger log_{"e2e", std::make_shared<spdlog::sinks::ostream_sink_st>(log_text_)};
  sync::counters counters_;
  std::unique_ptr<sync::engine> engine_;
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
  pager_estate w{graph, {}, one_way_configuration, "pagerduty-events.yaml"};
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

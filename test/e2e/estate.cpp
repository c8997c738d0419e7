#include "test/e2e/estate.hpp"

#include "adapters/registry.hpp"
#include "connector/config/references.hpp"
#include "connector/config/settings.hpp"
#include "connector/mapping/compile.hpp"

namespace connector::e2e {
namespace {

std::string configuration(std::string const& servicenow_extra) {
  return R"(
store: unused.db
connections:
  contoso:
    system: defender
    tenant_id: cfcdbe43-297b-4c6b-ac7e-8d7f6befb514
    client_id: 11111111-2222-4333-8444-555555555555
    client_secret: ${env:GRAPH_SECRET}
  snow:
    system: servicenow
    base_url: https://instance.service-now.com
    basic: {user: svc.defender, password: "${env:SNOW_PASSWORD}"}
)" + servicenow_extra +
         R"(
routes:
  - {name: main, from: contoso, to: snow, mapping: unused.yaml}
)";
}

mapping::model_catalogue models() {
  mapping::model_catalogue all;
  std::vector<mapping::finding> findings;
  for (auto const& entry : adapters::registry()) {
    for (auto const text : entry.models) all.add(text, std::string{entry.system}, findings);
  }
  for (auto const& f : findings) ADD_FAILURE() << to_string(f);
  return all;
}

}  // namespace

estate::estate(choices chosen)
    : graph{chosen.graph}, servicenow{chosen.servicenow, clock.now()}, chosen_{std::move(chosen)} {
  transport.route("https://graph.microsoft.com", graph, &graph_faults);
  transport.route("https://login.microsoftonline.com", graph, &graph_faults);
  transport.route("https://instance.service-now.com", servicenow, &servicenow_faults);
  log_.set_level(spdlog::level::debug);
  start();
}

estate::~estate() = default;

void estate::start() {
  auto const references = config::make_fixed_references(
      {{"GRAPH_SECRET", chosen_.graph.client_secret},
       {"SNOW_PASSWORD", chosen_.servicenow.password}}
  );
  std::vector<std::string> const systems{"defender", "servicenow"};
  auto loaded = config::load_text(
      configuration(chosen_.servicenow_extra), "connector.yaml", references, systems
  );
  std::vector<std::unique_ptr<sync::connection>> connections;
  for (auto const& c : loaded.settings.connections) {
    for (auto const& entry : adapters::registry()) {
      if (entry.system != c.system) continue;
      auto made = std::make_unique<sync::connection>();
      made->name = c.name;
      if (chosen_.budgets) {
        made->budget = std::make_unique<http::budget>(c.name, transport, clock);
        auto const make = [&](http::lane l) {
          return entry.make(c.settings, {c.name, made->budget->door(l), clock, *random_});
        };
        made->system = make(http::lane::urgent);
        made->routine = make(http::lane::routine);
        made->background = make(http::lane::background);
        auto const& declared = made->system->declared();
        made->budget->set_limits({sync::limit_of(*made), declared.calls_at_once, declared.limit});
      } else {
        made->system = entry.make(c.settings, {c.name, transport, clock, *random_});
      }
      connections.push_back(std::move(made));
    }
  }
  for (auto const& complaint : *loaded.complaints) ADD_FAILURE() << complaint.text;
  auto compiled = mapping::compile(chosen_.mapping, models(), mapping::disk_files());
  for (auto const& f : compiled.findings) ADD_FAILURE() << to_string(f);
  if (!compiled.map || connections.size() != 2) throw std::runtime_error{"no estate"};
  std::vector<sync::route> routes{
      {"main", connections[0].get(), connections[1].get(), std::move(compiled.map)}};
  engine_.reset();
  store.reset();
  store = store::make_memory_store(disk_);
  sync::engine_settings settings;
  settings.lookback = chosen_.lookback;
  sync::reconciler::surroundings with{*store, clock, *random_, log_, counters_, {}, {}};
  engine_ = std::make_unique<sync::engine>(
      settings, std::move(connections), std::move(routes), std::move(with)
  );
}

void estate::restart() { start(); }

core::result<void> estate::try_sync(std::chrono::seconds patience) {
  auto done = support::run(loop, clock, engine_->run_once(patience));
  clock.advance(std::chrono::seconds{2});
  return done;
}

void estate::sync(std::chrono::seconds patience) {
  auto done = try_sync(patience);
  if (!done) ADD_FAILURE() << done.error().detail;
}

std::string estate::open(boost::json::object record) {
  return graph.add_incident(std::move(record), clock.now());
}

store::link estate::link_of(std::string const& incident) {
  std::vector<std::string> ids{incident};
  auto found = support::run(loop, clock, store->links_by_incident("contoso", ids));
  if (!found || found->empty()) throw std::runtime_error{"no link for incident " + incident};
  return found->front();
}

boost::json::object estate::ticket_of(std::string const& incident) {
  auto const record = servicenow.record(link_of(incident).ticket_id);
  if (!record) throw std::runtime_error{"incident " + incident + " has no ticket"};
  return *record;
}

std::vector<std::string> estate::notes_of(std::string const& incident) {
  std::vector<std::string> out;
  for (auto const& note : servicenow.journal(link_of(incident).ticket_id)) out.push_back(note.text);
  return out;
}

}  // namespace connector::e2e

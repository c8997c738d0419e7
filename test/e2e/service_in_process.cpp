#include "test/e2e/service_in_process.hpp"

#include <algorithm>
#include <map>

#include "adapters/registry.hpp"
#include "connector/config/references.hpp"
#include "connector/config/settings.hpp"
#include "connector/mapping/compile.hpp"

namespace connector::e2e {
namespace {

constexpr auto incidents = R"(
store: unused.db
connections:
  contoso:
    system: defender
    tenant_id: cfcdbe43-297b-4c6b-ac7e-8d7f6befb514
    client_id: 11111111-2222-4333-8444-555555555555
    client_secret: ${env:GRAPH_SECRET}
)";

std::shared_ptr<mapping::field_map const> compiled(std::string const& name) {
  mapping::model_catalogue models;
  std::vector<mapping::finding> findings;
  for (auto const& entry : adapters::registry()) {
    for (auto const text : entry.models) models.add(text, std::string{entry.system}, findings);
  }
  auto out =
      mapping::compile(PROJECT_DIR "/mappings/" + name + ".yaml", models, mapping::disk_files());
  for (auto const& f : findings) ADD_FAILURE() << to_string(f);
  for (auto const& f : out.findings) ADD_FAILURE() << to_string(f);
  if (!out.map) throw std::runtime_error{"no map " + name};
  return std::move(out.map);
}

}  // namespace

service_in_process::service_in_process(settings chosen)
    : graph{chosen.graph}, chosen_{std::move(chosen)} {
  transport.route("https://graph.microsoft.com", graph, &graph_faults);
  transport.route("https://login.microsoftonline.com", graph, &graph_faults);
  log_.set_level(spdlog::level::debug);
}

service_in_process::~service_in_process() = default;

std::vector<std::unique_ptr<sync::connection>> service_in_process::connect() {
  auto text = incidents + chosen_.connections + "routes:\n";
  for (auto const& r : chosen_.routes) {
    text += "  - {name: " + r.name + ", from: contoso, to: " + r.to + ", mapping: unused.yaml}\n";
  }
  std::map<std::string, std::string> secrets{{"GRAPH_SECRET", chosen_.graph.client_secret}};
  secrets.insert(chosen_.secrets.begin(), chosen_.secrets.end());
  std::vector<std::string> systems;
  for (auto const& entry : adapters::registry()) systems.emplace_back(entry.system);
  auto loaded = config::load_text(
      text, "connector.yaml", config::make_fixed_references(std::move(secrets)), systems
  );
  for (auto const& complaint : *loaded.complaints) ADD_FAILURE() << complaint.text;

  std::vector<std::unique_ptr<sync::connection>> made;
  for (auto const& c : loaded.settings.connections) {
    for (auto const& entry : adapters::registry()) {
      if (entry.system != c.system) continue;
      auto one = std::make_unique<sync::connection>();
      one->name = c.name;
      if (chosen_.budgets) {
        one->budget = std::make_unique<http::budget>(c.name, transport, clock);
        auto const make = [&](http::lane l) {
          return entry.make(c.settings, {c.name, one->budget->door(l), clock, *random_});
        };
        one->system = make(http::lane::urgent);
        one->routine = make(http::lane::routine);
        one->background = make(http::lane::background);
        auto const& declared = one->system->declared();
        one->budget->set_limits({sync::limit_of(*one), declared.calls_at_once, declared.limit});
      } else {
        one->system = entry.make(c.settings, {c.name, transport, clock, *random_});
      }
      made.push_back(std::move(one));
    }
  }
  return made;
}

void service_in_process::start() {
  auto connections = connect();
  auto const named = [&](std::string_view name) {
    auto const hit = std::find_if(connections.begin(), connections.end(), [&](auto const& c) {
      return c->name == name;
    });
    if (hit == connections.end()) throw std::runtime_error{"no connection " + std::string{name}};
    return hit->get();
  };
  std::vector<sync::route> routes;
  for (auto const& r : chosen_.routes) {
    routes.push_back({r.name, named("contoso"), named(r.to), compiled(r.mapping)});
  }
  engine_.reset();
  store.reset();
  store = store::make_memory_store(disk_);
  sync::engine_settings pace;
  pace.lookback = chosen_.lookback;
  sync::reconciler::surroundings with{*store, clock, *random_, log_, counters_, {}, {}};
  engine_ = std::make_unique<sync::engine>(
      pace, std::move(connections), std::move(routes), std::move(with)
  );
}

core::result<void> service_in_process::try_sync(std::chrono::seconds patience) {
  auto done = support::run(loop, clock, engine_->run_once(patience));
  clock.advance(std::chrono::seconds{5});
  return done;
}

void service_in_process::sync(std::chrono::seconds patience) {
  auto const done = try_sync(patience);
  if (!done) ADD_FAILURE() << done.error().detail;
}

std::string service_in_process::open(boost::json::object record) {
  return graph.add_incident(std::move(record), clock.now());
}

store::link service_in_process::link_of(std::string const& incident) {
  std::vector<std::string> ids{incident};
  auto found = support::run(loop, clock, store->links_by_incident("contoso", ids));
  if (!found || found->size() != 1) throw std::runtime_error{"no link for incident " + incident};
  return std::move(found->front());
}

std::uint64_t service_in_process::writes() const {
  return counters_.tickets_created + counters_.tickets_updated + counters_.incidents_updated +
         counters_.comments_copied;
}

}  // namespace connector::e2e

#include "test/sync/world.hpp"

#include <algorithm>

namespace connector::sync {
namespace {

constexpr auto incident_model = R"(
model: incidents
label: Incident
fields:
  title: {type: text}
  status: {type: choice, ordered: true, values: {active: Active, inProgress: In progress, resolved: {label: Resolved, finished: true}}}
  severity: {type: choice, ordered: true, values: {low: Low, medium: Medium, high: High}}
  owner: {type: text, hinders_merging: true}
  note: {type: text}
  verdict: {type: text}
  tags: {type: set}
)";

constexpr auto ticket_model = R"(
model: tickets
label: Ticket
fields:
  subject: {type: text}
  state: {type: choice, ordered: true, values: {"1": New, "2": Working, "6": Done, "7": Closed}}
  urgency: {type: choice, ordered: true, values: {"3": Low, "2": Medium, "1": High}}
  agent: {type: text}
  remark: {type: text}
  labels: {type: set}
  code: {type: text}
  work_notes: {type: comment}
)";

}  // namespace

mapping::compiled compile_all(std::string const& text) {
  static mapping::model_catalogue const models = [] {
    mapping::model_catalogue all;
    std::vector<mapping::finding> findings;
    all.add(incident_model, "incidents", findings);
    all.add(ticket_model, "tickets", findings);
    for (auto const& f : findings) ADD_FAILURE() << to_string(f);
    return all;
  }();
  mapping::file_reader const read = [&](std::string const&) -> core::result<std::string> {
    return text;
  };
  return mapping::compile("map.yaml", models, read);
}

namespace {

mapping::compiled compile_well(std::string const& text) {
  auto compiled = compile_all(text);
  for (auto const& f : compiled.findings) {
    if (f.severity == mapping::severity::error) ADD_FAILURE() << to_string(f);
  }
  return compiled;
}

}  // namespace

std::shared_ptr<mapping::field_map const> compile(std::string const& text) {
  return compile_well(text).map;
}

std::shared_ptr<mapping::program const> program_of(std::string const& text) {
  return compile_well(text).as_data;
}

std::string plain_map() {
  return R"(
mapping: plain
version: 1
incident: incidents
ticket: tickets
open:
  severity: [medium, high]
rules:
  - {incident: title, ticket: subject, sync: to_ticket}
  - incident: status
    ticket: state
    sync: both
    conflict: furthest
    values:
      - active <-> "1"
      - inProgress <-> "2"
      - resolved <-> "6"
      - resolved <- "7"
      - otherwise: park
  - incident: severity
    ticket: urgency
    sync: both
    conflict: incident
    values:
      - low <-> "3"
      - medium <-> "2"
      - high <-> "1"
      - otherwise: park
  - {incident: owner, ticket: agent, sync: both, conflict: ticket}
  - {incident: note, ticket: remark, sync: both, conflict: ask}
  - incident: verdict
    ticket: code
    sync: both
    conflict: incident
    when: {ticket: {state: ["6", "7"]}}
    default: No verdict
merging_settles_after: 2h
comments: {sync: both, as: work_notes}
merged: {close: yes, write: {state: "6", code: Duplicate}, comment: "Continued in {into}."}
)";
}

core::record plain_incident(std::string const& severity, std::string const& title) {
  return {{"title", title}, {"status", "active"}, {"severity", severity}};
}

support::fake_system::fault lost_reply() {
  return {core::error{core::errc::timeout, "no answer", core::effect::unknown}, true};
}

support::fake_system::fault lost_request() {
  return {core::error{core::errc::timeout, "no answer", core::effect::unknown}, false};
}

world::world(std::string const& map) : map_{compile(map)} {
  maps_[map_->digest()] = map_;
  start(true);
}

world::~world() {
  auto const found = replayed();
  for (auto const& d : found.first) {
    ADD_FAILURE() << "decided differently when replayed:\n" << d.recorded << '\n' << d.again;
  }
  for (auto const& [why, count] : found.left_out) {
    ADD_FAILURE() << count << " decisions cannot be replayed: " << why;
  }
}

void world::start(bool fresh) {
  auto from = std::make_unique<connection>();
  from->name = "defender";
  auto to = std::make_unique<connection>();
  to->name = "desk";
  if (fresh) {
    adapter::capabilities source;
    source.system = "incidents";
    source.list_lag = std::chrono::seconds{600};
    auto system = std::make_unique<support::fake_system>(clock, source);
    incidents = system.get();
    from->system = std::move(system);
    adapter::capabilities target;
    target.system = "tickets";
    target.creates = true;
    target.rows_have_comments = false;
    target.history = adapter::edit_history::counter;
    target.list_lag = std::chrono::seconds{60};
    auto other = std::make_unique<support::fake_system>(clock, target);
    tickets = other.get();
    to->system = std::move(other);
  } else {
    for (auto const& c : sync_engine->connections()) {
      (c->name == "defender" ? from : to)->system = std::move(c->system);
    }
  }
  std::vector<route> routes{{"main", from.get(), to.get(), map_}};
  std::vector<std::unique_ptr<connection>> connections;
  connections.push_back(std::move(from));
  connections.push_back(std::move(to));
  sync_engine.reset();
  store.reset();
  store = store::make_memory_store(disk);
  engine_settings settings;
  reconciler::surroundings with{*store, clock, *random_, log_, counters_, {}, {}};
  sync_engine = std::make_unique<engine>(
      settings, std::move(connections), std::move(routes), std::move(with)
  );
}

void world::restart() { start(false); }

void world::replace_map(std::string const& map) {
  map_ = compile(map);
  maps_[map_->digest()] = map_;
  std::map<std::string, std::shared_ptr<mapping::field_map const>> maps{{"main", map_}};
  auto done = support::run(loop, clock, sync_engine->replace_maps(std::move(maps)));
  if (!done) ADD_FAILURE() << done.error().detail;
}

void world::sync(std::chrono::seconds patience) {
  auto done = support::run(loop, clock, sync_engine->run_once(patience));
  if (!done) ADD_FAILURE() << done.error().detail;
  clock.advance(std::chrono::seconds{1});
}

store::link world::link_of(std::string const& incident) {
  std::vector<std::string> ids{incident};
  auto found = support::run(loop, clock, store->links_by_incident("defender", ids));
  if (!found || found->empty()) throw std::runtime_error{"no link for " + incident};
  auto const lives = std::find_if(found->begin(), found->end(), [](store::link const& l) {
    return l.state != store::link_state::gone;
  });
  return lives == found->end() ? found->front() : *lives;
}

std::vector<store::journal_entry> world::journal(std::string const& kind) {
  auto all = support::run(loop, clock, store->journal("", INT64_MAX, 1000));
  if (!all) throw std::runtime_error{all.error().detail};
  std::erase_if(*all, [&](auto const& line) { return line.kind != kind; });
  return std::move(*all);
}

std::vector<store::journal_entry> world::journal() {
  auto all = support::run(loop, clock, store->journal_after(0, SIZE_MAX));
  if (!all) throw std::runtime_error{all.error().detail};
  return std::move(*all);
}

replay::outcome world::replayed() {
  std::map<std::pair<std::string, std::string>, replay> links;
  auto const lines = journal();
  for (auto const& [digest, map] : maps_) {
    for (auto const& line : lines) {
      auto const key = std::pair{digest, line.link};
      links.try_emplace(key, *map, line.link).first->second.take(line);
    }
  }
  replay::outcome all;
  for (auto const& [key, one] : links) all += one.found();
  return all;
}

}  // namespace connector::sync

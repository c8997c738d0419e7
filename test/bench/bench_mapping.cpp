#include <algorithm>
#include <benchmark/benchmark.h>
#include <boost/json/monotonic_resource.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/parser.hpp>
#include <boost/json/serialize.hpp>
#include <boost/json/serializer.hpp>
#include <cstdio>
#include <map>
#include <stdexcept>

#include "connector/sync/decide.hpp"
#include "test/bench/incident.hpp"
#include "test/mapping/support.hpp"

/// What the shipped ServiceNow map and the decisions made by it cost for one incident, beside
/// parsing and serialising that incident's JSON with a reused parser and monotonic memory. All of
/// it is measured in one run, interleaved, and told as ratios: these do not depend on the machine.
namespace {

using namespace connector;
using namespace connector::mapping;

/// JSON as fast as Boost.JSON gets.
class json_round {
 public:
  template <class F>
  void parse(std::string_view text, F use) {
    boost::json::monotonic_resource resource{memory_.data(), memory_.size()};
    parser_.reset(&resource);
    parser_.write(text.data(), text.size());
    auto const v = parser_.release();
    use(v);
  }

  template <class Json>
  std::size_t serialise(Json const& v) {
    serializer_.reset(&v);
    return serializer_.read(out_.data(), out_.size()).size();
  }

 private:
  boost::json::parser parser_;
  boost::json::serializer serializer_;
  std::vector<unsigned char> memory_ = std::vector<unsigned char>(1 << 18);
  std::string out_ = std::string(1 << 16, '\0');
};

/// A link at rest, its incident and its ticket, and what a person changes.
class situation {
 public:
  situation() {
    auto done =
        compile(PROJECT_DIR "/mappings/servicenow-incident.yaml", test::models(), disk_files());
    if (!done.map) throw std::runtime_error{test::shown(done.findings)};
    map = done.map;
    incident.id = "29";
    incident.version = incident_next.version = 1;
    incident.fields = boost::json::parse(text).as_object();
    incident.created_at = core::time_point{std::chrono::hours{24}};
    ticket.fields = test::object(R"({"state": "2", "impact": "1", "urgency": "2",
        "short_description": "Multi-stage incident involving Execution on one endpoint",
        "assigned_to": "u2", "assignment_group": "g1", "number": "INC1"})");
    incident.fields["customTags"] = boost::json::array{"Demo", "INC1", "VIP"};
    known.add(side::ticket, {"user", "email", "ann@contoso.com", "id"}, {core::value("u2"), false});
    known.add(side::ticket, {"user", "id", "u2", "email"}, {core::value("ann@contoso.com"), false});
    known.add(side::ticket, {"user", "id", "u1", "email"}, {core::value("bob@contoso.com"), false});
    known.add(
        side::ticket, {"group", "name", "Security Operations", "id"}, {core::value("g1"), false}
    );
    link.id = "aaaaaaaaaaaaaaaaaaaaaaaaaa";
    link.ticket_label = links.ticket_label;
    link.ticket_url = links.ticket_url;
    link.incident_url = links.incident_url;
    link.state = store::link_state::linked;
    link = sync::decide_update(with(), link, incident, ticket).link;
    incident_next = incident;
    incident_next.fields["severity"] = "low";
    ticket_apart.fields = test::object(R"({"state": "1", "impact": "3", "urgency": "3",
        "short_description": "Multi-stage incident", "assigned_to": "u1"})");
  }

  [[nodiscard]] sync::context with() const {
    using namespace std::chrono_literals;
    return {*map, known, core::time_point{48h}, 4min, 4min, 5s, "epoch"};
  }

  std::string const text = bench::incident_json();
  std::shared_ptr<field_map const> map;
  adapter::object incident, incident_next, ticket, ticket_apart;
  store::link link;
  answers known;
  facts links{"INC1", "https://t.example/INC1", "https://i.example/29"};
};

situation const& now_at() {
  static situation const s;
  return s;
}

void parse_and_serialise(benchmark::State& state) {
  auto const& s = now_at();
  json_round json;
  while (state.KeepRunning()) {
    json.parse(s.text, [&](auto const& v) { benchmark::DoNotOptimize(json.serialise(v)); });
  }
}

/// Most changes of an incident move none or one of a map's fields: all rules read, few decide.
void read_every_rule(benchmark::State& state) {
  auto const& s = now_at();
  view const now{s.incident.fields, s.ticket.fields, s.known, s.links};
  while (state.KeepRunning()) {
    for (auto const& r : s.map->rules()) {
      if (r->direction() == direction::once || !r->applies(now)) continue;
      benchmark::DoNotOptimize(r->read(side::incident, now.incident));
      benchmark::DoNotOptimize(r->read(side::ticket, now.ticket));
    }
  }
}

void decide_every_rule(benchmark::State& state) {
  auto const& s = now_at();
  view const now{s.incident.fields, s.ticket_apart.fields, s.known, s.links};
  while (state.KeepRunning()) {
    for (auto const& r : s.map->rules()) {
      if (r->direction() == direction::once || !r->applies(now)) continue;
      auto const a = r->read(side::incident, now.incident);
      auto const b = r->read(side::ticket, now.ticket);
      if (r->corresponds(a, b, now)) continue;
      auto const to = r->direction() == direction::to_incident ? side::incident : side::ticket;
      benchmark::DoNotOptimize(r->put(to, now));
    }
  }
}

void values_of_a_new_ticket(benchmark::State& state) {
  auto const& s = now_at();
  core::record const none;
  view const now{s.incident.fields, none, s.known, s.links};
  while (state.KeepRunning()) {
    for (auto const& r : s.map->rules()) {
      if (r->direction() == direction::to_incident) continue;
      benchmark::DoNotOptimize(r->put(side::ticket, now));
    }
  }
}

/// What the sync does with a read incident: the rules, the merge against the bases, the write, what
/// is recorded of it, and the write's JSON.
void decide_and_serialise(
    benchmark::State& state, adapter::object const& incident, adapter::object const& ticket
) {
  auto const& s = now_at();
  auto const with = s.with();
  json_round json;
  while (state.KeepRunning()) {
    auto const decided = sync::decide_update(with, s.link, incident, ticket);
    if (decided.next == sync::step::none) state.SkipWithError("nothing to write");
    benchmark::DoNotOptimize(json.serialise(decided.fields));
  }
}

void one_field_changed(benchmark::State& state) {
  decide_and_serialise(state, now_at().incident_next, now_at().ticket);
}

void every_field_changed(benchmark::State& state) {
  decide_and_serialise(state, now_at().incident, now_at().ticket_apart);
}

struct measured {
  char const* name;
  void (*run)(benchmark::State&);
  double aim;  ///< of parsing and serialising; 0: none
};

constexpr measured yardstick{"parse and serialise", parse_and_serialise, 0};
constexpr measured all_measured[] = {
    {"map: read every rule on both sides", read_every_rule, 0.5},
    {"map: every rule differs and decides", decide_every_rule, 0.5},
    {"map: all values of a new ticket", values_of_a_new_ticket, 0.5},
    {"sync: one field changed, merged and serialised", one_field_changed, 0},
    {"sync: every field changed, merged and serialised", every_field_changed, 0},
};

/// Keeps the best repetition of each.
class best_of : public benchmark::ConsoleReporter {
 public:
  best_of() : ConsoleReporter{OO_None} {}

  void ReportRuns(std::vector<Run> const& runs) override {
    ConsoleReporter::ReportRuns(runs);
    for (auto const& run : runs) {
      if (run.aggregate_name == "best")
        best_[run.run_name.function_name] = run.GetAdjustedCPUTime();
    }
  }

  [[nodiscard]] double ratio(measured const& m) const {
    auto const mine = best_.find(m.name), whole = best_.find(yardstick.name);
    if (mine == best_.end() || whole == best_.end()) return 0;
    return mine->second / whole->second;
  }

 private:
  std::map<std::string, double, std::less<>> best_;
};

void add(measured const& m) {
  auto const best = [](std::vector<double> const& all) { return *std::ranges::min_element(all); };
  benchmark::RegisterBenchmark(m.name, m.run)
      ->Repetitions(9)
      ->MinTime(0.03)
      ->ComputeStatistics("best", best)
      ->ReportAggregatesOnly();
}

}  // namespace

int main(int argc, char** argv) {
  std::string interleaved = "--benchmark_enable_random_interleaving=true";
  std::vector<char*> args{argv, argv + argc};
  args.insert(args.begin() + 1, interleaved.data());
  auto count = static_cast<int>(args.size());
  benchmark::Initialize(&count, args.data());
  add(yardstick);
  for (auto const& m : all_measured) add(m);
  best_of reporter;
  benchmark::RunSpecifiedBenchmarks(&reporter);
  std::printf("\nan incident of %zu bytes; of parsing and serialising it:\n", now_at().text.size());
  for (auto const& m : all_measured) {
    std::printf("  %-50s %.2f", m.name, reporter.ratio(m));
    if (m.aim > 0) std::printf("  (aim: at most %.1f)", m.aim);
    std::printf("\n");
  }
}

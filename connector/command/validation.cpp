#include "connector/command/validation.hpp"

#include <algorithm>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <spdlog/spdlog.h>

#include "connector/mapping/description_json.hpp"

namespace connector::command {
using boost::asio::awaitable;
using namespace std::chrono_literals;

namespace {

/// The first comparison lets the first polls go first.
constexpr std::chrono::seconds first_after{5};
/// After trouble, where the interval is longer.
constexpr std::chrono::minutes again_after{10};

std::string setting_name(std::string const& connection) { return "description of " + connection; }

bool is_drift(mapping::live_finding const& f) { return f.what.id == mapping::found::drifted.id; }

sync::connection* find_connection(sync::engine const& in, std::string const& name) {
  for (auto const& c : in.connections()) {
    if (c->name == name) return c.get();
  }
  return nullptr;
}

sync::holds joined(sync::holds a, sync::holds const& b) {
  if (a.route.empty()) a.route = b.route;
  a.rules.insert(b.rules.begin(), b.rules.end());
  return a;
}

std::string shown(sync::holds const& held) {
  if (!held.route.empty()) return "the route is " + held.route;
  std::string text;
  for (auto const& [rule, why] : held.rules) {
    text += text.empty() ? "rule '" : "; rule '";
    text.append(rule).append("' is ").append(why);
  }
  return text.empty() ? "nothing is held any more" : text;
}

}  // namespace

sync::holds holds_for(
    std::vector<mapping::live_finding> const& found, std::vector<config::finding_choice> const& by
) {
  sync::holds out;
  for (auto const& f : found) {
    auto action = config::on_finding::warn;
    for (auto const& choice : by) {
      if (choice.id == f.what.id) action = choice.action;
    }
    if (action == config::on_finding::warn) continue;
    auto const why = "held: " + to_string(f.what);
    if (action == config::on_finding::hold_rule && !f.rule.empty()) {
      out.rules.emplace(f.rule, why);
    } else if (out.route.empty()) {
      out.route = why;
    }
  }
  return out;
}

validation::validation(
    std::vector<config::route> routes, route_programs programs, surroundings with
)
    : with_{with}, programs_{std::move(programs)} {
  for (auto& r : routes) {
    if (r.validation.every == 0ms) continue;
    standings_[r.name];
    plan one;
    one.route = std::move(r);
    one.next = with_.clock.steady_now() + first_after;
    plans_.push_back(std::move(one));
  }
}

void validation::replace(route_programs programs) {
  programs_ = std::move(programs);
  for (auto& one : plans_) {
    one.next = with_.clock.steady_now();
    one.known.clear();
    one.by_drift = {};
  }
  replaced_.notify();
}

awaitable<void> validation::run() {
  co_await read_known();
  while (true) {
    descriptions now;
    auto next = with_.clock.steady_now() + std::chrono::hours{24};
    for (auto& one : plans_) {
      if (one.next <= with_.clock.steady_now()) co_await check(one, now);
      next = std::min(next, one.next);
    }
    co_await keep(now);
    co_await replaced_.wait_until(with_.clock, next);
  }
}

awaitable<void> validation::read_known() {
  for (auto const& c : with_.engine.connections()) {
    auto const text = co_await with_.store.setting(setting_name(c->name));
    // Without it, there is just nothing to compare with the first time.
    if (!text || !*text) continue;
    boost::json::error_code ec;
    auto const parsed = boost::json::parse(**text, ec);
    if (!ec) known_[c->name] = mapping::description_from(parsed);
  }
}

awaitable<void> validation::keep(descriptions const& now) {
  if (now.empty()) co_return;
  remember(known_, now);
  store::changes kept;
  for (auto const& [name, one] : now) {
    kept.settings[setting_name(name)] = boost::json::serialize(mapping::to_json(known_.at(name)));
  }
  auto done = co_await with_.store.commit(std::move(kept));
  if (!done) with_.log.error("what the systems said is not kept: {}", done.error().detail);
}

awaitable<void> validation::check(plan& one, descriptions& now) {
  auto const& name = one.route.name;
  live_route on;
  on.name = name;
  on.from = find_connection(with_.engine, one.route.from);
  on.to = find_connection(with_.engine, one.route.to);
  on.map = programs_.at(name);
  auto const map = on.map;
  auto report = co_await compare_live(std::move(on), known_, now);
  one.next = with_.clock.steady_now() + one.route.validation.every;
  // Taken in the meantime: what was found is of the map before.
  if (programs_.at(name) != map) {
    one.next = with_.clock.steady_now();
    co_return;
  }
  auto& mine = standings_[name];
  for (auto const& text : report.trouble) {
    if (std::ranges::find(mine.trouble, text) == mine.trouble.end()) {
      with_.log.warn("route {}: the map could not be compared with the system: {}", name, text);
    }
  }
  mine.trouble = report.trouble;
  if (!report.trouble.empty()) {
    // Half a comparison ends no hold and begins none.
    one.next = with_.clock.steady_now() +
               std::min<std::chrono::milliseconds>(one.route.validation.every, again_after);
    co_return;
  }
  mine.checked = with_.clock.now();
  mine.errors = mine.warnings = 0;
  for (auto const& f : report.findings) {
    mine.errors += f.what.severity == mapping::severity::error ? 1 : 0;
    mine.warnings += f.what.severity == mapping::severity::warning ? 1 : 0;
    mine.drifts += is_drift(f) ? 1 : 0;
  }
  tell(one, report.findings);
  auto const& choices = one.route.validation.choices;
  std::vector<mapping::live_finding> drifts;
  std::ranges::copy_if(report.findings, std::back_inserter(drifts), is_drift);
  one.by_drift = joined(one.by_drift, holds_for(drifts, choices));
  auto held = joined(holds_for(report.findings, choices), one.by_drift);
  if (held != mine.held) {
    with_.log.warn("route {}: {}", name, shown(held));
    mine.held = held;
    auto done = co_await with_.engine.hold(name, std::move(held));
    if (!done) with_.log.error("route {}: {}", name, done.error().detail);
  }
}

void validation::tell(plan& one, std::vector<mapping::live_finding> const& found) {
  for (auto const& f : found) {
    if (std::ranges::find(one.known, f) != one.known.end()) continue;
    auto const level =
        f.what.severity == mapping::severity::note ? spdlog::level::info : spdlog::level::warn;
    with_.log.log(level, "route {}: {}", one.route.name, to_string(f.what));
  }
  for (auto const& f : one.known) {
    if (is_drift(f) || std::ranges::find(found, f) != found.end()) continue;
    with_.log.info("route {}: no longer: {}", one.route.name, to_string(f.what));
  }
  one.known = found;
}

}  // namespace connector::command

#include "connector/command/service.hpp"

#include <boost/json/serialize.hpp>

#include "connector/command/link_view.hpp"
#include "connector/command/metrics.hpp"
#include "connector/http/url.hpp"

namespace connector::command {
namespace asio = boost::asio;
using asio::awaitable;

namespace {

constexpr std::size_t links_rows_max = 1000;
/// A connection that has not completed a poll for this many intervals is not ready.
constexpr int missed_polls_max = 5;

http::reply plain(int status, std::string text, std::string type = "text/plain; charset=utf-8") {
  http::reply r;
  r.status = status;
  r.headers.push_back({"Content-Type", std::move(type)});
  r.body = std::move(text);
  return r;
}

http::reply json(int status, core::value const& v) {
  return plain(status, boost::json::serialize(v) + "\n", "application/json");
}

}  // namespace

awaitable<core::result<boost::json::array>> read_links(
    store::store& store, store::link_filter filter, std::size_t rows_max
) {
  boost::json::array out;
  std::string after;
  while (out.size() < rows_max) {
    auto page = co_await store.list_links(filter, after, std::min<std::size_t>(rows_max, 200));
    if (!page) co_return page.error();
    if (page->empty()) break;
    after = page->back().id;
    for (auto const& link : *page) out.push_back(shown(link));
  }
  co_return out;
}

awaitable<http::reply> service::answer(http::request request) {
  if (with_.hooks && with_.takes_hooks_itself && hooks::is_hook(request)) {
    co_return with_.hooks->take(std::move(request));
  }
  if (request.method != "GET" && request.method != "HEAD") co_return plain(405, "read only\n");
  auto const question = request.url.find('?');
  auto const path = request.url.substr(0, question);
  if (path == "/healthz") co_return plain(200, "ok\n");
  if (path == "/readyz") co_return ready();
  if (path == "/metrics") co_return co_await metrics();
  constexpr std::string_view links_path = "/links";
  if (path == links_path || path.starts_with("/links/")) {
    store::link_filter filter;
    if (path.size() > links_path.size() + 1) {
      auto which = http::percent_decode(std::string_view{path}.substr(links_path.size() + 1));
      if (!which) co_return plain(400, "not a percent-encoded path\n");
      filter.text = std::move(*which);
    }
    if (question != std::string::npos) {
      for (auto const& [name, value] : http::parse_query(request.url)) {
        if (name == "route") filter.route = value;
        if (name == "state") {
          filter.state = store::link_state_from(value);
          if (!filter.state) co_return plain(400, "no such state\n");
        }
        if (name == "parked") filter.parked_only = value == "true";
        if (name == "conflicts") filter.conflicts_only = value == "true";
      }
    }
    auto which = filter.text;
    co_return co_await links(std::move(which), std::move(filter));
  }
  co_return plain(404, "there is /healthz, /readyz, /metrics and /links\n");
}

http::reply service::ready() const {
  core::record detail;
  bool good = true;
  for (auto const& c : with_.engine.connections()) {
    auto const& health = with_.engine.health().at(c->name);
    core::record one;
    auto const age = with_.clock.now() - health.last_good;
    auto const late =
        health.ever_good && age > c->poll_every * missed_polls_max + std::chrono::minutes{1};
    auto const up = health.ever_good && health.trouble.empty() && !late;
    good = good && up;
    one["ready"] = up;
    if (health.ever_good) one["last_complete_poll"] = core::format_time(health.last_good);
    if (!health.trouble.empty()) one["trouble"] = health.trouble;
    detail[c->name] = std::move(one);
  }
  core::record whole{{"ready", good}, {"connections", std::move(detail)}};
  whole["validation"] = validation_detail();
  return json(good ? 200 : 503, std::move(whole));
}

/// Findings are for people: they do not make the service unready.
core::record service::validation_detail() const {
  core::record detail;
  for (auto const& [route, one] : with_.validation.standings()) {
    auto const held = !one.held.route.empty() || !one.held.rules.empty();
    core::record shown{
        {"state",
         held               ? "held"
         : !one.checked     ? "unknown"
         : one.errors > 0   ? "errors"
         : one.warnings > 0 ? "warnings"
                            : "good"},
        {"errors", one.errors},
        {"warnings", one.warnings}};
    if (one.checked) shown["checked"] = core::format_time(*one.checked);
    if (!one.held.route.empty()) shown["route"] = one.held.route;
    if (!one.held.rules.empty()) {
      core::record rules;
      for (auto const& [rule, why] : one.held.rules) rules[rule] = why;
      shown["rules"] = std::move(rules);
    }
    if (!one.trouble.empty()) {
      shown["trouble"] = boost::json::array(one.trouble.begin(), one.trouble.end());
    }
    detail[route] = std::move(shown);
  }
  return detail;
}

awaitable<http::reply> service::metrics() {
  auto counts = co_await with_.store.count();
  if (!counts) co_return plain(503, counts.error().detail + "\n");
  co_return plain(
      200,
      metrics_text(with_.engine, *counts, with_.clock.now()) +
          more_metrics(with_.validation, with_.hooks, with_.clock.now()),
      "text/plain; version=0.0.4; charset=utf-8"
  );
}

awaitable<http::reply> service::links(std::string which, store::link_filter filter) {
  auto found = co_await read_links(with_.store, std::move(filter), links_rows_max);
  if (!found) co_return plain(503, found.error().detail + "\n");
  if (!which.empty() && found->empty()) co_return plain(404, "no link has that id or name\n");
  co_return json(200, *found);
}

}  // namespace connector::command

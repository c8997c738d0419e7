#include "connector/command/service.hpp"

#include <boost/asio/ip/address.hpp>
#include <boost/json/serialize.hpp>
#include <charconv>
#include <cmath>
#include <limits>

#include "connector/command/link_view.hpp"
#include "connector/command/metrics.hpp"
#include "connector/http/url.hpp"
#include "connector/sync/explain.hpp"

namespace connector::command {
namespace asio = boost::asio;
using asio::awaitable;

namespace {

constexpr std::size_t explained_max = 20;
constexpr std::size_t explained_lines_max = 500;
constexpr std::size_t journal_rows_max = 5000;
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

bool is_this_machine(std::string const& peer) {
  boost::system::error_code ec;
  auto const address = asio::ip::make_address(peer, ec);
  if (ec) return false;
  if (address.is_v6() && address.to_v6().is_v4_mapped()) {
    return asio::ip::make_address_v4(asio::ip::v4_mapped, address.to_v6()).is_loopback();
  }
  return address.is_loopback();
}

boost::json::array shown(std::vector<store::journal_entry> lines) {
  boost::json::array out;
  out.reserve(lines.size());
  for (auto& line : lines) {
    out.push_back(core::record{
        {"seq", line.seq},
        {"at", core::format_time(line.at)},
        {"link", line.link},
        {"kind", line.kind},
        {"data", std::move(line.data)}});
  }
  return out;
}

core::record shown(http::budget::usage const& used) {
  core::record out;
  if (!std::isinf(used.per_minute)) {
    out["calls_per_minute"] = std::floor(used.per_minute);
    out["left_now"] = std::floor(used.tokens);
  }
  if (used.waiting > 0) out["waiting"] = used.waiting;
  if (used.out_of_reach) out["out_of_reach"] = true;
  return out;
}

}  // namespace

awaitable<core::result<boost::json::array>> read_links(
    store::store& store, store::link_filter filter, std::string after, std::size_t rows_max
) {
  boost::json::array out;
  while (out.size() < rows_max) {
    auto page = co_await store.list_links(filter, after, std::min<std::size_t>(rows_max, 200));
    if (!page) co_return page.error();
    if (page->empty()) break;
    after = page->back().id;
    for (auto const& link : *page) out.push_back(shown(link));
  }
  co_return out;
}

awaitable<core::result<boost::json::array>> explain_links(
    store::store& store,
    std::map<std::string, std::shared_ptr<mapping::field_map const>> maps,
    std::string which,
    std::string field,
    core::time_point now
) {
  store::link_filter filter;
  filter.text = which;
  auto found = co_await store.list_links(filter, {}, explained_max);
  if (!found) co_return found.error();
  boost::json::array out;
  for (auto const& link : *found) {
    auto const map = maps.find(link.route);
    if (map == maps.end()) continue;
    auto lines = co_await store.journal(
        link.id, std::numeric_limits<std::int64_t>::max(), explained_lines_max
    );
    if (!lines) co_return lines.error();
    out.push_back(sync::explain(*map->second, link, *lines, field, now));
  }
  co_return out;
}

awaitable<core::result<boost::json::array>> read_journal(
    store::store& store, std::int64_t seq, std::size_t rows_max
) {
  auto lines = co_await store.journal_after(seq, rows_max);
  if (!lines) co_return lines.error();
  co_return shown(std::move(*lines));
}

awaitable<core::result<boost::json::array>> read_journal_of(
    store::store& store, std::string link, std::int64_t before, std::size_t rows_max
) {
  auto lines = co_await store.journal(std::move(link), before, rows_max);
  if (!lines) co_return lines.error();
  co_return shown(std::move(*lines));
}

awaitable<http::reply> service::answer(http::request request) {
  if (with_.hooks && with_.takes_hooks_itself && hooks::is_hook(request)) {
    co_return with_.hooks->take(std::move(request));
  }
  auto const question = request.url.find('?');
  auto const path = request.url.substr(0, question);
  if (path.starts_with("/backfills")) {
    if (request.method == "POST" && !is_this_machine(request.peer)) {
      co_return plain(403, "orders are taken from this machine only\n");
    }
    co_return co_await with_.backfills.answer(std::move(request));
  }
  if (request.method == "POST") co_return co_await order(request, path);
  if (request.method != "GET" && request.method != "HEAD") {
    co_return plain(405, "only GET, HEAD and POST\n");
  }
  if (path == "/healthz") co_return plain(200, "ok\n");
  if (path == "/readyz") co_return ready();
  if (path == "/metrics") co_return co_await metrics();
  constexpr std::string_view links_path = "/links";
  if (path == links_path || path.starts_with("/links/")) {
    store::link_filter filter;
    std::string after;
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
        if (name == "after") after = value;
      }
    }
    co_return co_await links(std::move(filter), std::move(after));
  }
  constexpr std::string_view explain_path = "/explain/";
  if (path.starts_with(explain_path)) {
    auto which = http::percent_decode(std::string_view{path}.substr(explain_path.size()));
    if (!which) co_return plain(400, "not a percent-encoded path\n");
    std::string field;
    if (question != std::string::npos) {
      for (auto const& [name, value] : http::parse_query(request.url)) {
        if (name == "field") field = value;
      }
    }
    co_return co_await explain(std::move(*which), std::move(field));
  }
  if (path == "/journal") co_return co_await journal(request.url);
  co_return plain(
      404, "there is /healthz, /readyz, /metrics, /links, /explain, /journal and /backfills\n"
  );
}

awaitable<http::reply> service::explain(std::string which, std::string field) {
  std::map<std::string, std::shared_ptr<mapping::field_map const>> maps;
  for (auto const& r : with_.engine.routes()) maps.emplace(r.name, r.map);
  auto found = co_await explain_links(
      with_.store, std::move(maps), std::move(which), std::move(field), with_.clock.now()
  );
  if (!found) co_return plain(503, found.error().detail + "\n");
  if (found->empty()) co_return plain(404, "no link has that id or name\n");
  co_return json(200, *found);
}

awaitable<http::reply> service::journal(std::string const& target) {
  std::int64_t after = 0;
  auto before = std::numeric_limits<std::int64_t>::max();
  std::size_t rows = journal_rows_max;
  std::string link;
  if (target.find('?') != std::string::npos) {
    for (auto const& [name, value] : http::parse_query(target)) {
      if (name == "link") {
        link = value;
        continue;
      }
      std::int64_t number = 0;
      auto const end = value.data() + value.size();
      if (std::from_chars(value.data(), end, number).ptr != end || number < 0) {
        co_return plain(400, name + " is no number\n");
      }
      if (name == "after") after = number;
      if (name == "before") before = number;
      if (name == "rows") rows = std::min(journal_rows_max, static_cast<std::size_t>(number));
    }
  }
  if (!link.empty()) {
    auto of_link = co_await read_journal_of(with_.store, std::move(link), before, rows);
    if (!of_link) co_return plain(503, of_link.error().detail + "\n");
    co_return json(200, *of_link);
  }
  auto lines = co_await read_journal(with_.store, after, rows);
  if (!lines) co_return plain(503, lines.error().detail + "\n");
  co_return json(200, *lines);
}

awaitable<http::reply> service::order(http::request const& request, std::string path) {
  if (!is_this_machine(request.peer)) {
    co_return plain(403, "orders are taken from this machine only\n");
  }
  // A page in somebody's browser cannot send this type without being asked first.
  if (http::find(request.headers, "content-type") != "application/json") {
    co_return plain(415, "orders are of type application/json\n");
  }
  constexpr std::string_view links_path = "/links/";
  auto const last = path.rfind('/');
  if (!path.starts_with(links_path) || last < links_path.size()) {
    co_return plain(
        404, "there is POST /links/ID/retry, /links/ID/resolve and /links/ID/new_ticket\n"
    );
  }
  auto const word = path.substr(last + 1);
  auto id = http::percent_decode(
      std::string_view{path}.substr(links_path.size(), last - links_path.size())
  );
  if (!id) co_return plain(400, "not a percent-encoded path\n");
  sync::order what;
  what.by = "command line";
  using kind = sync::order::kind;
  bool known = false;
  for (auto const each : {kind::retry, kind::resolve, kind::new_ticket}) {
    if (word != sync::name(each)) continue;
    what.what = each;
    known = true;
  }
  if (!known) co_return plain(404, "no such order\n");
  bool has_winner = false;
  if (request.url.find('?') != std::string::npos) {
    for (auto const& [name, value] : http::parse_query(request.url)) {
      if (name == "rule") what.rule = value;
      if (name == "winner") {
        has_winner = value == "incident" || value == "ticket";
        if (value == "ticket") what.winner = mapping::side::ticket;
      }
    }
  }
  if (word == "resolve" && !has_winner) co_return plain(400, "winner is incident or ticket\n");
  auto done = co_await with_.engine.carry_out(what, std::move(*id));
  if (done) co_return json(200, core::record{{"ordered", word}});
  auto const& why = done.error();
  auto const status = why.code == core::errc::not_found  ? 404
                      : why.code == core::errc::rejected ? 409
                                                         : 503;
  co_return plain(status, why.detail + "\n");
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
    if (c->budget) one["budget"] = shown(c->budget->used());
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

awaitable<http::reply> service::links(store::link_filter filter, std::string after) {
  auto const names_one = !filter.text.empty();
  auto found =
      co_await read_links(with_.store, std::move(filter), std::move(after), links_page_rows);
  if (!found) co_return plain(503, found.error().detail + "\n");
  if (names_one && found->empty()) co_return plain(404, "no link has that id or name\n");
  co_return json(200, *found);
}

}  // namespace connector::command

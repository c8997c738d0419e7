#include "connector/http/client.hpp"

#include <boost/asio/error.hpp>
#include <boost/system/system_error.hpp>
#include <optional>

#include "connector/http/deadlines.hpp"
#include "connector/http/dialer.hpp"
#include "connector/http/parser.hpp"
#include "connector/http/pool.hpp"
#include "connector/http/request_head.hpp"
#include "connector/http/tls.hpp"
#include "connector/http/url.hpp"

namespace connector::http {
namespace {

namespace asio = boost::asio;
using core::effect;
using core::errc;
using answer = core::result<response>;

/// How recently a connection must have answered to count as fresh.
constexpr std::chrono::seconds fresh_age{1};
/// Interim answers (103 Early Hints and the like) before the real one.
constexpr int interim_max = 8;

struct core_state {
  core_state(asio::any_io_executor executor, async::clock& clock, client_settings const& settings)
      : limits{executor, clock},
        dialer{executor, limits, settings},
        pool{clock, {settings.connections_max, settings.idle_max}},
        user_agent{settings.user_agent} {}

  deadlines limits;
  http::dialer dialer;
  http::pool pool;
  std::string user_agent;
};

/// What happened on the wire, for deciding what a failure means.
struct trace {
  bool reused = false;
  bool wrote = false;
  bool heard = false;

  [[nodiscard]] core::effect effect() const { return wrote ? effect::unknown : effect::none; }
};

core::error lost(
    boost::system::error_code ec, origin const& peer, std::string const& doing, trace const& seen
) {
  if (ec == asio::error::operation_aborted) {
    return {errc::cancelled, "cancelled while " + doing, seen.effect()};
  }
  return {errc::unreachable, explain(to_string(peer), ec) + ", while " + doing, seen.effect()};
}

bool is_interim(int status) { return status >= 100 && status < 200 && status != 101; }

/// Reads one answer. Whether the connection can be used again is left in `reusable`.
asio::awaitable<answer> read_answer(
    connection& on, request const& call, origin const& peer, trace& seen, bool& reusable
) {
  auto const limits = parse_limits{64u << 10, call.body_bytes_max};
  for (int interim = 0; interim <= interim_max; ++interim) {
    response got;
    auto const parser = make_response_parser(got, limits, call.method == "HEAD");
    while (!parser->done()) {
      if (!on.received.empty()) {
        seen.heard = true;
        auto const taken = parser->put(on.received.bytes());
        if (!taken) co_return core::error{errc::malformed, taken.error().detail, effect::unknown};
        on.received.consume(*taken);
        if (parser->done()) break;
      }
      auto const room = on.received.prepare();
      auto const read = co_await on.io->read_some(room);
      if (read.error == asio::error::eof && seen.heard) {
        auto const whole = parser->end();
        if (!whole) co_return core::error{errc::malformed, whole.error().detail, effect::unknown};
        break;
      }
      if (read.error && seen.heard && read.error != asio::error::operation_aborted) {
        co_return core::error{
            errc::malformed,
            "the answer breaks off: " + explain(to_string(peer), read.error),
            effect::unknown};
      }
      if (read.error) co_return lost(read.error, peer, "waiting for the answer", seen);
      on.received.commit(read.bytes);
    }
    if (is_interim(got.status)) continue;
    if (got.status < 200) break;
    reusable = parser->keep_alive() && on.received.empty();
    co_return got;
  }
  co_return core::error{errc::malformed, "interim answers without a final one", effect::unknown};
}

/// One request and its answer, on a connection of the pool or a new one.
asio::awaitable<answer> exchange(
    core_state& client,
    pool::place& place,
    request const& call,
    split_url const& to,
    bool must_be_new,
    cutoff& limit,
    trace& seen
) {
  std::unique_ptr<connection> on;
  if (!must_be_new) {
    on = place.take(call.fresh_connection ? fresh_age : client.pool.idle_max());
  }
  if (!on) {
    auto dialled = co_await client.dialer.dial(to.origin, limit);
    if (!dialled) co_return dialled.error();
    on = std::make_unique<connection>();
    on->io = *std::move(dialled);
  }
  seen.reused = on->reused;
  cutoff::scope const awaited{limit, *on->io};
  if (limit.over()) co_return core::error{errc::timeout, "the deadline passed"};

  head_extras extras;
  auto const host = authority(to.origin);
  extras.host = host;
  extras.target = to.target;
  extras.user_agent = client.user_agent;
  if (client.dialer.names_whole_url(to.origin)) {
    extras.target = call.url;
    extras.authorization = client.dialer.proxy_authorization();
  }
  write_head(call, extras, on->head);
  auto const sent = co_await on->io->write(on->head, call.body);
  seen.wrote = sent.bytes > 0;
  if (sent.error && (!seen.wrote || sent.error == asio::error::operation_aborted)) {
    co_return lost(sent.error, to.origin, "sending", seen);
  }
  // A server may answer and hang up before it has read all; that answer counts.
  bool reusable = false;
  auto got = co_await read_answer(*on, call, to.origin, seen, reusable);
  if (got && reusable && !sent.error) place.keep(std::move(on));
  co_return got;
}

/// Only the race with a server that closes an idle connection is worth a second go.
bool may_try_again(request const& call, core::error const& failure, trace const& seen) {
  if (failure.code != errc::unreachable || !seen.reused || seen.heard) return false;
  return !seen.wrote || call.method == "GET" || call.method == "HEAD";
}

asio::awaitable<answer> exchange_once_more_if_stale(
    core_state& client, request const& call, split_url const& to, cutoff& limit, trace& seen
) {
  auto place = co_await client.pool.enter(to.origin, limit);
  if (!place) co_return place.error();
  auto got = co_await exchange(client, *place, call, to, false, limit, seen);
  if (got || limit.over() || !may_try_again(call, got.error(), seen)) co_return got;
  auto const wrote_before = seen.wrote;
  seen = {};
  got = co_await exchange(client, *place, call, to, true, limit, seen);
  seen.wrote = seen.wrote || wrote_before;
  if (got || !seen.wrote) co_return got;
  auto failure = got.error();
  failure.effect = effect::unknown;
  co_return failure;
}

bool is_redirect(int status) {
  return status == 301 || status == 302 || status == 303 || status == 307 || status == 308;
}

/// Where a redirect leads, if we may go there.
std::optional<std::string> next_url(request const& call, response const& got) {
  if (!is_redirect(got.status) || call.method != "GET") return std::nullopt;
  auto const location = find(got.headers, "location");
  if (location.empty()) return std::nullopt;
  auto const next = resolve(call.url, location);
  if (!next || !same_origin(call.url, *next)) return std::nullopt;
  return *next;
}

asio::awaitable<answer> follow(
    core_state& client, request& call, split_url to, cutoff& limit, trace& seen
) {
  for (unsigned left = call.redirects_max;; --left) {
    auto got = co_await exchange_once_more_if_stale(client, call, to, limit, seen);
    if (!got || left == 0) co_return got;
    auto next = next_url(call, *got);
    if (!next) co_return got;
    call.url = *std::move(next);
    auto parts = split(call.url);
    if (!parts) co_return got;
    to = *std::move(parts);
  }
}

asio::awaitable<answer> run(std::shared_ptr<core_state> client, request call) {
  if (auto fault = find_fault(call)) co_return *std::move(fault);
  auto to = split(call.url);
  if (!to) co_return to.error();

  cutoff limit;
  trace seen;
  auto const until = client->limits.clock().steady_now() + call.deadline;
  auto const entry = client->limits.set(until, [&limit] { limit.end(); });
  answer got;
  try {
    got = co_await follow(*client, call, *std::move(to), limit, seen);
  } catch (boost::system::system_error const& e) {
    if (e.code() != asio::error::operation_aborted) throw;
    got = core::error{errc::cancelled, "cancelled", seen.effect()};
  }
  if (!got && limit.over()) {
    got = core::error{
        errc::timeout,
        "no answer within " + std::to_string(call.deadline.count()) + " ms: " + got.error().detail,
        seen.effect()};
  }
  co_return got;
}

class client final : public transport {
 public:
  client(asio::any_io_executor executor, async::clock& clock, client_settings const& settings)
      : state_{std::make_shared<core_state>(executor, clock, settings)} {}

  asio::awaitable<answer> send(request call) override { return run(state_, std::move(call)); }

 private:
  std::shared_ptr<core_state> state_;
};

}  // namespace

std::unique_ptr<transport> make_client(
    asio::any_io_executor executor, async::clock& clock, client_settings settings
) {
  return std::make_unique<client>(std::move(executor), clock, settings);
}

}  // namespace connector::http

#include "connector/http/dialer.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <optional>
#include <stdexcept>

#include "connector/http/base64.hpp"
#include "connector/http/no_proxy.hpp"
#include "connector/http/parser.hpp"
#include "connector/http/read_buffer.hpp"
#include "connector/http/resolver.hpp"
#include "connector/http/tls.hpp"

namespace connector::http {
namespace asio = boost::asio;
using asio::ip::tcp;
using boost::system::error_code;
using core::errc;

namespace {

constexpr auto as_result = asio::as_tuple(asio::use_awaitable);

using dialled = core::result<std::unique_ptr<stream>>;

std::string describe(error_code ec) {
  if (ec == asio::error::connection_refused) {
    return "refuses the connection: nothing listens there, or a firewall says no; check the URL";
  }
  if (ec == asio::error::timed_out) {
    return "does not answer: check the URL and whether a firewall or missing proxy is in the way";
  }
  if (ec == asio::error::network_unreachable || ec == asio::error::host_unreachable) {
    return "cannot be reached from this network: check routes and whether a proxy is needed";
  }
  return "cannot be reached: " + ec.message();
}

core::error cancelled(std::string const& to) {
  return {errc::cancelled, "cancelled while connecting to " + to};
}

core::error failed(std::string const& what, error_code ec) {
  if (ec == asio::error::operation_aborted) return cancelled(what);
  return {errc::unreachable, what + " " + describe(ec)};
}

std::string basic(std::string const& user, core::secret const& password) {
  return "Basic " + base64(user + ":" + password.reveal());
}

struct proxy {
  origin at;
  std::string authorization;
  no_proxy except;
};

std::optional<proxy> make_proxy(proxy_settings const& settings) {
  if (settings.url.empty()) return std::nullopt;
  auto const parts = split(settings.url);
  if (!parts) throw std::runtime_error{"proxy " + parts.error().detail};
  auto authorization = settings.user.empty() ? "" : basic(settings.user, settings.password);
  return proxy{parts->origin, std::move(authorization), no_proxy{settings.except}};
}

core::error refused_by_proxy(std::string const& proxy_name, std::string const& target, int status) {
  auto const who = "the proxy " + proxy_name;
  if (status == 407) {
    return {errc::unreachable, who + " asks for a sign-in (407): check its user and password"};
  }
  return {
      errc::unreachable,
      who + " does not connect to " + target + " (" + std::to_string(status) +
          "): let it, or except this host from the proxy"};
}

}  // namespace

struct dialer::state {
  state(asio::any_io_executor on, deadlines& with, client_settings const& settings)
      : executor{on},
        limits{with},
        resolver{std::move(on)},
        tls{settings.tls},
        via{make_proxy(settings.proxy)},
        connect_max{settings.connect_max} {}

  asio::any_io_executor executor;
  deadlines& limits;
  http::resolver resolver;
  tls_client tls;
  std::optional<proxy> via;
  std::chrono::milliseconds connect_max;

  bool uses_proxy(origin const& to) const { return via && !via->except.matches(to); }

  asio::awaitable<dialled> connect(origin const& to, cutoff& limit);
  asio::awaitable<dialled> secure(
      std::unique_ptr<stream> plain, std::string const& host, cutoff& limit
  );
  asio::awaitable<std::optional<core::error>> open_tunnel(
      stream& through, origin const& to, cutoff& limit
  );
};

/// One address after the other; an address that does not answer must not use up the whole call.
asio::awaitable<dialled> dialer::state::connect(origin const& to, cutoff& limit) {
  auto const name = to_string(to);
  auto endpoints = co_await resolver.resolve(to.host, to.port, limit);
  if (!endpoints) co_return endpoints.error();
  error_code last;
  for (auto const& each : *endpoints) {
    tcp::socket socket{executor};
    cutoff::scope const awaited{limit, socket};
    bool too_slow = false;
    deadlines::entry turn;
    if (&each != &endpoints->back()) {
      auto give_up = [&] {
        too_slow = true;
        error_code ignored;
        socket.close(ignored);
      };
      turn = limits.set(limits.clock().steady_now() + connect_max, give_up);
    }
    auto const [ec] = co_await socket.async_connect(each, as_result);
    if (!ec && socket.is_open()) co_return make_plain_stream(std::move(socket));
    if (limit.over()) co_return core::error{errc::timeout, "connecting to " + name};
    if (ec == asio::error::operation_aborted && !too_slow) co_return cancelled(name);
    last = too_slow ? error_code{asio::error::timed_out} : ec;
  }
  co_return failed(name, last);
}

asio::awaitable<dialled> dialer::state::secure(
    std::unique_ptr<stream> plain, std::string const& host, cutoff& limit
) {
  auto encrypted = tls.begin(std::move(plain), host);
  cutoff::scope const awaited{limit, *encrypted};
  auto failure = co_await encrypted->handshake();
  if (failure) co_return *std::move(failure);
  co_return std::unique_ptr<stream>{std::move(encrypted)};
}

/// CONNECT (RFC 9110, 9.3.6).
asio::awaitable<std::optional<core::error>> dialer::state::open_tunnel(
    stream& through, origin const& to, cutoff& limit
) {
  auto const proxy_name = to_string(via->at);
  auto target = to.host.find(':') == to.host.npos ? to.host : "[" + to.host + "]";
  target += ":" + std::to_string(to.port);
  auto head = "CONNECT " + target + " HTTP/1.1\r\nHost: " + target + "\r\n";
  if (!via->authorization.empty()) head += "Proxy-Authorization: " + via->authorization + "\r\n";
  head += "\r\n";

  cutoff::scope const awaited{limit, through};
  auto const sent = co_await through.write(head, {});
  if (sent.error) co_return failed("the proxy " + proxy_name, sent.error);
  response answer;
  auto const parser = make_response_parser(answer, {}, true);
  read_buffer received;
  while (!parser->done()) {
    auto const room = received.prepare();
    auto const read = co_await through.read_some(room);
    if (read.error) co_return failed("the proxy " + proxy_name, read.error);
    received.commit(read.bytes);
    auto const taken = parser->put(received.bytes());
    if (!taken) {
      co_return core::error{
          errc::unreachable, "the proxy " + proxy_name + " answers " + taken.error().detail};
    }
    received.consume(*taken);
  }
  if (answer.status / 100 != 2) co_return refused_by_proxy(proxy_name, target, answer.status);
  if (!received.empty()) {
    co_return core::error{
        errc::unreachable, "the proxy " + proxy_name + " sends what nobody asked"};
  }
  co_return std::nullopt;
}

dialer::dialer(asio::any_io_executor executor, deadlines& limits, client_settings const& settings)
    : state_{std::make_unique<state>(std::move(executor), limits, settings)} {}

dialer::~dialer() = default;

asio::awaitable<dialled> dialer::dial(origin to, cutoff& limit) {
  auto& s = *state_;
  bool const proxied = s.uses_proxy(to);
  auto const first = proxied ? s.via->at : to;
  auto made = co_await s.connect(first, limit);
  if (!made) co_return made.error();
  if (first.secure) {
    made = co_await s.secure(*std::move(made), first.host, limit);
    if (!made) co_return made.error();
  }
  if (!proxied || !to.secure) co_return made;
  auto failure = co_await s.open_tunnel(**made, to, limit);
  if (failure) co_return *std::move(failure);
  co_return co_await s.secure(*std::move(made), to.host, limit);
}

bool dialer::names_whole_url(origin const& to) const {
  return !to.secure && state_->uses_proxy(to);
}

std::string const& dialer::proxy_authorization() const {
  static std::string const none;
  return state_->via ? state_->via->authorization : none;
}

}  // namespace connector::http

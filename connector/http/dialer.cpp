#include "connector/http/dialer.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/use_awaitable.hpp>

namespace connector::http {
namespace asio = boost::asio;
using asio::ip::tcp;
using boost::system::error_code;

namespace {
constexpr auto as_result = asio::as_tuple(asio::use_awaitable);
}

struct dialer::state {
  asio::any_io_executor executor;
  deadlines& limits;
  http::resolver resolver;
  std::string proxy_authorization;

  asio::awaitable<core::result<std::unique_ptr<stream>>> connect(origin to, cutoff& limit) {
    auto endpoints = co_await resolver.resolve(to.host, to.port, limit);
    if (!endpoints) co_return endpoints.error();
    error_code last;
    for (auto const& each : *endpoints) {
      tcp::socket socket{executor};
      auto const [ec] = co_await socket.async_connect(each, as_result);
      if (!ec) co_return make_plain_stream(std::move(socket));
      last = ec;
      if (limit.over()) break;
    }
    co_return core::error{core::errc::unreachable, to_string(to) + ": " + last.message()};
  }
};

dialer::dialer(asio::any_io_executor executor, deadlines& limits, client_settings const&)
    : state_{new state{executor, limits, resolver{executor}, {}}} {}

dialer::~dialer() = default;

asio::awaitable<core::result<std::unique_ptr<stream>>> dialer::dial(origin to, cutoff& limit) {
  return state_->connect(std::move(to), limit);
}

bool dialer::names_whole_url(origin const&) const { return false; }

std::string const& dialer::proxy_authorization() const { return state_->proxy_authorization; }

}  // namespace connector::http

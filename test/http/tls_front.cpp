#include "test/http/tls_front.hpp"

#include <array>
#include <boost/asio/experimental/awaitable_operators.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/use_awaitable.hpp>

namespace connector::test {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;

asio::awaitable<void> copy(http::stream& from, http::stream& to) {
  std::array<char, 4096> chunk;
  for (;;) {
    auto const got = co_await from.read_some(asio::buffer(chunk));
    if (got.error) break;
    auto const sent = co_await to.write({chunk.data(), got.bytes}, {});
    if (sent.error) break;
  }
  from.close();
  to.close();
}

asio::awaitable<void> front(http::tls_server& tls, tcp::socket& socket, std::uint16_t port) {
  using namespace asio::experimental::awaitable_operators;
  auto const executor = co_await asio::this_coro::executor;
  auto outer = tls.begin(http::make_plain_stream(std::move(socket)));
  auto const failure = co_await outer->handshake();
  if (failure) co_return;
  tcp::socket onward{executor};
  co_await onward.async_connect({asio::ip::address_v4::loopback(), port}, asio::use_awaitable);
  auto const inner = http::make_plain_stream(std::move(onward));
  co_await (copy(*outer, *inner) && copy(*inner, *outer));
}

}  // namespace

tls_front::tls_front(asio::io_context& loop, certificate_files const& as, std::uint16_t onward)
    : tls_{{as.certificate, as.key, ""}}, server_{loop, [this, onward](tcp::socket& socket, int) {
                                                    return front(tls_, socket, onward);
                                                  }} {}

}  // namespace connector::test

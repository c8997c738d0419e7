#include "test/http/raw_server.hpp"

#include <array>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/experimental/awaitable_operators.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>

namespace connector::test {
namespace asio = boost::asio;
using asio::ip::tcp;

namespace {

constexpr auto as_result = asio::as_tuple(asio::use_awaitable);

asio::awaitable<void> copy(tcp::socket& from, tcp::socket& to) {
  std::array<char, 4096> chunk;
  for (;;) {
    auto const [ec, n] = co_await from.async_read_some(asio::buffer(chunk), as_result);
    if (ec) break;
    co_await write(to, std::string{chunk.data(), n});
  }
  boost::system::error_code ignored;
  to.shutdown(tcp::socket::shutdown_both, ignored);
  from.shutdown(tcp::socket::shutdown_both, ignored);
}

}  // namespace

struct raw_server::state {
  state(asio::io_context& on, talk how)
      : loop{on}, acceptor{on, {asio::ip::address_v4::loopback(), 0}}, with{std::move(how)} {}

  asio::io_context& loop;
  tcp::acceptor acceptor;
  talk with;
  int connections = 0;

  static asio::awaitable<void> serve(std::shared_ptr<state> self, tcp::socket socket, int nth) {
    co_await self->with(socket, nth);
  }

  static asio::awaitable<void> accept(std::shared_ptr<state> self) {
    for (;;) {
      auto [ec, socket] = co_await self->acceptor.async_accept(as_result);
      if (ec) co_return;
      auto const nth = ++self->connections;
      asio::co_spawn(self->loop, serve(self, std::move(socket), nth), [](std::exception_ptr) {});
    }
  }
};

raw_server::raw_server(asio::io_context& loop, talk with)
    : state_{std::make_shared<state>(loop, std::move(with))} {
  asio::co_spawn(loop, state::accept(state_), [](std::exception_ptr) {});
}

raw_server::~raw_server() {
  boost::system::error_code ignored;
  state_->acceptor.close(ignored);
}

std::uint16_t raw_server::port() const { return state_->acceptor.local_endpoint().port(); }

int raw_server::connections() const { return state_->connections; }

asio::awaitable<std::string> read_head(tcp::socket& from) {
  std::string got;
  while (got.find("\r\n\r\n") == got.npos) {
    std::array<char, 4096> chunk;
    auto const [ec, n] = co_await from.async_read_some(asio::buffer(chunk), as_result);
    if (ec) co_return std::string{};
    got.append(chunk.data(), n);
  }
  co_return got;
}

asio::awaitable<void> write(tcp::socket& to, std::string bytes) {
  co_await asio::async_write(to, asio::buffer(bytes), as_result);
}

asio::awaitable<void> read_to_end(tcp::socket& from) {
  std::array<char, 4096> chunk;
  for (;;) {
    auto const [ec, n] = co_await from.async_read_some(asio::buffer(chunk), as_result);
    if (ec) co_return;
  }
}

raw_server::talk answering(std::string bytes) {
  return [bytes](tcp::socket& socket, int) -> asio::awaitable<void> {
    for (;;) {
      auto const head = co_await read_head(socket);
      if (head.empty()) co_return;
      co_await write(socket, bytes);
    }
  };
}

asio::awaitable<void> pass_on(tcp::socket& one, tcp::socket& other) {
  using namespace asio::experimental::awaitable_operators;
  co_await (copy(one, other) && copy(other, one));
}

}  // namespace connector::test

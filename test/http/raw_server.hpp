#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>

namespace connector::test {

/// A TCP server without manners: a test says byte by byte what it does with each connection.
class raw_server {
 public:
  /// `nth` counts connections from 1. The socket is closed when the talk ends.
  using talk = std::function<boost::asio::awaitable<void>(boost::asio::ip::tcp::socket&, int nth)>;

  raw_server(boost::asio::io_context& loop, talk with);
  ~raw_server();

  [[nodiscard]] std::uint16_t port() const;
  [[nodiscard]] int connections() const;

 private:
  struct state;
  std::shared_ptr<state> state_;
};

/// Reads until the empty line that ends a head; the head, and what came behind it. Empty if the
/// other side closed.
boost::asio::awaitable<std::string> read_head(boost::asio::ip::tcp::socket& from);

boost::asio::awaitable<void> write(boost::asio::ip::tcp::socket& to, std::string bytes);

/// Waits until the other side closes.
boost::asio::awaitable<void> read_to_end(boost::asio::ip::tcp::socket& from);

/// A server that answers each request on a connection with these bytes and keeps it open.
raw_server::talk answering(std::string bytes);

/// Passes bytes both ways until one side closes.
boost::asio::awaitable<void> pass_on(
    boost::asio::ip::tcp::socket& one, boost::asio::ip::tcp::socket& other
);

}  // namespace connector::test

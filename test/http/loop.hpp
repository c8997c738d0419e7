#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <exception>
#include <functional>
#include <memory>
#include <stdexcept>
#include <string>

#include "connector/async/clock.hpp"
#include "connector/http/client.hpp"

namespace connector::test {

/// Runs one coroutine to its end on `loop`, together with whatever else is on it, and rethrows.
void run(boost::asio::io_context& loop, std::function<boost::asio::awaitable<void>()> work);

/// A loop, the machine's clock, and one call at a time.
struct world {
  boost::asio::io_context loop{1};
  std::unique_ptr<async::clock> clock = async::make_system_clock();

  std::unique_ptr<http::transport> client(http::client_settings settings = {});
  core::result<http::response> send(http::transport& by, http::request call);
  core::result<http::response> get(http::transport& by, std::string const& url);
};

/// "http://127.0.0.1:<port><target>"
std::string local(std::uint16_t port, std::string const& target = "/");

}  // namespace connector::test

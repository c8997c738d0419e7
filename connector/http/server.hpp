#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "connector/http/message.hpp"

namespace connector::http {

/// What a handler answers: a response, and for tests the wish to fail on the way.
struct reply : response {
  reply() = default;
  reply(response answer) : response{std::move(answer)} {}  // NOLINT: a response is a whole reply

  /// Hang up after so many bytes of the answer, head included; 0: without answering.
  std::optional<std::size_t> close_after;
};

/// Answers one request. `url` is the request target as received: path and query. Whoever wants to
/// answer late awaits a clock. An exception is answered with 500 and handed to `on_failure`.
using handler = std::function<boost::asio::awaitable<reply>(request)>;

struct server_settings {
  std::string certificate_file;  ///< PEM, with intermediates; empty: plain HTTP
  std::string key_file;          ///< PEM
  std::string client_ca_file;    ///< PEM; if set, clients must show a certificate signed by it

  std::size_t body_bytes_max = 16u << 20;
  std::size_t connections_max = 1024;             ///< more are hung up on at once
  std::chrono::milliseconds request_max{30'000};  ///< to receive one request, once begun
  std::chrono::milliseconds idle_max{120'000};    ///< between requests
  std::function<void(std::exception_ptr)> on_failure;
};

/// A listening HTTP/1.1 server: keep-alive, requests of one connection answered in order. Adds
/// Content-Length, Date and Connection to what the handler answers. Loop thread only.
class server {
 public:
  /// Hangs up on everybody and cancels handlers.
  virtual ~server() = default;

  [[nodiscard]] virtual std::uint16_t port() const = 0;

  /// Accepts no more, hangs up where no request is under way, and returns when those under way are
  /// answered. To limit the wait, cancel it and destroy the server.
  virtual boost::asio::awaitable<void> stop() = 0;
};

/// Listens at once. `address` is numeric ("127.0.0.1", "::"); port 0 takes any free one. Throws
/// std::runtime_error if that is not possible or a certificate cannot be used.
std::unique_ptr<server> listen(
    boost::asio::any_io_executor executor,
    std::string const& address,
    std::uint16_t port,
    handler answer,
    server_settings settings = {}
);

}  // namespace connector::http

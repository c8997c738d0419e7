#pragma once

#include <boost/asio/awaitable.hpp>
#include <memory>
#include <optional>
#include <string>

#include "connector/core/error.hpp"
#include "connector/http/client.hpp"
#include "connector/http/stream.hpp"

namespace connector::http {

/// TLS over another stream. Nothing can be read or written before the handshake.
class tls_stream : public stream {
 public:
  /// None: secure from here on. Failures are errc::unreachable, with what to do about them, or
  /// cancelled; effect::none.
  virtual boost::asio::awaitable<std::optional<core::error>> handshake() = 0;
};

/// The client's side. Verification, host name check and SNI are always on.
class tls_client {
 public:
  /// Throws std::runtime_error if a file or key cannot be used. The machine's own roots are read
  /// with the first connection.
  explicit tls_client(tls_client_settings const& settings);
  ~tls_client();
  tls_client(tls_client const&) = delete;
  tls_client& operator=(tls_client const&) = delete;

  /// `host` is a name or an address; the certificate must be for it.
  std::unique_ptr<tls_stream> begin(std::unique_ptr<stream> inner, std::string const& host);

 private:
  struct state;
  std::unique_ptr<state> state_;
};

struct tls_server_settings {
  std::string certificate_file;
  std::string key_file;
  std::string client_ca_file;  ///< if set, clients must show a certificate signed by it
};

/// The server's side.
class tls_server {
 public:
  /// Throws std::runtime_error if a file cannot be used.
  explicit tls_server(tls_server_settings const& settings);
  ~tls_server();
  tls_server(tls_server const&) = delete;
  tls_server& operator=(tls_server const&) = delete;

  std::unique_ptr<tls_stream> begin(std::unique_ptr<stream> inner);

 private:
  struct state;
  std::unique_ptr<state> state_;
};

/// What an error of a stream to `peer` means for people, with what to do where that is known.
std::string explain(std::string const& peer, boost::system::error_code why);

}  // namespace connector::http

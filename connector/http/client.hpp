#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <chrono>
#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "connector/async/clock.hpp"
#include "connector/core/secret.hpp"
#include "connector/http/message.hpp"

namespace connector::http {

/// Who we trust and who we say we are. Verification, host name check and SNI are always on and TLS
/// is 1.2 at least; there is no switch.
struct tls_client_settings {
  std::string ca_file;       ///< PEM bundle; empty: none of our own
  bool system_roots = true;  ///< also trust what this machine trusts
  std::string
      certificate_file;       ///< PEM, leaf first, then intermediates; empty: no client certificate
  std::string key_file;       ///< PEM; either this or `key`
  core::secret key;           ///< the same, as text
  core::secret key_password;  ///< for an encrypted key
};

struct proxy_settings {
  std::string url;  ///< "http://proxy:3128" or "https://..."; empty: none. No credentials in it.
  std::string user;
  core::secret password;

  /// Where not to use it, as in NO_PROXY: "example.com" (and all below), ".example.com" (only
  /// below), an address, a block such as 10.0.0.0/8, "*"; a name or address may have a ":port".
  std::vector<std::string> except;
};

struct client_settings {
  tls_client_settings tls;
  proxy_settings proxy;
  std::size_t connections_max = 16;  ///< per origin; more calls wait, first come first served
  std::chrono::milliseconds idle_max{60'000};     ///< an idle connection is not used after this
  std::chrono::milliseconds connect_max{10'000};  ///< per address of a host that has several
  std::string user_agent = "itsm-connector";
};

/// The transport over sockets. Throws std::runtime_error for settings that cannot work (a file that
/// cannot be read, a key that does not fit), with what to do.
///
/// Beyond what `transport` promises:
/// - errc::invalid, with nothing sent, for a request that cannot be put on the wire as it is: line
///   breaks in headers, a relative URL, a header that framing owns (Host, Content-Length, ...).
/// - A GET or HEAD is sent once more on a new connection if a reused one ended before any byte of
/// the
///   answer: the server closed it while idle, at the same moment (RFC 9110, 9.2.2; RFC
///   9112, 9.3.1). Any other method then fails with effect::unknown. Nothing else is ever sent
///   twice.
/// - A request of which no byte could be written on a reused connection goes to a new one.
/// - Redirects, if allowed, are followed for GET within the same origin; others are handed back.
/// - Headers stay as received: Content-Encoding names what the body had before it was decoded.
/// - The client may be destroyed while calls are under way; they then end as usual. `clock` must
///   outlive them. A name lookup under way is waited for, since the system cannot cancel it.
std::unique_ptr<transport> make_client(
    boost::asio::any_io_executor executor, async::clock& clock, client_settings settings
);

}  // namespace connector::http

#pragma once

#include <boost/asio/awaitable.hpp>
#include <chrono>
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "connector/core/error.hpp"

namespace connector::http {

struct header {
  std::string name;
  std::string value;
};

/// The first header of that name, compared without case; empty if there is none.
std::string_view find(std::vector<header> const& headers, std::string_view name);

/// One call. Plain data: no library type shows, so that a simulated transport can answer it.
struct request {
  std::string method = "GET";
  std::string url;  ///< absolute, http or https, already percent-encoded
  std::vector<header> headers;
  std::string body;

  std::chrono::milliseconds deadline{30'000};  ///< for the whole call, connecting included
  std::size_t body_bytes_max = 16u << 20;      ///< an answer larger than this is `malformed`
  unsigned cost = 1;  ///< calls that the other side counts this as, as for a batch of twenty
  unsigned redirects_max = 0;  ///< 0: a redirect is handed back as it is

  std::string peer;  ///< of a request received: the asker's numeric address

  /// For calls that must not be repeated: use a new connection, or one that answered within the
  /// last second, since a connection that died while idle would leave the outcome unknown.
  bool fresh_connection = false;
};

struct response {
  int status = 0;
  std::vector<header> headers;
  std::string body;  ///< decoded (gzip, deflate), without transfer framing
};

/// The HTTP port. Never retries by itself.
///
/// `send` fails only when there is no complete answer: `unreachable` (with effect::none if no byte
/// of the request was written), `timeout`, `malformed` (framing, limits, decoding) or `cancelled`.
/// Any status is an answer. Cancelling the awaiting coroutine closes the connection.
/// Used from the loop's thread only; `send` may be called many times at once.
class transport {
 public:
  virtual ~transport() = default;
  virtual boost::asio::awaitable<core::result<response>> send(request call) = 0;
};

}  // namespace connector::http

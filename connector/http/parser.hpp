#pragma once

#include <cstddef>
#include <memory>
#include <string_view>

#include "connector/core/error.hpp"
#include "connector/http/message.hpp"

namespace connector::http {

struct parse_limits {
  std::size_t header_bytes_max = 64u << 10;
  std::size_t body_bytes_max = 16u << 20;  ///< after decoding
};

/// Reads one HTTP/1.1 message from bytes as they arrive. All failures are errc::malformed. Messages
/// that two readers could frame differently (both lengths given, an unknown transfer coding) are
/// refused.
class parser {
 public:
  virtual ~parser() = default;

  /// Takes from the front of `bytes` and returns how many it took. With bytes left over and not
  /// done, it wants them again with more behind them.
  virtual core::result<std::size_t> put(std::string_view bytes) = 0;

  /// The other side will send no more.
  virtual core::result<void> end() = 0;

  [[nodiscard]] virtual bool started() const = 0;
  [[nodiscard]] virtual bool header_done() const = 0;
  [[nodiscard]] virtual bool done() const = 0;
  [[nodiscard]] virtual bool keep_alive() const = 0;  ///< once done
};

/// Parses into `to`, decoding gzip and deflate. A response to HEAD has no body.
std::unique_ptr<parser> make_response_parser(response& to, parse_limits limits, bool to_head);

/// Parses into `to`; `url` becomes the request target as received. Content codings are left alone.
std::unique_ptr<parser> make_request_parser(request& to, parse_limits limits);

}  // namespace connector::http

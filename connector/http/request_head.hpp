#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "connector/core/error.hpp"
#include "connector/http/message.hpp"

namespace connector::http {

/// Why this request cannot be put on the wire as it is: characters that would end a line or a word,
/// or a header that framing owns (Host, Content-Length, Transfer-Encoding, Connection and the
/// like).
std::optional<core::error> find_fault(request const& call);

struct head_extras {
  std::string_view host;           ///< value of the Host header
  std::string_view target;         ///< path and query, or the whole URL towards a proxy
  std::string_view user_agent;     ///< used unless the request has its own
  std::string_view authorization;  ///< Proxy-Authorization; empty for none
};

/// Request line and headers, the empty line included, into `to`.
void write_head(request const& call, head_extras const& extras, std::string& to);

}  // namespace connector::http

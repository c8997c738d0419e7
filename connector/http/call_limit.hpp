#pragma once

#include <string>

namespace connector::http {

/// How often a system lets itself be called, as its vendor documents it, and how its answers say
/// what is left. Each adapter declares its own; nothing else knows a vendor's header.
struct call_limit {
  double per_minute = 0;  ///< 0: none is documented
  std::string page;       ///< of the vendor's documentation that says so

  /// Each part of a bulk call counts as a call of its own; adapters then set request::cost.
  bool parts_count = false;

  std::string remaining_header;     ///< calls left in this window; empty: not sent
  std::string reset_header;         ///< when the window ends; empty: not sent
  bool reset_is_unix_time = false;  ///< else: seconds to go
};

}  // namespace connector::http

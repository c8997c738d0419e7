#pragma once

#include <boost/system/result.hpp>
#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace connector::core {

/// What went wrong, as coarsely as a caller can act on it.
enum class errc {
  timeout = 1,   ///< no answer within the deadline
  cancelled,     ///< we are stopping; an ending, not a fault
  unreachable,   ///< no connection: name, route, TLS, proxy
  unavailable,   ///< the other side answered that it cannot now (5xx, maintenance page)
  rate_limited,  ///< refused for now, without effect (429); see retry_after
  unauthorized,  ///< credential missing, wrong or expired
  forbidden,     ///< credential good, permission missing
  rejected,      ///< a definite no to this content; repeating it will not help
  not_found,     ///< no such object, or hidden from us
  conflict,      ///< the object changed, or is in a state that forbids this
  malformed,     ///< the answer is not what the system's contract promises
  storage,       ///< our own store failed; nothing may be sent after this
  invalid,       ///< our own input (configuration, file) is unusable
};

/// Whether a failed call may have changed the other side.
enum class effect {
  none,     ///< surely not: never sent, or definitely refused
  unknown,  ///< perhaps: sent, and no answer that can be trusted
};

/// An expected failure. `detail` is for people: it says what to do, holds no secret, and is never
/// parsed. Whoever decides about an error logs it, once.
struct error {
  errc code{};
  std::string detail;
  core::effect effect = core::effect::none;
  std::optional<std::chrono::seconds> retry_after;  ///< when the other side told us
  std::vector<std::string> fields;                  ///< the fields refused, when it named them

  error() = default;
  error(errc c, std::string d, core::effect e = core::effect::none)
      : code{c}, detail{std::move(d)}, effect{e} {}
};

template <class T>
using result = boost::system::result<T, error>;

/// The word for a code in logs, metrics and reports ("rate_limited").
std::string_view name(errc code);

/// Worth another try later, unchanged.
bool is_transient(errc code);

/// Lets result<T>::value() throw where a failure would be our own bug.
[[noreturn]] void throw_exception_from_error(error const& e, boost::source_location const& where);

}  // namespace connector::core

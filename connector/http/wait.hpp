#pragma once

#include <chrono>
#include <optional>
#include <string_view>
#include <vector>

#include "connector/core/time.hpp"
#include "connector/http/message.hpp"

namespace connector::http {

/// "Sun, 06 Nov 1994 08:49:37 GMT", the only form that a server may send (RFC 9110, 5.6.7).
std::optional<core::time_point> parse_http_date(std::string_view text);

/// The longest wait that is believed: beyond it the other side, or a clock, is taken to be wrong.
inline constexpr std::chrono::seconds longest_wait{std::chrono::hours{24}};

/// The wait that Retry-After asks for, as seconds (fractions are rounded up) or as a date. A date
/// counts from the answer's own Date where there is one, so that a wrong clock here does not
/// stretch the wait, else from `now`. Between zero and `longest_wait`; none if the header is
/// missing or unreadable.
std::optional<std::chrono::seconds> retry_after(
    std::vector<header> const& headers, core::time_point now
);

}  // namespace connector::http

#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <ratio>
#include <string>
#include <string_view>

namespace connector::core {

/// Ticks of 100 ns: the finest stamp any of the systems sends (Microsoft Graph, seven digits).
using ticks = std::chrono::duration<std::int64_t, std::ratio<1, 10'000'000>>;

/// UTC wall time. Only for stamps and cursors; waits use the clock port.
using time_point = std::chrono::time_point<std::chrono::system_clock, ticks>;

/// Reads "2026-01-22T12:09:23.1433333Z" (0 to 7 fractional digits, `Z` or an offset such as
/// +02:00 or +0200) and "2026-01-22 12:09:23" (taken as UTC). Nothing else, no leap seconds.
std::optional<time_point> parse_time(std::string_view text);

/// "2026-01-22T12:09:23.1433333Z"; trailing zeros and an empty fraction are left out.
std::string format_time(time_point at);

/// "2026-01-22 12:09:23", UTC; the fraction is cut.
std::string format_time_seconds(time_point at);

}  // namespace connector::core

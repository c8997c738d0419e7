#include "connector/http/wait.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <string>

namespace connector::http {

using std::chrono::seconds;

std::optional<core::time_point> parse_http_date(std::string_view text) {
  static constexpr std::array months{
      "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  if (text.size() != 29 || text.substr(3, 2) != ", " || text.substr(25) != " GMT") {
    return std::nullopt;
  }
  auto const month = std::ranges::find(months, text.substr(8, 3));
  if (month == months.end()) return std::nullopt;
  auto const number = std::to_string(101 + (month - months.begin())).substr(1);  // two digits
  std::string iso{text.substr(12, 4)};
  iso.append("-").append(number).append("-").append(text.substr(5, 2));
  iso.append("T").append(text.substr(17, 8)).append("Z");
  return core::parse_time(iso);
}

std::optional<seconds> retry_after(std::vector<header> const& headers, core::time_point now) {
  auto const text = find(headers, "Retry-After");
  if (text.empty()) return std::nullopt;
  std::int64_t count = 0;
  auto const* const end = text.data() + text.size();
  auto const [stop, failed] = std::from_chars(text.data(), end, count);
  // Azure's front doors have been seen to answer fractions; rounding up keeps the promise.
  auto const fraction = stop != end && *stop == '.';
  if (failed == std::errc{} && (stop == end || fraction)) {
    count = std::clamp<std::int64_t>(count, 0, longest_wait.count());
    return std::min(seconds{count + (fraction ? 1 : 0)}, longest_wait);
  }
  auto const until = parse_http_date(text);
  if (!until) return std::nullopt;
  auto const since = parse_http_date(find(headers, "Date")).value_or(now);
  return std::clamp(std::chrono::ceil<seconds>(*until - since), seconds{0}, longest_wait);
}

}  // namespace connector::http

#include "connector/config/scalars.hpp"

#include <boost/url/parse.hpp>
#include <boost/url/url_view.hpp>
#include <charconv>

namespace connector::config {

std::optional<std::int64_t> parse_whole_number(std::string_view text) {
  std::int64_t number = 0;
  auto const* end = text.data() + text.size();
  auto const [stopped, failure] = std::from_chars(text.data(), end, number);
  if (failure != std::errc{} || stopped != end) return std::nullopt;
  return number;
}

std::optional<std::chrono::milliseconds> parse_span(std::string_view text) {
  struct unit {
    std::string_view name;
    std::chrono::milliseconds length;
  };
  // Milliseconds first: "ms" ends in "s" too.
  static constexpr unit units[] = {
      {"ms", std::chrono::milliseconds{1}},
      {"s", std::chrono::seconds{1}},
      {"m", std::chrono::minutes{1}},
      {"h", std::chrono::hours{1}},
      {"d", std::chrono::hours{24}},
  };
  constexpr std::int64_t days_max = 3650;
  for (auto const& u : units) {
    if (!text.ends_with(u.name)) continue;
    auto const number = parse_whole_number(text.substr(0, text.size() - u.name.size()));
    if (!number || *number < 0) return std::nullopt;
    if (*number > std::chrono::hours{24 * days_max} / u.length) return std::nullopt;
    return *number * u.length;
  }
  return std::nullopt;
}

std::optional<std::string_view> fault_of_url(std::string_view text) {
  auto const parsed = boost::urls::parse_uri({text.data(), text.size()});
  if (!parsed) return "is not an absolute address such as https://host/path";
  if (parsed->scheme() != "https" && parsed->scheme() != "http") {
    return "must begin with https:// or http://";
  }
  if (!parsed->has_authority() || parsed->host().empty()) return "names no host";
  if (parsed->has_userinfo()) return "must not hold a user or a password";
  if (parsed->has_query() || parsed->has_fragment()) return "must not hold ? or #";
  return std::nullopt;
}

}  // namespace connector::config

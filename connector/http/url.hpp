#pragma once

#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "connector/core/error.hpp"

namespace connector::http {

/// Scheme, host and port: what a connection belongs to.
struct origin {
  bool secure = false;     ///< https
  std::string host;        ///< lower case, an IPv6 address without brackets
  std::uint16_t port = 0;  ///< never 0 once parsed

  friend auto operator<=>(origin const&, origin const&) = default;
};

/// "https://graph.microsoft.com", "http://[::1]:8080": without the port the scheme implies.
std::string to_string(origin const& of);

/// The value of a Host header: host and, unless the scheme implies it, port.
std::string authority(origin const& of);

struct split_url {
  http::origin origin;
  std::string target;  ///< path and query, "/" at least; a fragment is dropped
};

/// Takes an absolute http or https URL apart. errc::invalid for anything else, for a URL with a
/// user name (credentials do not belong in URLs) and for characters that should have been encoded.
core::result<split_url> split(std::string_view url);

/// `reference` (a Location or "next" link) as an absolute URL, seen from `base`.
core::result<std::string> resolve(std::string_view base, std::string_view reference);

/// Both are absolute http(s) URLs with equal scheme, host and port.
bool same_origin(std::string_view a, std::string_view b);

using parameters = std::vector<std::pair<std::string, std::string>>;

/// Everything but letters, digits and -._~ as %XX: safe as a path segment or query value.
std::string percent_encode(std::string_view text);

/// None if a % is not followed by two hexadecimal digits.
std::optional<std::string> percent_decode(std::string_view text);

/// "a=1&b=x%20y", names and values encoded, without a leading "?".
std::string make_query(parameters const& all);

/// The query of a URL or request target, or a bare query, decoded ("+" as a space). What cannot be
/// decoded is kept as it is.
parameters parse_query(std::string_view target);

/// application/x-www-form-urlencoded, a space as "+".
std::string form_encode(parameters const& all);

/// The fields of such a body; as parse_query.
parameters form_decode(std::string_view body);

}  // namespace connector::http

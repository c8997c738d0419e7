#pragma once

#include <boost/json/object.hpp>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "test/simulators/simulator.hpp"

/// The parts of HTTP, JSON and time that every simulator needs. What clients send is read with code
/// of its own, so that a fault in the product's encoders shows.
namespace simulators {

namespace json = boost::json;

/// A request's URL, taken apart.
struct target {
  std::string origin;              ///< "https://host:port"; empty if the URL was a path
  std::string path;                ///< as sent, without the query
  std::vector<std::string> parts;  ///< the path's segments, decoded
  std::vector<std::pair<std::string, std::string>> query;  ///< decoded, in order

  /// The first value of that name; names are compared exactly.
  [[nodiscard]] std::optional<std::string_view> parameter(std::string_view name) const;
};

/// "https://host" of "https://host/path"; empty if the URL is a path.
std::string_view origin_of(std::string_view url);

/// None if the URL holds spaces, control characters, bytes above 0x7f or a broken escape.
std::optional<target> read_target(std::string_view url);

/// Decodes %XX and, in forms and queries, '+' as a space. None if an escape is broken.
std::optional<std::string> percent_decode(std::string_view text, bool plus_is_space);

/// The pairs of an application/x-www-form-urlencoded body.
std::vector<std::pair<std::string, std::string>> read_form(std::string_view text);

/// The media type of a Content-Type header, without parameters, in lower case.
std::string media_type(std::string_view content_type);

/// Parses with a depth limit; none if the text is not JSON.
std::optional<json::value> read_json(std::string_view text);

/// Appends `text` as a JSON string, quotes included. Bytes that are not UTF-8 become U+FFFD.
void append_quoted(std::string& out, std::string_view text);

http::response answer(int status, std::string_view content_type, std::string body);
http::response json_answer(int status, std::string body);
http::response html_answer(int status, std::string body);

/// "Sun, 06 Nov 1994 08:49:37 GMT".
std::string http_date(core::time_point at);

std::int64_t unix_seconds(core::time_point at);
core::time_point from_unix_seconds(std::int64_t seconds);

/// Well mixed 64 bits of `n`: ids that look random but repeat with the seed.
std::uint64_t mix(std::uint64_t n);
/// 32 hexadecimal digits.
std::string hex_id(std::uint64_t seed, std::uint64_t n);
/// "xxxxxxxx-xxxx-4xxx-8xxx-xxxxxxxxxxxx".
std::string guid(std::uint64_t seed, std::uint64_t n);

/// For text between HTML tags.
std::string html_escaped(std::string_view text);

std::string lower_case(std::string_view text);

/// Shortens to at most `characters` code points; true if something was cut.
bool cut_characters(std::string& text, std::size_t characters);
std::size_t count_characters(std::string_view text);

}  // namespace simulators

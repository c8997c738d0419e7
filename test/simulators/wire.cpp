#include "test/simulators/wire.hpp"

#include <algorithm>
#include <array>
#include <boost/json/parse.hpp>
#include <chrono>
#include <cstdio>

namespace simulators {
namespace {

int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

/// Length of the UTF-8 sequence that starts at `at`, or 0 if it is not well formed.
std::size_t sequence_length(std::string_view text, std::size_t at) {
  auto const byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  unsigned char const lead = byte(at);
  if (lead < 0x80) return 1;
  std::size_t const length = lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : lead >= 0xc2 ? 2 : 0;
  if (length == 0 || lead > 0xf4 || at + length > text.size()) return 0;
  for (std::size_t i = 1; i < length; ++i) {
    if ((byte(at + i) & 0xc0) != 0x80) return 0;
  }
  return length;
}

}  // namespace

std::optional<std::string_view> target::parameter(std::string_view name) const {
  for (auto const& [key, value] : query) {
    if (key == name) return value;
  }
  return std::nullopt;
}

std::optional<std::string> percent_decode(std::string_view text, bool plus_is_space) {
  if (text.find('%') == text.npos && (!plus_is_space || text.find('+') == text.npos)) {
    return std::string{text};
  }
  std::string out{text};
  auto end = out.begin();
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '%') {
      if (i + 2 >= text.size()) return std::nullopt;
      int const high = hex_digit(text[i + 1]);
      int const low = hex_digit(text[i + 2]);
      if (high < 0 || low < 0) return std::nullopt;
      *end++ = static_cast<char>(high * 16 + low);
      i += 2;
    } else {
      *end++ = text[i] == '+' && plus_is_space ? ' ' : text[i];
    }
  }
  out.erase(end, out.end());
  return out;
}

std::vector<std::pair<std::string, std::string>> read_form(std::string_view text) {
  std::vector<std::pair<std::string, std::string>> pairs;
  while (!text.empty()) {
    auto const end = std::min(text.find('&'), text.size());
    auto const piece = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    if (piece.empty()) continue;
    auto const equals = std::min(piece.find('='), piece.size());
    auto name = percent_decode(piece.substr(0, equals), true);
    auto value = percent_decode(equals < piece.size() ? piece.substr(equals + 1) : "", true);
    if (name && value) pairs.emplace_back(std::move(*name), std::move(*value));
  }
  return pairs;
}

std::string_view origin_of(std::string_view url) {
  auto const scheme = url.find("://");
  if (scheme == url.npos || url.front() == '/') return {};
  auto const ends_host = [](char c) { return c == '/' || c == '?' || c == '#'; };
  auto const* const end = std::find_if(url.begin() + scheme + 3, url.end(), ends_host);
  return {url.begin(), end};
}

std::optional<target> read_target(std::string_view url) {
  for (char const c : url) {
    auto const byte = static_cast<unsigned char>(c);
    if (byte <= 0x20 || byte >= 0x7f) return std::nullopt;
  }
  target out;
  out.origin = origin_of(url);
  url.remove_prefix(out.origin.size());
  url = url.substr(0, url.find('#'));
  auto const question = std::min(url.find('?'), url.size());
  out.path = url.substr(0, question);
  if (out.path.empty()) out.path = "/";
  std::string_view rest = out.path;
  while (!rest.empty()) {
    auto const end = std::min(rest.find('/'), rest.size());
    if (end > 0) {
      auto part = percent_decode(rest.substr(0, end), false);
      if (!part) return std::nullopt;
      out.parts.push_back(std::move(*part));
    }
    rest.remove_prefix(std::min(end + 1, rest.size()));
  }
  if (question < url.size()) out.query = read_form(url.substr(question + 1));
  return out;
}

std::string media_type(std::string_view content_type) {
  auto type = content_type.substr(0, content_type.find(';'));
  while (!type.empty() && type.back() == ' ') type.remove_suffix(1);
  while (!type.empty() && type.front() == ' ') type.remove_prefix(1);
  return lower_case(type);
}

std::optional<json::value> read_json(std::string_view text) {
  json::error_code failed;
  json::parse_options options;
  options.max_depth = 64;
  auto value = json::parse(text, failed, {}, options);
  if (failed) return std::nullopt;
  return value;
}

/// ASCII that JSON takes as it stands, by its byte.
constexpr auto plain_in_json = [] {
  std::array<bool, 256> all{};
  for (std::size_t byte = 0x20; byte < 0x80; ++byte) all[byte] = byte != '"' && byte != '\\';
  return all;
}();

void append_quoted(std::string& out, std::string_view text) {
  out += '"';
  std::size_t plain_from = 0;
  for (std::size_t i = 0; i < text.size();) {
    char const c = text[i];
    auto const byte = static_cast<unsigned char>(c);
    if (plain_in_json[byte]) {
      ++i;
      continue;
    }
    std::size_t const length = sequence_length(text, i);
    if (byte >= 0x80 && length > 0) {
      i += length;
      continue;
    }
    out.append(text, plain_from, i - plain_from);
    if (byte >= 0x80) {
      out += "\xef\xbf\xbd";
    } else if (c == '"' || c == '\\') {
      out += '\\';
      out += c;
    } else if (c == '\n') {
      out += "\\n";
    } else if (c == '\r') {
      out += "\\r";
    } else if (c == '\t') {
      out += "\\t";
    } else {
      std::array<char, 8> escape{};
      std::snprintf(escape.data(), escape.size(), "\\u%04x", static_cast<unsigned>(byte));
      out += escape.data();
    }
    ++i;
    plain_from = i;
  }
  out.append(text, plain_from, text.size() - plain_from);
  out += '"';
}

http::response answer(int status, std::string_view content_type, std::string body) {
  http::response out;
  out.status = status;
  if (!content_type.empty()) out.headers.push_back({"Content-Type", std::string{content_type}});
  out.body = std::move(body);
  return out;
}

http::response json_answer(int status, std::string body) {
  return answer(status, "application/json;charset=UTF-8", std::move(body));
}

http::response html_answer(int status, std::string body) {
  return answer(status, "text/html;charset=UTF-8", std::move(body));
}

std::string http_date(core::time_point at) {
  static constexpr std::string_view days = "SunMonTueWedThuFriSat";
  static constexpr std::string_view months = "JanFebMarAprMayJunJulAugSepOctNovDec";
  auto const day = std::chrono::floor<std::chrono::days>(at);
  std::size_t const weekday = std::chrono::weekday{day}.c_encoding();
  std::size_t const month = static_cast<unsigned>(std::chrono::year_month_day{day}.month()) - 1;
  auto const iso = core::format_time_seconds(at);  // "2026-03-01 09:00:00"
  std::string out;
  out.append(days, 3 * weekday, 3).append(", ").append(iso, 8, 2).append(" ");
  out.append(months, 3 * month, 3).append(" ").append(iso, 0, 4).append(" ");
  out.append(iso, 11, 8).append(" GMT");
  return out;
}

std::int64_t unix_seconds(core::time_point at) {
  return std::chrono::floor<std::chrono::seconds>(at).time_since_epoch().count();
}

core::time_point from_unix_seconds(std::int64_t seconds) {
  return core::time_point{std::chrono::seconds{seconds}};
}

std::uint64_t mix(std::uint64_t n) {
  n += 0x9e3779b97f4a7c15U;
  n = (n ^ (n >> 30)) * 0xbf58476d1ce4e5b9U;
  n = (n ^ (n >> 27)) * 0x94d049bb133111ebU;
  return n ^ (n >> 31);
}

std::string hex_id(std::uint64_t seed, std::uint64_t n) {
  static constexpr std::string_view digits = "0123456789abcdef";
  std::string out(32, '0');
  std::uint64_t word = mix(seed ^ mix(n));
  for (std::size_t i = 0; i < 32; ++i) {
    if (i == 16) word = mix(word ^ n);
    out[i] = digits[word >> (60 - 4 * (i % 16)) & 15];
  }
  return out;
}

std::string guid(std::uint64_t seed, std::uint64_t n) {
  auto const hex = hex_id(seed, n);
  return hex.substr(0, 8) + '-' + hex.substr(8, 4) + "-4" + hex.substr(13, 3) + "-8" +
         hex.substr(17, 3) + '-' + hex.substr(20);
}

std::string html_escaped(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (char const c : text) {
    switch (c) {
      case '&':
        out += "&amp;";
        break;
      case '<':
        out += "&lt;";
        break;
      case '>':
        out += "&gt;";
        break;
      case '"':
        out += "&quot;";
        break;
      case '\'':
        out += "&#39;";
        break;
      default:
        out += c;
    }
  }
  return out;
}

std::string lower_case(std::string_view text) {
  std::string out{text};
  for (char& c : out) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return out;
}

std::size_t count_characters(std::string_view text) {
  return static_cast<std::size_t>(std::count_if(text.begin(), text.end(), [](char c) {
    return (static_cast<unsigned char>(c) & 0xc0) != 0x80;
  }));
}

bool cut_characters(std::string& text, std::size_t characters) {
  if (text.size() <= characters) return false;
  std::size_t seen = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if ((static_cast<unsigned char>(text[i]) & 0xc0) == 0x80) continue;
    if (seen == characters) {
      text.resize(i);
      return true;
    }
    ++seen;
  }
  return false;
}

}  // namespace simulators

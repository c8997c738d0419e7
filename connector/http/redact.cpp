#include "connector/http/redact.hpp"

#include <algorithm>
#include <array>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <boost/json/value.hpp>
#include <cstdint>

#include "connector/http/text.hpp"
#include "connector/http/url.hpp"

namespace connector::http {
namespace {

namespace json = boost::json;

constexpr std::array<std::string_view, 33> secret_names{
    "authorization",
    "proxy-authorization",
    "cookie",
    "set-cookie",
    "x-sn-apikey",
    "x-api-key",
    "api-key",
    "api_key",
    "apikey",
    "x-auth-token",
    "x-token",
    "client_secret",
    "clientsecret",
    "client_assertion",
    "assertion",
    "password",
    "passwd",
    "secret",
    "token",
    "access_token",
    "accesstoken",
    "refresh_token",
    "refreshtoken",
    "id_token",
    "code_verifier",
    "private_key",
    "routing_key",
    "integration_key",
    "sig",
    "signature",
    "x-slack-signature",
    "x-pagerduty-signature",
    "x-hub-signature-256"};

bool is_hex(char c) { return (c >= '0' && c <= '9') || (lower(c) >= 'a' && lower(c) <= 'f'); }

/// Replaces every leaf, keeping types. True if there was something to hide.
bool blank(json::value& v) {
  switch (v.kind()) {
    case json::kind::string:
      v = redact_value(v.get_string());
      break;
    case json::kind::bool_:
      v = false;
      break;
    case json::kind::int64:
    case json::kind::uint64:
      v = 0;
      break;
    case json::kind::double_:
      v = 0.5;  // stays one that is not whole
      break;
    case json::kind::array:
      for (auto& each : v.get_array()) blank(each);
      break;
    case json::kind::object:
      for (auto& each : v.get_object()) blank(each.value());
      break;
    case json::kind::null:
      return false;
  }
  return true;
}

bool is_url(std::string_view text) {
  return text.substr(0, 8) == "https://" || text.substr(0, 7) == "http://";
}

bool redact_json(json::value& v, int depth);

bool redact_object(json::object& all, int depth) {
  bool changed = false;
  for (auto& member : all) {
    bool const secret = names_secret(member.key());
    changed = (secret ? blank(member.value()) : redact_json(member.value(), depth + 1)) || changed;
  }
  auto const* name = all.if_contains("name");
  auto* value = all.if_contains("value");
  if (name && value && name->is_string() && names_secret(name->get_string())) {
    changed = blank(*value) || changed;
  }
  return changed;
}

bool redact_json(json::value& v, int depth) {
  if (depth > 64) return blank(v);
  bool changed = false;
  if (auto const* text = v.if_string(); text && is_url(*text)) {
    auto shown = redact_url(*text);
    changed = shown != *text;
    if (changed) v = shown;
    return changed;
  }
  if (auto* list = v.if_array()) {
    for (auto& each : *list) changed = redact_json(each, depth + 1) || changed;
  } else if (auto* all = v.if_object()) {
    changed = redact_object(*all, depth);
  }
  return changed;
}

/// Pairs of a query or form, everything but the secret values left as it is.
std::string redact_pairs(std::string_view pairs) {
  std::string out;
  while (!pairs.empty()) {
    auto const end = std::min(pairs.find('&'), pairs.size());
    auto const pair = pairs.substr(0, end);
    auto const equals = pair.find('=');
    auto const name = percent_decode(pair.substr(0, equals));
    if (equals != pair.npos && (!name || names_secret(*name))) {
      auto const value = percent_decode(pair.substr(equals + 1));
      out.append(pair.substr(0, equals + 1)).append(redact_value(value ? *value : ""));
    } else {
      out.append(pair);
    }
    if (end < pairs.size()) out.push_back('&');
    pairs.remove_prefix(std::min(end + 1, pairs.size()));
  }
  return out;
}

bool mentions_secret(std::string_view text) {
  auto const plain = lower(text);
  return std::any_of(secret_names.begin(), secret_names.end(), [&](std::string_view name) {
    return plain.find(name) != plain.npos;
  });
}

}  // namespace

bool names_secret(std::string_view name) {
  return std::any_of(secret_names.begin(), secret_names.end(), [&](std::string_view each) {
    return same_word(each, name);
  });
}

std::string redact_value(std::string_view value) {
  bool const shaped = value.size() >= 16 && std::all_of(value.begin(), value.end(), [](char c) {
                        return is_hex(c) || c == '-';
                      });
  if (!shaped) return "redacted";
  std::string zeros{value};
  std::replace_if(zeros.begin(), zeros.end(), is_hex, '0');
  return zeros;
}

std::string redact_header(std::string_view name, std::string_view value) {
  if (!names_secret(name)) return is_url(value) ? redact_url(value) : std::string{value};
  auto const space = value.find(' ');
  bool const has_scheme =
      same_word(name, "authorization") || same_word(name, "proxy-authorization");
  if (has_scheme && space != value.npos) return std::string{value.substr(0, space)} + " redacted";
  return "redacted";
}

std::string redact_url(std::string_view url) {
  auto const mark = url.find('?');
  if (mark == url.npos) return std::string{url};
  return std::string{url.substr(0, mark + 1)} + redact_pairs(url.substr(mark + 1));
}

std::string redact_body(std::string_view body, std::string_view content_type) {
  auto const type = lower(content_type);
  if (type.find("application/x-www-form-urlencoded") == 0) return redact_pairs(body);
  auto const start = body.find_first_not_of(" \t\r\n");
  bool const like_json = start != body.npos && (body[start] == '{' || body[start] == '[');
  if (type.find("json") == type.npos && !like_json) return std::string{body};
  boost::system::error_code ec;
  json::parse_options generous;
  generous.max_depth = 256;
  auto parsed = json::parse(body, ec, {}, generous);
  if (ec) return mentions_secret(body) ? "redacted: not JSON" : std::string{body};
  return redact_json(parsed, 0) ? json::serialize(parsed) : std::string{body};
}

bool is_utf8(std::string_view bytes) {
  for (std::size_t i = 0; i < bytes.size();) {
    auto const first = static_cast<unsigned char>(bytes[i]);
    std::size_t const length = first < 0x80   ? 1
                               : first < 0xc2 ? 0
                               : first < 0xe0 ? 2
                               : first < 0xf0 ? 3
                               : first < 0xf5 ? 4
                                              : 0;
    if (length == 0 || i + length > bytes.size()) return false;
    std::uint32_t code = length == 1 ? first : first & (0x7fu >> length);
    for (std::size_t k = 1; k < length; ++k) {
      auto const next = static_cast<unsigned char>(bytes[i + k]);
      if ((next & 0xc0) != 0x80) return false;
      code = code << 6 | (next & 0x3f);
    }
    bool const overlong = (length == 3 && code < 0x800) || (length == 4 && code < 0x10000);
    if (overlong || code > 0x10ffff || (code >= 0xd800 && code <= 0xdfff)) return false;
    i += length;
  }
  return true;
}

}  // namespace connector::http

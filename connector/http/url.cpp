#include "connector/http/url.hpp"

#include <array>
#include <boost/url/parse.hpp>
#include <boost/url/url.hpp>
#include <boost/url/url_view.hpp>

#include "connector/http/text.hpp"

namespace connector::http {
namespace {

namespace urls = boost::urls;

constexpr std::uint16_t usual_port(bool secure) { return secure ? 443 : 80; }

core::error bad(std::string_view url, std::string_view why) {
  return {core::errc::invalid, "URL \"" + std::string{url} + "\": " + std::string{why}};
}

/// Of RFC 3986, by the character's byte.
constexpr auto unreserved = [] {
  std::array<bool, 256> all{};
  for (char c = 'a'; c <= 'z'; ++c) all[static_cast<unsigned char>(c)] = true;
  for (char c = 'A'; c <= 'Z'; ++c) all[static_cast<unsigned char>(c)] = true;
  for (char c = '0'; c <= '9'; ++c) all[static_cast<unsigned char>(c)] = true;
  for (char const c : {'-', '.', '_', '~'}) all[static_cast<unsigned char>(c)] = true;
  return all;
}();

constexpr bool is_unreserved(char c) { return unreserved[static_cast<unsigned char>(c)]; }

constexpr int hex_value(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (lower(c) >= 'a' && lower(c) <= 'f') return lower(c) - 'a' + 10;
  return -1;
}

void append_encoded(std::string& out, std::string_view text, bool plus_for_space) {
  constexpr std::string_view digits = "0123456789ABCDEF";
  auto const before = static_cast<std::ptrdiff_t>(out.size());
  out.resize(out.size() + 3 * text.size());  // if every byte is encoded
  auto end = out.begin() + before;
  for (char const c : text) {
    if (is_unreserved(c)) {
      *end++ = c;
    } else if (c == ' ' && plus_for_space) {
      *end++ = '+';
    } else {
      auto const byte = static_cast<unsigned char>(c);
      *end++ = '%';
      *end++ = digits[byte >> 4];
      *end++ = digits[byte & 15];
    }
  }
  out.erase(end, out.end());
}

std::string join(parameters const& all, bool plus_for_space) {
  std::string out;
  for (auto const& [name, value] : all) {
    if (!out.empty()) out.push_back('&');
    append_encoded(out, name, plus_for_space);
    out.push_back('=');
    append_encoded(out, value, plus_for_space);
  }
  return out;
}

std::string decode_field(std::string_view text) {
  std::string spaced{text};
  for (auto& c : spaced) {
    if (c == '+') c = ' ';
  }
  auto decoded = percent_decode(spaced);
  return decoded ? *std::move(decoded) : std::string{text};
}

}  // namespace

std::string authority(origin const& of) {
  bool const six = of.host.find(':') != std::string::npos;
  auto text = six ? "[" + of.host + "]" : of.host;
  if (of.port != usual_port(of.secure)) text += ":" + std::to_string(of.port);
  return text;
}

std::string to_string(origin const& of) {
  return (of.secure ? "https://" : "http://") + authority(of);
}

core::result<split_url> split(std::string_view url) {
  auto const parsed = urls::parse_uri(url);
  if (!parsed) return bad(url, "is not an absolute URL, or has characters to be percent-encoded");
  split_url parts;
  switch (parsed->scheme_id()) {
    case urls::scheme::http:
      break;
    case urls::scheme::https:
      parts.origin.secure = true;
      break;
    default:
      return bad(url, "must begin with http:// or https://");
  }
  if (parsed->has_userinfo()) return bad(url, "must not hold a user name or password");
  auto const host = parsed->host_address();
  if (host.empty()) return bad(url, "has no host");
  parts.origin.host = lower(std::string_view{host.data(), host.size()});
  parts.origin.port = usual_port(parts.origin.secure);
  if (parsed->has_port() && !parsed->port().empty()) {
    if (parsed->port_number() == 0) return bad(url, "has a port that is not 1 to 65535");
    parts.origin.port = parsed->port_number();
  }
  auto const resource = parsed->encoded_resource();
  parts.target.assign(resource.data(), resource.size());
  if (auto const hash = parts.target.find('#'); hash != std::string::npos) {
    parts.target.resize(hash);
  }
  if (parts.target.empty() || parts.target.front() != '/') parts.target.insert(0, 1, '/');
  return parts;
}

core::result<std::string> resolve(std::string_view base, std::string_view reference) {
  auto const from = urls::parse_uri(base);
  if (!from) return bad(base, "is not an absolute URL");
  auto const to = urls::parse_uri_reference(reference);
  if (!to) return bad(reference, "is not a URL reference");
  urls::url whole;
  auto const done = urls::resolve(*from, *to, whole);
  if (!done) return bad(reference, "cannot be resolved");
  whole.remove_fragment();
  return std::string{whole.buffer().data(), whole.buffer().size()};
}

bool same_origin(std::string_view a, std::string_view b) {
  auto const one = split(a);
  auto const other = split(b);
  return one && other && one->origin == other->origin;
}

std::string percent_encode(std::string_view text) {
  std::string out;
  append_encoded(out, text, false);
  return out;
}

std::optional<std::string> percent_decode(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      out.push_back(text[i]);
      continue;
    }
    if (i + 2 >= text.size()) return std::nullopt;
    int const high = hex_value(text[i + 1]);
    int const low = hex_value(text[i + 2]);
    if (high < 0 || low < 0) return std::nullopt;
    out.push_back(static_cast<char>(high * 16 + low));
    i += 2;
  }
  return out;
}

std::string make_query(parameters const& all) { return join(all, false); }

std::string form_encode(parameters const& all) { return join(all, true); }

parameters parse_query(std::string_view target) {
  if (auto const mark = target.find('?'); mark != std::string_view::npos) {
    target.remove_prefix(mark + 1);
  } else if (!target.empty() && (target.front() == '/' || target.find("://") != target.npos)) {
    return {};
  }
  if (auto const hash = target.find('#'); hash != std::string_view::npos) {
    target = target.substr(0, hash);
  }
  return form_decode(target);
}

parameters form_decode(std::string_view body) {
  parameters all;
  while (!body.empty()) {
    auto const end = std::min(body.find('&'), body.size());
    auto const pair = body.substr(0, end);
    body.remove_prefix(std::min(end + 1, body.size()));
    if (pair.empty()) continue;
    auto const equals = std::min(pair.find('='), pair.size());
    auto const value = pair.substr(std::min(equals + 1, pair.size()));
    all.emplace_back(decode_field(pair.substr(0, equals)), decode_field(value));
  }
  return all;
}

}  // namespace connector::http

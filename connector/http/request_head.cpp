#include "connector/http/request_head.hpp"

#include <algorithm>
#include <array>

#include "connector/http/text.hpp"

namespace connector::http {
namespace {

// RFC 9110, 5.6.2.
bool is_token(std::string_view text) {
  constexpr std::string_view marks = "!#$%&'*+-.^_`|~";
  return !text.empty() && std::all_of(text.begin(), text.end(), [&](char c) {
    auto const l = lower(c);
    return (l >= 'a' && l <= 'z') || (c >= '0' && c <= '9') || marks.find(c) != marks.npos;
  });
}

bool breaks_line(std::string_view text) {
  constexpr std::string_view breaking{"\r\n\0", 3};
  return text.find_first_of(breaking) != text.npos;
}

bool is_ours(std::string_view name) {
  constexpr std::array<std::string_view, 8> ours{
      "host",
      "content-length",
      "transfer-encoding",
      "connection",
      "keep-alive",
      "te",
      "upgrade",
      "expect"};
  return std::any_of(ours.begin(), ours.end(), [&](auto each) { return same_word(each, name); });
}

bool has(request const& call, std::string_view name) {
  return std::any_of(call.headers.begin(), call.headers.end(), [&](header const& each) {
    return same_word(each.name, name);
  });
}

void add(std::string& to, std::string_view name, std::string_view value) {
  to.append(name).append(": ").append(value).append("\r\n");
}

bool expects_body(std::string_view method) {
  return method == "POST" || method == "PUT" || method == "PATCH";
}

}  // namespace

std::optional<core::error> find_fault(request const& call) {
  auto invalid = [](std::string detail) {
    return core::error{core::errc::invalid, std::move(detail)};
  };
  if (!is_token(call.method)) return invalid("the method is not a word");
  for (char const c : call.url) {
    if (static_cast<unsigned char>(c) <= ' ' || c == 0x7f) {
      return invalid("the URL holds a space or control character: percent-encode it");
    }
  }
  for (auto const& each : call.headers) {
    if (!is_token(each.name)) return invalid("a header's name is not a word");
    if (breaks_line(each.value)) {
      return invalid("the value of header " + each.name + " holds a line break or NUL");
    }
    if (is_ours(each.name)) {
      return invalid("header " + each.name + " is set by the HTTP client: leave it out");
    }
  }
  return std::nullopt;
}

void write_head(request const& call, head_extras const& extras, std::string& to) {
  to.clear();
  to.append(call.method).append(" ").append(extras.target).append(" HTTP/1.1\r\n");
  add(to, "Host", extras.host);
  if (!has(call, "user-agent") && !extras.user_agent.empty()) {
    add(to, "User-Agent", extras.user_agent);
  }
  if (!has(call, "accept-encoding")) add(to, "Accept-Encoding", "gzip");
  if (!extras.authorization.empty()) add(to, "Proxy-Authorization", extras.authorization);
  for (auto const& each : call.headers) add(to, each.name, each.value);
  if (!call.body.empty() || expects_body(call.method)) {
    add(to, "Content-Length", std::to_string(call.body.size()));
  }
  to.append("\r\n");
}

}  // namespace connector::http

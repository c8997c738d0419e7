#include "connector/http/reply_head.hpp"

#include <boost/beast/http/status.hpp>
#include <ctime>

#include "connector/http/text.hpp"

namespace connector::http {
namespace {

// Formatting a date costs more than the rest of a head, and changes once a second.
std::string const& date_now() {
  thread_local std::time_t at = 0;
  thread_local std::string text;
  auto const now = std::time(nullptr);
  if (now != at) {
    std::tm parts{};
    gmtime_r(&now, &parts);
    char buffer[40];
    text.assign(buffer, std::strftime(buffer, sizeof buffer, "%a, %d %b %Y %H:%M:%S GMT", &parts));
    at = now;
  }
  return text;
}

}  // namespace

std::string_view reason_phrase(int status) {
  if (status < 100 || status > 999) return {};
  auto const known = boost::beast::http::int_to_status(static_cast<unsigned>(status));
  if (known == boost::beast::http::status::unknown) return {};
  auto const text = boost::beast::http::obsolete_reason(known);
  return {text.data(), text.size()};
}

void write_head(reply const& answer, reply_framing framing, std::string& to) {
  to.clear();
  to.append("HTTP/1.1 ").append(std::to_string(answer.status)).append(" ");
  to.append(reason_phrase(answer.status)).append("\r\n");
  bool dated = false;
  for (auto const& each : answer.headers) {
    if (same_word(each.name, "content-length") || same_word(each.name, "transfer-encoding") ||
        same_word(each.name, "connection")) {
      continue;
    }
    if (each.value.find_first_of(std::string_view{"\r\n\0", 3}) != std::string::npos) continue;
    dated = dated || same_word(each.name, "date");
    to.append(each.name).append(": ").append(each.value).append("\r\n");
  }
  if (!dated) to.append("Date: ").append(date_now()).append("\r\n");
  bool const bodiless = answer.status / 100 == 1 || answer.status == 204 || answer.status == 304;
  if (!bodiless) {
    to.append("Content-Length: ").append(std::to_string(answer.body.size())).append("\r\n");
  }
  if (!framing.keep_alive) to.append("Connection: close\r\n");
  to.append("\r\n");
}

}  // namespace connector::http

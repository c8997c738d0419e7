#include "connector/http/har.hpp"

#include <boost/asio/error.hpp>
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>
#include <boost/system/system_error.hpp>
#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <stdexcept>
#include <unistd.h>

#include "connector/http/base64.hpp"
#include "connector/http/redact.hpp"
#include "connector/http/reply_head.hpp"
#include "connector/http/text.hpp"
#include "connector/http/url.hpp"

namespace connector::http {
namespace {

namespace asio = boost::asio;
namespace json = boost::json;

constexpr std::string_view opening =
    R"({"log":{"version":"1.2","creator":{"name":"itsm-connector","version":"1"},"entries":[)";
constexpr std::string_view closing = "\n]}}\n";

double milliseconds(async::clock::duration span) {
  return std::chrono::duration<double, std::milli>{span}.count();
}

json::object named(std::string_view name, std::string_view value) {
  return {{"name", name}, {"value", value}};
}

json::array query_of(std::string_view url) {
  json::array all;
  for (auto const& [name, value] : parse_query(url)) all.push_back(named(name, value));
  return all;
}

}  // namespace

struct har_file::state {
  int file = -1;
  off_t end = 0;  // where the closing brackets begin
  bool empty = true;
  std::vector<core::secret> secrets;
  std::string failure;

  ~state() {
    if (file >= 0) ::close(file);
  }

  std::string hide(std::string text) const {
    for (auto const& each : secrets) {
      auto const& known = each.reveal();
      if (known.size() < 4) continue;  // would tear everything apart, and hide nothing
      for (auto at = text.find(known); at != text.npos; at = text.find(known, at)) {
        text.replace(at, known.size(), "redacted");
      }
    }
    return text;
  }

  json::array headers_of(std::vector<header> const& all) const {
    json::array out;
    for (auto const& each : all) {
      out.push_back(named(each.name, hide(redact_header(each.name, each.value))));
    }
    return out;
  }

  // HAR's text is Unicode; other bytes go in as base64.
  void put_text(json::object& into, std::string_view body, std::string_view type) const {
    auto const shown = hide(redact_body(body, type));
    if (is_utf8(shown)) {
      into["text"] = shown;
    } else {
      into["text"] = base64(shown);
      into["encoding"] = "base64";
    }
  }

  json::object request_of(request const& call) const {
    auto const url = hide(redact_url(call.url));
    json::object out{
        {"method", call.method},
        {"url", url},
        {"httpVersion", "HTTP/1.1"},
        {"cookies", json::array{}},
        {"headers", headers_of(call.headers)},
        {"queryString", query_of(url)},
        {"headersSize", -1},
        {"bodySize", call.body.size()}};
    if (!call.body.empty()) {
      auto const type = find(call.headers, "content-type");
      json::object post{{"mimeType", type}, {"params", json::array{}}};
      put_text(post, call.body, type);
      out["postData"] = std::move(post);
    }
    return out;
  }

  json::object response_of(core::result<response> const& answer) const {
    json::object out{
        {"status", 0},
        {"statusText", ""},
        {"httpVersion", "HTTP/1.1"},
        {"cookies", json::array{}},
        {"headers", json::array{}},
        {"content", {{"size", 0}, {"mimeType", ""}}},
        {"redirectURL", ""},
        {"headersSize", -1},
        {"bodySize", -1}};
    if (!answer) {
      out["_error"] =
          std::string{core::name(answer.error().code)} + ": " + hide(answer.error().detail);
      return out;
    }
    auto const type = find(answer->headers, "content-type");
    json::object content{{"size", answer->body.size()}, {"mimeType", type}};
    if (!answer->body.empty()) put_text(content, answer->body, type);
    out["status"] = answer->status;
    out["statusText"] = reason_phrase(answer->status);
    out["headers"] = headers_of(answer->headers);
    out["content"] = std::move(content);
    out["redirectURL"] = hide(redact_url(find(answer->headers, "location")));
    return out;
  }

  // One write replaces the closing brackets by the entry and the brackets again.
  void append(std::string const& entry) {
    auto const text = (empty ? "\n" : ",\n") + entry;
    auto const whole = text + std::string{closing};
    if (!write_at(end, whole)) return;
    empty = false;
    end += static_cast<off_t>(text.size());
  }

  bool write_at(off_t at, std::string_view bytes) {
    while (!bytes.empty()) {
      auto const n = ::pwrite(file, bytes.data(), bytes.size(), at);
      if (n < 0 && errno == EINTR) continue;
      if (n <= 0) {
        failure = std::string{"the HAR file cannot be written: "} + std::strerror(errno);
        return false;
      }
      bytes.remove_prefix(static_cast<std::size_t>(n));
      at += n;
    }
    return true;
  }
};

har_file::har_file(std::string const& path, std::vector<core::secret> secrets)
    : state_{std::make_unique<state>()} {
  state_->secrets = std::move(secrets);
  state_->file = ::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  if (state_->file < 0) {
    throw std::runtime_error{
        "the HAR file \"" + path + "\" cannot be written: " + std::strerror(errno)};
  }
  state_->end = static_cast<off_t>(opening.size());
  if (!state_->write_at(0, std::string{opening} + std::string{closing})) {
    throw std::runtime_error{state_->failure};
  }
}

har_file::~har_file() = default;

void har_file::add(request const& call, core::result<response> const& answer, exchange when) {
  auto const spent = milliseconds(when.took);
  json::object const entry{
      {"startedDateTime", core::format_time(when.started_at)},
      {"time", spent},
      {"request", state_->request_of(call)},
      {"response", state_->response_of(answer)},
      {"cache", json::object{}},
      {"timings", {{"send", 0}, {"wait", spent}, {"receive", 0}}}};
  state_->append(json::serialize(entry));
}

std::string const& har_file::failure() const { return state_->failure; }

namespace {

class recorder final : public transport {
 public:
  recorder(transport& inner, async::clock& clock, std::shared_ptr<har_file> to)
      : inner_{inner}, clock_{clock}, to_{std::move(to)} {}

  asio::awaitable<core::result<response>> send(request call) override {
    auto const kept = call;
    auto const to = to_;
    auto& clock = clock_;
    har_file::exchange when;
    when.started_at = clock.now();
    auto const began = clock.steady_now();
    core::result<response> answer;
    try {
      answer = co_await inner_.send(std::move(call));
    } catch (boost::system::system_error const& e) {
      core::error const thrown{core::errc::cancelled, e.code().message(), core::effect::unknown};
      when.took = clock.steady_now() - began;
      to->add(kept, thrown, when);
      throw;
    }
    when.took = clock.steady_now() - began;
    to->add(kept, answer, when);
    co_return answer;
  }

 private:
  transport& inner_;
  async::clock& clock_;
  std::shared_ptr<har_file> to_;
};

}  // namespace

std::unique_ptr<transport> make_har_recorder(
    transport& inner, async::clock& clock, std::shared_ptr<har_file> to
) {
  return std::make_unique<recorder>(inner, clock, std::move(to));
}

std::unique_ptr<transport> make_har_recorder(
    transport& inner, async::clock& clock, std::string const& path
) {
  return make_har_recorder(inner, clock, std::make_shared<har_file>(path));
}

}  // namespace connector::http

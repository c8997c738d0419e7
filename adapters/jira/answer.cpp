#include "adapters/jira/answer.hpp"

#include <algorithm>
#include <boost/json/parse.hpp>

#include "connector/http/text.hpp"
#include "connector/http/wait.hpp"

namespace adapters::jira {

using core::effect;
using core::errc;

namespace {

bool contains(std::string_view text, std::string_view part) { return text.find(part) != text.npos; }

std::string traced(std::string words, http::response const& answer) {
  words += " (HTTP " + std::to_string(answer.status);
  for (auto const* name : {"X-ARequestId", "Atl-Traceid"}) {
    auto const id = http::find(answer.headers, name);
    if (!id.empty()) return words + ", request " + for_people(id, 64) + ")";
  }
  return words + ")";
}

/// Here and there 404 is not what is said of an issue that is not there, or hidden from us.
bool speaks_of_no_issue(int status, std::string_view words) {
  return (status == 400 && contains(words, "Issue does not exist or you do not have permission")) ||
         (status == 403 && contains(words, "the permission to see the specified issue"));
}

errc meaning_of(int status, std::string_view words) {
  if (speaks_of_no_issue(status, words)) return errc::not_found;
  switch (status) {
    case 401:
      return errc::unauthorized;
    case 403:
      return errc::forbidden;
    case 404:
      return errc::not_found;
    case 409:
      return errc::conflict;
    case 429:
      return errc::rate_limited;
    default:
      break;
  }
  return status >= 500 ? errc::unavailable : errc::rejected;
}

std::string advice_on(errc code, http::response const& answer) {
  if (contains(http::find(answer.headers, "X-Authentication-Denied-Reason"), "CAPTCHA")) {
    return "; Jira wants a CAPTCHA after failed sign-ins: sign in once with a browser";
  }
  if (code == errc::unauthorized) {
    return "; API tokens expire after a year at most, and scoped ones are good at the gateway only "
           "(cloud_id)";
  }
  if (code == errc::rate_limited) {
    auto const reason = http::find(answer.headers, "RateLimit-Reason");
    if (!reason.empty()) return "; limit: " + for_people(reason, 80);
  }
  return {};
}

core::error refusal(http::response const& answer, intent what, core::time_point now) {
  boost::system::error_code ec;
  auto const body = json::parse(answer.body, ec);
  auto said = ec ? complaint{} : complaint_in(body);
  auto const code = meaning_of(answer.status, said.words);
  if (said.words.empty()) {
    said.words = contains(http::lower(http::find(answer.headers, "Content-Type")), "html")
                     ? "Jira answered with a page in place of data"
                     : "Jira gave no reason";
  }
  auto const open = what == intent::writes && answer.status >= 500;
  core::error failed{
      code,
      traced(std::move(said.words), answer) + advice_on(code, answer),
      open ? effect::unknown : effect::none};
  if (code == errc::rate_limited || code == errc::unavailable) {
    failed.retry_after = wait_asked_for(answer.headers, now);
  }
  if (code == errc::rejected) failed.fields = std::move(said.fields);
  return failed;
}

}  // namespace

bool answered_as_nobody(http::response const& answer) {
  auto const reason = http::find(answer.headers, "X-Seraph-LoginReason");
  return answer.status == 401 || contains(reason, "AUTHENTICATED_FAILED") ||
         contains(reason, "AUTHENTICATION_DENIED") ||
         http::find(answer.headers, "X-AUSERNAME") == "anonymous";
}

complaint complaint_in(json::value const& body) {
  complaint found;
  auto const* whole = body.if_object();
  if (!whole) return found;
  auto const say = [&found](std::string words) {
    if (words.empty()) return;
    if (!found.words.empty()) found.words += "; ";
    found.words += words;
  };
  if (auto const* messages = array_at(*whole, "errorMessages")) {
    for (auto const& one : *messages) {
      if (one.is_string()) say(for_people(one.get_string()));
    }
  }
  if (auto const* errors = object_at(*whole, "errors")) {
    for (auto const& [field, why] : *errors) {
      found.fields.emplace_back(field);
      say(std::string{field} + ": " +
          (why.is_string() ? for_people(why.get_string()) : std::string{"refused"}));
    }
  }
  // The gateway and the token endpoint speak otherwise.
  for (auto const* key : {"message", "errorMessage", "error_description", "error"}) {
    if (found.words.empty()) say(for_people(text_at(*whole, key)));
  }
  return found;
}

core::result<json::value> decode(http::response const& answer, intent what, core::time_point now) {
  auto const open = what == intent::writes ? effect::unknown : effect::none;
  if (answer.status != 401 && answered_as_nobody(answer)) {
    return core::error{
        errc::unauthorized,
        traced("Jira answered as to nobody: the credential was refused", answer),
        effect::none};
  }
  if (answer.status >= 400) return refusal(answer, what, now);
  if (answer.status < 200 || answer.status >= 300) {
    return core::error{
        errc::unavailable,
        traced(
            "Jira points elsewhere in place of an answer; is this the site's own address?", answer
        ),
        open};
  }
  if (answer.status == 204 || (answer.body.empty() && answer.status != 200)) {
    return json::value(nullptr);
  }
  auto const type = http::lower(http::find(answer.headers, "Content-Type"));
  if (!type.empty() && !contains(type, "json")) {
    return core::error{
        errc::unavailable,
        traced("Jira answered with a page (sign-in, maintenance) in place of data", answer),
        open};
  }
  boost::system::error_code ec;
  auto parsed = json::parse(answer.body, ec);
  if (ec) {
    return core::error{
        errc::malformed,
        traced(
            "Jira's answer of " + std::to_string(answer.body.size()) + " bytes is no complete JSON",
            answer
        ),
        open};
  }
  return parsed;
}

std::optional<std::chrono::seconds> wait_asked_for(
    std::vector<http::header> const& headers, core::time_point now
) {
  using std::chrono::seconds;
  // Data Center may ask for none, when its bucket fills by the second.
  if (auto const asked = http::retry_after(headers, now)) return std::max(*asked, seconds{1});
  auto const reset = core::parse_time(http::find(headers, "X-RateLimit-Reset"));
  if (!reset) return std::nullopt;
  auto const at = http::parse_http_date(http::find(headers, "Date")).value_or(now);
  return std::clamp(std::chrono::ceil<seconds>(*reset - at), seconds{1}, http::longest_wait);
}

std::string for_people(std::string_view text, std::size_t bytes_max) {
  auto cut = text.substr(0, bytes_max);
  if (cut.size() < text.size()) {
    // Not within a UTF-8 sequence.
    while (!cut.empty() && (static_cast<unsigned char>(text[cut.size()]) & 0xC0) == 0x80) {
      cut.remove_suffix(1);
    }
  }
  std::string clean{cut};
  for (auto& c : clean) {
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) c = ' ';
  }
  return clean;
}

std::string text_at(json::object const& from, std::string_view key) {
  auto const* at = from.if_contains(key);
  if (!at) return {};
  if (at->is_string()) return std::string{at->get_string()};
  if (at->is_int64()) return std::to_string(at->get_int64());
  if (at->is_uint64()) return std::to_string(at->get_uint64());
  return {};
}

json::object const* object_at(json::object const& from, std::string_view key) {
  auto const* at = from.if_contains(key);
  return at ? at->if_object() : nullptr;
}

json::array const* array_at(json::object const& from, std::string_view key) {
  auto const* at = from.if_contains(key);
  return at ? at->if_array() : nullptr;
}

}  // namespace adapters::jira

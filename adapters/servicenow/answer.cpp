#include "adapters/servicenow/answer.hpp"

#include <algorithm>
#include <array>
#include <boost/json/monotonic_resource.hpp>
#include <boost/json/parse.hpp>
#include <charconv>

#include "connector/http/text.hpp"
#include "connector/http/wait.hpp"

namespace adapters::servicenow {

namespace json = boost::json;
using core::effect;
using core::errc;

namespace {

bool contains(std::string_view text, std::string_view part) { return text.find(part) != text.npos; }

template <class Number>
std::optional<Number> whole_number(std::string_view text) {
  Number n{};
  auto const [end, ec] = std::from_chars(text.data(), text.data() + text.size(), n);
  if (ec != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return n;
}

struct complaint {
  std::string message;
  std::string detail;

  [[nodiscard]] std::string words() const {
    if (message.empty() || detail.empty() || message == detail) {
      return message.empty() ? detail : message;
    }
    return message + ": " + detail;
  }
};

/// {"error":{"message","detail"},"status":"failure"}; the token endpoint has {"error":"...",
/// "error_description":"..."}.
complaint complaint_in(std::string_view body) {
  boost::system::error_code ec;
  auto const parsed = json::parse(body, ec);
  complaint found;
  if (ec || !parsed.is_object()) return found;
  auto const text_at = [](json::object const& in, std::string_view key) -> std::string {
    auto const* at = in.if_contains(key);
    return at && at->is_string() ? for_people(at->get_string()) : std::string{};
  };
  if (auto const* error = parsed.get_object().if_contains("error"); error && error->is_object()) {
    found.message = text_at(error->get_object(), "message");
    found.detail = text_at(error->get_object(), "detail");
  } else {
    found.message = text_at(parsed.get_object(), "error");
    found.detail = text_at(parsed.get_object(), "error_description");
  }
  return found;
}

/// What a page of HTML in place of an answer most likely is.
std::string hint_at(std::string_view page) {
  auto const low = http::lower(page.substr(0, std::size_t{64} * 1024));
  if (contains(low, "hibernat")) {
    return "a page that says the developer instance is hibernating; wake it up on "
           "developer.servicenow.com";
  }
  if (contains(low, "saml") || contains(low, "single sign") || contains(low, "login") ||
      contains(low, "log in") || contains(low, "sign in")) {
    return "a sign-in page; the integration user has to be local, not one of single sign-on, and "
           "the address has to be the instance's own";
  }
  if (contains(low, "maintenance") || contains(low, "upgrad")) {
    return "a maintenance page";
  }
  if (auto const open = low.find("<title>"); open != low.npos) {
    auto const close = low.find("</title>", open);
    if (close != low.npos) {
      return "a page titled \"" + for_people(page.substr(open + 7, close - open - 7), 80) + "\"";
    }
  }
  return "a page";
}

std::string traced(std::string words, int status, http::response const& answer) {
  words += " (HTTP " + std::to_string(status);
  auto const transaction = http::find(answer.headers, "X-Transaction-ID");
  if (!transaction.empty()) words += ", transaction " + for_people(transaction, 64);
  words += ')';
  return words;
}

errc meaning_of_403(std::string_view words, intent what) {
  // These quote names that the instance's people gave, so they are looked at first.
  for (auto const* content : {"Data Policy Exception", "aborted by Business Rule"}) {
    if (contains(words, content)) return errc::rejected;
  }
  auto const low = http::lower(words);
  for (auto const* permission :
       {"insufficient rights", "not authorized", "security constraints", "access denied"}) {
    if (contains(low, permission)) return errc::forbidden;
  }
  if (contains(words, "ACL")) return errc::forbidden;
  return what == intent::writes ? errc::rejected : errc::forbidden;
}

errc meaning_of(int status, complaint const& said, intent what) {
  switch (status) {
    case 401:
      return errc::unauthorized;
    case 403:
      return meaning_of_403(said.words(), what);
    case 404:
      return errc::not_found;
    case 409:
      return errc::conflict;
    case 429:
      return errc::rate_limited;
    default:
      break;
  }
  if (status == 400 && contains(said.words(), "does not represent any resource")) {
    return errc::not_found;
  }
  return status >= 500 ? errc::unavailable : errc::rejected;
}

std::string advice_on(errc code, http::response const& answer) {
  if (code == errc::unauthorized) {
    std::string advice =
        "; not tried again by itself, since repeated failures lock the user out: correct the "
        "credential or unlock the user";
    if (!http::find(answer.headers, "X-MFA_TOKEN").empty()) {
      advice += "; the instance wants a second factor from this user";
    }
    return advice;
  }
  return {};
}

core::error refusal(http::response const& answer, intent what, core::time_point now) {
  auto const said = complaint_in(answer.body);
  auto const code = meaning_of(answer.status, said, what);
  auto words = said.words();
  if (words.empty()) {
    words = contains(http::lower(http::find(answer.headers, "Content-Type")), "html")
                ? "the instance answered with " + hint_at(answer.body)
                : "the instance gave no reason";
  }
  auto const open = what == intent::writes && answer.status >= 500;
  core::error failed{
      code,
      traced(std::move(words), answer.status, answer) + advice_on(code, answer),
      open ? effect::unknown : effect::none};
  if (code == errc::rate_limited || code == errc::unavailable) {
    failed.retry_after = wait_asked_for(answer.headers, now);
  }
  if (code == errc::rejected) failed.fields = mandatory_fields(said.detail);
  return failed;
}

}  // namespace

core::result<json::value> decode(http::response const& answer, intent what, core::time_point now) {
  auto const open = what == intent::writes ? effect::unknown : effect::none;
  if (answer.status >= 400) return refusal(answer, what, now);
  if (answer.status < 200 || answer.status >= 300) {
    return core::error{
        errc::unavailable,
        traced(
            "the instance points elsewhere in place of an answer; the address has to be the "
            "instance's own, and the user a local one",
            answer.status,
            answer
        ),
        open};
  }
  auto const type = http::lower(http::find(answer.headers, "Content-Type"));
  if (!type.empty() && !contains(type, "json")) {
    return core::error{
        errc::unavailable,
        traced("the instance answered with " + hint_at(answer.body), answer.status, answer),
        open};
  }
  boost::system::error_code ec;
  // An answer's values need about as much memory as its text.
  auto memory = json::make_shared_resource<json::monotonic_resource>(answer.body.size() + 256);
  auto parsed = json::parse(answer.body, ec, std::move(memory));
  if (ec) {
    return core::error{
        errc::malformed,
        traced(
            "the instance's answer of " + std::to_string(answer.body.size()) +
                " bytes is no complete JSON",
            answer.status,
            answer
        ),
        open};
  }
  return parsed;
}

std::vector<std::string> mandatory_fields(std::string_view detail) {
  struct label {
    std::string_view text;
    std::string_view column;
  };
  static constexpr std::array labels{
      label{"additional comments", "comments"},
      label{"assigned to", "assigned_to"},
      label{"assignment group", "assignment_group"},
      label{"caller", "caller_id"},
      label{"category", "category"},
      label{"close code", "close_code"},
      label{"close notes", "close_notes"},
      label{"configuration item", "cmdb_ci"},
      label{"description", "description"},
      label{"impact", "impact"},
      label{"on hold reason", "hold_reason"},
      label{"resolution code", "close_code"},
      label{"resolution notes", "close_notes"},
      label{"short description", "short_description"},
      label{"state", "state"},
      label{"subcategory", "subcategory"},
      label{"urgency", "urgency"},
      label{"work notes", "work_notes"},
  };
  constexpr std::string_view intro = "fields are mandatory:";
  auto const at = detail.find(intro);
  std::vector<std::string> columns;
  if (at == detail.npos) return columns;
  auto rest = detail.substr(at + intro.size());
  while (!rest.empty()) {
    auto const comma = rest.find(',');
    auto word = http::lower(rest.substr(0, comma));
    rest = comma == rest.npos ? std::string_view{} : rest.substr(comma + 1);
    auto const first = word.find_first_not_of(' ');
    if (first == word.npos) continue;
    word = word.substr(first, word.find_last_not_of(" .") + 1 - first);
    for (auto const& known : labels) {
      if (known.text == word) columns.emplace_back(known.column);
    }
  }
  return columns;
}

std::optional<std::chrono::seconds> wait_asked_for(
    std::vector<http::header> const& headers, core::time_point now
) {
  using std::chrono::seconds;
  if (auto const asked = http::retry_after(headers, now)) return std::max(*asked, seconds{1});
  auto const reset = whole_number<std::int64_t>(http::find(headers, "X-RateLimit-Reset"));
  if (!reset) return std::nullopt;
  auto const at = http::parse_http_date(http::find(headers, "Date")).value_or(now);
  auto const left = *reset - std::chrono::floor<seconds>(at).time_since_epoch().count();
  return seconds{std::clamp<std::int64_t>(left, 1, http::longest_wait.count())};
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

}  // namespace adapters::servicenow

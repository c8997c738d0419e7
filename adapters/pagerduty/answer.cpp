#include "adapters/pagerduty/answer.hpp"

#include <algorithm>
#include <array>
#include <boost/json/parse.hpp>
#include <charconv>

#include "connector/http/text.hpp"
#include "connector/http/wait.hpp"

namespace adapters::pagerduty {

namespace json = boost::json;
using core::effect;
using core::errc;
using std::chrono::seconds;

namespace {

/// Limits are counted per minute; a 429 may come without any header.
constexpr seconds wait_otherwise{30};
constexpr std::size_t sentences_max = 8;

bool contains(std::string_view text, std::string_view part) { return text.find(part) != text.npos; }

void add_sentences(complaint& to, json::value const& from, std::string_view field) {
  if (to.sentences.size() >= sentences_max) return;
  if (from.is_string()) {
    std::string sentence{field};
    if (!field.empty()) sentence += ": ";
    to.sentences.push_back(sentence + for_people(from.get_string()));
  } else if (auto const* list = from.if_array()) {
    for (auto const& one : *list) add_sentences(to, one, field);
  } else if (auto const* by_field = from.if_object()) {
    for (auto const& [name, sentences] : *by_field) add_sentences(to, sentences, name);
  }
}

errc meaning_of(int status, complaint const& said) {
  switch (status) {
    case 401:
      return errc::unauthorized;
    case 402:
    case 403:
      return errc::forbidden;
    case 404:
      return errc::not_found;
    case 408:
      return errc::unavailable;
    case 429:
      return errc::rate_limited;
    default:
      break;
  }
  if (status >= 500) return errc::unavailable;
  // Whoever sent it has to be put right in the configuration; no other content would help.
  if (said.is(reason::requester_unknown)) return errc::forbidden;
  return said.duplicate_key() ? errc::conflict : errc::rejected;
}

std::string_view advice_on(int status, complaint const& said) {
  if (status == 401) {
    return "; the key is wrong or was revoked, or belongs to the other region: keys of the EU work "
           "with `region: eu` only";
  }
  if (status == 402) return "; the account's plan does not have this";
  if (status == 403) return "; the key is read-only, or the app lacks the scope";
  if (said.is(reason::requester_unknown)) {
    return "; `from` has to be the address of a user of this account";
  }
  return {};
}

/// The fields of the model that a refusal is about.
std::vector<std::string> fields_named(complaint const& said) {
  struct word {
    std::int64_t code;
    std::string_view text;  ///< in lower case
    std::string_view field;
  };
  static constexpr std::array words{
      word{0, "title", "title"},
      word{1003, "", "status"},
      word{1001, "", "status"},
      word{1002, "", "status"},
      word{1007, "", "assigned_to"},
      word{1014, "", "escalation_policy"},
      word{1015, "", "escalation_policy"},
      word{1020, "", "priority"},
      word{0, "priority", "priority"},
      word{0, "urgency", "urgency"},
      word{0, "escalation policy", "escalation_policy"},
      word{0, "assignee", "assigned_to"},
      word{0, "incident type", "incident_type"},
  };
  auto const low = http::lower(said.words());
  std::vector<std::string> fields;
  for (auto const& one : words) {
    auto const meant = one.text.empty() ? said.code == one.code : contains(low, one.text);
    if (meant && std::ranges::find(fields, one.field) == fields.end()) {
      fields.emplace_back(one.field);
    }
  }
  return fields;
}

seconds wait_asked_for(http::response const& answer, core::time_point now) {
  if (auto const asked = http::retry_after(answer.headers, now))
    return std::max(*asked, seconds{1});
  auto const reset = http::find(answer.headers, "ratelimit-reset");
  std::int64_t left = 0;
  auto const [end, ec] = std::from_chars(reset.data(), reset.data() + reset.size(), left);
  if (reset.empty() || ec != std::errc{}) return wait_otherwise;
  return seconds{std::clamp<std::int64_t>(left, 1, http::longest_wait.count())};
}

std::string traced(std::string words, http::response const& answer) {
  words += " (HTTP " + std::to_string(answer.status);
  auto const request = http::find(answer.headers, "X-Request-Id");
  if (!request.empty()) words += ", request " + for_people(request, 64);
  return words + ")";
}

core::error refusal(http::response const& answer, intent what, core::time_point now) {
  auto const said = complaint_in(answer.body);
  auto const code = meaning_of(answer.status, said);
  auto words = said.words();
  if (words.empty()) words = "PagerDuty gave no reason";
  auto const open = what == intent::writes && (answer.status >= 500 || answer.status == 408);
  core::error failed{
      code,
      traced(std::move(words), answer) + std::string{advice_on(answer.status, said)},
      open ? effect::unknown : effect::none};
  if (code == errc::rate_limited) failed.retry_after = wait_asked_for(answer, now);
  if (code == errc::unavailable) failed.retry_after = http::retry_after(answer.headers, now);
  if (code == errc::rejected) failed.fields = fields_named(said);
  return failed;
}

}  // namespace

bool complaint::duplicate_key() const {
  if (!is(reason::arguments)) return false;
  return std::ranges::any_of(sentences, [](std::string const& sentence) {
    auto const low = http::lower(sentence);
    return contains(low, "matching dedup key") || contains(low, "matching incident key");
  });
}

std::string complaint::words() const {
  auto all = message;
  for (auto const& sentence : sentences) {
    if (!all.empty()) all += all == message ? ": " : " ";
    all += sentence;
  }
  if (code != 0) all += " [" + std::to_string(code) + "]";
  return all;
}

complaint complaint_in(std::string_view body) {
  boost::system::error_code ec;
  auto const parsed = json::parse(body, ec);
  complaint found;
  if (ec || !parsed.is_object()) return found;
  auto const* error = parsed.get_object().if_contains("error");
  if (!error) return found;
  // The token endpoint: {"error": "invalid_client", "error_description": "..."}.
  if (error->is_string()) {
    found.message = for_people(error->get_string());
    if (auto const* more = parsed.get_object().if_contains("error_description")) {
      add_sentences(found, *more, {});
    }
    return found;
  }
  auto const* told = error->if_object();
  if (!told) return found;
  if (auto const* message = told->if_contains("message"); message && message->is_string()) {
    found.message = for_people(message->get_string());
  }
  if (auto const* code = told->if_contains("code"); code && code->is_int64()) {
    found.code = code->get_int64();
  }
  if (auto const* errors = told->if_contains("errors")) add_sentences(found, *errors, {});
  return found;
}

core::result<json::value> decode(http::response const& answer, intent what, core::time_point now) {
  if (answer.status >= 400) return refusal(answer, what, now);
  auto const open = what == intent::writes ? effect::unknown : effect::none;
  if (answer.status < 200 || answer.status >= 300) {
    return core::error{
        errc::unavailable,
        traced("PagerDuty points elsewhere in place of an answer; is base_url right?", answer),
        open};
  }
  auto const type = http::lower(http::find(answer.headers, "Content-Type"));
  if (!type.empty() && !contains(type, "json")) {
    return core::error{
        errc::unavailable,
        traced("the answer is no JSON but \"" + for_people(type, 60) + "\"", answer),
        open};
  }
  boost::system::error_code ec;
  auto parsed = json::parse(answer.body, ec);
  if (ec) {
    return core::error{
        errc::malformed,
        traced(
            "the answer of " + std::to_string(answer.body.size()) + " bytes is no complete JSON",
            answer
        ),
        open};
  }
  return parsed;
}

std::optional<core::time_point> server_time(http::response const& answer) {
  return http::parse_http_date(http::find(answer.headers, "Date"));
}

std::string for_people(std::string_view text, std::size_t bytes_max) {
  auto end = std::min(text.size(), bytes_max);
  while (end > 0 && end < text.size() && (static_cast<unsigned char>(text[end]) & 0xC0) == 0x80) {
    --end;
  }
  std::string clean{text.substr(0, end)};
  for (auto& c : clean) {
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) c = ' ';
  }
  return clean;
}

}  // namespace adapters::pagerduty

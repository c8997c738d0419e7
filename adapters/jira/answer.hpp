#pragma once

#include <boost/json/value.hpp>
#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "connector/core/error.hpp"
#include "connector/core/time.hpp"
#include "connector/http/message.hpp"

namespace adapters::jira {

namespace core = connector::core;
namespace http = connector::http;
namespace json = boost::json;

/// Whether a call may change something; decides what an untrustworthy answer leaves open.
enum class intent { reads, writes };

/// What an answer means: its JSON (null for 204), or why there is none.
///
/// - 400, 413, 422 `rejected`, with the fields that Jira names; 401 `unauthorized`; 403
/// `forbidden`;
///   404 `not_found`; 409 `conflict`; 429 `rate_limited` with its wait and reason; 5xx, pages of
///   HTML and redirects `unavailable`.
/// - A 200 that says by X-Seraph-LoginReason that the credential was refused is `unauthorized`:
/// many
///   reads answer anonymous callers too, with fewer issues.
///
/// A 4xx did nothing; a 5xx, a page, a redirect or broken JSON after a write may have done it.
core::result<json::value> decode(http::response const& answer, intent what, core::time_point now);

/// By 401, or by a header beside any other status: the call was not taken as ours.
bool answered_as_nobody(http::response const& answer);

/// {"errorMessages":[...],"errors":{"field":"message"}} in one line for people, and the fields.
struct complaint {
  std::string words;
  std::vector<std::string> fields;
};
complaint complaint_in(json::value const& body);

/// The wait asked for by Retry-After, else X-RateLimit-Reset (ISO 8601); a second at least.
std::optional<std::chrono::seconds> wait_asked_for(
    std::vector<http::header> const& headers, core::time_point now
);

/// Cuts at a character boundary, turns control characters into spaces.
std::string for_people(std::string_view text, std::size_t bytes_max = 400);

/// The text at `key`; numbers as digits; "" if it is not there or null.
std::string text_at(json::object const& from, std::string_view key);
/// The object at `key`; null if there is none.
json::object const* object_at(json::object const& from, std::string_view key);
json::array const* array_at(json::object const& from, std::string_view key);

}  // namespace adapters::jira

#pragma once

#include <boost/json/value.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "connector/core/error.hpp"
#include "connector/core/time.hpp"
#include "connector/http/message.hpp"

namespace adapters::servicenow {

namespace core = connector::core;
namespace http = connector::http;

/// Whether a call may change the instance; decides what an untrustworthy answer leaves open.
enum class intent { reads, writes };

/// What an answer means: its JSON, or why there is none.
///
/// - 2xx with JSON: the JSON. Without a Content-Type (items of a batch) the body decides alone.
/// - 2xx with anything else, and redirects: `unavailable`, with a guess at the page (hibernating
///   developer instance, sign-in, maintenance). ServiceNow answers such pages with 200.
/// - 401 `unauthorized`; 403 `forbidden` or `rejected`, by its words: on a write it mostly is about
///   the data; 404 and unknown paths `not_found`; 409 `conflict`; 429 `rate_limited` with its wait;
///   other 4xx `rejected`; 5xx `unavailable`.
///
/// Effects: a 4xx did nothing; a 5xx, a page, a redirect or broken JSON after a write may have done
/// it. `detail` carries the instance's words, cut to a sane length, and its X-Transaction-ID.
core::result<boost::json::value> decode(
    http::response const& answer, intent what, core::time_point now
);

/// The labels in "Data Policy Exception: The following fields are mandatory: A, B" as columns,
/// as far as they are labels of the base system; an instance may have renamed them.
std::vector<std::string> mandatory_fields(std::string_view detail);

/// The wait asked for by Retry-After or else X-RateLimit-Reset (unix time), a second at least; if
/// any.
std::optional<std::chrono::seconds> wait_asked_for(
    std::vector<http::header> const& headers, core::time_point now
);

/// Cuts at a character boundary, turns control characters into spaces.
std::string for_people(std::string_view text, std::size_t bytes_max = 400);

}  // namespace adapters::servicenow

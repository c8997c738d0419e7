#pragma once

#include <boost/json/value.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "connector/core/error.hpp"
#include "connector/core/time.hpp"
#include "connector/http/message.hpp"

/// What an answer of the REST API means. Pure.
namespace adapters::pagerduty {

namespace core = connector::core;
namespace http = connector::http;

/// Whether a call may change the account; decides what an untrustworthy answer leaves open.
enum class intent { reads, writes };

/// The numbers of PagerDuty's own that something hangs on (docs: "REST API: Errors").
enum class reason {
  already_resolved = 1001,
  already_acknowledged = 1002,
  requester_unknown = 1008,
  already_merged = 1019,
  arguments = 2002,
};

/// {"error": {"message", "code", "errors"}}, where `errors` is a list of sentences or, on newer
/// endpoints, lists of sentences by field.
struct complaint {
  std::string message;
  std::int64_t code = 0;  ///< 0: none
  std::vector<std::string> sentences;

  [[nodiscard]] bool is(reason r) const { return code == static_cast<std::int64_t>(r); }
  /// An open incident of this service carries the incident_key already.
  [[nodiscard]] bool duplicate_key() const;
  [[nodiscard]] std::string words() const;
};
complaint complaint_in(std::string_view body);

/// The JSON of an answer, or why there is none.
///
/// - 401 `unauthorized`; 403 `forbidden`; 402 `forbidden` (the plan lacks it); 404 `not_found`; 429
///   `rate_limited`, with its wait, half a minute where the answer names none; 408 and 5xx
///   `unavailable`; a duplicate key `conflict`; other 4xx `rejected`, with the fields of the model
///   that it names.
/// - 2xx without JSON: `unavailable`, with nothing said about its effect.
///
/// A 4xx had no effect, but for 408 after a write.
core::result<boost::json::value> decode(
    http::response const& answer, intent what, core::time_point now
);

/// The server's clock as the answer tells it.
std::optional<core::time_point> server_time(http::response const& answer);

/// Cuts at a character boundary, turns control characters into spaces.
std::string for_people(std::string_view text, std::size_t bytes_max = 300);

}  // namespace adapters::pagerduty

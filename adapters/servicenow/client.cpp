#include "adapters/servicenow/client.hpp"

#include <boost/json/array.hpp>
#include <charconv>

#include "connector/http/url.hpp"
#include "connector/http/wait.hpp"

namespace adapters::servicenow {

namespace asio = boost::asio;
namespace json = boost::json;
using core::errc;

namespace {

// Writes run the instance's business rules, which take seconds; a batch runs for up to 30 seconds
// and then ends with the item it is in.
constexpr auto read_deadline = std::chrono::seconds{30};
constexpr auto write_deadline = std::chrono::seconds{60};
constexpr auto batch_deadline = std::chrono::seconds{90};

bool is_json(http::response const& answer) {
  return http::find(answer.headers, "Content-Type").find("json") != std::string_view::npos;
}

std::string url_of(std::string const& base_url, listing const& asked) {
  std::string columns;
  for (auto const& column : asked.columns) {
    if (!columns.empty()) columns += ',';
    columns += column;
  }
  auto url = base_url + "/api/now/table/" + asked.table;
  url += "?sysparm_query=" + http::percent_encode(asked.what.text());
  url += "&sysparm_fields=" + http::percent_encode(columns);
  url += "&sysparm_limit=" + std::to_string(asked.rows_max);
  url += asked.with_display ? "&sysparm_display_value=all" : "&sysparm_display_value=false";
  url += "&sysparm_exclude_reference_link=true";
  if (!asked.counted) url += "&sysparm_no_count=true";
  if (asked.skip > 0) url += "&sysparm_offset=" + std::to_string(asked.skip);
  return url;
}

}  // namespace

core::result<row> row_in(json::value const& answer) {
  auto const* whole = answer.if_object();
  auto const* result = whole ? whole->if_contains("result") : nullptr;
  auto const* record = result ? result->if_object() : nullptr;
  if (!record) {
    return core::error{
        errc::malformed, "the answer to a write has no record in it", core::effect::unknown};
  }
  return *record;
}

client::client(settings const& with, adapter::surroundings world)
    : base_url_{with.base_url},
      world_{std::move(world)},
      sign_in_{with, world_.transport, world_.clock},
      places_{with.calls_at_once} {}

asio::awaitable<core::result<http::response>> client::exchange(http::request request, intent what) {
  auto const pass = co_await places_.enter();
  auto answer = co_await world_.transport.send(std::move(request));
  if (answer) co_return answer;
  core::error failed = answer.error();
  failed.detail = sign_in_.redacted(std::move(failed.detail));
  // Only a connection that never came about is known to have carried nothing.
  if (what == intent::reads) {
    failed.effect = core::effect::none;
  } else if (failed.code != errc::unreachable) {
    failed.effect = core::effect::unknown;
  }
  co_return failed;
}

asio::awaitable<core::result<http::response>> client::call(http::request request, intent what) {
  request.headers.push_back(http::header{"Accept", "application/json"});
  if (!request.body.empty()) {
    request.headers.push_back(http::header{"Content-Type", "application/json"});
  }
  for (auto again = true;; again = false) {
    auto const signature = co_await sign_in_.headers();
    if (!signature) co_return signature.error();
    auto signed_request = request;
    signed_request.headers.insert(
        signed_request.headers.end(), signature->begin(), signature->end()
    );
    auto answer = co_await exchange(std::move(signed_request), what);
    if (!answer) co_return answer;
    if (answer->status != 401) {
      // A page in place of an answer would bring the cookies of a session that is not signed in.
      if (is_json(*answer)) sign_in_.remember(*answer);
      co_return answer;
    }
    if (!sign_in_.renew(*signature) || !again) co_return answer;
  }
}

core::result<json::value> client::decoded(http::response const& answer, intent what) const {
  auto body = decode(answer, what, world_.clock.now());
  if (body) return body;
  core::error failed = body.error();
  failed.detail = sign_in_.redacted(std::move(failed.detail));
  return failed;
}

asio::awaitable<core::result<listed>> client::list(listing asked) {
  http::request request;
  request.url = url_of(base_url_, asked);
  request.deadline = read_deadline;
  auto const answer = co_await call(std::move(request), intent::reads);
  if (!answer) co_return answer.error();
  auto body = decoded(*answer, intent::reads);
  if (!body) co_return body.error();
  auto* whole = body->if_object();
  auto* result = whole ? whole->if_contains("result") : nullptr;
  auto* found = result ? result->if_array() : nullptr;
  if (!found) {
    co_return core::error{
        errc::malformed, "the answer to a query of " + asked.table + " has no list of results"};
  }
  listed page;
  page.rows.reserve(found->size());
  for (auto& one : *found) {
    auto* record = one.if_object();
    if (!record) {
      co_return core::error{errc::malformed, "a row of " + asked.table + " is no record"};
    }
    page.rows.push_back(std::move(*record));
  }
  page.more = found->size() >= asked.rows_max;
  std::size_t total = 0;
  auto const count = http::find(answer->headers, "X-Total-Count");
  auto const [end, ec] = std::from_chars(count.data(), count.data() + count.size(), total);
  if (asked.counted && !count.empty() && ec == std::errc{}) {
    auto const seen = asked.skip + asked.rows_max;
    page.behind = total > seen ? total - seen : 0;
    page.total = total;
    page.more = total > seen;
  }
  page.server_time = http::parse_http_date(http::find(answer->headers, "Date"));
  co_return page;
}

asio::awaitable<core::result<row>> client::send(write one) {
  http::request request;
  request.method = one.method;
  request.url = base_url_ + one.path;
  request.body = std::move(one.body);
  request.deadline = write_deadline;
  request.fresh_connection = !one.repeatable;
  auto const answer = co_await call(std::move(request), intent::writes);
  if (!answer) co_return answer.error();
  auto const body = decoded(*answer, intent::writes);
  if (!body) co_return body.error();
  co_return row_in(*body);
}

asio::awaitable<core::result<std::vector<batch_item>>> client::batch(
    std::vector<write> all, intent what
) {
  http::request request;
  request.method = "POST";
  request.url = base_url_ + "/api/now/v1/batch";
  request.body = batch_request(all);
  request.deadline = batch_deadline;
  for (auto const& one : all) request.fresh_connection |= !one.repeatable;
  auto const answer = co_await call(std::move(request), what);
  if (!answer) co_return answer.error();
  auto const body = decoded(*answer, what);
  if (!body) co_return body.error();
  co_return batch_answer(*body, all.size());
}

core::result<row> client::outcome(batch_item const& item) const {
  switch (item.became) {
    case batch_item::fate::unserved:
      return core::error{
          errc::rate_limited,
          "the batch ran out of its time before this request, which was not executed"};
    case batch_item::fate::untold:
      return core::error{
          errc::malformed,
          "the answer to a batch says nothing of this request",
          core::effect::unknown};
    case batch_item::fate::served:
      break;
  }
  auto const body = decoded(item.answer, intent::writes);
  if (!body) return body.error();
  return row_in(*body);
}

asio::awaitable<core::result<std::vector<core::result<row>>>> client::send_batch(
    std::vector<write> all
) {
  auto const items = co_await batch(std::move(all), intent::writes);
  if (!items) co_return items.error();
  std::vector<core::result<row>> results;
  results.reserve(items->size());
  for (auto const& item : *items) results.push_back(outcome(item));
  co_return results;
}

asio::awaitable<core::result<void>> client::try_batch(std::string table) {
  write read;
  read.method = "GET";
  read.path = "/api/now/table/" + table + "?sysparm_fields=sys_id&sysparm_limit=1";
  read.repeatable = true;
  std::vector<write> one;
  one.push_back(std::move(read));
  auto const items = co_await batch(std::move(one), intent::reads);
  if (!items) co_return items.error();
  if (items->front().became != batch_item::fate::served) {
    co_return core::error{errc::malformed, "the batch API did not serve its one request"};
  }
  auto const body = decoded(items->front().answer, intent::reads);
  if (!body) co_return body.error();
  core::result<void> const works;
  co_return works;
}

}  // namespace adapters::servicenow

#include "adapters/pagerduty/client.hpp"

#include <boost/json/serialize.hpp>

namespace adapters::pagerduty {

namespace asio = boost::asio;
using core::errc;

namespace {

constexpr auto read_deadline = std::chrono::seconds{30};
// Writes notify people and run workflows before they are answered.
constexpr auto write_deadline = std::chrono::seconds{60};

constexpr auto accept = "application/vnd.pagerduty+json;version=2";

bool flag_at(json::object const& from, std::string_view name) {
  auto const* at = from.if_contains(name);
  return at && at->is_bool() && at->get_bool();
}

}  // namespace

client::client(settings const& with, adapter::surroundings world)
    : base_url_{with.base_url},
      from_{with.from},
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
  request.headers.push_back(http::header{"Accept", accept});
  if (!request.body.empty()) {
    request.headers.push_back(http::header{"Content-Type", "application/json"});
  }
  for (auto again = true;; again = false) {
    auto const signature = co_await sign_in_.authorization();
    if (!signature) co_return signature.error();
    auto signed_request = request;
    signed_request.headers.push_back(http::header{"Authorization", signature->reveal()});
    auto answer = co_await exchange(std::move(signed_request), what);
    if (!answer) co_return answer;
    if (answer->status != 401) {
      sign_in_.worked(*signature);
      co_return answer;
    }
    if (!sign_in_.renew(*signature) || !again) co_return answer;
  }
}

core::result<reply> client::read_reply(http::response const& answer, intent what) {
  auto body = decode(answer, what, world_.clock.now());
  if (!body) {
    core::error failed = body.error();
    failed.detail = sign_in_.redacted(std::move(failed.detail));
    return failed;
  }
  if (!body->is_object()) {
    return core::error{
        errc::malformed,
        "the answer is no JSON object",
        what == intent::writes ? core::effect::unknown : core::effect::none};
  }
  reply found;
  found.body = std::move(body->get_object());
  found.at = server_time(answer).value_or(world_.clock.now());
  return found;
}

asio::awaitable<core::result<reply>> client::read(std::string path, http::parameters query) {
  http::request request;
  request.url = base_url_ + path;
  if (!query.empty()) request.url += "?" + http::make_query(query);
  request.deadline = read_deadline;
  auto const answer = co_await call(std::move(request), intent::reads);
  if (!answer) co_return answer.error();
  co_return read_reply(*answer, intent::reads);
}

asio::awaitable<core::result<page>> client::list(
    std::string path, std::string member, http::parameters query, slice part
) {
  query.emplace_back("limit", std::to_string(part.limit));
  query.emplace_back("offset", std::to_string(part.offset));
  if (part.counted) query.emplace_back("total", "true");
  auto answer = co_await read(std::move(path), std::move(query));
  if (!answer) co_return answer.error();
  auto* rows = answer->body.if_contains(member);
  if (!rows || !rows->is_array()) {
    co_return core::error{errc::malformed, "the answer has no list of " + member};
  }
  page found;
  found.at = answer->at;
  found.rows.reserve(rows->get_array().size());
  for (auto& row : rows->get_array()) {
    if (!row.is_object()) {
      co_return core::error{errc::malformed, "an entry of " + member + " is no object"};
    }
    found.rows.push_back(std::move(row.get_object()));
  }
  found.more = flag_at(answer->body, "more");
  if (auto const* total = answer->body.if_contains("total"); total && total->is_int64()) {
    found.total = static_cast<std::size_t>(std::max<std::int64_t>(total->get_int64(), 0));
  }
  co_return found;
}

asio::awaitable<core::result<std::vector<json::object>>> client::list_all(
    std::string path, std::string member, http::parameters query, std::size_t rows_max
) {
  std::vector<json::object> all;
  slice part;
  while (true) {
    auto found = co_await list(path, member, query, part);
    if (!found) co_return found.error();
    for (auto& row : found->rows) all.push_back(std::move(row));
    if (!found->more || found->rows.empty() || all.size() >= rows_max) co_return all;
    part.offset += found->rows.size();
  }
}

asio::awaitable<core::result<reply>> client::write(
    std::string method, std::string path, json::object body
) {
  http::request request;
  request.method = std::move(method);
  request.url = base_url_ + path;
  request.headers.push_back(http::header{"From", from_});
  request.body = json::serialize(body);
  request.deadline = write_deadline;
  request.fresh_connection = true;
  auto const answer = co_await call(std::move(request), intent::writes);
  if (!answer) co_return answer.error();
  co_return read_reply(*answer, intent::writes);
}

}  // namespace adapters::pagerduty

#include "adapters/jira/client.hpp"

#include <boost/json/array.hpp>
#include <boost/json/serialize.hpp>
#include <functional>

#include "connector/http/url.hpp"
#include "connector/http/wait.hpp"

namespace adapters::jira {

namespace asio = boost::asio;
using core::errc;

namespace {

constexpr auto read_deadline = std::chrono::seconds{30};
constexpr auto write_deadline = std::chrono::seconds{60};

core::error no_list(std::string_view of) {
  return {errc::malformed, "the answer has no list of " + std::string{of}};
}

json::array texts(std::vector<std::string> const& all) {
  json::array out;
  for (auto const& one : all) out.emplace_back(one);
  return out;
}

/// Ids go as numbers: reconcileIssues takes nothing else.
json::array numbers(std::vector<std::string> const& all) {
  json::array out;
  for (auto const& one : all) out.emplace_back(std::stoll(one));
  return out;
}

core::result<std::vector<issue>> issues_in(json::value const& body) {
  auto const* whole = body.if_object();
  auto const* list = whole ? array_at(*whole, "issues") : nullptr;
  if (!list) return no_list("issues");
  std::vector<issue> found;
  found.reserve(list->size());
  for (auto const& one : *list) {
    auto const* object = one.if_object();
    if (!object) return core::error{errc::malformed, "an issue in the answer is no object"};
    found.push_back(*object);
  }
  return found;
}

}  // namespace

client::client(settings const& with, adapter::surroundings world)
    : base_url_{with.base_url},
      api_{with.edition == edition::cloud ? "/rest/api/3" : "/rest/api/2"},
      edition_{with.edition},
      world_{std::move(world)},
      calls_at_once_{with.calls_at_once},
      sign_in_{with, world_.transport, world_.clock},
      places_{with.calls_at_once} {}

asio::awaitable<core::result<http::response>> client::exchange(http::request request, intent what) {
  auto const pass = co_await places_.enter();
  auto answer = co_await world_.transport.send(std::move(request));
  if (answer) {
    auto const date = http::parse_http_date(http::find(answer->headers, "Date"));
    if (date) server_time_ = date;
    co_return answer;
  }
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

asio::awaitable<core::result<json::value>> client::signed_call(http::request request, intent what) {
  request.headers.push_back(http::header{"Accept", "application/json"});
  // Else the words of a refusal come in the language of the account.
  request.headers.push_back(http::header{"Accept-Language", "en"});
  if (!request.body.empty()) {
    request.headers.push_back(http::header{"Content-Type", "application/json"});
  }
  for (auto again = true;; again = false) {
    auto const signature = co_await sign_in_.header();
    if (!signature) co_return signature.error();
    auto signed_request = request;
    signed_request.headers.push_back(*signature);
    auto answer = co_await exchange(std::move(signed_request), what);
    if (!answer) co_return answer.error();
    if (answered_as_nobody(*answer) && sign_in_.renew(*signature) && again) continue;
    auto body = decode(*answer, what, world_.clock.now());
    if (body) {
      sign_in_.proven();
      co_return body;
    }
    core::error failed = body.error();
    failed.detail = sign_in_.redacted(std::move(failed.detail));
    co_return failed;
  }
}

asio::awaitable<core::result<void>> client::know_ourselves() {
  auto const pass = co_await one_introduction_.enter();
  if (!introduced_) {
    auto const known = co_await myself();
    if (!known) co_return known.error();
  }
  core::result<void> const done;
  co_return done;
}

asio::awaitable<core::result<json::object>> client::myself() {
  http::request request;
  request.url = base_url_ + api_ + "/myself";
  request.deadline = read_deadline;
  auto const body = co_await signed_call(std::move(request), intent::reads);
  if (!body) co_return body.error();
  auto const* who = body->if_object();
  auto const known = who && (who->contains("accountId") || who->contains("name"));
  if (!known) {
    co_return core::error{errc::malformed, "Jira does not say who we are: no account in /myself"};
  }
  introduced_ = true;
  account_ = text_at(*who, "accountId");
  if (account_.empty()) account_ = text_at(*who, "name");
  co_return *who;
}

asio::awaitable<core::result<json::value>> client::call(http::request request, intent what) {
  if (!introduced_) {
    auto const known = co_await know_ourselves();
    if (!known) co_return known.error();
  }
  co_return co_await signed_call(std::move(request), what);
}

asio::awaitable<core::result<json::value>> client::get(std::string path) {
  http::request request;
  request.url = base_url_ + path;
  request.deadline = read_deadline;
  co_return co_await call(std::move(request), intent::reads);
}

asio::awaitable<core::result<json::value>> client::ask(std::string path, json::value body) {
  http::request request;
  request.method = "POST";
  request.url = base_url_ + path;
  request.body = json::serialize(body);
  request.deadline = read_deadline;
  co_return co_await call(std::move(request), intent::reads);
}

asio::awaitable<core::result<json::value>> client::send(
    std::string method, std::string path, json::value body, bool repeatable
) {
  http::request request;
  request.method = std::move(method);
  request.url = base_url_ + path;
  request.body = json::serialize(body);
  request.deadline = write_deadline;
  request.fresh_connection = !repeatable;
  co_return co_await call(std::move(request), intent::writes);
}

asio::awaitable<core::result<found_issues>> client::find(search what) {
  json::object body;
  body["jql"] = what.jql;
  body["fields"] = texts(what.fields);
  body["maxResults"] = what.rows_max;
  if (is_cloud()) {
    if (!what.token.empty()) body["nextPageToken"] = what.token;
    if (!what.reconcile.empty()) body["reconcileIssues"] = numbers(what.reconcile);
  } else {
    body["startAt"] = what.skip;
  }
  auto const answer =
      co_await ask(api_ + (is_cloud() ? "/search/jql" : "/search"), std::move(body));
  if (!answer) co_return answer.error();
  auto issues = issues_in(*answer);
  if (!issues) co_return issues.error();
  found_issues page;
  page.issues = std::move(*issues);
  auto const& whole = answer->get_object();
  if (is_cloud()) {
    page.token = text_at(whole, "nextPageToken");
    page.more = !page.token.empty();
    if (page.more && page.token == what.token) {
      co_return core::error{errc::malformed, "Jira repeats a page of a search for ever"};
    }
  } else if (auto const* total = whole.if_contains("total"); total && total->is_int64()) {
    page.total = static_cast<std::size_t>(std::max<std::int64_t>(0, total->get_int64()));
    // Rows that come twice fill no page.
    auto const listed = std::min(page.issues.size(), what.rows_max);
    page.more = listed > 0 && what.skip + listed < *page.total;
  } else {
    co_return core::error{errc::malformed, "a search did not say how many issues there are"};
  }
  co_return page;
}

asio::awaitable<core::result<std::vector<issue>>> client::fetch(
    std::vector<std::string> ids, std::vector<std::string> fields, history past
) {
  using part_result = core::result<std::vector<issue>>;
  // Data Center has no call for many issues that does not go through the index.
  auto const at_once = is_cloud() ? bulk_ids_max : std::size_t{1};
  std::string list;
  for (auto const& field : fields) list += (list.empty() ? "" : ",") + field;
  std::function<asio::awaitable<part_result>(std::size_t)> part =
      [&](std::size_t n) -> asio::awaitable<part_result> {
    if (!is_cloud()) {
      auto path = api_ + "/issue/" + ids[n] + "?fields=" + http::percent_encode(list);
      if (past == history::recent) path += "&expand=changelog";
      auto const one = co_await get(std::move(path));
      std::vector<issue> single;
      if (!one) {
        if (one.error().code != errc::not_found) co_return one.error();
        co_return single;
      }
      if (!one->is_object()) co_return no_list("fields");
      single.push_back(one->get_object());
      co_return single;
    }
    auto const from = ids.begin() + static_cast<std::ptrdiff_t>(n * at_once);
    auto const to =
        ids.begin() + static_cast<std::ptrdiff_t>(std::min(ids.size(), (n + 1) * at_once));
    std::vector<std::string> const some(from, to);
    json::object body;
    body["issueIdsOrKeys"] = texts(some);
    body["fields"] = texts(fields);
    if (past == history::recent) body["expand"] = json::array{"changelog"};
    auto const answer = co_await ask(api_ + "/issue/bulkfetch", std::move(body));
    if (!answer) co_return answer.error();
    co_return issues_in(*answer);
  };
  auto const parts = (ids.size() + at_once - 1) / at_once;
  auto answered = co_await async::gather<part_result>(parts, calls_at_once_, part);
  std::vector<issue> all;
  for (auto& one : answered) {
    if (!one) co_return one.error();
    std::ranges::move(*one, std::back_inserter(all));
  }
  co_return all;
}

}  // namespace adapters::jira

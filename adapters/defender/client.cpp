#include "adapters/defender/client.hpp"

#include <algorithm>
#include <boost/json/serialize.hpp>
#include <cassert>
#include <charconv>
#include <utility>

#include "adapters/defender/words.hpp"
#include "connector/http/url.hpp"

namespace adapters::defender {
namespace asio = boost::asio;
namespace core = connector::core;
namespace http = connector::http;
namespace json = boost::json;

namespace {

constexpr std::size_t calls_per_batch = 20;
/// Alerts with their evidence reach a megabyte for one incident.
constexpr std::size_t expanded_bytes_max = 64u << 20;

bool is_json(std::string_view type) {
  auto const kind = type.substr(0, type.find_first_of("; "));
  return kind.empty() || equal_ignoring_case(kind, "application/json") || kind.ends_with("+json");
}

core::effect effect_of(bool writes) { return writes ? core::effect::unknown : core::effect::none; }

/// An error of a read leaves things as they are, whatever the transport had to assume.
core::error of_call(core::error e, std::string const& title, bool writes) {
  e.detail = title + ": " + e.detail;
  if (!writes) e.effect = core::effect::none;
  return e;
}

std::vector<http::header> headers_of(core::record const& item) {
  std::vector<http::header> headers;
  auto const* found = item.if_contains("headers");
  auto const* in = found ? found->if_object() : nullptr;
  if (!in) return headers;
  for (auto const& member : *in) {
    headers.push_back({std::string{member.key()}, core::text_of(member.value())});
  }
  return headers;
}

core::error no_parts(std::string const& title, bool writes) {
  auto const why = title + ": the answer has no list called responses";
  return {core::errc::malformed, why, effect_of(writes)};
}

/// The place of an answer's item among the calls, if it is one of theirs.
std::optional<std::size_t> index_of(core::record const& item, std::size_t count) {
  auto const text = core::text_of(core::field(item, "id"));
  std::size_t index = 0;
  auto const* end = text.data() + text.size();
  auto const [stop, failed] = std::from_chars(text.data(), end, index);
  if (text.empty() || failed != std::errc{} || stop != end || index >= count) return std::nullopt;
  return index;
}

core::result<core::value> item_result(core::record& item, call const& asked, core::time_point now) {
  auto const title = asked.title();
  auto const* status = core::field(item, "status").if_int64();
  if (!status) {
    return core::error{
        core::errc::malformed,
        title + ": its part of the $batch answer has no status",
        effect_of(asked.writes())};
  }
  auto* body = item.if_contains("body");
  if (*status < 200 || *status > 299) {
    reply const answer{
        static_cast<int>(*status), headers_of(item), body ? *body : core::value(nullptr)};
    return refusal(answer, title, asked.writes(), now);
  }
  if (!body || !body->is_object()) {
    return core::error{
        core::errc::malformed,
        title + ": its part of the $batch answer has no content",
        effect_of(asked.writes())};
  }
  return core::value(std::move(*body));
}

}  // namespace

client::client(settings const& chosen, connector::adapter::surroundings with)
    : settings_{chosen}, with_{with}, tokens_{chosen, with}, places_{chosen.calls_at_once} {}

client::outgoing client::prepare(call const& one, std::string const& base_url) {
  outgoing out;
  out.method = one.method;
  out.url = base_url + one.path;
  if (!one.body.is_null()) out.body = json::serialize(one.body);
  out.title = one.title();
  out.writes = one.writes();
  if (one.path.find("$expand=") != std::string::npos) out.body_bytes_max = expanded_bytes_max;
  return out;
}

client::awaitable<core::result<rows>> client::list(call page) {
  auto found = co_await list_with_headers(std::move(page));
  if (!found) co_return found.error();
  co_return std::move(found->page);
}

client::awaitable<core::result<client::probe>> client::list_with_headers(call page) {
  auto out = prepare(page, settings_.base_url);
  auto answer = co_await exchange(std::move(out));
  if (!answer) co_return answer.error();
  auto found = to_rows(std::move(answer->body));
  if (!found) co_return of_call(found.error(), page.title(), false);
  probe out_of{std::move(*found), std::move(answer->headers)};
  co_return out_of;
}

client::awaitable<core::result<rows>> client::follow(std::string link) {
  outgoing out;
  out.method = "GET";
  out.title = "GET of a nextLink";
  out.body_bytes_max = expanded_bytes_max;
  if (!http::same_origin(link, settings_.base_url)) {
    co_return core::error{
        core::errc::malformed, out.title + ": it leads away from " + settings_.base_url};
  }
  out.url = std::move(link);
  auto const title = out.title;
  auto answer = co_await exchange(std::move(out));
  if (!answer) co_return answer.error();
  auto found = to_rows(std::move(answer->body));
  if (!found) co_return of_call(found.error(), title, false);
  co_return std::move(*found);
}

client::awaitable<std::vector<core::result<core::value>>> client::each(std::vector<call> calls) {
  if (calls.size() > 1) co_return co_await batch(std::move(calls));
  std::vector<core::result<core::value>> results;
  if (calls.empty()) co_return results;
  auto out = prepare(calls.front(), settings_.base_url);
  auto answer = co_await exchange(std::move(out));
  if (!answer) {
    results.emplace_back(answer.error());
  } else {
    results.emplace_back(std::move(answer->body));
  }
  co_return results;
}

client::awaitable<std::vector<core::result<core::value>>> client::batch(std::vector<call> calls) {
  assert(calls.size() <= calls_per_batch);
  outgoing out;
  out.method = "POST";
  out.url = settings_.base_url + "/$batch";
  out.body = json::serialize(batch_body(calls));
  out.writes = std::any_of(calls.begin(), calls.end(), [](call const& c) { return c.writes(); });
  out.cost = static_cast<unsigned>(calls.size());
  out.title = "POST /$batch (" + calls.front().title() + " and others)";
  out.body_bytes_max = expanded_bytes_max;
  auto const writes = out.writes;
  auto const title = out.title;
  auto answer = co_await exchange(std::move(out));

  std::vector<core::result<core::value>> results;
  auto* body = answer ? answer->body.if_object() : nullptr;
  auto* list = body ? body->if_contains("responses") : nullptr;
  if (!list || !list->is_array()) {
    auto e = answer ? no_parts(title, writes) : answer.error();
    results.assign(calls.size(), core::result<core::value>{std::move(e)});
    co_return results;
  }
  for (auto const& asked : calls) {
    results.emplace_back(core::error{
        core::errc::malformed,
        asked.title() + ": the $batch answer has no part for it",
        effect_of(asked.writes())});
  }
  // Parts come in any order.
  for (auto& part : list->get_array()) {
    auto* item = part.if_object();
    auto const index = item ? index_of(*item, calls.size()) : std::nullopt;
    if (!index) continue;
    auto one = item_result(*item, calls[*index], with_.clock.now());
    if (!one) {
      auto e = one.error();
      e.detail = tokens_.redacted(std::move(e.detail));
      if (e.code == core::errc::unauthorized) tokens_.forget();
      one = std::move(e);
    }
    results[*index] = std::move(one);
  }
  co_return results;
}

client::awaitable<core::result<void>> client::sign_in() {
  auto const token = co_await tokens_.token();
  if (!token) co_return token.error();
  co_return core::result<void>{};
}

http::request client::make_request(outgoing const& call, core::secret const& token) {
  http::request out;
  out.method = call.method;
  out.url = call.url;
  out.body = call.body;
  out.headers = {
      {"Authorization", "Bearer " + token.reveal()},
      {"Accept", "application/json"},
      // Without it awaitingAction arrives as unknownFutureValue.
      {"Prefer", "include-unknown-enum-members"},
      {"client-request-id", connector::async::make_uuid(with_.random)},
      {"User-Agent", "itsm-connector/" CONNECTOR_VERSION},
  };
  if (!call.body.empty()) out.headers.push_back({"Content-Type", "application/json"});
  out.deadline = settings_.deadline;
  out.cost = call.cost;
  out.body_bytes_max = call.body_bytes_max;
  out.fresh_connection = call.writes;
  return out;
}

client::awaitable<core::result<http::response>> client::send(outgoing call) {
  auto token = co_await tokens_.token();
  if (!token) co_return of_call(token.error(), call.title, false);
  auto const pass = co_await places_.enter();
  auto request = make_request(call, *token);
  auto answer = co_await with_.transport.send(std::move(request));
  if (answer && answer->status == 401) {
    // Refused before anything was done, so sending again repeats nothing.
    tokens_.drop(*token);
    token = co_await tokens_.token();
    if (!token) co_return of_call(token.error(), call.title, false);
    request = make_request(call, *token);
    answer = co_await with_.transport.send(std::move(request));
  }
  if (!answer) co_return of_call(answer.error(), call.title, call.writes);
  co_return std::move(*answer);
}

client::awaitable<core::result<reply>> client::exchange(outgoing call) {
  auto const title = call.title;
  auto const writes = call.writes;
  auto answer = co_await send(std::move(call));
  if (!answer) co_return answer.error();

  auto const type = http::find(answer->headers, "Content-Type");
  auto parsed = is_json(type) ? reader_.parse(answer->body)
                              : core::error{core::errc::malformed, "no JSON but " + tidy(type)};
  auto const good = answer->status >= 200 && answer->status < 300;
  if (good && !parsed) {
    auto e = of_call(parsed.error(), title, writes);
    e.effect = effect_of(writes);
    // Graph answers in JSON alone: a page in HTML is a proxy's or a gateway's.
    if (type.starts_with("text/html")) e.code = core::errc::unavailable;
    co_return e;
  }
  reply read{answer->status, std::move(answer->headers), nullptr};
  // Copies it into memory of its own: a page's rows are kept for long, and moved they would keep
  // the whole of what the page took to parse. It doubled the service's peak with 10,000 incidents.
  if (parsed) read.body = std::move(*parsed);
  if (good) co_return read;
  auto e = refusal(read, title, writes, with_.clock.now());
  e.detail = tokens_.redacted(std::move(e.detail));
  co_return e;
}

}  // namespace adapters::defender

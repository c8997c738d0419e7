#include "connector/command/backfills.hpp"

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <exception>

#include "connector/http/url.hpp"

namespace connector::command {
using boost::asio::awaitable;

namespace {

http::reply json(int status, core::value const& v) {
  http::reply r;
  r.status = status;
  r.headers.push_back({"Content-Type", "application/json"});
  r.body = boost::json::serialize(v) + "\n";
  return r;
}

http::reply refusal(int status, std::string why) {
  return json(status, core::record{{"error", std::move(why)}});
}

std::string key_of(sync::backfill_request const& asked) {
  return (asked.dry_run ? "dry " : "") + asked.route;
}

/// The same incidents; how fast may change on the way.
bool same_work(sync::backfill_request a, sync::backfill_request const& b) {
  a.calls_per_minute = b.calls_per_minute;
  return a == b;
}

}  // namespace

core::record shown(backfill_view const& view) {
  auto out = sync::shown(view.state);
  out["waiting"] = view.waiting;
  out["done"] = view.done;
  return out;
}

core::result<backfill_view> backfill_view_from(core::record const& from) {
  auto state = sync::backfill_state_from(from);
  if (!state) return state.error();
  backfill_view out;
  out.state = std::move(*state);
  if (auto const* n = core::field(from, "waiting").if_int64()) {
    out.waiting = static_cast<std::size_t>(*n);
  }
  auto const* done = core::field(from, "done").if_bool();
  out.done = done && *done;
  return out;
}

backfills::backfills(
    boost::asio::any_io_executor executor, sync::engine& engine, store::store& store
)
    : engine_{engine},
      store_{store},
      // A bug: it ends the process with its stack, as everywhere.
      tasks_{std::move(executor), [](std::string const&, std::exception_ptr failure) {
               std::rethrow_exception(failure);
             }} {}

awaitable<http::reply> backfills::answer(http::request request) {
  constexpr std::string_view under = "/backfills/";
  if (request.method == "POST") co_return co_await begin(std::move(request));
  auto const question = request.url.find('?');
  auto const path = request.url.substr(0, question);
  if (!path.starts_with(under)) co_return refusal(404, "GET /backfills/ROUTE");
  auto route = http::percent_decode(std::string_view{path}.substr(under.size()));
  if (!route) co_return refusal(400, "not a percent-encoded path");
  auto const dry = question != std::string::npos && request.url.substr(question) == "?dry_run=true";
  co_return co_await view((dry ? "dry " : "") + *route);
}

awaitable<http::reply> backfills::begin(http::request request) {
  // What a page in somebody's browser can send without being asked about is not taken.
  if (!http::find(request.headers, "Content-Type").starts_with("application/json")) {
    co_return refusal(415, "application/json is needed");
  }
  boost::json::error_code ec;
  auto parsed = boost::json::parse(request.body, ec);
  if (ec || !parsed.is_object()) co_return refusal(400, "not a JSON object");
  auto asked = sync::backfill_request_from(parsed.get_object());
  if (!asked) co_return refusal(400, asked.error().detail);
  auto const is_known =
      std::any_of(engine_.routes().begin(), engine_.routes().end(), [&](auto const& r) {
        return r.name == asked->route;
      });
  if (!is_known) co_return refusal(400, "no route is called '" + asked->route + "'");

  auto const key = key_of(*asked);
  if (auto const at = known_.find(key); at != known_.end() && at->second->listing) {
    if (same_work(at->second->state.asked, *asked)) co_return co_await view(key);
    co_return refusal(409, "another backfill of this route is under way");
  }
  auto mine = std::make_shared<one>();
  mine->state.asked = *asked;
  if (!asked->dry_run) {
    auto before = co_await engine_.last_backfill(asked->route);
    if (!before) co_return refusal(503, before.error().detail);
    if (*before && !(*before)->all_listed && same_work((*before)->asked, *asked)) {
      mine->state = std::move(**before);
      mine->state.asked = *asked;
    }
  }
  mine->listing = true;
  known_[key] = mine;
  tasks_.spawn("backfill", list(std::move(mine)));
  auto answer = co_await view(key);
  answer.status = 202;
  co_return answer;
}

awaitable<void> backfills::list(std::shared_ptr<one> mine) {
  mine->outcome = co_await engine_.backfill(mine->state);
  if (!mine->outcome) mine->state.trouble = mine->outcome.error().detail;
  mine->listing = false;
}

awaitable<http::reply> backfills::view(std::string key) {
  backfill_view out;
  if (auto const at = known_.find(key); at != known_.end()) {
    out.state = at->second->state;
    out.done = !at->second->listing;
  } else {
    auto before = co_await engine_.last_backfill(key);
    if (!before) co_return refusal(503, before.error().detail);
    if (!*before) co_return refusal(404, "there was no backfill of this route");
    out.state = std::move(**before);
    out.done = true;
  }
  if (!out.state.asked.dry_run) {
    auto counts = co_await store_.count();
    if (!counts) co_return refusal(503, counts.error().detail);
    out.waiting = counts->opening;
    if (out.done) {
      auto waits = co_await engine_.backlog_waits();
      if (!waits) co_return refusal(503, waits.error().detail);
      out.done = !*waits;
    }
  }
  co_return json(200, shown(out));
}

awaitable<void> backfills::stop() {
  tasks_.cancel();
  co_await tasks_.drain();
}

}  // namespace connector::command

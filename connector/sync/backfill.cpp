#include "connector/sync/backfill.hpp"

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

#include "connector/sync/engine.hpp"

namespace connector::sync {
using boost::asio::awaitable;

namespace {

constexpr std::chrono::seconds trouble_wait{5};

std::string record_name(std::string const& route) { return "backfill " + route; }

std::size_t count_in(core::record const& from, std::string_view key) {
  auto const& v = core::field(from, key);
  if (auto const* n = v.if_int64()) return *n > 0 ? static_cast<std::size_t>(*n) : 0;
  if (auto const* n = v.if_uint64()) return static_cast<std::size_t>(*n);
  return 0;
}

double number_in(core::record const& from, std::string_view key) {
  auto const& v = core::field(from, key);
  return v.is_number() ? v.to_number<double>() : 0;
}

bool flag_in(core::record const& from, std::string_view key) {
  auto const* flag = core::field(from, key).if_bool();
  return flag && *flag;
}

}  // namespace

std::optional<core::time_point> parse_day_or_time(std::string_view text) {
  if (text.size() == 10) return core::parse_time(std::string{text} + "T00:00:00Z");
  return core::parse_time(text);
}

core::result<backfill_request> backfill_request_from(core::record const& from) {
  using core::errc;
  backfill_request out;
  out.route = core::text_of(core::field(from, "route"));
  if (out.route.empty()) return core::error{errc::invalid, "'route' is missing"};
  auto const since = parse_day_or_time(core::text_of(core::field(from, "since")));
  if (!since) return core::error{errc::invalid, "'since' is no date such as 2026-01-31"};
  out.since = *since;
  if (auto const text = core::text_of(core::field(from, "until")); !text.empty()) {
    out.until = parse_day_or_time(text);
    if (!out.until) return core::error{errc::invalid, "'until' is no date such as 2026-01-31"};
    if (*out.until <= out.since) return core::error{errc::invalid, "'until' is before 'since'"};
  }
  out.most = count_in(from, "max");
  out.calls_per_minute = number_in(from, "calls_per_minute");
  out.dry_run = flag_in(from, "dry_run");
  return out;
}

core::record shown(backfill_state const& state) {
  auto const& asked = state.asked;
  core::record out{{"route", asked.route}, {"since", core::format_time(asked.since)}};
  if (asked.until) out["until"] = core::format_time(*asked.until);
  if (asked.most > 0) out["max"] = asked.most;
  if (asked.calls_per_minute > 0) out["calls_per_minute"] = asked.calls_per_minute;
  if (asked.dry_run) out["dry_run"] = true;
  if (state.position) out["position"] = core::format_time(*state.position);
  out["all_listed"] = state.all_listed;
  out["seen"] = state.seen;
  out["to_open"] = state.to_open;
  out["linked"] = state.linked;
  out["unwanted"] = state.unwanted;
  if (!state.trouble.empty()) out["trouble"] = state.trouble;
  return out;
}

core::result<backfill_state> backfill_state_from(core::record const& from) {
  auto asked = backfill_request_from(from);
  if (!asked) return asked.error();
  backfill_state out;
  out.asked = std::move(*asked);
  out.position = core::parse_time(core::text_of(core::field(from, "position")));
  out.all_listed = flag_in(from, "all_listed");
  out.seen = count_in(from, "seen");
  out.to_open = count_in(from, "to_open");
  out.linked = count_in(from, "linked");
  out.unwanted = count_in(from, "unwanted");
  out.trouble = core::text_of(core::field(from, "trouble"));
  return out;
}

awaitable<core::result<std::optional<backfill_state>>> engine::last_backfill(std::string route) {
  using found = std::optional<backfill_state>;
  auto text = co_await with_.store.setting(record_name(route));
  if (!text) co_return text.error();
  if (!*text) co_return found{};
  boost::json::error_code ec;
  auto parsed = boost::json::parse(**text, ec);
  if (ec || !parsed.is_object()) co_return found{};
  auto state = backfill_state_from(parsed.get_object());
  if (!state) co_return found{};
  co_return found{std::move(*state)};
}

awaitable<core::result<void>> engine::backfill(backfill_state& so_far) {
  auto const& asked = so_far.asked;
  route const* on = nullptr;
  for (auto const& r : routes_) {
    if (r.name == asked.route) on = &r;
  }
  if (!on) co_return core::error{core::errc::invalid, "no route is called '" + asked.route + "'"};
  for (auto* c : {on->from, on->to}) {
    if (c->budget) c->budget->set_background_limit(asked.calls_per_minute);
  }
  adapter::change_query query;
  query.wants = wants_of(*on->from);
  while (!so_far.all_listed) {
    // What was made then may have changed at any time since.
    if (query.continuation.empty()) query.from = so_far.position.value_or(asked.since);
    core::result<adapter::change_page> page{
        core::error{core::errc::unavailable, on->from->name + " is not to be called for now"}};
    if (!is_closed(*on->from)) {
      auto next = query;
      page = co_await on->from->in(http::lane::background).changes(std::move(next));
    }
    if (!page) {
      so_far.trouble = page.error().detail;
      if (asked.dry_run) co_return page.error();
      query.continuation.clear();
      auto const soonest = with_.clock.steady_now() + trouble_wait;
      co_await with_.clock.sleep_until(std::max(soonest, on->from->closed_until));
      continue;
    }
    so_far.trouble.clear();
    so_far.all_listed = page->continuation.empty();
    query.continuation = std::move(page->continuation);
    auto done = co_await enlist(*on, std::move(page->rows), so_far);
    if (!done) co_return done.error();
  }
  co_return core::result<void>{};
}

awaitable<core::result<void>> engine::enlist(
    route const& r, std::vector<adapter::object> rows, backfill_state& so_far
) {
  auto const& asked = so_far.asked;
  std::vector<std::string> ids;
  for (auto const& row : rows) ids.push_back(row.id);
  // Between two batches, so that none is at work on a link that is put down here.
  auto const pass = co_await gates_.at(r.name)->enter();
  auto links = co_await with_.store.links_by_incident(r.from->name, std::move(ids));
  if (!links) co_return links.error();
  std::vector<std::string> known;
  for (auto const& l : *links) {
    if (l.route == r.name) known.push_back(l.incident_id);
  }
  store::changes put_down;
  auto const seen_before = so_far.position;
  for (auto const& row : rows) {
    auto const had = std::find(known.begin(), known.end(), row.id) != known.end();
    // Pages begin where the one before ended, so that a row on the border comes twice.
    auto const again = had && seen_before && row.changed_at <= *seen_before;
    auto const in_time =
        row.created_at >= asked.since && (!asked.until || row.created_at < *asked.until);
    if (in_time && !again && row.presence == adapter::presence::present) {
      if (!had && r.map->opens(row.fields).opens) {
        if (asked.most > 0 && so_far.to_open == asked.most) {
          so_far.all_listed = true;
          break;
        }
        ++so_far.to_open;
        known.push_back(row.id);
        auto link = new_link(r, row);
        link.lane += backlog_lane;
        link.due = link.changed_at = with_.clock.now();
        put_down.links.push_back(std::move(link));
      } else {
        ++(had ? so_far.linked : so_far.unwanted);
      }
      ++so_far.seen;
    }
    so_far.position = std::max(so_far.position.value_or(row.changed_at), row.changed_at);
  }
  if (asked.dry_run) co_return core::result<void>{};
  // A merge may have given an incident's link to another incident: that one is not made anew.
  std::vector<std::string> fresh;
  for (auto const& l : put_down.links) fresh.push_back(l.id);
  auto taken = co_await with_.store.links(std::move(fresh));
  if (!taken) co_return taken.error();
  for (auto const& l : *taken) {
    auto const dropped = std::erase_if(put_down.links, [&](auto const& p) { return p.id == l.id; });
    so_far.to_open -= dropped;
    so_far.linked += dropped;
  }
  put_down.settings[record_name(asked.route)] = boost::json::serialize(shown(so_far));
  if (!put_down.links.empty()) backlog_due_ = true;
  auto done = co_await with_.store.commit(std::move(put_down));
  if (done) due_changed_.notify();
  co_return done;
}

}  // namespace connector::sync

#include "connector/sync/batch.hpp"

#include <algorithm>
#include <boost/json/serialize.hpp>
#include <spdlog/spdlog.h>
#include <utility>

namespace connector::sync {
using boost::asio::awaitable;
using mapping::side;
using store::link_state;

namespace {

constexpr int rounds_max = 40;
constexpr std::chrono::seconds backoff_first{1};
constexpr std::chrono::seconds backoff_max{900};
/// When links of a held route are looked at again: how long a release may take to show.
constexpr std::chrono::seconds held_again{120};

}  // namespace

bool is_connection_trouble(core::errc code) {
  using core::errc;
  return code == errc::unauthorized || code == errc::forbidden || code == errc::unreachable ||
         code == errc::unavailable || code == errc::rate_limited || code == errc::timeout;
}

batch::batch(
    reconciler::surroundings& with, async::gate& merging, route on, std::vector<item> items
)
    : with_{with}, merging_{merging}, on_{std::move(on)} {
  auto const comments = on_.map->comments().direction != mapping::direction::never;
  incident_wants_ = {on_.map->fields(side::incident), comments};
  ticket_wants_ = {on_.map->fields(side::ticket), comments};
  all_.reserve(items.size());
  for (auto& i : items) {
    work w;
    w.item = std::move(i);
    w.came_due = w.item.link.due.has_value();
    // The sweep takes what others leave, whatever it looks at.
    if (!w.item.swept) lane_ = std::min(lane_, call_lane(w.item.link.lane));
    all_.push_back(std::move(w));
  }
}

awaitable<core::result<void>> batch::run() {
  if (on_.held && !on_.held->route.empty()) {
    hold_back();
    co_return co_await commit();
  }
  for (auto s : {side::incident, side::ticket}) {
    auto read = co_await read_missing(s);
    if (!read) co_return read.error();
  }
  auto returned = co_await take_back();
  if (!returned) co_return returned.error();
  recorded_at_ = now();
  auto merged = co_await follow_merges();
  if (!merged) co_return merged.error();
  set_aside_merged_tickets();
  auto settled = co_await settle_doubts();
  if (!settled) co_return settled.error();
  set_aside_merged_tickets();
  leave_merges_for_later();
  co_await adopt_existing();
  // What was settled is committed together with what follows from it. Apart, a crash in between
  // would leave a link whose versions are accepted and whose differences nobody looks at any more.
  for (int round = 0; round < rounds_max && any_active(); ++round) {
    auto ledger = co_await load_ledgers();
    if (!ledger) co_return ledger.error();
    co_await decide();
    auto named = co_await name_controls();
    if (!named) co_return named.error();
    plan_all_comments();
    auto decided = co_await commit();
    if (!decided) co_return decided.error();
    auto sent = co_await send();
    if (!sent) co_return sent.error();
    recorded_at_ = now();
  }
  for (auto& w : all_) {
    if (!std::exchange(w.active, false)) continue;
    w.link().due = now();
    w.changed = true;
  }
  co_return co_await commit();
}

context batch::context_for() const {
  return {
      *on_.map,
      answers_,
      with_.clock.now(),
      horizon_of(*on_.from),
      horizon_of(*on_.to),
      std::chrono::seconds{5},
      with_.epoch,
      may_ask_,
      on_.held ? &on_.held->rules : nullptr};
}

bool batch::any_active() const {
  return std::any_of(all_.begin(), all_.end(), [](work const& w) { return w.active; });
}

core::time_point batch::backoff(int failures, core::error const* why) {
  if (why && why->retry_after) {
    return now() + std::clamp<std::chrono::seconds>(
                       *why->retry_after, backoff_first, std::chrono::seconds{3600}
                   );
  }
  auto const ceiling = std::min<std::int64_t>(
      backoff_max.count() * 1000, (backoff_first.count() * 1000) << std::min(failures, 12)
  );
  auto const wait =
      static_cast<std::int64_t>(with_.random.next() % static_cast<std::uint64_t>(ceiling)) + 500;
  return now() + std::chrono::milliseconds{wait};
}

void batch::journal(store::link const& link, std::string kind, core::record data) {
  changes_.journal.push_back(journal_line(now(), link.id, std::move(kind), std::move(data)));
}

void batch::append(std::vector<store::journal_entry> lines) {
  for (auto& line : lines) {
    if (line.kind == "conflict") ++with_.counters.conflicts;
    if (line.kind == "parked" || line.kind == "not_as_asked") ++with_.counters.parked;
    if (line.kind == "conflict" || line.kind == "parked" || line.kind == "not_as_asked") {
      with_.log.warn("{}: link {}: {}", line.kind, line.link, boost::json::serialize(line.data));
    }
    changes_.journal.push_back(std::move(line));
  }
}

void batch::defer(work& w, core::error const& why) {
  auto& link = w.link();
  ++link.failures;
  link.due = backoff(link.failures, &why);
  w.active = false;
  w.changed = true;
  ++with_.counters.failures;
  journal(
      link,
      "deferred",
      {{"code", core::name(why.code)},
       {"detail", why.detail},
       {"again", core::format_time(*link.due)}}
  );
  with_.log.warn(
      "link {} (incident {}): {}; next try {}",
      link.id,
      link.incident_id,
      why.detail,
      core::format_time(*link.due)
  );
}

void batch::hold_back() {
  for (auto& w : all_) {
    auto& link = w.link();
    if (!w.came_due) {
      journal(link, "held", {{"route", on_.name}, {"reason", on_.held->route}});
    }
    link.due = now() + held_again;
    w.active = false;
    w.changed = true;
  }
}

void batch::note_closed(side s, core::error const& why) {
  auto& connection = on_.at(s);
  if (why.code == core::errc::rate_limited && connection.budget) {
    // A part of a bulk call may have been refused, which the call's own status does not show.
    connection.budget->pressed(why.retry_after);
  }
  auto const for_a_while =
      why.code == core::errc::rate_limited || why.code == core::errc::unavailable;
  if (for_a_while && why.retry_after) {
    connection.closed_until =
        std::max(connection.closed_until, with_.clock.steady_now() + *why.retry_after);
  }
}

/// While it is being found out which of several rules is refused, none is: a crash must not make it
/// so.
void batch::doubt_refusal(store::link& stored, work const& w) {
  for (auto& p : stored.parked) {
    if (p.rule == w.suspects[w.suspect] && p.to == w.refused->to) p.refused = false;
  }
}

awaitable<core::result<void>> batch::commit() {
  for (auto& w : all_) {
    if (std::exchange(w.sends, false) && !w.changed) {
      changes_.outbox.push_back({w.link().id, *w.link().outstanding, *w.link().due});
    }
    if (!w.changed) continue;
    if (w.comments_due && w.link().state != link_state::gone) {
      bring_forward(w.link(), *w.comments_due);
    }
    w.link().changed_at = now();
    changes_.links.push_back(w.link());
    if (!w.suspects.empty()) doubt_refusal(changes_.links.back(), w);
    w.changed = false;
  }
  if (changes_.empty()) co_return core::result<void>{};
  auto done = co_await with_.store.commit(std::exchange(changes_, {}));
  co_return done;
}

void batch::take_settlement(work& w, settlement settled) {
  w.link() = std::move(settled.link);
  w.changed = true;
  append(std::move(settled.journal));
}

}  // namespace connector::sync

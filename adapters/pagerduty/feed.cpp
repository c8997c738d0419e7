#include "adapters/pagerduty/feed.hpp"

#include <algorithm>
#include <array>
#include <tuple>

#include "adapters/pagerduty/settings.hpp"

namespace adapters::pagerduty {

using core::errc;
using std::chrono::seconds;

namespace {

/// How far the server's clock may be ahead of ours without changes being seen late.
constexpr std::chrono::hours ahead_max{1};

core::time_point floor_second(core::time_point at) { return std::chrono::floor<seconds>(at); }

}  // namespace

core::result<walk> walk::from(adapter::change_query const& asked, core::time_point now) {
  walk at;
  at.to_ = asked.to;
  // Stamps have whole seconds: an earlier bound returns more, a later one would lose entries.
  at.ahead_.since = floor_second(asked.from);
  at.ahead_.until = floor_second(asked.to ? *asked.to : now + ahead_max);
  if (!asked.continuation.empty()) {
    // "time|id"; no id: a new window begins there.
    auto const bar = asked.continuation.find('|');
    auto const time = core::parse_time(asked.continuation.substr(0, bar));
    auto const id = bar == std::string::npos ? std::string{} : asked.continuation.substr(bar + 1);
    if (bar == std::string::npos || !time || !(id.empty() || is_id(id))) {
      return core::error{errc::invalid, "not a continuation of ours: " + asked.continuation};
    }
    at.ahead_.since = at.after_at_ = *time;
    at.after_id_ = id;
  }
  at.ahead_.until = std::max(at.ahead_.until, at.ahead_.since);
  return at;
}

bool walk::narrow(std::size_t entries, core::time_point server_now) {
  // Nothing is in the future, so it is left out of the proportion.
  auto const end = std::max(std::min(ahead_.until, floor_second(server_now)), ahead_.since);
  auto const span = std::chrono::duration_cast<seconds>(end - ahead_.since);
  if (span.count() < 1) return false;
  auto const share = 0.8 * static_cast<double>(window_entries_max) /
                     static_cast<double>(std::max<std::size_t>(entries, 1));
  auto const part = static_cast<std::int64_t>(static_cast<double>(span.count()) * share);
  ahead_.until = ahead_.since + seconds{std::clamp<std::int64_t>(part, 0, span.count() - 1)};
  narrowed_ = true;
  return true;
}

bool walk::wants_entry(core::time_point at) const {
  auto const second = floor_second(at);
  return second >= ahead_.since && second <= ahead_.until && (!to_ || at <= *to_);
}

bool walk::wants_row(core::time_point at, std::string const& id) const {
  return after_id_.empty() || std::tie(at, id) > std::tie(after_at_, after_id_);
}

std::string walk::next(adapter::object const* last) const {
  if (last) return core::format_time(last->changed_at) + "|" + last->id;
  if (narrowed_) return core::format_time(ahead_.until + seconds{1}) + "|";
  return {};
}

void gathering::add(json::object entry) {
  static constexpr std::array notifications{"notify_log_entry"};
  auto const type = text_at(entry, "type");
  if (std::ranges::find(notifications, type) != notifications.end()) return;
  auto const id = text_at(entry, "incident.id");
  if (!is_id(id)) return;
  // One without a readable time counts as being at the beginning, so that it is not lost.
  auto const at = core::parse_time(text_at(entry, "created_at")).value_or(within_.ahead().since);
  if (!within_.wants_entry(at)) return;
  auto& known = found_[id];
  auto const is_ours = !own_user_.empty() && text_at(entry, "agent.id") == own_user_;
  auto const is_aside = type.starts_with("annotate") || type.starts_with("custom_field");
  known.aside = known.aside || (is_aside && !is_ours);
  if (known.incident.empty() || at > known.at) {
    known.at = at;
    known.in_second = 0;
    known.ours = true;
  }
  if (at == known.at) {
    ++known.in_second;
    known.ours = known.ours && is_ours;
    known.incident = std::move(entry.at("incident").get_object());
  }
}

}  // namespace adapters::pagerduty

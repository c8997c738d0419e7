#include "adapters/servicenow/walk.hpp"

#include <charconv>
#include <set>
#include <tuple>

namespace adapters::servicenow {

using core::errc;

namespace {

core::error ignored(std::string what) {
  return {errc::malformed, "the instance ignored a part of the query: " + std::move(what)};
}

}  // namespace

core::result<change_walk> change_walk::from(adapter::change_query const& asked, std::string tag) {
  change_walk walk;
  // Stamps have whole seconds: an earlier bound returns more, a later one would lose rows.
  walk.from_ = std::chrono::floor<std::chrono::seconds>(asked.from);
  walk.to_ = asked.to;
  walk.tag_ = std::move(tag);
  if (asked.continuation.empty()) return walk;
  // "time|id|skip", time and id both empty before the first row that was seen.
  std::string_view rest = asked.continuation;
  auto const part = [&rest] {
    auto const bar = rest.find('|');
    auto const found = rest.substr(0, bar);
    rest.remove_prefix(bar == rest.npos ? rest.size() : bar + 1);
    return found;
  };
  walk.after_time_ = part();
  walk.after_id_ = part();
  auto const skip = part();
  auto const [end, ec] = std::from_chars(skip.data(), skip.data() + skip.size(), walk.skip_);
  auto const first = walk.after_time_.empty() && walk.after_id_.empty();
  auto const keyed = core::parse_time(walk.after_time_) && is_safe_key(walk.after_id_);
  if (!(first || keyed) || ec != std::errc{} || end != skip.data() + skip.size() || !rest.empty()) {
    return core::error{errc::invalid, "not a continuation of ours: " + asked.continuation};
  }
  return walk;
}

query change_walk::what() const {
  auto const common = [this](query& half) {
    half.is("correlation_display", tag_);
    if (to_) half.at_most("sys_updated_on", *to_);
  };
  query whole;
  if (after_id_.empty()) {
    whole.at_least("sys_updated_on", from_);
    common(whole);
  } else {
    whole.is("sys_updated_on", after_time_).above("sys_id", after_id_);
    common(whole);
    query later;
    later.above("sys_updated_on", after_time_);
    common(later);
    whole.or_else(later);
  }
  return whole.ascending("sys_updated_on").ascending("sys_id");
}

core::result<void> change_walk::check(std::span<row const> rows) const {
  auto before_time = after_time_;
  auto before_id = after_id_;
  for (auto const& one : rows) {
    auto const id = text_at(one, "sys_id");
    auto const stamp = text_at(one, "sys_updated_on");
    if (text_at(one, "correlation_display") != tag_) {
      return ignored(
          "correlation_display=" + tag_ +
          " also returned other tickets; is the column "
          "readable for the integration user?"
      );
    }
    auto const at = core::parse_time(stamp);
    if (!at) return hidden("sys_updated_on", "the table");
    if (*at < from_ || (to_ && *at > *to_)) return ignored("the bounds of sys_updated_on");
    // The text form of a stamp sorts as its time does.
    if (!before_id.empty() && std::tie(stamp, id) <= std::tie(before_time, before_id)) {
      return ignored("the order by sys_updated_on and sys_id");
    }
    before_time = stamp;
    before_id = id;
  }
  return {};
}

std::string change_walk::continuation(std::span<row const> rows, std::size_t rows_max) const {
  if (rows.empty()) return after_time_ + "|" + after_id_ + "|" + std::to_string(skip_ + rows_max);
  return text_at(rows.back(), "sys_updated_on") + "|" + text_at(rows.back(), "sys_id") + "|0";
}

std::vector<row> without_repeats(std::vector<row> rows) {
  std::set<std::string> seen;
  std::erase_if(rows, [&seen](row const& one) {
    auto const id = text_at(one, "sys_id");
    return !id.empty() && !seen.insert(id).second;
  });
  return rows;
}

}  // namespace adapters::servicenow

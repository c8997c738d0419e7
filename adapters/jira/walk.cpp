#include "adapters/jira/walk.hpp"

#include <algorithm>
#include <charconv>
#include <tuple>

#include "adapters/jira/jql.hpp"

namespace adapters::jira {

using core::errc;

namespace {

template <class Number>
bool read_number(std::string_view text, Number& into) {
  auto const [end, ec] = std::from_chars(text.data(), text.data() + text.size(), into);
  return !text.empty() && ec == std::errc{} && end == text.data() + text.size();
}

/// An index may keep no more of a time than its second; the rows of one are then ordered by key,
/// and the rest of them may be older than the last row of a page.
core::time_point index_step(core::time_point at) {
  return std::chrono::floor<std::chrono::seconds>(at);
}

}  // namespace

core::result<change_walk> change_walk::from(
    adapter::change_query const& asked, settings const& with
) {
  change_walk walk;
  walk.from_ = asked.from;
  walk.since_ = asked.from;
  walk.to_ = asked.to;
  walk.label_ = with.label;
  walk.edition_ = with.edition;
  if (asked.continuation.empty()) return walk;
  // "ticks|skip|tail"
  std::string_view const text = asked.continuation;
  auto const first = text.find('|');
  auto const second = first == text.npos ? text.npos : text.find('|', first + 1);
  std::int64_t ticks = 0;
  if (second == text.npos || !read_number(text.substr(0, first), ticks) ||
      !read_number(text.substr(first + 1, second - first - 1), walk.skip_)) {
    return core::error{errc::invalid, "not a continuation of ours: " + asked.continuation};
  }
  walk.since_ = core::time_point{core::ticks{ticks}};
  walk.tail_ = text.substr(second + 1);
  return walk;
}

search change_walk::what(std::vector<std::string> fields, std::size_t rows_max) const {
  search asked;
  asked.jql = "labels = " + jql_quoted(label_) + " AND updated >= " + jql_time(since_);
  // Milliseconds again: a row stamped within the last one belongs to it.
  if (to_) asked.jql += " AND updated <= " + jql_time(*to_ + std::chrono::milliseconds{1});
  asked.jql += " ORDER BY updated ASC, key ASC";
  asked.fields = std::move(fields);
  asked.rows_max = rows_max + (overlaps() ? 1 : 0);
  if (edition_ == edition::cloud) asked.token = tail_;
  asked.skip = skip_ - (overlaps() ? 1 : 0);
  return asked;
}

adapter::change_page change_walk::page(std::vector<adapter::object> rows, found_issues const& found)
    const {
  auto const at = [](core::time_point t) { return std::to_string(t.time_since_epoch().count()); };
  adapter::change_page out;
  if (overlaps()) {
    if (rows.empty() || rows.front().id != tail_) {
      out.continuation = at(since_) + "|0|";
      return out;
    }
    rows.erase(rows.begin());
  }
  auto const last = rows.empty() ? since_ : rows.back().changed_at;
  if (found.more && last > since_) {
    out.continuation = at(last) + "|0|";
  } else if (found.more) {
    auto const& tail = edition_ == edition::cloud ? found.token
                       : rows.empty()             ? tail_
                                                  : rows.back().id;
    out.continuation = at(since_) + "|" + std::to_string(skip_ + rows.size()) + "|" + tail;
  }
  if (to_ && index_step(last) > *to_) out.continuation.clear();

  auto const from = index_step(from_);
  std::erase_if(rows, [&](adapter::object const& one) {
    return one.changed_at < from || (to_ && one.changed_at > *to_);
  });
  std::ranges::stable_sort(rows, [](adapter::object const& a, adapter::object const& b) {
    return std::tie(a.changed_at, a.id) < std::tie(b.changed_at, b.id);
  });
  out.rows = std::move(rows);
  return out;
}

}  // namespace adapters::jira

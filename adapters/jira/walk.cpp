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

}  // namespace

core::result<change_walk> change_walk::from(adapter::change_query const& asked, std::string label) {
  change_walk walk;
  walk.from_ = asked.from;
  walk.since_ = asked.from;
  walk.to_ = asked.to;
  walk.label_ = std::move(label);
  if (asked.continuation.empty()) return walk;
  // "ticks|skip|token"
  std::string_view const text = asked.continuation;
  auto const first = text.find('|');
  auto const second = first == text.npos ? text.npos : text.find('|', first + 1);
  std::int64_t ticks = 0;
  if (second == text.npos || !read_number(text.substr(0, first), ticks) ||
      !read_number(text.substr(first + 1, second - first - 1), walk.skip_)) {
    return core::error{errc::invalid, "not a continuation of ours: " + asked.continuation};
  }
  walk.since_ = core::time_point{core::ticks{ticks}};
  walk.token_ = text.substr(second + 1);
  return walk;
}

search change_walk::what(std::vector<std::string> fields, std::size_t rows_max) const {
  search asked;
  asked.jql = "labels = " + jql_quoted(label_) + " AND updated >= " + jql_time(since_);
  // Milliseconds again: a row stamped within the last one belongs to it.
  if (to_) asked.jql += " AND updated <= " + jql_time(*to_ + std::chrono::milliseconds{1});
  asked.jql += " ORDER BY updated ASC, key ASC";
  asked.fields = std::move(fields);
  asked.rows_max = rows_max;
  asked.token = token_;
  asked.skip = skip_;
  return asked;
}

std::vector<adapter::object> change_walk::kept(std::vector<adapter::object> rows) const {
  auto const from = std::chrono::floor<std::chrono::milliseconds>(from_);
  std::erase_if(rows, [&](adapter::object const& one) {
    return one.changed_at < from || (to_ && one.changed_at > *to_);
  });
  std::ranges::stable_sort(rows, [](adapter::object const& a, adapter::object const& b) {
    return std::tie(a.changed_at, a.id) < std::tie(b.changed_at, b.id);
  });
  return rows;
}

std::string change_walk::continuation(
    std::vector<adapter::object> const& rows, found_issues const& page
) const {
  if (!page.more) return {};
  auto const last = rows.empty() ? since_ : rows.back().changed_at;
  if (to_ && last > *to_) return {};
  auto const at = [](core::time_point t) { return std::to_string(t.time_since_epoch().count()); };
  if (last > since_) return at(last) + "|0|";
  return at(since_) + "|" + std::to_string(skip_ + rows.size()) + "|" + page.token;
}

}  // namespace adapters::jira

#include "adapters/defender/listing.hpp"

#include <algorithm>
#include <chrono>
#include <utility>

namespace adapters::defender {
namespace core = connector::core;
namespace adapter = connector::adapter;
using core::errc;

namespace {

constexpr std::size_t links_followed_max = 1000;

/// A stamp may come back rounded: Defender keeps them in steps of 1/300 s.
constexpr auto rounding = std::chrono::milliseconds{10};

struct row {
  adapter::object object;
  std::string stamp;  ///< as Graph wrote it; empty if it cannot be read
};

core::result<std::vector<row>> read_rows(
    boost::json::array& values, core::time_point floor, adapter::wants const& needs
) {
  std::vector<row> read;
  read.reserve(values.size());
  auto before = floor;
  for (auto& value : values) {
    auto stamp = raw_stamp(value);
    auto object = to_object(std::move(value), needs);
    if (!object) {
      auto e = object.error();
      e.detail = "row " + std::to_string(read.size() + 1) + " of a page: " + e.detail;
      return e;
    }
    // Keeps its place in the order; with version 0 it is a hint to read it by its id.
    if (stamp.empty()) object->changed_at = before;
    before = object->changed_at;
    read.push_back({std::move(*object), std::move(stamp)});
  }
  return read;
}

bool earlier(row const& a, row const& b) {
  return std::pair{a.object.changed_at, std::string_view{a.object.id}} <
         std::pair{b.object.changed_at, std::string_view{b.object.id}};
}

bool is_ordered(std::vector<row> const& read) {
  return std::is_sorted(read.begin(), read.end(), [](row const& a, row const& b) {
    return a.object.changed_at < b.object.changed_at;
  });
}

core::result<bookmark> next_bookmark(
    std::vector<row> const& read, std::string link, bookmark const& asked
) {
  bookmark next;
  auto const last =
      std::find_if(read.rbegin(), read.rend(), [](row const& r) { return !r.stamp.empty(); });
  auto const readable = last != read.rend();
  auto const newest = readable ? last->object.changed_at : core::time_point{};
  auto const one_stamp = readable && read.front().object.changed_at == newest;
  // Links are good for one stamp only: behind another one, keys are safe again.
  auto const link_went_on = !asked.link.empty() && newest != core::parse_time(asked.stamp);
  if (readable && (!one_stamp || link_went_on)) {
    next.stamp = last->stamp;
    for (auto const& r : read) {
      if (r.object.changed_at == newest) next.seen.push_back(r.object.id);
    }
    return next;
  }
  if (asked.links_followed >= links_followed_max) {
    return core::error{errc::malformed, "a listing's nextLinks do not come to an end"};
  }
  next.stamp = readable ? last->stamp : asked.stamp;
  next.link = std::move(link);
  next.links_followed = asked.links_followed + 1;
  return next;
}

}  // namespace

core::result<adapter::change_page> page_of(
    rows found,
    bookmark const& asked,
    std::optional<core::time_point> to,
    adapter::wants const& needs
) {
  auto const floor = core::parse_time(asked.stamp).value_or(core::time_point{});
  auto read = read_rows(found.values, floor, needs);
  if (!read) return read.error();

  auto const more = !found.next_link.empty();
  if (!is_ordered(*read) && more) {
    return core::error{errc::malformed, "a page of incidents is not ordered as it was asked for"};
  }
  for (auto const& r : *read) {
    if (r.object.changed_at + rounding >= floor) continue;
    return core::error{
        errc::malformed,
        "a page holds incident " + r.object.id + ", which changed before the time asked for"};
  }

  adapter::change_page page;
  if (found.count && asked.link.empty() && *found.count >= read->size()) {
    page.left = *found.count - read->size();
  }
  if (more) {
    auto const next = next_bookmark(*read, std::move(found.next_link), asked);
    if (!next) return next.error();
    page.continuation = to_text(*next);
  }
  std::sort(read->begin(), read->end(), &earlier);  // rows share one memory: nothing is copied
  page.rows.reserve(read->size());
  for (auto& r : *read) {
    auto const& id = r.object.id;
    auto const known = r.object.changed_at == floor &&
                       std::find(asked.seen.begin(), asked.seen.end(), id) != asked.seen.end();
    if (known || (to && r.object.changed_at > *to)) continue;
    page.rows.push_back(std::move(r.object));
  }
  return page;
}

}  // namespace adapters::defender

#include "adapters/jira/history.hpp"

#include <algorithm>
#include <boost/json/array.hpp>
#include <charconv>
#include <functional>
#include <utility>

#include "connector/http/text.hpp"

namespace adapters::jira {

namespace asio = boost::asio;
using core::errc;
using by_issue = std::map<std::string, std::vector<past_change>>;

namespace {

constexpr std::size_t issues_per_call = 1000;
constexpr std::size_t pages_max = 50;

std::optional<core::time_point> created_at(json::object const& entry) {
  auto const* at = entry.if_contains("created");
  if (!at) return std::nullopt;
  if (at->is_string()) return core::parse_time(at->get_string());
  if (!at->is_int64()) return std::nullopt;
  // The reference's example is in seconds, sites answer in milliseconds.
  auto const n = at->get_int64();
  auto const since = std::chrono::milliseconds{n < 100'000'000'000 ? n * 1000 : n};
  return core::time_point{since};
}

asio::awaitable<core::result<by_issue>> read_bulk(
    client& by, std::vector<std::string> ids, std::vector<std::string> fields
) {
  by_issue all;
  json::object body;
  json::array names;
  for (auto const& field : fields) names.emplace_back(field);
  json::array keys;
  for (auto const& id : ids) keys.emplace_back(id);
  body["fieldIds"] = std::move(names);
  body["issueIdsOrKeys"] = std::move(keys);
  for (std::size_t page = 0; page < pages_max; ++page) {
    auto const answer = co_await by.ask(by.api() + "/changelog/bulkfetch", body);
    if (!answer) co_return answer.error();
    auto const* whole = answer->if_object();
    auto const* logs = whole ? array_at(*whole, "issueChangeLogs") : nullptr;
    if (!logs) co_return core::error{errc::malformed, "the answer has no list of changelogs"};
    for (auto const& each : *logs) {
      auto const* log = each.if_object();
      auto const* entries = log ? array_at(*log, "changeHistories") : nullptr;
      if (!entries) continue;
      auto& mine = all[text_at(*log, "issueId")];
      std::ranges::move(changes_in(*entries), std::back_inserter(mine));
    }
    auto const token = text_at(*whole, "nextPageToken");
    if (token.empty()) co_return all;
    body["nextPageToken"] = token;
  }
  co_return core::error{
      errc::malformed, "the changelogs of these issues cannot be read to their end"};
}

/// What an edit replaced was itself the edit of somebody else.
adapter::lost_edit replaced(
    past_change const& theirs, past_change const& ours, std::optional<core::value> value
) {
  adapter::lost_edit one;
  one.field = ours.field;
  one.value = std::move(value);
  one.by = theirs.author_name.empty() ? theirs.author : theirs.author_name;
  one.at = theirs.at;
  return one;
}

}  // namespace

std::vector<past_change> changes_in(json::array const& histories) {
  std::vector<past_change> all;
  for (auto const& each : histories) {
    auto const* entry = each.if_object();
    auto const at = entry ? created_at(*entry) : std::nullopt;
    auto const* items = entry ? array_at(*entry, "items") : nullptr;
    if (!at || !items) continue;
    std::string author, author_name;
    if (auto const* who = object_at(*entry, "author")) {
      author = text_at(*who, "accountId");
      if (author.empty()) author = text_at(*who, "name");
      author_name = text_at(*who, "displayName");
    }
    std::int64_t number = 0;
    auto const id = text_at(*entry, "id");
    std::from_chars(id.data(), id.data() + id.size(), number);
    for (auto const& one : *items) {
      auto const* item = one.if_object();
      if (!item) continue;
      past_change change;
      change.at = *at;
      change.entry = number;
      change.author = author;
      change.author_name = author_name;
      change.field = text_at(*item, "fieldId");
      if (change.field.empty()) change.field = connector::http::lower(text_at(*item, "field"));
      change.from = text_at(*item, "from");
      change.from_text = text_at(*item, "fromString");
      change.to_text = text_at(*item, "toString");
      all.push_back(std::move(change));
    }
  }
  std::ranges::stable_sort(all, {}, [](past_change const& one) {
    return std::pair{one.at, one.entry};
  });
  return all;
}

asio::awaitable<core::result<by_issue>> read_history(
    client& by, std::vector<std::string> ids, std::vector<std::string> fields
) {
  by_issue all;
  if (by.is_cloud()) {
    for (std::size_t from = 0; from < ids.size(); from += issues_per_call) {
      auto const to = std::min(ids.size(), from + issues_per_call);
      std::vector<std::string> part(
          ids.begin() + static_cast<std::ptrdiff_t>(from),
          ids.begin() + static_cast<std::ptrdiff_t>(to)
      );
      auto read = co_await read_bulk(by, std::move(part), fields);
      if (!read) co_return read.error();
      all.merge(*read);
    }
    co_return all;
  }
  for (auto const& id : ids) {
    auto const answer =
        co_await by.get(by.api() + "/issue/" + id + "?fields=updated&expand=changelog");
    if (!answer) co_return answer.error();
    auto const* whole = answer->if_object();
    auto const* log = whole ? object_at(*whole, "changelog") : nullptr;
    auto const* entries = log ? array_at(*log, "histories") : nullptr;
    if (!entries) co_return core::error{errc::malformed, "an issue came without its changelog"};
    auto changes = changes_in(*entries);
    std::erase_if(changes, [&](past_change const& one) {
      return std::ranges::find(fields, one.field) == fields.end();
    });
    all[id] = std::move(changes);
  }
  co_return all;
}

std::vector<adapter::lost_edit> edits_replaced(
    std::vector<past_change> const& all,
    std::string_view self,
    core::time_point seen,
    core::record const& written,
    translator const& words,
    field_kinds const& kinds
) {
  std::vector<adapter::lost_edit> found;
  // One in the very millisecond that was seen may have been seen or not; the value tells.
  for (auto const& field : written) {
    std::string_view const name = field.key();
    if (name == "labels") continue;
    past_change const* before = nullptr;
    std::optional<adapter::lost_edit> lost;
    for (auto const& change : all) {
      if (change.field != name || change.at < seen) continue;
      auto const ours = change.author == self && change.at > seen;
      if (ours && before && before->author != self) {
        auto value = words.from_history(name, change.from, change.from_text, kinds);
        lost = replaced(*before, change, std::move(value));
      }
      before = &change;
    }
    if (lost) found.push_back(std::move(*lost));
  }
  return found;
}

std::vector<std::string> labels_at(
    core::time_point seen, std::vector<std::string> now, std::vector<past_change> const& since
) {
  // Entries may be stamped by the second. One of the very second that was seen tells at worst of a
  // change that was seen already; undoing that one too only names labels again that are there.
  auto const floor = std::chrono::floor<std::chrono::seconds>(seen);
  for (auto const& change : since) {
    if (change.field != "labels" || change.at < floor || change.at == seen) continue;
    std::vector<std::string> then;
    std::string_view rest = change.from_text;
    while (!rest.empty()) {
      auto const space = rest.find(' ');
      if (space != 0) then.emplace_back(rest.substr(0, space));
      rest.remove_prefix(space == rest.npos ? rest.size() : space + 1);
    }
    return then;
  }
  return now;
}

}  // namespace adapters::jira

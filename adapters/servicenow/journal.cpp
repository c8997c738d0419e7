#include "adapters/servicenow/journal.hpp"

#include <algorithm>
#include <array>
#include <map>
#include <optional>

#include "adapters/servicenow/markup.hpp"
#include "connector/core/digest.hpp"

namespace adapters::servicenow {

using core::errc;

namespace {

constexpr std::size_t stamp_bytes = 19;  // "2026-09-04 09:12:33"

/// A line that may be the head of an entry.
struct head {
  std::size_t begins = 0;  // offset of the line
  std::size_t text = 0;    // offset of what follows it
  std::string_view stamp;
  std::string_view author;
  std::string_view label;
};

std::optional<head> head_at(std::string_view all, std::size_t begins) {
  auto const ends = std::min(all.find('\n', begins), all.size());
  auto const line = all.substr(begins, ends - begins);
  constexpr std::string_view dash = " - ";
  if (line.size() < stamp_bytes + dash.size() + 4 || line.back() != ')') return std::nullopt;
  if (line.substr(stamp_bytes, dash.size()) != dash) return std::nullopt;
  auto const stamp = line.substr(0, stamp_bytes);
  if (stamp[10] != ' ' || !core::parse_time(stamp)) return std::nullopt;
  auto const bracket = line.rfind(" (");
  auto const author_at = stamp_bytes + dash.size();
  if (bracket == line.npos || bracket <= author_at) return std::nullopt;
  head found;
  found.begins = begins;
  found.text = std::min(ends + 1, all.size());
  found.stamp = stamp;
  found.author = line.substr(author_at, bracket - author_at);
  found.label = line.substr(bracket + 2, line.size() - bracket - 3);
  return found;
}

std::vector<head> possible_heads(std::string_view all) {
  std::vector<head> heads;
  auto const first = head_at(all, 0);
  if (!first) return heads;
  heads.push_back(*first);
  for (auto at = all.find("\n\n"); at != all.npos; at = all.find("\n\n", at + 1)) {
    auto const line = at + 2;
    if (line >= all.size() || all[line] == '\n') continue;
    if (auto const found = head_at(all, line); found && found->label == first->label) {
      heads.push_back(*found);
    }
  }
  return heads;
}

/// The longest run of descending stamps that begins with the first head; of several, the one that
/// takes the earlier heads. A hostile note may hold thousands of heads, so this is n log n: from
/// the last head to the first, a Fenwick tree over the ranks of the stamps keeps, for each prefix,
/// the head that begins the longest run.
std::vector<head> real_heads(std::vector<head> const& heads) {
  auto const count = heads.size();
  std::vector<std::string_view> ranks;
  for (auto const& head : heads) ranks.push_back(head.stamp);
  std::ranges::sort(ranks);
  std::vector<std::size_t> longest(count, 1);   // of a run that begins here
  std::vector<std::size_t> next(count, count);  // its second member; count: none
  std::vector<std::size_t> best(count + 1, count);
  auto const better = [&](std::size_t a, std::size_t b) {
    if (a == count || b == count) return a != count;
    return longest[a] != longest[b] ? longest[a] > longest[b] : a < b;
  };
  for (auto i = count; i-- > 0;) {
    auto const rank =
        static_cast<std::size_t>(std::ranges::upper_bound(ranks, heads[i].stamp) - ranks.begin());
    for (auto r = rank; r > 0; r -= r & (~r + 1)) {
      if (better(best[r], next[i])) next[i] = best[r];
    }
    if (next[i] != count) longest[i] = longest[next[i]] + 1;
    for (auto r = rank; r <= count; r += r & (~r + 1)) {
      if (better(i, best[r])) best[r] = i;
    }
  }
  std::vector<head> real;
  for (std::size_t i = 0; i < count; i = next[i]) real.push_back(heads[i]);
  return real;
}

/// Entries end with an empty line that the display adds.
std::string_view without_end(std::string_view text) {
  while (!text.empty() && (text.back() == '\n' || text.back() == '\r')) text.remove_suffix(1);
  return text;
}

std::string_view trimmed(std::string_view text) {
  constexpr std::string_view space = " \t\r\n";
  auto const first = text.find_first_not_of(space);
  if (first == text.npos) return {};
  return text.substr(first, text.find_last_not_of(space) + 1 - first);
}

}  // namespace

core::result<adapter::comment> journal_entry(row const& from) {
  adapter::comment entry;
  auto const at = core::parse_time(text_at(from, "sys_created_on"));
  if (!from.contains("value") || !from.contains("sys_id") || !at) {
    return core::error{
        errc::forbidden,
        "sys_journal_field does not return sys_id, value and sys_created_on; give the integration "
        "user "
        "read access to all of its columns, or set journal: display"};
  }
  entry.at = *at;
  entry.author = text_at(from, "sys_created_by");
  entry.place = text_at(from, "element");
  entry.is_public = entry.place == comments_place;
  entry.text = plain_text(text_at(from, "value"));
  return entry;
}

core::result<std::vector<adapter::comment>> take_apart(
    std::string_view display, std::string_view place, std::chrono::minutes offset
) {
  std::string unified;
  unified.reserve(display.size());
  for (auto const c : display) {
    if (c != '\r') unified += c;
  }
  std::vector<adapter::comment> entries;
  if (without_end(unified).empty()) return entries;
  auto const heads = real_heads(possible_heads(unified));
  if (heads.empty()) {
    return core::error{
        errc::malformed,
        "the display value of " + std::string{place} +
            " does not begin with a line such as \"2026-09-04 09:12:33 - Name (Label)\"; give the "
            "integration user the system's date format, or read access to sys_journal_field"};
  }
  for (auto i = heads.size(); i-- > 0;) {
    auto const& head = heads[i];
    auto const end = i + 1 < heads.size() ? heads[i + 1].begins : unified.size();
    auto const stored = without_end(std::string_view{unified}.substr(head.text, end - head.text));
    adapter::comment entry;
    entry.author = std::string{head.author};
    entry.at = *core::parse_time(head.stamp) - offset;
    entry.place = std::string{place};
    entry.is_public = place == comments_place;
    entry.text = plain_text(stored);
    entries.push_back(std::move(entry));
  }
  return entries;
}

void identify(std::vector<adapter::comment>& comments) {
  std::ranges::stable_sort(comments, {}, &adapter::comment::at);
  std::map<std::string, int> seen;
  for (auto& one : comments) {
    auto identity = one.place + "\n" + core::format_time_seconds(one.at) + "\n";
    identity += trimmed(one.text);
    one.id = core::short_key(identity);
    auto const number = ++seen[one.id];
    if (number > 1) one.id += "-" + std::to_string(number);
  }
}

}  // namespace adapters::servicenow

#include "adapters/servicenow/journal.hpp"

#include <algorithm>
#include <array>
#include <map>
#include <optional>

#include "connector/core/digest.hpp"

namespace adapters::servicenow {

using core::errc;

namespace {

constexpr std::string_view zero_width_space = "\xE2\x80\x8B";
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

bool begins_with(std::string_view text, std::string_view with) {
  return text.size() >= with.size() &&
         std::equal(with.begin(), with.end(), text.begin(), [](char a, char b) {
           return a == (b >= 'A' && b <= 'Z' ? b - 'A' + 'a' : b);
         });
}

/// The length of "code]" or "/code]" at the start of `text`, 0 if neither is there.
std::size_t code_word(std::string_view text) {
  for (auto const* word : {"code]", "/code]"}) {
    if (begins_with(text, word)) return std::string_view{word}.size();
  }
  return 0;
}

/// The zero-width spaces at the start of `text`, in bytes.
std::size_t zero_width_bytes(std::string_view text) {
  std::size_t bytes = 0;
  while (text.substr(bytes, zero_width_space.size()) == zero_width_space) {
    bytes += zero_width_space.size();
  }
  return bytes;
}

std::string without_tags(std::string_view html) {
  struct entity {
    std::string_view name;
    std::string_view text;
  };
  static constexpr std::array entities{
      entity{"&lt;", "<"},
      entity{"&gt;", ">"},
      entity{"&amp;", "&"},
      entity{"&quot;", "\""},
      entity{"&#39;", "'"},
      entity{"&nbsp;", " "},
  };
  std::string plain;
  while (!html.empty()) {
    if (html.front() == '<') {
      auto const close = html.find('>');
      if (close == html.npos) {
        plain.append(html);
        break;
      }
      auto const tag = html.substr(1, close - 1);
      if (begins_with(tag, "br") || begins_with(tag, "/p") || begins_with(tag, "/div") ||
          begins_with(tag, "/li") || begins_with(tag, "/tr")) {
        plain += '\n';
      }
      html.remove_prefix(close + 1);
      continue;
    }
    auto const known = std::ranges::find_if(entities, [html](entity const& e) {
      return html.substr(0, e.name.size()) == e.name;
    });
    if (known != entities.end()) {
      plain.append(known->text);
      html.remove_prefix(known->name.size());
    } else {
      plain += html.front();
      html.remove_prefix(1);
    }
  }
  return plain;
}

}  // namespace

core::result<adapter::comment> journal_entry(row const& from) {
  adapter::comment entry;
  entry.id = text_at(from, "sys_id");
  auto const at = core::parse_time(text_at(from, "sys_created_on"));
  if (entry.id.empty() || !at) {
    return core::error{
        errc::forbidden,
        "sys_journal_field does not return sys_id and sys_created_on; give the integration user "
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
  std::map<std::string, int> seen;
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
    std::string identity{place};
    identity.append("\n").append(head.author).append("\n").append(head.stamp).append("\n");
    identity.append(stored);
    auto const number = ++seen[identity];
    if (number > 1) identity.append("\n").append(std::to_string(number));
    entry.id = core::short_key(identity);
    entries.push_back(std::move(entry));
  }
  return entries;
}

void sort_comments(std::vector<adapter::comment>& comments) {
  std::ranges::sort(comments, [](adapter::comment const& a, adapter::comment const& b) {
    return std::tie(a.at, a.id) < std::tie(b.at, b.id);
  });
}

std::string defused(std::string_view text) {
  std::string safe;
  safe.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    safe += text[i];
    if (text[i] != '[') continue;
    // Spaces that are there already count too, so that taking one away is always right.
    auto const rest = text.substr(i + 1);
    if (code_word(rest.substr(zero_width_bytes(rest))) > 0) safe += zero_width_space;
  }
  return safe;
}

std::string restored(std::string_view text) {
  std::string original;
  original.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    original += text[i];
    if (text[i] != '[') continue;
    auto const rest = text.substr(i + 1);
    auto const spaces = zero_width_bytes(rest);
    if (spaces > 0 && code_word(rest.substr(spaces)) > 0) i += zero_width_space.size();
  }
  return original;
}

std::string plain_text(std::string_view stored) {
  std::string unified;
  unified.reserve(stored.size());
  for (std::size_t i = 0; i < stored.size(); ++i) {
    if (stored[i] != '\r') {
      unified += stored[i];
    } else if (i + 1 == stored.size() || stored[i + 1] != '\n') {
      unified += '\n';
    }
  }
  std::string_view rest = unified;
  std::string plain;
  while (!rest.empty()) {
    auto open = rest.find('[');
    while (open != rest.npos && !begins_with(rest.substr(open), "[code]")) {
      open = rest.find('[', open + 1);
    }
    plain += restored(rest.substr(0, open));
    if (open == rest.npos) break;
    rest.remove_prefix(open + 6);
    auto close = rest.find('[');
    while (close != rest.npos && !begins_with(rest.substr(close), "[/code]")) {
      close = rest.find('[', close + 1);
    }
    plain += without_tags(rest.substr(0, close));
    rest.remove_prefix(close == rest.npos ? rest.size() : close + 7);
  }
  return plain;
}

}  // namespace adapters::servicenow

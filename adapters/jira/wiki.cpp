#include "adapters/jira/wiki.hpp"

namespace adapters::jira {

namespace {

/// What opens a macro, a link or mention, an image, a table cell. Emphasis is left alone: a star
/// shows bold at worst, and dashes and underscores are frequent in names.
constexpr std::string_view active = "{}[]!|";

// A backslash escapes the next character, two of them break the line; only the entity is neither.
constexpr std::string_view backslash = "&#92;";

}  // namespace

std::string wiki_of(std::string_view text) {
  std::string out;
  out.reserve(text.size() + text.size() / 16);
  for (char const c : text) {
    if (c == '\\') {
      out += backslash;
      continue;
    }
    if (active.find(c) != active.npos) out += '\\';
    out += c;
  }
  return out;
}

std::string text_of_wiki(std::string_view wiki) {
  std::string out;
  out.reserve(wiki.size());
  while (!wiki.empty()) {
    if (wiki.starts_with(backslash)) {
      out += '\\';
      wiki.remove_prefix(backslash.size());
    } else if (wiki.front() == '\\' && wiki.size() > 1 && active.find(wiki[1]) != active.npos) {
      out += wiki[1];
      wiki.remove_prefix(2);
    } else if (wiki.starts_with("\r\n")) {
      out += '\n';
      wiki.remove_prefix(2);
    } else {
      out += wiki.front();
      wiki.remove_prefix(1);
    }
  }
  return out;
}

}  // namespace adapters::jira

#include "connector/mapping/text.hpp"

#include <algorithm>
#include <array>
#include <cstdint>

namespace connector::mapping {
namespace {

constexpr std::string_view ellipsis = "\u2026";
constexpr std::string_view zero_width_space = "\u200b";

struct decoded {
  char32_t point = 0;
  std::size_t bytes = 0;  ///< 0: not UTF-8 here
};

decoded decode(std::string_view text) {
  auto const byte = [&](std::size_t i) { return static_cast<std::uint8_t>(text[i]); };
  auto const first = byte(0);
  if (first == 0) return {};
  if (first < 0x80) return {first, 1};
  std::size_t const bytes = first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : 2;
  if (first < 0xc2 || first > 0xf4 || text.size() < bytes) return {};
  char32_t point = first & (0x7f >> bytes);
  for (std::size_t i = 1; i < bytes; ++i) {
    if ((byte(i) & 0xc0) != 0x80) return {};
    point = point << 6 | (byte(i) & 0x3f);
  }
  constexpr std::array<char32_t, 5> least{0, 0, 0x80, 0x800, 0x10000};
  if (point < least[bytes] || point > 0x10ffff || (point >= 0xd800 && point < 0xe000)) return {};
  return {point, bytes};
}

bool within(char32_t c, char32_t from, char32_t to) { return c >= from && c <= to; }

/// Belongs to the character before it. The common part of Unicode's Grapheme_Extend, SpacingMark
/// and Hangul vowel and final consonant classes.
bool extends(char32_t c) {
  if (c < 0x300) return false;
  if (within(c, 0x900, 0xdff)) {  // the Indic blocks share one layout, 0x80 apart
    auto const low = c & 0x7f;
    return low <= 0x03 || low == 0x3c || within(low, 0x3e, 0x4d) || low == 0x62 || low == 0x63;
  }
  return within(c, 0x300, 0x36f) || within(c, 0x483, 0x489) || within(c, 0x591, 0x5bd) ||
         within(c, 0x610, 0x61a) || within(c, 0x64b, 0x65f) || within(c, 0x6d6, 0x6dc) ||
         c == 0xe31 || within(c, 0xe34, 0xe3a) || within(c, 0xe47, 0xe4e) ||
         within(c, 0x1160, 0x11ff) || within(c, 0x1ab0, 0x1aff) || within(c, 0x1dc0, 0x1dff) ||
         c == 0x200c || c == 0x200d || within(c, 0x20d0, 0x20ff) || within(c, 0x3099, 0x309a) ||
         within(c, 0xd7b0, 0xd7fb) || within(c, 0xfe00, 0xfe0f) || within(c, 0xfe20, 0xfe2f) ||
         within(c, 0x1f3fb, 0x1f3ff) || within(c, 0xe0020, 0xe007f) || within(c, 0xe0100, 0xe01ef);
}

bool is_space(char32_t c) {
  return c == ' ' || within(c, 0x09, 0x0d) || c == 0x85 || c == 0xa0 || c == 0x1680 ||
         within(c, 0x2000, 0x200a) || c == 0x2028 || c == 0x2029 || c == 0x202f || c == 0x205f ||
         c == 0x3000;
}

bool is_control(char32_t c) {
  // C0, C1, and the marks that make text run the other way, which can disguise a name or a link.
  return c < 0x20 || within(c, 0x7f, 0x9f) || within(c, 0x202a, 0x202e) ||
         within(c, 0x2066, 0x2069);
}

bool is_regional(char32_t c) { return within(c, 0x1f1e6, 0x1f1ff); }

std::size_t units_of(char32_t c) { return c >= 0x10000 ? 2 : 1; }

/// Calls `f(point, offset, bytes)` for every code point; U+FFFD for bad bytes.
template <class F>
void each_point(std::string_view text, F f) {
  for (std::size_t at = 0; at < text.size();) {
    auto const d = decode(text.substr(at));
    if (d.bytes == 0) {
      f(char32_t{0xfffd}, at, std::size_t{1});
      at += 1;
    } else {
      f(d.point, at, d.bytes);
      at += d.bytes;
    }
  }
}

bool is_word(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
         static_cast<unsigned char>(c) >= 0x80;
}

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; }

std::string_view trimmed(std::string_view text) {
  auto const blank = " \t\r\n";
  auto const from = text.find_first_not_of(blank);
  if (from == std::string_view::npos) return {};
  return text.substr(from, text.find_last_not_of(blank) - from + 1);
}

/// "h1" to "h6" and "bq" begin a heading or a quotation in wiki text when a dot follows.
bool begins_wiki_block(std::string_view line) {
  return line == "bq" || (line.size() == 2 && line[0] == 'h' && line[1] >= '1' && line[1] <= '6');
}

/// https://jira.atlassian.com/secure/WikiRendererHelpAction.jspa?section=all. Two backslashes are a
/// line break there, so a backslash is written as an entity, and an ampersand that would begin one
/// as well.
void append_wiki(std::string& out, std::string_view text, std::size_t i) {
  auto const c = text[i];
  auto const next = i + 1 < text.size() ? text[i + 1] : ' ';
  if (c == '\\') {
    out += "&#92;";
  } else if (c == '&' && (next == '#' || is_word(next))) {
    out += "&amp;";
  } else if (std::string_view{"{}[]()*_-+^~|!#?:"}.find(c) != std::string_view::npos) {
    out += '\\';
    out += c;
  } else if (c == '.') {
    auto const line = text.rfind('\n', i);
    auto const from = line == std::string_view::npos ? 0 : line + 1;
    if (begins_wiki_block(trimmed(text.substr(from, i - from)))) out += '\\';
    out += c;
  } else {
    out += c;
  }
}

/// Looks at all of the text and never leaves early, so that several characters are tested at once.
template <class Is>
bool each_is(std::string_view text, Is is) {
  unsigned char others = 0;
  for (auto const c : text) others |= is(c) ? 0 : 1;
  return others == 0;
}

/// The characters from space to tilde.
bool is_printable(char c) { return static_cast<unsigned char>(c - 0x20) < 0x5f; }

}  // namespace

std::size_t first_bad_utf8(std::string_view text) {
  for (std::size_t at = 0; at < text.size();) {
    auto const d = decode(text.substr(at));
    if (d.bytes == 0) return at;
    at += d.bytes;
  }
  return text.size();
}

std::string repaired_utf8(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  each_point(text, [&](char32_t c, std::size_t at, std::size_t bytes) {
    if (c == 0xfffd && bytes == 1) {
      out += "\ufffd";
    } else {
      out += text.substr(at, bytes);
    }
  });
  return out;
}

std::size_t length_of(std::string_view text) {
  if (each_is(text, [](char c) { return (c & 0x80) == 0; })) return text.size();
  std::size_t sum = 0;
  each_point(text, [&](char32_t c, std::size_t, std::size_t) { sum += units_of(c); });
  return sum;
}

std::string cut(std::string_view text, std::size_t units) {
  if (text.size() <= units || length_of(text) <= units) return std::string{text};
  if (units == 0) return {};
  auto const room = units - 1;
  std::size_t used = 0, keep = 0, word_end = 0, word_units = 0;
  char32_t before = 0;
  bool odd_flag = false, full = false;
  each_point(text, [&](char32_t c, std::size_t at, std::size_t) {
    if (full) return;
    auto const joined = at > 0 && (extends(c) || before == 0x200d ||
                                   (is_regional(c) && is_regional(before) && odd_flag));
    odd_flag = is_regional(c) && !(is_regional(before) && odd_flag);
    if (!joined) {
      if (used <= room) keep = at;
      if (used <= room && is_space(c) && !is_space(before) && at > 0) {
        word_end = at;
        word_units = used;
      }
    }
    if (used > room) {
      full = true;
      return;
    }
    used += units_of(c);
    before = c;
  });
  if (word_end > 0 && word_units * 2 >= room) keep = word_end;
  std::string out{text.substr(0, keep)};
  while (!out.empty() && (out.back() == ' ' || out.back() == '\n')) out.pop_back();
  out += ellipsis;
  return out;
}

bool is_single_line(std::string_view text) {
  if (text.empty()) return true;
  if (text.front() == ' ' || text.back() == ' ' || !is_printable(text.front())) return false;
  unsigned char others = 0;
  for (std::size_t i = 1; i < text.size(); ++i) {
    auto const double_space = (text[i] == ' ') & (text[i - 1] == ' ');
    others |= is_printable(text[i]) & !double_space ? 0 : 1;
  }
  return others == 0;
}

bool is_tidy(std::string_view text) {
  if (text.empty()) return true;
  auto const outer = [](char c) { return c == ' ' || c == '\n' || c == '\t'; };
  return !outer(text.front()) && !outer(text.back()) &&
         each_is(text, [](char c) { return is_printable(c) | (c == '\n') | (c == '\t'); });
}

std::string tidied(std::string_view text) {
  text = trimmed(text);
  if (is_tidy(text)) return std::string{text};
  std::string out;
  out.reserve(text.size());
  each_point(text, [&](char32_t c, std::size_t at, std::size_t bytes) {
    if (c == '\n' || c == '\t') {
      out += static_cast<char>(c);
    } else if (c == '\r') {
      if (at + 1 >= text.size() || text[at + 1] != '\n') out += '\n';
    } else if (c == 0xfffd) {
      out += "\ufffd";
    } else if (!is_control(c)) {
      out += text.substr(at, bytes);
    }
  });
  auto const kept = trimmed(out);
  return kept.size() == out.size() ? out : std::string{kept};
}

std::string single_line(std::string_view text) {
  if (is_single_line(text)) return std::string{text};
  std::string out;
  out.reserve(text.size());
  bool gap = false;
  each_point(text, [&](char32_t c, std::size_t at, std::size_t bytes) {
    if (is_space(c)) {
      gap = !out.empty();
      return;
    }
    if (is_control(c)) return;
    if (gap) out += ' ';
    gap = false;
    if (c == 0xfffd) {
      out += "\ufffd";
    } else {
      out += text.substr(at, bytes);
    }
  });
  return out;
}

std::string escaped(std::string_view text, markup into) {
  if (into == markup::plain || into == markup::adf) return std::string{text};
  std::string out;
  out.reserve(text.size() + text.size() / 8);
  for (std::size_t i = 0; i < text.size(); ++i) {
    auto const c = text[i];
    if (c == '@') {
      auto const begins = i == 0 || !is_word(text[i - 1]);
      out += c;
      if (begins) out += zero_width_space;
      continue;
    }
    if (into == markup::html) {
      switch (c) {
        case '&':
          out += "&amp;";
          break;
        case '<':
          out += "&lt;";
          break;
        case '>':
          out += "&gt;";
          break;
        case '"':
          out += "&quot;";
          break;
        case '\'':
          out += "&#39;";
          break;
        case '\n':
          out += "<br>";
          break;
        default:
          out += c;
      }
    } else if (into == markup::wiki) {
      append_wiki(out, text, i);
    } else {
      // "&" too: "&lt;script&gt;" would otherwise be decoded by a renderer.
      if (std::string_view{"\\`*_{}[]()#+-.!|<>~&$:"}.find(c) != std::string_view::npos) {
        out += '\\';
      }
      out += c;
    }
  }
  return out;
}

std::string defused(std::string text, std::span<std::string const> sequences) {
  for (auto const& sequence : sequences) {
    if (sequence.empty()) continue;
    auto const same = [](char a, char b) { return lower(a) == lower(b); };
    auto const first =
        std::search(text.begin(), text.end(), sequence.begin(), sequence.end(), same);
    if (first == text.end()) continue;
    std::string out;
    auto from = text.begin();
    for (auto hit = first; hit != text.end();
         hit = std::search(from, text.end(), sequence.begin(), sequence.end(), same)) {
      out.append(from, hit + 1);
      out += zero_width_space;
      from = hit + 1;
    }
    out.append(from, text.end());
    text = std::move(out);
  }
  return text;
}

std::string text_of_html(std::string_view html) {
  if (html.find('<') == std::string_view::npos && html.find('&') == std::string_view::npos) {
    return tidied(html);
  }
  std::string out;
  out.reserve(html.size());
  std::string skip_until;  // the end tag of a script or style
  for (std::size_t i = 0; i < html.size();) {
    if (html[i] == '<') {
      auto const end = html.find('>', i);
      if (end == std::string_view::npos) {
        if (skip_until.empty()) out += html.substr(i);
        break;
      }
      auto const tag = lower_ascii(html.substr(i + 1, std::min<std::size_t>(end - i - 1, 12)));
      auto const word = tag.substr(0, tag.find_first_of(" \t\r\n/", tag.starts_with('/') ? 1 : 0));
      if (!skip_until.empty()) {
        if (word == skip_until) skip_until.clear();
      } else if (word == "script" || word == "style") {
        skip_until = "/" + word;
      } else if (word == "br" || word == "/p" || word == "/div" || word == "/li" ||
                 word == "/tr" || word == "/h1" || word == "/h2" || word == "/h3") {
        out += '\n';
      } else if (word == "/td" || word == "/th") {
        out += ' ';
      }
      i = end + 1;
      continue;
    }
    if (!skip_until.empty()) {
      ++i;
      continue;
    }
    if (html[i] == '&') {
      static constexpr std::array<std::pair<std::string_view, std::string_view>, 7> entities{{
          {"&amp;", "&"},
          {"&lt;", "<"},
          {"&gt;", ">"},
          {"&quot;", "\""},
          {"&#39;", "'"},
          {"&apos;", "'"},
          {"&nbsp;", " "},
      }};
      auto const hit = std::find_if(entities.begin(), entities.end(), [&](auto const& e) {
        return html.substr(i).starts_with(e.first);
      });
      if (hit != entities.end()) {
        out += hit->second;
        i += hit->first.size();
        continue;
      }
    }
    out += html[i++];
  }
  return tidied(out);
}

std::string text_of(std::string_view text, markup from) {
  if (from == markup::html) return text_of_html(text);
  if (from == markup::plain || from == markup::adf) return std::string{text};
  std::string out;
  out.reserve(text.size());
  for (std::size_t i = 0; i < text.size();) {
    auto const rest = text.substr(i);
    auto const escapes = rest.size() > 1 && rest[0] == '\\' &&
                         static_cast<signed char>(rest[1]) > ' ' && !is_word(rest[1]);
    if (escapes || (rest.size() > 1 && rest.starts_with("\\_"))) {
      out += rest[1];
      i += 2;
    } else if (rest.starts_with("@\u200b")) {
      out += '@';
      i += 1 + zero_width_space.size();
    } else if (from == markup::wiki && rest.starts_with("&#92;")) {
      out += '\\';
      i += 5;
    } else if (from == markup::wiki && rest.starts_with("&amp;")) {
      out += '&';
      i += 5;
    } else {
      out += text[i++];
    }
  }
  return out;
}

bool same_name(std::string_view a, std::string_view b) {
  return a.size() == b.size() && std::equal(a.begin(), a.end(), b.begin(), [](char x, char y) {
           return lower(x) == lower(y);
         });
}

std::string lower_ascii(std::string_view text) {
  std::string out{text};
  for (auto& c : out) c = lower(c);
  return out;
}

}  // namespace connector::mapping

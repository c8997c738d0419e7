#include "adapters/defender/plain.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <charconv>
#include <cstdint>

#include "adapters/defender/words.hpp"

namespace adapters::defender {
namespace {

constexpr auto blank = " \t\r\n";

constexpr std::array lines{
    "p",
    "div",
    "br",
    "li",
    "tr",
    "h1",
    "h2",
    "h3",
    "h4",
    "h5",
    "h6",
    "ul",
    "ol",
    "table",
    "blockquote",
    "pre",
    "hr"};
constexpr std::array inline_tags{
    "span", "a", "b", "i", "u", "s", "em", "strong", "img", "code", "font", "html", "body"};

template <std::size_t N>
bool is_one_of(std::array<char const*, N> const& names, std::string_view name) {
  return std::any_of(names.begin(), names.end(), [&](char const* n) {
    return equal_ignoring_case(n, name);
  });
}

/// The name of the tag that `text` begins with ("p" of "</p>"); empty if it begins with none.
std::string_view tag_name(std::string_view text) {
  if (!text.starts_with('<')) return {};
  text.remove_prefix(text.starts_with("</") ? 2 : 1);
  std::size_t length = 0;
  while (length < text.size() && std::isalnum(static_cast<unsigned char>(text[length])) != 0) {
    ++length;
  }
  return text.substr(0, length);
}

void append_utf8(std::string& out, std::uint32_t code) {
  if (code == 0 || code > 0x10ffff || (code >= 0xd800 && code <= 0xdfff)) code = 0xfffd;
  if (code < 0x80) {
    out += static_cast<char>(code);
  } else if (code < 0x800) {
    out += static_cast<char>(0xc0 | (code >> 6));
    out += static_cast<char>(0x80 | (code & 0x3f));
  } else if (code < 0x10000) {
    out += static_cast<char>(0xe0 | (code >> 12));
    out += static_cast<char>(0x80 | ((code >> 6) & 0x3f));
    out += static_cast<char>(0x80 | (code & 0x3f));
  } else {
    out += static_cast<char>(0xf0 | (code >> 18));
    out += static_cast<char>(0x80 | ((code >> 12) & 0x3f));
    out += static_cast<char>(0x80 | ((code >> 6) & 0x3f));
    out += static_cast<char>(0x80 | (code & 0x3f));
  }
}

/// Appends what the character reference at the start of `text` stands for and returns its length;
/// 0 if there is none.
std::size_t append_reference(std::string& out, std::string_view text) {
  constexpr std::size_t length_max = 12;
  auto const end = text.substr(0, length_max).find(';');
  if (end == std::string_view::npos || end < 2) return 0;
  auto const name = text.substr(1, end - 1);
  if (name.starts_with('#')) {
    auto const hex = name.size() > 1 && (name[1] == 'x' || name[1] == 'X');
    auto const digits = name.substr(hex ? 2 : 1);
    std::uint32_t code = 0;
    auto const* last = digits.data() + digits.size();
    auto const [stop, failed] = std::from_chars(digits.data(), last, code, hex ? 16 : 10);
    if (digits.empty() || failed != std::errc{} || stop != last) return 0;
    append_utf8(out, code);
    return end + 1;
  }
  struct entity {
    std::string_view name;
    std::string_view text;
  };
  static constexpr std::array known{
      entity{"amp", "&"},
      entity{"lt", "<"},
      entity{"gt", ">"},
      entity{"quot", "\""},
      entity{"apos", "'"},
      entity{"nbsp", " "}};
  for (auto const& e : known) {
    if (e.name == name) {
      out += e.text;
      return end + 1;
    }
  }
  return 0;
}

/// A text in which every special character is written as a reference, and one at least: what an
/// HTML store answers for a text that was sent as it is.
bool is_escaped(std::string_view text) {
  if (text.find_first_of("<>") != std::string_view::npos) return false;
  std::size_t references = 0;
  for (auto at = text.find('&'); at != std::string_view::npos; at = text.find('&', at + 1)) {
    std::string ignored;
    if (append_reference(ignored, text.substr(at)) == 0) return false;
    ++references;
  }
  return references > 0;
}

std::string unescaped(std::string_view text) {
  std::string out;
  while (!text.empty()) {
    auto const used = text.front() == '&' ? append_reference(out, text) : 0;
    if (used == 0) out += text.front();
    text.remove_prefix(std::max<std::size_t>(used, 1));
  }
  return out;
}

std::string_view trimmed(std::string_view text) {
  auto const first = text.find_first_not_of(blank);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(blank) - first + 1);
}

/// One line break per boundary between blocks, however many tags make it.
void break_line(std::string& out) {
  while (out.ends_with(' ')) out.pop_back();
  if (!out.empty() && !out.ends_with('\n')) out += '\n';
}

}  // namespace

std::string plain_text(std::string_view comment) {
  auto rest = trimmed(comment);
  auto const first = tag_name(rest);
  auto const is_html = rest.ends_with('>') && !rest.starts_with("</") &&
                       (is_one_of(lines, first) || is_one_of(inline_tags, first));
  if (!is_html) return is_escaped(comment) ? unescaped(comment) : std::string{comment};

  std::string out;
  while (!rest.empty()) {
    auto const c = rest.front();
    if (auto const tag = tag_name(rest); !tag.empty() || rest.starts_with("<!--")) {
      auto const end = rest.find('>');
      if (is_one_of(lines, tag)) break_line(out);
      rest.remove_prefix(end == std::string_view::npos ? rest.size() : end + 1);
      continue;
    }
    std::size_t used = 1;
    if (c == '&') {
      used = append_reference(out, rest);
      if (used == 0) out += c;
    } else if (std::isspace(static_cast<unsigned char>(c)) != 0) {
      if (!out.empty() && !out.ends_with(' ') && !out.ends_with('\n')) out += ' ';
    } else {
      out += c;
    }
    rest.remove_prefix(std::max<std::size_t>(used, 1));
  }
  return std::string{trimmed(out)};
}

}  // namespace adapters::defender

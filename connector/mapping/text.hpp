#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

/// Texts from outside, made safe and short. Every input is good enough: broken UTF-8 is replaced,
/// nothing throws, everything is linear in the input.
namespace connector::mapping {

/// How a field's text is read by the people who see it.
enum class markup {
  plain,
  html,
  markdown,
  wiki,  ///< Jira's own, in Data Center
  adf,   ///< a document of nodes instead of a text; see adf.hpp
};

/// Texts in rows of equal width.
struct text_grid {
  std::size_t width = 1;
  std::vector<std::string_view> cells;  ///< row after row

  [[nodiscard]] std::size_t rows() const { return cells.size() / width; }
  [[nodiscard]] std::span<std::string_view const> row(std::size_t i) const {
    return std::span{cells}.subspan(i * width, width);
  }
};

/// Offset of the first byte that is no UTF-8 (overlong, surrogate, NUL included), or the size.
std::size_t first_bad_utf8(std::string_view text);

/// `text` with U+FFFD for every bad byte.
std::string repaired_utf8(std::string_view text);

/// Length in UTF-16 units. ServiceNow, Jira (Java) and Azure DevOps (.NET) count so, and those that
/// count code points count no more.
std::size_t length_of(std::string_view text);

/// `text` if it is at most `units` long, else cut with "…" in its place: after a word where one
/// ends in the second half, never inside what a reader sees as one character. Cutting again changes
/// nothing.
std::string cut(std::string_view text, std::size_t units);

/// Outer white space gone, CR LF as LF, control characters gone.
std::string tidied(std::string_view text);

/// On one line: white space of any kind becomes one space.
std::string single_line(std::string_view text);

/// Cheap and sure: true only if single_line or tidied would change nothing.
bool is_single_line(std::string_view text);
bool is_tidy(std::string_view text);

/// Safe to put into a text of that kind: it shows as it is and does nothing. Mentions ("@name") are
/// broken for html, markdown and wiki; a document needs no escaping.
std::string escaped(std::string_view text, markup into);

/// Breaks every occurrence of these sequences (case aside) with a zero-width space, so that a
/// target which gives them a meaning ("[code]") shows them instead.
std::string defused(std::string text, std::span<std::string const> sequences);

/// What a reader sees of an HTML text.
std::string text_of_html(std::string_view html);

/// What a reader sees of a text of that kind. For markdown and wiki only what `escaped` did is
/// undone: people write these by hand, and their stars and dashes read well as they are.
std::string text_of(std::string_view text, markup from);

/// Case aside for ASCII letters; for mail addresses and names of people.
bool same_name(std::string_view a, std::string_view b);
std::string lower_ascii(std::string_view text);

}  // namespace connector::mapping

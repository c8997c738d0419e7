#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "connector/config/section.hpp"

namespace connector::config {

/// The length of the UTF-8 sequence at `at`, or 0 if there is none. Overlong forms, surrogates and
/// what lies beyond U+10FFFF are none.
std::size_t utf8_length(std::string_view text, std::size_t at);

/// Turns places in a text of bytes into lines and columns of characters, as editors count them, and
/// looks at the text around them. Keeps a view of the text.
class places {
 public:
  places(std::string_view text, std::string file);

  /// `line` and `column` count from 0, the column in bytes; also beyond the end of the text.
  [[nodiscard]] std::size_t byte(int line, int column) const;
  [[nodiscard]] position at(std::size_t byte) const;

  /// The first place that is not UTF-8, or a control character, and what it is.
  [[nodiscard]] std::optional<complaint> fault_in_characters() const;

  /// The tab in the white space that the line of `byte` begins with, if it has one.
  [[nodiscard]] std::optional<position> tab_in_indentation(std::size_t byte) const;

  /// Whether the YAML value that begins here, if it is quoted, ends before the text does.
  [[nodiscard]] bool is_closed(std::size_t byte) const;

 private:
  std::string_view text_;
  std::string file_;
  std::vector<std::size_t> starts_;  ///< of lines
  // One for each byte, so that a file of one long line does not cost the square of its length.
  std::vector<std::uint32_t> characters_before_;
};

}  // namespace connector::config

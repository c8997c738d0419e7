#include "connector/config/places.hpp"

#include <algorithm>

namespace connector::config {
namespace {

constexpr auto blanks = " \t";
constexpr auto white_space = " \t\r\n";

}  // namespace

std::size_t utf8_length(std::string_view text, std::size_t at) {
  auto const byte = [&](std::size_t i) {
    return i < text.size() ? static_cast<unsigned char>(text[i]) : 0u;
  };
  auto const first = byte(at);
  if (first < 0x80) return 1;
  if (first < 0xC2 || first > 0xF4) return 0;
  auto const length = first >= 0xF0 ? 4u : first >= 0xE0 ? 3u : 2u;
  for (std::size_t i = 1; i < length; ++i) {
    if ((byte(at + i) & 0xC0) != 0x80) return 0;
  }
  auto const second = byte(at + 1);
  auto const is_overlong = (first == 0xE0 && second < 0xA0) || (first == 0xF0 && second < 0x90);
  auto const is_surrogate = first == 0xED && second > 0x9F;
  auto const is_beyond = first == 0xF4 && second > 0x8F;
  return is_overlong || is_surrogate || is_beyond ? 0 : length;
}

places::places(std::string_view text, std::string file) : text_{text}, file_{std::move(file)} {
  starts_.push_back(0);
  characters_before_.reserve(text.size() + 1);
  characters_before_.push_back(0);
  for (std::size_t i = 0; i < text.size(); ++i) {
    auto const begins_one = (static_cast<unsigned char>(text[i]) & 0xC0) != 0x80;
    characters_before_.push_back(characters_before_.back() + (begins_one ? 1 : 0));
    if (text[i] == '\n') starts_.push_back(i + 1);
  }
}

std::size_t places::byte(int line, int column) const {
  auto const row = static_cast<std::size_t>(std::max(line, 0));
  auto const start = row < starts_.size() ? starts_[row] : text_.size();
  return std::min(text_.size(), start + static_cast<std::size_t>(std::max(column, 0)));
}

position places::at(std::size_t byte) const {
  auto const next = std::upper_bound(starts_.begin(), starts_.end(), byte);
  auto const line = static_cast<std::size_t>(next - starts_.begin());
  auto const start = starts_[line - 1];
  auto const end = std::min(byte, text_.size());
  auto const characters = characters_before_[end] - characters_before_[start];
  return {file_, static_cast<int>(line), static_cast<int>(characters) + 1};
}

std::optional<complaint> places::fault_in_characters() const {
  for (std::size_t i = 0; i < text_.size();) {
    auto const length = utf8_length(text_, i);
    if (length == 0) return complaint{at(i), "not UTF-8; save the file as UTF-8"};
    auto const c = static_cast<unsigned char>(text_[i]);
    if ((c < 0x20 && c != '\t' && c != '\n' && c != '\r') || c == 0x7F) {
      return complaint{at(i), "a control character, which YAML does not allow"};
    }
    i += length;
  }
  return std::nullopt;
}

std::optional<position> places::tab_in_indentation(std::size_t byte) const {
  auto const next = std::upper_bound(starts_.begin(), starts_.end(), byte);
  auto const start = *(next - 1);
  auto const end = std::min(text_.size(), text_.find_first_not_of(blanks, start));
  auto const tab = text_.substr(start, end - start).find('\t');
  if (tab == std::string_view::npos) return std::nullopt;
  return at(start + tab);
}

bool places::is_closed(std::size_t byte) const {
  auto i = byte;
  if (i < text_.size() && text_[i] == '&') {
    i = text_.find_first_not_of(white_space, text_.find_first_of(white_space, i));
  }
  if (i >= text_.size() || (text_[i] != '"' && text_[i] != '\'')) return true;
  auto const quote = text_[i];
  for (++i; i < text_.size(); ++i) {
    auto const is_escape = quote == '"' ? text_[i] == '\\' : text_.substr(i, 2) == "''";
    if (is_escape) {
      ++i;
    } else if (text_[i] == quote) {
      return true;
    }
  }
  return false;
}

}  // namespace connector::config

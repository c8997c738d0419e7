#include "connector/sync/marks.hpp"

#include <algorithm>

#include "connector/core/digest.hpp"

namespace connector::sync {
namespace {

constexpr std::string_view mark_open = "[sync:";
constexpr char mark_close = ']';
constexpr std::size_t mark_characters = 20;
constexpr std::size_t comment_characters = 14;  ///< of a mark: what its edits share with a comment

/// Fields joined so that no two different lists give the same text.
void append_field(std::string& out, std::string_view field) {
  out += std::to_string(field.size());
  out += ':';
  out += field;
  out += ';';
}

bool is_mark(std::string_view text) {
  return text.size() == mark_characters && std::all_of(text.begin(), text.end(), [](char c) {
           return (c >= 'a' && c <= 'z') || (c >= '2' && c <= '7');
         });
}

std::string_view trimmed_right(std::string_view text) {
  auto const last = text.find_last_not_of(" \t\r\n");
  return last == std::string_view::npos ? std::string_view{} : text.substr(0, last + 1);
}

}  // namespace

std::string link_key(
    std::string_view route,
    std::string_view incident_connection,
    std::string_view incident_id,
    std::string_view ticket_connection,
    int generation
) {
  std::string text;
  append_field(text, route);
  append_field(text, incident_connection);
  append_field(text, incident_id);
  append_field(text, ticket_connection);
  append_field(text, std::to_string(generation));
  return core::short_key(text);
}

std::string comment_mark(std::string_view link, mapping::side origin, std::string_view id) {
  std::string text;
  append_field(text, link);
  append_field(text, mapping::name(origin));
  append_field(text, id);
  return core::short_key(text).substr(0, mark_characters);
}

std::string edit_mark(std::string_view of_comment, core::time_point edited_at) {
  std::string text;
  append_field(text, of_comment);
  append_field(text, core::format_time(edited_at));
  std::string mark{of_comment.substr(0, comment_characters)};
  return mark + core::short_key(text).substr(0, mark_characters - comment_characters);
}

bool is_of_comment(std::string_view mark, std::string_view of_comment) {
  return mark.substr(0, comment_characters) == of_comment.substr(0, comment_characters);
}

std::string with_mark(std::string_view text, std::string_view mark) {
  std::string out{text};
  out += '\n';
  out += mark_open;
  out += mark;
  out += mark_close;
  return out;
}

std::optional<marked_text> split_mark(std::string_view text) {
  auto const body = trimmed_right(text);
  if (body.empty() || body.back() != mark_close) return std::nullopt;
  auto const open = body.rfind(mark_open);
  if (open == std::string_view::npos) return std::nullopt;
  auto const start = open + mark_open.size();
  auto const mark = body.substr(start, body.size() - start - 1);
  if (!is_mark(mark)) return std::nullopt;
  return marked_text{trimmed_right(body.substr(0, open)), mark};
}

std::string without_marks(std::string_view text) {
  std::string out;
  std::size_t at = 0;
  while (true) {
    auto const open = text.find(mark_open, at);
    if (open == std::string_view::npos) break;
    auto const start = open + mark_open.size();
    auto const end = start + mark_characters;
    if (end < text.size() && text[end] == mark_close &&
        is_mark(text.substr(start, mark_characters))) {
      out += text.substr(at, open - at);
      at = end + 1;
    } else {
      out += text.substr(at, start - at);
      at = start;
    }
  }
  out += text.substr(at);
  return std::string{trimmed_right(out)};
}

}  // namespace connector::sync

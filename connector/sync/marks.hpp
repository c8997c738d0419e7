#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "connector/mapping/map.hpp"

namespace connector::sync {

/// The idempotency key of a link: the same for the same incident on the same route, whatever
/// process asks. Connections and routes are known by their configured names.
std::string link_key(
    std::string_view route,
    std::string_view incident_connection,
    std::string_view incident_id,
    std::string_view ticket_connection,
    int generation
);

/// What proves that a comment is our copy of another one. Nobody without `marking_key` can make it.
std::string comment_mark(
    std::string_view marking_key, std::string_view link, mapping::side origin, std::string_view id
);

/// The copy's text with its mark as the last line: "text\n[sync:abcd...]".
std::string with_mark(std::string_view text, std::string_view mark);

/// A text split at its last mark, if it ends with one.
struct marked_text {
  std::string_view text;
  std::string_view mark;
};
std::optional<marked_text> split_mark(std::string_view text);

/// The text without any marks, wherever they stand: a person who quotes a copy must not have the
/// quotation taken for the copy.
std::string without_marks(std::string_view text);

}  // namespace connector::sync

#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "connector/core/time.hpp"
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

/// What a comment's copy is known by. It follows from the original alone, so that copies are known
/// again even if the store is lost. It is no proof of authorship: whoever forges one only keeps a
/// comment that does not exist yet, and whose id cannot be foreseen, from being copied.
std::string comment_mark(std::string_view link, mapping::side origin, std::string_view id);

/// What the copy of an edit of that comment is known by, and whether a mark belongs to the comment
/// with this one: the edits of a comment are known to be its own even if the store is lost.
std::string edit_mark(std::string_view of_comment, core::time_point edited_at);
bool is_of_comment(std::string_view mark, std::string_view of_comment);

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

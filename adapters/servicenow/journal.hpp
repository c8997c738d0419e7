#pragma once

#include <chrono>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "adapters/servicenow/wire.hpp"
#include "connector/adapter/adapter.hpp"

namespace adapters::servicenow {

/// The two journal columns: work notes are internal, comments are seen by the caller.
inline constexpr std::string_view work_notes = "work_notes";
inline constexpr std::string_view comments_place = "comments";

/// One row of sys_journal_field as a comment without an id; `element_id` of the row says on which
/// record.
core::result<adapter::comment> journal_entry(row const& from);

/// Puts the comments of one record into their order, oldest first, and gives them their ids: a
/// digest of place, stamp and text, numbered among equals.
///
/// Rows of sys_journal_field have a sys_id, display values have none. An id must not depend on
/// where a comment was read, or all comments would look new on the day when an administrator opens
/// or closes that table. So neither the sys_id nor the author, who goes by two names, is part of
/// it.
void identify(std::vector<adapter::comment>& comments);

/// Takes the display value of a journal column apart. Blocks come newest first:
///
///     2026-09-04 09:12:33 - System Administrator (Additional comments)
///     text, perhaps with blank lines
///
/// A text may hold lines that look like such a header. One counts as a header only if
/// - it follows an empty line, and its label (the last parentheses) is that of the first line, and
/// - the stamps of all headers taken descend. Of all such choices the one with the most headers is
///   taken, and where two have as many, the one whose headers come earlier: a forged header always
///   stands below the real one of the note it is in.
/// What remains open: a forged header with a stamp between its neighbours' splits its note in two.
/// Nothing in the text can tell it apart; sys_journal_field does.
///
/// Stamps are in the zone `offset` of the calling user, in the system's default date format;
/// `malformed` if the text does not begin with a header of that form. Oldest first, without ids.
core::result<std::vector<adapter::comment>> take_apart(
    std::string_view display, std::string_view place, std::chrono::minutes offset
);

}  // namespace adapters::servicenow

#pragma once

#include <string>
#include <string_view>

#include "connector/core/error.hpp"
#include "connector/store/store.hpp"

/// The part of a link that no query asks for, as one JSON text; shared by every SQL backend. The
/// rest are columns: see migrations/0001_start.sql.
namespace connector::store {

/// Members that hold their default are left out. Times are ticks, see core::ticks.
std::string link_body(link const& from);

/// Fills the members that link_body wrote; those left out keep what they are in `into`.
/// Errors: errc::storage, if the text is not what link_body writes.
core::result<void> read_link_body(std::string_view body, link& into);

}  // namespace connector::store

#pragma once

#include <string>
#include <string_view>

#include "connector/core/error.hpp"
#include "connector/store/store.hpp"

/// The parts of a link that no query asks for, as JSON texts; shared by every SQL backend. The rest
/// are columns: see migrations/.
namespace connector::store {

/// Members that hold their default are left out. Times are ticks, see core::ticks.
std::string link_body(link const& from);

/// Fills the members that link_body wrote; those left out keep what they are in `into`.
/// Errors: errc::storage, if the text is not what link_body writes.
core::result<void> read_link_body(std::string_view body, link& into);

/// `link::outstanding`, which is kept apart from the rest; the same rules.
std::string outstanding_body(outstanding const& from);
core::result<void> read_outstanding_body(std::string_view body, outstanding& into);

}  // namespace connector::store

#pragma once

#include <array>
#include <boost/asio/awaitable.hpp>
#include <string_view>
#include <vector>

#include "adapters/jira/client.hpp"
#include "adapters/jira/wire.hpp"

namespace adapters::jira {

/// Where comments go. On a service project, what has no word about it is shown to the customer; so
/// every comment says which it is. Elsewhere there is only the first kind.
inline constexpr std::string_view internal_place = "comment";
inline constexpr std::string_view public_place = "reply_to_customer";

/// A comment as POST .../comment takes it; `invalid` for another place.
core::result<json::value> comment_body(adapter::new_comment const& one, translator const& words);

/// Of a comment as the API shows it; none if it has no id.
std::optional<adapter::comment> comment_in(
    json::object const& from, bool service_project, translator const& words
);

/// Gives each of `objects` all its comments, oldest first, of issues a hundred a call, and more
/// calls only where an issue has more comments than its field shows.
boost::asio::awaitable<core::result<void>> add_comments(
    client& by, translator const& words, std::vector<adapter::object>& objects
);

/// From an issue read with these fields, for the same.
inline constexpr std::array comment_fields{"comment", "project", "updated"};
boost::asio::awaitable<core::result<std::vector<adapter::comment>>> comments_of(
    client& by, translator const& words, issue const& from
);

}  // namespace adapters::jira

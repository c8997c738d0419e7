#pragma once

#include <boost/asio/awaitable.hpp>
#include <vector>

#include "adapters/servicenow/client.hpp"
#include "adapters/servicenow/comments.hpp"

namespace adapters::servicenow {

/// Looks at a connection, by reads alone: reachable, signed in, the table and the columns that the
/// sync rests on, whether queries are obeyed, the journal, choices, the clock, batches, the user's
/// time zone. Stops early where the rest would only repeat the same failure.
boost::asio::awaitable<std::vector<adapter::check>> examine(
    client& by, comment_reader& comments, settings const& with, async::clock& clock
);

}  // namespace adapters::servicenow

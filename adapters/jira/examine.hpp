#pragma once

#include <boost/asio/awaitable.hpp>
#include <vector>

#include "adapters/jira/client.hpp"
#include "adapters/jira/walker.hpp"
#include "adapters/jira/wire.hpp"

namespace adapters::jira {

/// Reads only: what the sync rests on, checked one by one.
boost::asio::awaitable<std::vector<adapter::check>> examine(
    client& by, settings const& with, translator const& words, async::clock& clock
);

}  // namespace adapters::jira

#pragma once

#include <boost/asio/awaitable.hpp>
#include <vector>

#include "adapters/defender/client.hpp"
#include "adapters/defender/settings.hpp"
#include "connector/adapter/adapter.hpp"
#include "connector/async/clock.hpp"

namespace adapters::defender {

/// What can be known of a connection without writing: two list calls and a sign-in.
boost::asio::awaitable<std::vector<connector::adapter::check>> examine(
    client& graph, settings const& chosen, connector::async::clock& clock
);

}  // namespace adapters::defender

#pragma once

#include <boost/asio/awaitable.hpp>
#include <string>
#include <vector>

#include "adapters/pagerduty/client.hpp"
#include "adapters/pagerduty/wire.hpp"

namespace adapters::pagerduty {

/// The notes of an incident, oldest first; one call.
boost::asio::awaitable<core::result<std::vector<adapter::comment>>> read_notes(
    client& by, std::string id
);

}  // namespace adapters::pagerduty

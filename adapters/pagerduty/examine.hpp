#pragma once

#include <boost/asio/awaitable.hpp>
#include <vector>

#include "adapters/pagerduty/client.hpp"
#include "adapters/pagerduty/settings.hpp"
#include "connector/async/clock.hpp"

namespace adapters::pagerduty {

/// What `doctor` looks at; reads only. Whether writing is permitted cannot be found out without
/// writing, unless an app tells its scopes, so it is not claimed.
boost::asio::awaitable<std::vector<adapter::check>> examine(
    client& by, settings const& with, async::clock& clock
);

/// What the account tells of itself: priorities, policies, custom fields. Lists that the key may
/// not read stand under `unseen`.
boost::asio::awaitable<core::result<adapter::description>> describe(
    client& by, settings const& with
);

}  // namespace adapters::pagerduty

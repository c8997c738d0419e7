#pragma once

#include "adapters/servicenow/client.hpp"

namespace adapters::servicenow {

/// What the instance tells of the configured table: columns with what they inherit and override,
/// choices, and what policies demand per state. A table that the user may not read is said in
/// `unseen`; an instance out of reach is a failure.
boost::asio::awaitable<core::result<adapter::description>> describe(
    client& by, settings const& with
);

}  // namespace adapters::servicenow

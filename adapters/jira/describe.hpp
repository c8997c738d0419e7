#pragma once

#include <boost/asio/awaitable.hpp>

#include "adapters/jira/client.hpp"
#include "adapters/jira/settings.hpp"
#include "adapters/jira/walker.hpp"

namespace adapters::jira {

/// What Jira tells of the fields of new issues (createmeta) and of existing ones (editmeta of one
/// of ours), and of the workflow, as far as issues stand in its statuses.
boost::asio::awaitable<core::result<adapter::description>> describe(
    client& by, settings const& with, walker& moves
);

}  // namespace adapters::jira

#include "adapters/registry.hpp"

#include <array>

#include "adapters/defender/adapter.hpp"
#include "adapters/jira/adapter.hpp"
#include "adapters/models.hpp"
#include "adapters/pagerduty/adapter.hpp"
#include "adapters/servicenow/adapter.hpp"

namespace adapters {
namespace {

using connector::adapter::entry;

// A plain table: self-registering globals are dropped by linkers from static libraries.
constexpr std::array systems{
    entry{"azure-devops", nullptr, models::azure_devops, maps::azure_devops},
    entry{"defender", defender::make, models::defender},
    entry{"freshservice", nullptr, models::freshservice, maps::freshservice},
    entry{"jira", jira::make, models::jira, maps::jira},
    entry{"pagerduty", pagerduty::make, models::pagerduty, maps::pagerduty},
    entry{"servicenow", servicenow::make, models::servicenow, maps::servicenow},
    entry{"zendesk", nullptr, models::zendesk, maps::zendesk},
};

}  // namespace

std::span<entry const> registry() { return systems; }

}  // namespace adapters

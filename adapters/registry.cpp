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
    entry{"defender", defender::make, models::defender},
    entry{"jira", jira::make, models::jira, maps::jira},
    entry{"pagerduty", pagerduty::make, models::pagerduty, maps::pagerduty},
    entry{"servicenow", servicenow::make, models::servicenow, maps::servicenow},
};

}  // namespace

std::span<entry const> registry() { return systems; }

}  // namespace adapters

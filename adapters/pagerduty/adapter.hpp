#pragma once

#include <memory>

#include "adapters/pagerduty/settings.hpp"
#include "connector/adapter/registry.hpp"

namespace adapters::pagerduty {

/// A connection to one PagerDuty account, from its section of the configuration; null after a
/// complaint.
std::unique_ptr<connector::adapter::system> make(
    connector::config::section settings, connector::adapter::surroundings with
);

/// The same from settings that are known to be good.
std::unique_ptr<connector::adapter::system> make_system(
    pagerduty::settings with, connector::adapter::surroundings world
);

/// One way, by the Events API.
std::unique_ptr<connector::adapter::system> make_events_system(
    events_settings with, connector::adapter::surroundings world
);

}  // namespace adapters::pagerduty

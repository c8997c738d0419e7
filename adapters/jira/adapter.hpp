#pragma once

#include <memory>

#include "adapters/jira/settings.hpp"
#include "connector/adapter/registry.hpp"

namespace adapters::jira {

/// A connection to one project of one Jira, from its section of the configuration; null after a
/// complaint.
std::unique_ptr<connector::adapter::system> make(
    connector::config::section settings, connector::adapter::surroundings with
);

/// The same from settings that are known to be good.
std::unique_ptr<connector::adapter::system> make_system(
    jira::settings with, connector::adapter::surroundings world
);

}  // namespace adapters::jira

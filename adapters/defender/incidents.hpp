#pragma once

#include <memory>

#include "adapters/defender/settings.hpp"
#include "connector/adapter/adapter.hpp"
#include "connector/adapter/registry.hpp"

namespace adapters::defender {

/// As `make`, from settings already read.
std::unique_ptr<connector::adapter::system> make_incidents(
    settings chosen, connector::adapter::surroundings with
);

}  // namespace adapters::defender

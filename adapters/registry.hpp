#pragma once

#include <span>

#include "connector/adapter/registry.hpp"

namespace adapters {

/// Every system this service can speak to.
std::span<connector::adapter::entry const> registry();

}  // namespace adapters

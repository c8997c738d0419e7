#pragma once

#include <string>

#include "connector/store/store.hpp"
#include "connector/sync/engine.hpp"

namespace connector::command {

/// The Prometheus text of this moment.
std::string metrics_text(
    sync::engine const& engine, store::counts const& counts, core::time_point now
);

}  // namespace connector::command

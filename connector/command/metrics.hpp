#pragma once

#include <string>

#include "connector/command/hooks.hpp"
#include "connector/command/validation.hpp"
#include "connector/store/store.hpp"
#include "connector/sync/engine.hpp"

namespace connector::command {

/// The Prometheus text of this moment.
std::string metrics_text(
    sync::engine const& engine, store::counts const& counts, core::time_point now
);

/// The same of what the maps' comparison with the real systems found, and of webhooks (null: not
/// taken).
std::string more_metrics(validation const& compared, hooks const* taken, core::time_point now);

}  // namespace connector::command

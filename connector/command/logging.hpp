#pragma once

#include <memory>

#include "connector/config/settings.hpp"

namespace spdlog {
class logger;
}

namespace connector::command {

/// A logger to standard error, as text or as one JSON object a line.
std::shared_ptr<spdlog::logger> make_logger(config::log_settings const& settings);

}  // namespace connector::command

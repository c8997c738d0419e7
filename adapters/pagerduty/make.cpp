#include "adapters/pagerduty/adapter.hpp"

namespace adapters::pagerduty {

std::unique_ptr<connector::adapter::system> make(
    connector::config::section settings, connector::adapter::surroundings with
) {
  if (settings.has("events")) {
    auto found = read_events_settings(std::move(settings));
    return found ? make_events_system(std::move(*found), std::move(with)) : nullptr;
  }
  auto found = read_settings(std::move(settings));
  if (!found) return nullptr;
  return make_system(std::move(*found), std::move(with));
}

}  // namespace adapters::pagerduty

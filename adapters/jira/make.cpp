#include "adapters/jira/adapter.hpp"

namespace adapters::jira {

std::unique_ptr<connector::adapter::system> make(
    connector::config::section settings, connector::adapter::surroundings with
) {
  auto found = read_settings(std::move(settings));
  if (!found) return nullptr;
  return make_system(std::move(*found), std::move(with));
}

}  // namespace adapters::jira

#include "adapters/defender/adapter.hpp"

#include <cstdlib>
#include <utility>

#include "adapters/defender/assertion.hpp"
#include "adapters/defender/incidents.hpp"
#include "adapters/defender/settings.hpp"

namespace adapters::defender {
namespace {

std::optional<std::string> variable_of_process(std::string const& name) {
  auto const* const value = std::getenv(name.c_str());
  if (!value) return std::nullopt;
  return std::string{value};
}

/// Files that cannot be used are a fault of the configuration, better found at start than at the
/// first sign-in.
bool has_usable_files(settings const& chosen, connector::config::section& from) {
  auto const* with = std::get_if<by_certificate>(&chosen.method);
  if (!with) return true;
  auto const own = read_certificate(with->certificate_file, with->key_file);
  if (own) return true;
  from.complain(from.at("certificate"), own.error().detail);
  return false;
}

}  // namespace

std::unique_ptr<connector::adapter::system> make(
    connector::config::section settings, connector::adapter::surroundings with
) {
  auto chosen = read_settings(settings, &variable_of_process);
  if (!chosen || !has_usable_files(*chosen, settings)) return nullptr;
  return make_incidents(std::move(*chosen), std::move(with));
}

}  // namespace adapters::defender

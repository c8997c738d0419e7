#include <fstream>
#include <sstream>
#include <stdexcept>

#include "adapters/registry.hpp"
#include "connector/mapping/compile.hpp"
#include "test/simulation/world.hpp"

namespace simulation {
namespace {

std::string read(std::string const& path) {
  std::ifstream in{path, std::ios::binary};
  std::ostringstream text;
  text << in.rdbuf();
  if (!in) throw std::runtime_error{path + ": cannot be read"};
  return text.str();
}

std::shared_ptr<mapping::field_map const> compile(
    std::string const& path, std::string const& text
) {
  mapping::model_catalogue models;
  std::vector<mapping::finding> findings;
  for (auto const& entry : adapters::registry()) {
    for (auto const model : entry.models) models.add(model, std::string{entry.system}, findings);
  }
  mapping::file_reader const reader = [&](std::string const&) -> core::result<std::string> {
    return text;
  };
  auto compiled = mapping::compile(path, models, reader);
  if (compiled.map) return compiled.map;
  std::string words = path + " does not compile";
  for (auto const& f : compiled.findings) words += '\n' + to_string(f);
  throw std::runtime_error{words};
}

}  // namespace

atlas::atlas(pairing const& of, std::string const& root) {
  for (auto const path : of.maps) {
    auto const file = root + '/' + std::string{path};
    auto const text = read(file);
    auto edited = text;
    auto const at = edited.find("\nmapping: ");
    edited.insert(at == edited.npos ? 0 : at + 10, "edited-");
    maps_.push_back({compile(file, text), compile(file, edited)});
  }
}

std::shared_ptr<mapping::field_map const> atlas::map(int which, int variant) const {
  auto const& variants = maps_[static_cast<std::size_t>(which) % maps_.size()];
  return variants[static_cast<std::size_t>(variant) % variants.size()];
}

}  // namespace simulation

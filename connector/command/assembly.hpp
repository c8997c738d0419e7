#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <iosfwd>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "connector/adapter/registry.hpp"
#include "connector/async/clock.hpp"
#include "connector/async/random.hpp"
#include "connector/config/settings.hpp"
#include "connector/http/message.hpp"
#include "connector/mapping/compile.hpp"
#include "connector/sync/route.hpp"

namespace connector::command {

/// Models of all registered systems' objects, and the base maps that ship with them.
mapping::model_catalogue all_models(std::span<adapter::entry const> registry);

/// The maps of routes, by route: to run, and as data.
struct route_maps {
  std::map<std::string, std::shared_ptr<mapping::field_map const>> to_run;
  std::map<std::string, std::shared_ptr<mapping::program const>> as_data;
};

/// A configuration brought to life: connections that can call, routes with compiled maps.
/// Transports come first and go last, since connections call through them.
struct assembly {
  config::settings settings;
  std::vector<std::unique_ptr<http::transport>> transports;
  std::vector<std::unique_ptr<sync::connection>> connections;
  std::vector<sync::route> routes;
  std::map<std::string, std::shared_ptr<mapping::program const>> programs;  ///< by route
};

struct assembly_surroundings {
  std::span<adapter::entry const> registry;
  boost::asio::any_io_executor executor;
  async::clock& clock;
  async::random& random;
  std::string har;  ///< record all traffic here; empty: no
};

/// None after printing what is wrong, every complaint on its line. With `need_maps` false the maps
/// are left out and routes stay empty.
std::optional<assembly> assemble(
    std::string const& config_path,
    assembly_surroundings const& with,
    std::ostream& err,
    bool need_maps = true
);

/// One map, loaded as the routes' maps are; null after printing why not.
std::shared_ptr<mapping::field_map const> load_map(
    std::string const& path, std::span<adapter::entry const> registry, std::ostream& err
);

/// The maps of all routes compiled and proved anew; none after printing why not. A map with a
/// finding of the proof that is an error is as unusable as one that does not compile.
std::optional<route_maps> load_maps(
    config::settings const& settings, std::span<adapter::entry const> registry, std::ostream& err
);

}  // namespace connector::command

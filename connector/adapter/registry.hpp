#pragma once

#include <memory>
#include <span>
#include <string_view>

#include "connector/adapter/adapter.hpp"
#include "connector/async/clock.hpp"
#include "connector/async/random.hpp"
#include "connector/config/section.hpp"
#include "connector/http/message.hpp"

namespace connector::adapter {

/// What an adapter is made from. The references outlive it.
struct surroundings {
  std::string connection;  ///< the connection's name in the configuration, for messages
  http::transport& transport;
  async::clock& clock;
  async::random& random;
};

/// A map that ships with the program, as YAML text; overlays name it as their base.
struct shipped_map {
  std::string_view name;  ///< "servicenow-incident"
  std::string_view text;
};

/// One system the service can speak to; `adapters/registry.cpp` holds the table.
struct entry {
  std::string_view system;  ///< the `system:` of a connection: "defender", "servicenow"

  /// Reads its own settings from `settings` (and complains there); null after a complaint. Null
  /// itself for a system that has a model but no adapter yet: maps for it can be written, validated
  /// and tested, but no connection can be made.
  std::unique_ptr<adapter::system> (*make)(config::section settings, surroundings with);

  /// Models of its objects as YAML text, one document each; see connector/mapping/model.hpp.
  std::span<std::string_view const> models;

  /// Base maps with this system's objects as tickets.
  std::span<shipped_map const> maps = {};
};

}  // namespace connector::adapter

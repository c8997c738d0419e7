#pragma once

#include <boost/asio/awaitable.hpp>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "connector/mapping/live.hpp"
#include "connector/sync/route.hpp"

namespace connector::command {

/// A map and the two connections that it is between.
struct live_route {
  std::string name;  ///< of the route
  sync::connection* from = nullptr;
  sync::connection* to = nullptr;
  std::shared_ptr<mapping::program const> map;
};

/// What the systems said of themselves, by connection.
using descriptions = std::map<std::string, adapter::description>;

struct live_report {
  std::vector<mapping::live_finding> findings;
  /// Why a system could not be asked: "snow: unauthorized: ...". Nothing is concluded then.
  std::vector<std::string> trouble;
};

/// Compares the map with both systems; reads only. `before` is what they said last time, for drift;
/// what they say now is put into `now`, where a connection is looked for first.
boost::asio::awaitable<live_report> compare_live(
    live_route on, descriptions const& before, descriptions& now
);

/// What to compare with next time: a system that told nothing this time keeps what it told before.
void remember(descriptions& known, descriptions const& now);

}  // namespace connector::command

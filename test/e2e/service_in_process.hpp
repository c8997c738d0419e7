#pragma once

#include <boost/asio/io_context.hpp>
#include <gtest/gtest.h>
#include <memory>
#include <spdlog/sinks/ostream_sink.h>
#include <spdlog/spdlog.h>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

#include "connector/store/memory.hpp"
#include "connector/sync/engine.hpp"
#include "test/simulators/graph/graph.hpp"
#include "test/simulators/transport.hpp"
#include "test/support/sim_clock.hpp"

namespace connector::e2e {

/// The production adapters and the production sync in simulated time and without sockets: a Graph
/// simulator, and the ticket systems that an estate routes to `transport` before it starts.
class service_in_process {
 public:
  struct route {
    std::string name;
    std::string to;       ///< a connection
    std::string mapping;  ///< a file in mappings/, without its ending
  };
  struct settings {
    simulators::graph_settings graph = simulators::graph_settings::observed();
    std::string connections;  ///< to the ticket systems, as in connector.yaml
    std::vector<std::pair<std::string, std::string>> secrets;  ///< their names there, and values
    std::vector<route> routes;
    std::chrono::hours lookback{1};
    bool budgets = false;  ///< calls are paced as in production, by the documented limits
  };

  explicit service_in_process(settings chosen);
  ~service_in_process();
  service_in_process(service_in_process const&) = delete;
  service_in_process& operator=(service_in_process const&) = delete;

  /// Starts the service, or ends the process and starts another one on the same store.
  void start();
  /// Polls all sides and settles what can be settled within `patience`.
  void sync(std::chrono::seconds patience = std::chrono::seconds{5});
  /// As sync, giving what run_once says.
  core::result<void> try_sync(std::chrono::seconds patience);
  void wait(std::chrono::seconds span) { clock.advance(span); }
  core::time_point now() const { return clock.now(); }

  std::string open(boost::json::object record);
  boost::json::object incident(std::string const& id) { return *graph.incident(id); }
  /// The link of an incident; fails the test if there is not exactly one.
  store::link link_of(std::string const& incident);

  sync::engine& engine() { return *engine_; }
  sync::route const& route_to_tickets() const { return engine_->routes().front(); }
  sync::counters const& counted() const { return counters_; }
  std::uint64_t writes() const;
  std::string log() const { return log_text_.str(); }

  boost::asio::io_context loop{1};
  support::sim_clock clock{*core::parse_time("2026-03-01T09:00:00Z")};
  simulators::graph graph;
  simulators::faults graph_faults{1};
  simulators::simulated_transport transport{clock};
  std::unique_ptr<store::store> store;

 private:
  std::vector<std::unique_ptr<sync::connection>> connect();

  settings chosen_;
  std::shared_ptr<store::memory_disk> disk_ = std::make_shared<store::memory_disk>();
  std::unique_ptr<async::random> random_ = async::make_seeded_random(7);
  std::ostringstream log_text_;
  spdlog::logger log_{"e2e", std::make_shared<spdlog::sinks::ostream_sink_st>(log_text_)};
  sync::counters counters_;
  std::unique_ptr<sync::engine> engine_;
};

}  // namespace connector::e2e

#pragma once

#include <boost/asio/io_context.hpp>
#include <gtest/gtest.h>
#include <memory>
#include <spdlog/sinks/ostream_sink.h>
#include <spdlog/spdlog.h>
#include <sstream>
#include <string>

#include "connector/store/memory.hpp"
#include "connector/sync/engine.hpp"
#include "test/simulators/graph/graph.hpp"
#include "test/simulators/servicenow/servicenow.hpp"
#include "test/simulators/transport.hpp"
#include "test/support/sim_clock.hpp"

namespace connector::e2e {

/// The production adapters and the production sync between simulators of both vendors, in simulated
/// time and without sockets, under the shipped map.
class estate {
 public:
  struct choices {
    simulators::graph_settings graph = simulators::graph_settings::observed();
    simulators::servicenow_settings servicenow = simulators::servicenow_settings::observed();
    std::string mapping = PROJECT_DIR "/mappings/servicenow-incident.yaml";
    std::string servicenow_extra;  ///< more lines of that connection's configuration
    std::chrono::hours lookback{1};
    bool budgets = false;  ///< calls are paced as in production, by the documented limits
  };

  explicit estate(choices chosen);
  estate() : estate(choices{}) {}
  ~estate();

  /// Polls both sides and settles what can be settled within `patience`.
  void sync(std::chrono::seconds patience = std::chrono::seconds{5});
  /// As sync, giving what run_once says.
  core::result<void> try_sync(std::chrono::seconds patience);
  void restart();
  void wait(std::chrono::seconds span) { clock.advance(span); }
  core::time_point now() const { return clock.now(); }

  std::string open(boost::json::object record);
  /// The ticket of an incident; fails the test if there is not exactly one.
  boost::json::object ticket_of(std::string const& incident);
  boost::json::object incident(std::string const& id) { return *graph.incident(id); }
  std::vector<std::string> notes_of(std::string const& incident);
  store::link link_of(std::string const& incident);
  sync::engine& engine() { return *engine_; }
  sync::route const& route() const { return engine_->routes().front(); }
  sync::counters const& counted() const { return counters_; }
  std::string log() const { return log_text_.str(); }
  std::uint64_t writes() const {
    return counters_.tickets_created + counters_.tickets_updated + counters_.incidents_updated +
           counters_.comments_copied;
  }

  boost::asio::io_context loop{1};
  support::sim_clock clock{*core::parse_time("2026-03-01T09:00:00Z")};
  simulators::graph graph;
  simulators::servicenow servicenow;
  simulators::faults graph_faults{1}, servicenow_faults{2};
  simulators::simulated_transport transport{clock};
  std::unique_ptr<store::store> store;

 private:
  void start();

  choices chosen_;
  std::shared_ptr<store::memory_disk> disk_ = std::make_shared<store::memory_disk>();
  std::unique_ptr<async::random> random_ = async::make_seeded_random(7);
  std::ostringstream log_text_;
  spdlog::logger log_{"e2e", std::make_shared<spdlog::sinks::ostream_sink_st>(log_text_)};
  sync::counters counters_;
  std::unique_ptr<sync::engine> engine_;
};

}  // namespace connector::e2e

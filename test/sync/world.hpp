#pragma once

#include <boost/asio/io_context.hpp>
#include <gtest/gtest.h>
#include <memory>
#include <spdlog/sinks/null_sink.h>
#include <spdlog/spdlog.h>
#include <string>

#include "connector/mapping/compile.hpp"
#include "connector/store/memory.hpp"
#include "connector/sync/engine.hpp"
#include "connector/sync/replay.hpp"
#include "test/support/fake_system.hpp"
#include "test/support/sim_clock.hpp"

namespace connector::sync {

/// Compiles a map over two small models; the test fails with the findings if it does not compile.
std::shared_ptr<mapping::field_map const> compile(std::string const& text);

/// The same map as data.
std::shared_ptr<mapping::program const> program_of(std::string const& text);

/// The same with its findings, whatever they are, and as data.
mapping::compiled compile_all(std::string const& text);

/// A map with one rule of each nature the sync treats differently.
std::string plain_map();

/// An incident that it opens a ticket for.
core::record plain_incident(
    std::string const& severity = "high", std::string const& title = "Ransomware"
);

/// A call whose answer gets lost after it took effect, and one that got lost itself.
support::fake_system::fault lost_reply();
support::fake_system::fault lost_request();

/// Two systems, a store and the engine between them, in simulated time.
class world {
 public:
  using call = support::fake_system::call;

  explicit world(std::string const& map = plain_map());
  /// Whatever a test did: what was decided must come out again.
  ~world();

  /// Polls both sides and settles what can be settled within `patience`.
  void sync(std::chrono::seconds patience = std::chrono::seconds{1});

  /// What a crash and a restart leave: what was committed.
  void restart();

  /// Puts another map in force, as a reload does.
  void replace_map(std::string const& map);

  void wait(std::chrono::seconds span) { clock.advance(span); }

  /// The one that is not gone, if there is one.
  store::link link_of(std::string const& incident);
  std::vector<store::journal_entry> journal(std::string const& kind);
  /// The whole journal, oldest first.
  std::vector<store::journal_entry> journal();
  /// Every link's history decided once more, by the maps that were in force.
  replay::outcome replayed();
  counters const& counted() const { return counters_; }

  boost::asio::io_context loop{1};
  support::sim_clock clock{*core::parse_time("2026-03-01T09:00:00Z")};
  support::fake_system* incidents = nullptr;
  support::fake_system* tickets = nullptr;
  std::unique_ptr<engine> sync_engine;
  std::shared_ptr<store::memory_disk> disk = std::make_shared<store::memory_disk>();
  std::unique_ptr<store::store> store;

 private:
  void start(bool fresh);

  std::shared_ptr<mapping::field_map const> map_;
  std::map<std::string, std::shared_ptr<mapping::field_map const>> maps_;  ///< by digest
  std::unique_ptr<async::random> random_ = async::make_seeded_random(1);
  spdlog::logger log_{"test", std::make_shared<spdlog::sinks::null_sink_mt>()};
  counters counters_;
  int starts_ = 0;
};

}  // namespace connector::sync

#pragma once

#include <boost/asio/io_context.hpp>
#include <chrono>
#include <memory>
#include <string>

#include "connector/async/random.hpp"
#include "connector/sync/engine.hpp"
#include "test/simulation/disk.hpp"
#include "test/simulation/place.hpp"
#include "test/simulation/watched.hpp"
#include "test/simulation/wire.hpp"
#include "test/support/sim_clock.hpp"

namespace simulation {

namespace async = connector::async;
namespace sync = connector::sync;

/// The service's clocks: the world's, with a wall clock that may be wrong.
class own_clock final : public async::clock {
 public:
  own_clock(async::clock& world, milliseconds const& offset) : world_{world}, offset_{offset} {}
  [[nodiscard]] core::time_point now() const override {
    return world_.now() + std::chrono::duration_cast<core::ticks>(offset_);
  }
  [[nodiscard]] steady_point steady_now() const override { return world_.steady_now(); }
  boost::asio::awaitable<bool> wait_until(steady_point deadline) override {
    return world_.wait_until(deadline);
  }

 private:
  async::clock& world_;
  milliseconds const& offset_;
};

/// What a process is started from.
struct launch {
  async::clock& world;
  milliseconds const& clock_offset;
  http::transport& net;
  incident_place& incidents;
  ticket_place& tickets;
  disk& on;
  witness& by;
  std::shared_ptr<mapping::field_map const> map;
  milliseconds poll_every, sweep_every;
  std::size_t batch_rows;
  std::size_t incident_page_rows, ticket_page_rows;
  mutation without;
  std::uint64_t seed;
};

/// One run of the service: the engine, its adapters and its store, as `run` puts them together.
/// Destroying it is a kill: no code of it runs any more but destructors.
class process {
 public:
  /// Null if the store is open elsewhere.
  static std::unique_ptr<process> start(launch const& with);
  ~process();

  /// Runs one step of it; false if everything waits.
  bool step();

  void reload(std::shared_ptr<mapping::field_map const> map);
  void poll_every(milliseconds span);
  /// A person gives the link a new ticket.
  void order_ticket(std::string link);

  [[nodiscard]] bool has_failed() const { return failure_ != nullptr; }
  [[nodiscard]] std::string failure() const;

  simulation::wire& wire() { return wire_; }
  [[nodiscard]] sync::counters const& counters() const { return counters_; }
  [[nodiscard]] async::clock::duration age() const { return clock_.steady_now() - born_; }

 private:
  process(launch const& with, std::unique_ptr<store::store> store);

  own_clock clock_;
  async::clock::steady_point born_;
  simulation::wire wire_;
  std::unique_ptr<store::store> store_;
  mutation without_;
  std::unique_ptr<async::random> random_;
  sync::counters counters_;
  std::unique_ptr<sync::engine> engine_;
  std::exception_ptr failure_;
  // Last, so that it is destroyed first, and with it every coroutine.
  std::unique_ptr<boost::asio::io_context> loop_;
};

}  // namespace simulation

#pragma once

#include <boost/asio/awaitable.hpp>
#include <chrono>
#include <memory>

#include "connector/core/time.hpp"

namespace connector::async {

/// The clock port. Production code asks nothing else for the time and waits on nothing else, so a
/// simulated clock can bend both. Not thread-safe: used on the loop's thread only.
class clock {
 public:
  using duration = std::chrono::steady_clock::duration;
  using steady_point = std::chrono::steady_clock::time_point;

  virtual ~clock() = default;

  /// Wall time, UTC. May step; for stamps, never for waits.
  [[nodiscard]] virtual core::time_point now() const = 0;

  /// Never steps back.
  [[nodiscard]] virtual steady_point steady_now() const = 0;

  /// True at `deadline`, false if it was cancelled before.
  virtual boost::asio::awaitable<bool> wait_until(steady_point deadline) = 0;

  /// Cancelling it throws boost::system::system_error (operation_aborted) in the waiting coroutine.
  boost::asio::awaitable<void> sleep_until(steady_point deadline);
  boost::asio::awaitable<void> sleep_for(duration span) { return sleep_until(steady_now() + span); }
};

/// The machine's clocks.
std::unique_ptr<clock> make_system_clock();

/// `of`, with a wall clock that never steps: when `of`'s does, it goes a tenth faster or slower
/// until it has caught up. For waits that have to be kept in wall time because they outlive the
/// process. `of` outlives it.
std::unique_ptr<clock> make_slewing_clock(clock& of);

}  // namespace connector::async

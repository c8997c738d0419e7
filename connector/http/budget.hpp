#pragma once

#include <array>
#include <boost/asio/awaitable.hpp>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "connector/async/clock.hpp"
#include "connector/core/error.hpp"
#include "connector/http/call_limit.hpp"
#include "connector/http/message.hpp"

namespace connector::http {

/// How urgent a call is. Waiting calls are let through in this order, first come first served
/// within a lane, and the less urgent leave a share of the budget to the more urgent.
enum class lane : std::uint8_t { urgent, routine, background };
inline constexpr std::size_t lane_count = 3;
std::string_view name(lane l);

/// The budget of one connection: how often, and how many at a time, its system may be called. It
/// stands between the adapter and the transport; an adapter calls through the door of a lane and
/// knows nothing of it.
///
/// A call waits for its turn, for `patience` at most; if that cannot be, it is refused with
/// errc::unavailable and effect::none. So it is at once while the other side is out of reach (see
/// `breaker`). `retry_after` is set where the whole connection pauses, and not where a lane waits
/// for those before it. Cancelling a call that waits takes it out of the line. Loop thread only.
/// The budget outlives its doors' calls.
class budget {
 public:
  static constexpr std::chrono::seconds patience{60};

  struct limits {
    double per_minute = 0;          ///< 0: none is known; then only refusals slow it down
    std::size_t calls_at_once = 0;  ///< of all lanes together; 0: any number
    call_limit declared;            ///< where the answers say what is left
  };

  /// `connection` names it in messages. The references outlive it.
  budget(std::string connection, transport& beneath, async::clock& clock);
  ~budget();
  budget(budget const&) = delete;
  budget& operator=(budget const&) = delete;

  void set_limits(limits to);

  /// What the background lane may spend by itself, calls a minute; 0: only what others leave.
  void set_background_limit(double per_minute);

  /// Where calls of a lane go in.
  [[nodiscard]] transport& door(lane l);

  /// The system refused a part of a bulk call as one too many, which the answer's status hid.
  void pressed(std::optional<std::chrono::seconds> retry_after);

  /// How many calls a lane could make now without waiting and without touching what is kept back
  /// for more urgent ones; infinite where no limit is known, 0 while nothing may be called.
  [[nodiscard]] double spare(lane l) const;

  /// For metrics, /readyz and people. Counts only grow.
  struct usage {
    std::uint64_t made = 0;       ///< sent; parts of bulk calls count where the system counts them
    std::uint64_t waited = 0;     ///< did not go out at once
    std::uint64_t refused = 0;    ///< not sent, for want of budget
    std::uint64_t kept_back = 0;  ///< not sent, the other side being out of reach
    std::uint64_t too_many = 0;   ///< answered with 429
    std::size_t waiting = 0, under_way = 0;  ///< now
    double per_minute = 0;                   ///< the rate now; infinite: none is known
    double tokens = 0;                       ///< left now
    bool out_of_reach = false;               ///< the breaker is open
  };
  [[nodiscard]] usage used() const;

 private:
  struct state;
  std::unique_ptr<state> state_;
};

}  // namespace connector::http

#pragma once

#include <chrono>
#include <cstdint>
#include <limits>

namespace connector::http {

/// How fast calls may follow each other: a token bucket whose rate gives way when the other side
/// says "too many" and comes back slowly. Pure: time is what the caller says it is, and never runs
/// backwards.
///
/// Of a limit of L calls a minute, ten seconds' worth (L/6) may go out at once and the rest is
/// spread over the minute, so that no minute, wherever it begins, holds more than L. A call that
/// costs more than the bucket holds goes out when the bucket is full and leaves a debt.
class pace {
 public:
  using time = std::chrono::steady_clock::time_point;
  static constexpr double unlimited = std::numeric_limits<double>::infinity();

  explicit pace(double per_minute = unlimited) : ceiling_{per_minute}, rate_{per_minute} {}

  /// Another limit; the bucket begins full.
  void set_limit(double per_minute);

  /// When a call of this cost may go out that leaves `share` (0 to 1) of the bucket to others.
  /// A share never keeps a call back for ever: a full bucket is enough for any.
  [[nodiscard]] time ready_at(double cost, double share, time now);

  void take(double cost, time now);

  /// The other side refused a call sent at `sent` as one too many: half the rate, once for all the
  /// calls that were under way together. Where no limit is known, that of the last minute's calls.
  void slow_down(time sent, time now);

  /// Nothing goes out before `until`.
  void close(time until);
  [[nodiscard]] time closed_until() const { return closed_until_; }

  /// The other side counts for itself and says that no more than this is left.
  void leave_at_most(double tokens, time now);

  /// What a call that leaves `share` of the bucket could spend now; infinite without a limit.
  [[nodiscard]] double spare(double share, time now);

  /// What can be kept up for long, calls a minute; the rest of the limit is for bursts.
  [[nodiscard]] double sustained() const;

  /// Calls a minute, at present; infinite without a limit.
  [[nodiscard]] double rate(time now);

 private:
  [[nodiscard]] double capacity() const;
  [[nodiscard]] double refill_per_second() const;
  void advance(time now);
  void count(double cost, time now);

  double ceiling_;  ///< the limit; infinite: none is known
  double rate_;
  double step_ = 0;   ///< what the rate grows by in a minute without a refusal
  double spent_ = 0;  ///< tokens missing from a full bucket; more than it holds: a debt
  time at_{};         ///< up to which it was reckoned
  bool started_ = false;
  time closed_until_ = time::min();
  time slowed_at_ = time::min();

  /// Calls of this minute and of the one before: what the rate was when a limit shows itself.
  time minute_{};
  double this_minute_ = 0, last_minute_ = 0;
};

}  // namespace connector::http

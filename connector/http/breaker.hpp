#pragma once

#include <chrono>
#include <optional>

namespace connector::http {

/// Keeps calls back while the other side is out of reach, so that an outage costs neither time nor
/// calls. After `failures_max` failures in a row it opens; when its time is up one call goes
/// through as a probe, and what becomes of that decides. Pure: time is what the caller says it is.
class breaker {
 public:
  using time = std::chrono::steady_clock::time_point;
  using span = std::chrono::steady_clock::duration;

  static constexpr int failures_max = 5;
  static constexpr std::chrono::seconds hold_first{5};  ///< doubles with each probe that fails
  static constexpr std::chrono::seconds hold_max{60};

  /// None: a call may go out. Else: none may, for this long.
  [[nodiscard]] std::optional<span> blocked(time now) const;

  void begin();  ///< a call goes out; one of the three below says what came of it
  void succeeded();
  void failed(time now);
  void abandoned();  ///< cancelled; says nothing of the other side

  [[nodiscard]] bool is_open() const { return hold_.count() > 0; }
  [[nodiscard]] int failures() const { return failures_; }  ///< in a row

 private:
  int failures_ = 0;
  std::chrono::seconds hold_{0};  ///< zero: closed
  time until_{};
  bool probing_ = false;
};

}  // namespace connector::http

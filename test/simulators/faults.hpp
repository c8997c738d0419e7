#pragma once

#include <chrono>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>

#include "connector/async/random.hpp"
#include "test/simulators/simulator.hpp"

namespace simulators {

enum class fault_kind {
  too_many_requests,  ///< 429 without effect
  server_error,       ///< 5xx without effect
  html_page,          ///< 200 with HTML instead of JSON, without effect
  truncated_json,     ///< the effect, and an answer whose JSON ends early
  wrong_type,         ///< the effect, and an answer with a wrong Content-Type
  unreachable,        ///< no connection: surely no effect
  cut_before,         ///< the connection dies before the effect
  lost_reply,         ///< the connection dies after the effect
  cut_in_body,        ///< the connection dies in the middle of the answer
  late_effect,        ///< the effect comes after `delay`, when nobody waits any more
  slow,               ///< the effect at once, the answer after `delay`
  stale_read,         ///< point reads see what lists see
  duplicate_rows,     ///< a list repeats a row
  late_visibility,    ///< what this call writes shows in lists only after `delay`
};
std::string_view name(fault_kind kind);

/// One fault, with what some kinds need to know.
struct fault {
  fault_kind kind{};
  int status = 503;  ///< of `server_error`
  enum class wait { none, seconds, date };
  fault::wait retry_after = fault::wait::none;  ///< of 429 and 5xx
  std::chrono::milliseconds delay{0};
};

/// What becomes of a call on the way there and back.
struct outcome {
  enum class fate {
    answered,
    unreachable,  ///< never sent
    lost_before,  ///< sent, no effect, no answer
    lost_after,   ///< sent, took effect, no answer
    cut_in_body,  ///< took effect; `answer` is whole, the client gets only a part of it
    late_effect,  ///< no effect yet, no answer: the owner hands the call to the service after
                  ///< `delay`
  };
  http::response answer;
  fate end = fate::answered;
  std::chrono::milliseconds delay{0};  ///< until the answer, or until the late effect
};

/// Puts faults between a caller and a service: scripted ones first, in order, then by chance.
class faults {
 public:
  explicit faults(std::uint64_t seed = 1);

  /// Chance of each kind for each call, 0 to 1. Their sum must not exceed 1.
  std::map<fault_kind, double> rates;
  /// Delays are drawn evenly from 0 to this.
  std::chrono::milliseconds delay_max{2000};
  /// The service's clock minus the true time.
  std::chrono::milliseconds skew{0};
  /// Only calls whose "METHOD url" contains this can meet a fault by chance; empty: all.
  std::string only;

  /// The next call whose "METHOD url" contains `on` meets this fault.
  void script(fault next, std::string on = {});
  /// The next call of which `strikes` is true meets this fault.
  void script(fault next, std::function<bool(http::request const&)> strikes);

  /// No more faults, scripted or by chance; the skew goes too.
  void off();

  outcome handle(simulator& service, http::request const& call, core::time_point now);

  /// How often each kind has struck.
  [[nodiscard]] std::map<fault_kind, std::uint64_t> const& struck() const { return struck_; }

 private:
  struct scripted {
    simulators::fault fault;
    std::function<bool(http::request const&)> strikes;
  };
  bool draw(http::request const& call, fault& out);
  [[nodiscard]] double chance();

  std::unique_ptr<connector::async::random> random_;
  std::deque<scripted> script_;
  std::map<fault_kind, std::uint64_t> struck_;
};

}  // namespace simulators

#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>

#include "connector/core/time.hpp"
#include "connector/http/message.hpp"

/// Vendors' services as pure state machines: a request and the time go in, a response comes out.
/// They answer as the vendors' documents and recorded traffic say, and never more kindly.
namespace simulators {

namespace core = connector::core;
namespace http = connector::http;

/// What a single call meets beside the vendor's rules; set by `faults`, read by `handle`.
struct conditions {
  bool stale_reads = false;                ///< point reads come from the same lagging copy as lists
  bool duplicate_rows = false;             ///< lists repeat their first row at the end of the page
  std::chrono::milliseconds extra_lag{0};  ///< added to the time until a write shows in lists
};

/// One vendor's service. Not thread-safe. The same calls at the same times give the same answers.
class simulator {
 public:
  virtual ~simulator() = default;

  /// Answers one call. `call.url` is absolute, or a path with its query. Never throws for anything
  /// that a client can send. `now` must not go back from one call to the next.
  virtual http::response handle(http::request const& call, core::time_point now) = 0;

  /// Calls so far, by operation ("PATCH /security/incidents/{id}"). Calls inside a batch count
  /// under "batch: ..." beside the batch itself.
  [[nodiscard]] std::map<std::string, std::uint64_t, std::less<>> const& operations() const {
    return operations_;
  }
  void forget_operations() { operations_.clear(); }

  simulators::conditions conditions;

 protected:
  void count(std::string_view operation) {
    auto const at = operations_.find(operation);
    if (at == operations_.end()) {
      operations_.emplace(operation, 1);
    } else {
      ++at->second;
    }
  }

 private:
  std::map<std::string, std::uint64_t, std::less<>> operations_;
};

}  // namespace simulators

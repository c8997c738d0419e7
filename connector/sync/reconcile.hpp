#pragma once

#include <boost/asio/awaitable.hpp>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "connector/async/clock.hpp"
#include "connector/async/random.hpp"
#include "connector/store/store.hpp"
#include "connector/sync/route.hpp"

namespace spdlog {
class logger;
}

namespace connector::sync {

/// What happened so far, for metrics and reports. Only ever grows.
struct counters {
  std::uint64_t incidents_seen = 0;  ///< rows that polls brought, overlaps included
  std::uint64_t tickets_seen = 0;
  std::uint64_t tickets_created = 0;
  std::uint64_t tickets_adopted = 0;  ///< found by key after a create of unknown outcome
  std::uint64_t tickets_updated = 0;
  std::uint64_t incidents_updated = 0;
  std::uint64_t comments_copied = 0;
  std::uint64_t conflicts = 0;
  std::uint64_t parked = 0;
  std::uint64_t failures = 0;  ///< calls that failed and are tried again
  std::uint64_t twins = 0;     ///< second tickets found for one key; should stay 0
  std::uint64_t stale_reads = 0;
  std::uint64_t passes = 0;
  std::uint64_t swept = 0;   ///< links compared by the sweep
  std::uint64_t missed = 0;  ///< changes that polls should have seen and the sweep found; aim: 0
};

/// A link to look at, with what is already known of either side. What is missing is read.
struct item {
  store::link link;
  std::optional<adapter::object> incident;
  std::optional<adapter::object> ticket;
  bool incident_is_row = false;  ///< from a list: may lack what lists leave out
  bool ticket_is_row = false;
  bool swept = false;  ///< brought by the sweep, not by a poll
};

/// The shell around the decisions: reads what is missing in bulk, commits what is about to be sent,
/// sends it, commits what came of it, and goes round again until nothing is left to do now.
class reconciler {
 public:
  struct surroundings {
    store::store& store;
    async::clock& clock;
    async::random& random;
    spdlog::logger& log;
    sync::counters& counters;
    std::string epoch;           ///< names this run of the process
    core::time_point started{};  ///< when it began
  };

  explicit reconciler(surroundings with);
  ~reconciler();

  /// Brings the links of one route in step, several batches side by side, each link in one of them.
  /// At most one call per route at a time: the caller's duty. Trouble with one link is noted on
  /// that link, with the time of the next try, and is not a failure. A failure means that nothing
  /// more may be sent: the store failed, or a whole connection is out of reach before anything was
  /// decided (then nothing was changed either).
  boost::asio::awaitable<core::result<void>> run(route const& on, std::vector<item> items);

 private:
  surroundings with_;
};

}  // namespace connector::sync

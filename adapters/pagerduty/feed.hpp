#pragma once

#include <chrono>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "adapters/pagerduty/wire.hpp"
#include "connector/adapter/adapter.hpp"

/// What changed, from the account's log entries: PagerDuty has no query for "incidents changed
/// since". Pure; see the README for why this keeps the port's promise.
namespace adapters::pagerduty {

/// A part of the log between two whole seconds, both inclusive.
struct window {
  core::time_point since{};
  core::time_point until{};
};

/// Entries that one page of the port is made from: ten calls, a tenth of what an offset can reach.
inline constexpr std::size_t window_entries_max = 1000;

/// Where a listing stands.
class walk {
 public:
  /// `now`: our clock; what lies after it by more than an hour is not asked for. `invalid` if the
  /// continuation is not one that `next` wrote.
  static core::result<walk> from(adapter::change_query const& asked, core::time_point now);

  /// The part of the log to read next. It is closed: what is written into the log meanwhile comes
  /// after it, or late into it, and then shifts entries towards later offsets only.
  [[nodiscard]] window const& ahead() const { return ahead_; }

  /// The window holds `entries`, more than a page shall: takes only its beginning, by proportion.
  /// False if it is a single second, which cannot be cut.
  bool narrow(std::size_t entries, core::time_point server_now);

  /// Whether a row stamped so belongs into the answer: not before the last row of the page before,
  /// not after what was asked for.
  [[nodiscard]] bool wants_entry(core::time_point at) const;
  [[nodiscard]] bool wants_row(core::time_point at, std::string const& id) const;

  /// Where the page after this one begins; empty if this was the last. `last`: the last row handed
  /// out where the window had more rows than that.
  [[nodiscard]] std::string next(adapter::object const* last) const;

 private:
  window ahead_;
  std::optional<core::time_point> to_;  ///< as asked for
  bool narrowed_ = false;
  core::time_point after_at_{};
  std::string after_id_;
};

/// What the log says of one incident within a window.
struct mention {
  core::time_point at{};       ///< of its newest entry
  std::int64_t in_second = 0;  ///< entries with that stamp
  bool ours = true;            ///< all of those were made by the connector's own user
  /// Somebody else added a note or set a custom field, which need not move the incident's stamp.
  bool aside = false;
  json::object incident;  ///< as embedded in an entry
};

/// Collects the entries of a window by incident. Entries that tell of notifications alone, or of no
/// incident, are passed over.
class gathering {
 public:
  /// `own_user`: the id of the user that the connector writes as; empty if it is not known.
  gathering(walk const& within, std::string own_user)
      : within_{within}, own_user_{std::move(own_user)} {}

  void add(json::object entry);

  [[nodiscard]] std::map<std::string, mention>& found() { return found_; }

 private:
  walk const& within_;
  std::string own_user_;
  std::map<std::string, mention> found_;
};

}  // namespace adapters::pagerduty

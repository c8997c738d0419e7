#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "connector/mapping/map.hpp"

namespace connector::mapping {

/// What one rule came to on a walk.
struct walked_rule {
  rule const* by = nullptr;
  side to = side::ticket;
  wish want;
  bool conflict = false;  ///< both sides had changed; `ask` leaves it to a person
};

/// An incident and its ticket kept in step, as connector/sync does it but without clocks, calls and
/// refusals: what a test of several steps, and a proof's trace, are played on. Nothing is held back
/// because a merge is likely. Look-ups without an answer in `known` find nothing.
class walk {
 public:
  /// With a ticket, both sides count as settled; without one it is yet to be made.
  walk(
      field_map const& map,
      core::record incident,
      std::optional<core::record> ticket,
      answers known,
      facts links
  );

  /// Somebody edits one side: these fields, null for emptied.
  void edit(side on, core::record const& fields);

  /// Makes the ticket, or carries the edits since the last time, until nothing is left to write.
  /// `later` is the side edited last, for conflict `latest`; none: the clocks cannot tell.
  std::vector<walked_rule> settle(std::optional<side> later = std::nullopt);

  [[nodiscard]] core::record const& record(side of) const {
    return of == side::incident ? incident_ : ticket_;
  }
  [[nodiscard]] view now() const { return {incident_, ticket_, known_, links_}; }

 private:
  struct base {
    core::group incident, ticket;
  };

  bool pass_once(std::optional<side> later, std::vector<walked_rule>& out);
  [[nodiscard]] wish answered(rule const& r, side to, view const& now);
  void agree(rule const& r, core::group a, core::group b);

  field_map const& map_;
  core::record incident_, ticket_;
  bool has_ticket_;
  answers known_;
  facts links_;
  std::map<std::string, base, std::less<>> bases_;
};

}  // namespace connector::mapping

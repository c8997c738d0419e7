#pragma once

#include <optional>

#include "connector/mapping/map.hpp"
#include "connector/sync/decide.hpp"

/// What a decision leaves for later or for a person: parked values and conflicts, kept on the link
/// and noted in the journal when they are new.
namespace connector::sync {

/// Pseudo-rules under which trouble with a whole object is parked.
inline constexpr std::string_view whole_ticket = "(ticket)";
inline constexpr std::string_view whole_incident = "(incident)";
inline constexpr std::string_view whole_create = "(create)";

/// "map.yaml:12", as journal lines name a rule.
std::string place(config::position const& at);

/// Adds a journal line about the decision's link.
void note(context const& with, decision& into, std::string kind, core::record data);

/// The rule's value for `to` was not written, for `reason`. `from` is what it came from: the same
/// value for the same reason is on record once.
void park(
    context const& with,
    decision& into,
    mapping::rule const& r,
    mapping::side to,
    std::string const& reason,
    core::group const& wanted,
    core::group const& from
);

/// What was parked of the rule is settled; for one side, or both.
void forget_parked(decision& in, mapping::rule const& r, std::optional<mapping::side> to);

/// Whether the system has refused what the rule makes of this value: it is not sent again.
bool is_refused(
    store::link const& link, mapping::rule const& r, mapping::side to, core::group const& from
);

/// A rule whose sides both moved away from their base.
struct contest {
  mapping::rule const& rule;
  core::group const& incident;  ///< as read now
  core::group const& ticket;
  store::base const* base;  ///< null: they never agreed
};

struct ruling {
  /// The side to be written; none: a person decides.
  std::optional<mapping::side> to;
  /// What to write, where it is neither side's own value (a merge of two sets).
  std::optional<mapping::wish> merged;
};

/// Applies the rule's conflict choice. Stamps of two servers are intervals; where they overlap, the
/// rule's tie choice decides which was later.
ruling settle_conflict(
    context const& with,
    decision& into,
    contest const& over,
    core::time_point incident_changed_at,
    core::time_point ticket_changed_at,
    mapping::view const& now
);

}  // namespace connector::sync

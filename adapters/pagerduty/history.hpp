#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "adapters/pagerduty/wire.hpp"

/// What the account's log tells of edits that a write of ours replaced. Pure.
namespace adapters::pagerduty {

/// One field's change, out of an entry of the log.
struct past_change {
  core::time_point at{};             ///< in whole seconds
  std::string author;                ///< id of the user; empty where it was nobody in particular
  std::string author_name;           ///< for people
  std::string field;                 ///< of the model; see `untold_field` and `untold_custom`
  std::optional<core::value> value;  ///< what it was set to; none: the entry does not tell
};

/// An entry that does not say which of an incident's fields, or of its custom fields, was changed.
inline constexpr std::string_view untold_field = "";
inline constexpr std::string_view untold_custom = custom_prefix;

/// Empty for entries that change none of the model's fields.
std::vector<past_change> changes_in(json::object const& entry);

/// The last edit that others than `self` made in each of the fields `written`, at `seen` or later
/// and before our write, which took effect by `until`. One that set what we set is left out; by
/// nobody in particular, it is taken for ours, since custom fields may be set without a name.
/// `all`: the changes of one incident, in any order.
std::vector<adapter::lost_edit> edits_replaced(
    std::vector<past_change> const& all,
    std::string_view self,
    core::time_point seen,
    core::time_point until,
    core::record const& written
);

}  // namespace adapters::pagerduty

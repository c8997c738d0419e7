#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "connector/adapter/adapter.hpp"
#include "connector/mapping/map.hpp"
#include "connector/store/store.hpp"

/// Comments are sets that only grow. Each copy carries a mark that only we can make, so that a copy
/// is known wherever it turns up and posting twice can be found out. Pure.
namespace connector::sync {

struct comment_context {
  mapping::comment_policy const& policy;
  core::time_point now;
  std::chrono::seconds incident_horizon;
  std::chrono::seconds ticket_horizon;
  /// Read by its id, not out of a list, which may be late: only that tells that a copy is not
  /// there.
  bool incident_is_read = true;
  bool ticket_is_read = true;
  bool take_new = true;  ///< false for a link that only finishes what it has begun
};

struct comment_plan {
  /// New or changed entries, to be committed before anything is posted.
  std::vector<store::comment_entry> changed;
  /// Those of `changed` to post now, oldest first; they are recorded as in doubt.
  std::vector<store::comment_entry> post;
  std::vector<store::journal_entry> journal;
  /// When to look again at entries that are not posted now: in doubt, or waiting for their time.
  std::optional<core::time_point> look_again;
};

/// What a comment list's content is known by: equal digests, nothing new.
std::string digest_of(std::vector<adapter::comment> const& all);

/// `incident` and `ticket` are the sides' comments, null where they were not read; `ledger` is all
/// that is known of the link's comments.
comment_plan plan_comments(
    comment_context const& with,
    store::link const& link,
    std::vector<adapter::comment> const* incident,
    std::vector<adapter::comment> const* ticket,
    std::vector<store::comment_entry> ledger
);

/// The entry after its posting was answered. A refusal parks it; anything uncertain leaves it in
/// doubt for a `horizon` from now on, to be looked for.
store::comment_entry after_posting(
    store::comment_entry entry,
    core::result<adapter::receipt> const& answer,
    core::time_point now,
    core::time_point again,
    std::chrono::seconds horizon
);

}  // namespace connector::sync

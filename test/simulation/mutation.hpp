#pragma once

#include <optional>
#include <span>
#include <string_view>

namespace simulation {

/// One safeguard of the protocol taken away, by what stands between the production code and the
/// simulated world. Each must be found out; README.md says what each stands for.
enum class mutation {
  none,
  no_outstanding_record,  ///< the store forgets which write is under way
  no_overlap,             ///< lists are taken to be complete up to their last row
  no_horizon,             ///< a request without an answer is taken to be without effect at once
  cursor_by_own_clock,    ///< the cursor is the time of the poll, not of the last row
  naive_echo_check,       ///< rows last changed by our own account are dropped
  retry_unknown_outcome,  ///< a lost answer is taken for a refused call
  believe_empty_search,   ///< no ticket known to exist is asked for in searches by key
  no_version_floor,       ///< an older version than the accepted one is taken for news
  no_taint,               ///< what cannot be told apart from an edit is taken for our own write
  no_comment_ledger,      ///< a comment whose posting has no answer yet is posted again
  late_flush,             ///< a commit is acknowledged before it is durable
  blind_to_merges,        ///< a merged incident looks like any other
  deaf_to_retry_after,    ///< what the system asks for is not passed on
  no_store_lock,          ///< a second process may open the store
  send_despite_storage,   ///< a failed commit is taken for a good one
  no_grounds,             ///< the journal does not say what a decision was made from
};

std::span<mutation const> mutations();
std::string_view name(mutation m);
std::optional<mutation> mutation_from(std::string_view text);

}  // namespace simulation

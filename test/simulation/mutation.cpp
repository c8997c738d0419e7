#include "test/simulation/mutation.hpp"

#include <array>

namespace simulation {
namespace {

constexpr std::array all{
    mutation::no_outstanding_record,
    mutation::no_overlap,
    mutation::no_horizon,
    mutation::cursor_by_own_clock,
    mutation::naive_echo_check,
    mutation::retry_unknown_outcome,
    mutation::believe_empty_search,
    mutation::no_version_floor,
    mutation::no_taint,
    mutation::no_comment_ledger,
    mutation::late_flush,
    mutation::blind_to_merges,
    mutation::deaf_to_retry_after,
    mutation::no_store_lock,
    mutation::send_despite_storage,
    mutation::no_grounds,
};

}  // namespace

std::span<mutation const> mutations() { return all; }

std::string_view name(mutation m) {
  switch (m) {
    case mutation::none:
      return "none";
    case mutation::no_outstanding_record:
      return "no_outstanding_record";
    case mutation::no_overlap:
      return "no_overlap";
    case mutation::no_horizon:
      return "no_horizon";
    case mutation::cursor_by_own_clock:
      return "cursor_by_own_clock";
    case mutation::naive_echo_check:
      return "naive_echo_check";
    case mutation::retry_unknown_outcome:
      return "retry_unknown_outcome";
    case mutation::believe_empty_search:
      return "believe_empty_search";
    case mutation::no_version_floor:
      return "no_version_floor";
    case mutation::no_taint:
      return "no_taint";
    case mutation::no_comment_ledger:
      return "no_comment_ledger";
    case mutation::late_flush:
      return "late_flush";
    case mutation::blind_to_merges:
      return "blind_to_merges";
    case mutation::deaf_to_retry_after:
      return "deaf_to_retry_after";
    case mutation::no_store_lock:
      return "no_store_lock";
    case mutation::send_despite_storage:
      return "send_despite_storage";
    case mutation::no_grounds:
      return "no_grounds";
  }
  return "";
}

std::optional<mutation> mutation_from(std::string_view text) {
  for (auto const m : all) {
    if (name(m) == text) return m;
  }
  return std::nullopt;
}

}  // namespace simulation

#pragma once

#include <string>
#include <vector>

#include "connector/store/store.hpp"

/// What a person may order for one link. Pure; the change is to be committed with its journal.
namespace connector::sync {

struct order {
  enum class kind {
    retry,    ///< what is parked is tried again, as if its value had changed
    resolve,  ///< a conflict that waits for a person: `winner` is carried to the other side
  };
  order::kind what = kind::retry;
  std::string rule;  ///< empty, for retry only: all
  mapping::side winner = mapping::side::incident;
  std::string by;  ///< who ordered it, for the record
};

/// Errors: errc::rejected, if there is nothing of that kind on this link.
core::result<std::vector<store::journal_entry>> carry_out(
    order const& what, store::link& link, core::time_point now
);

}  // namespace connector::sync

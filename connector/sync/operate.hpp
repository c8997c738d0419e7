#pragma once

#include <string>
#include <vector>

#include "connector/store/store.hpp"

/// What a person may order for one link. Pure; what it changes is to be committed as it is.
namespace connector::sync {

struct order {
  enum class kind {
    retry,       ///< what is parked is tried again, as if its value had changed
    resolve,     ///< a conflict that waits for a person: `winner` is carried to the other side
    new_ticket,  ///< the incident goes on in another ticket; this one is let go
  };
  order::kind what = kind::retry;
  std::string rule;  ///< empty, for retry only: all
  mapping::side winner = mapping::side::incident;
  std::string by;  ///< who ordered it, for the record
};

/// "retry", "resolve", "new_ticket".
std::string_view name(order::kind what);

/// Errors: errc::rejected, if there is nothing of that kind on this link.
core::result<store::changes> carry_out(order const& what, store::link link, core::time_point now);

}  // namespace connector::sync

#pragma once

#include <string_view>

#include "connector/store/store.hpp"

/// A further ticket for an incident whose ticket takes no more changes, or is gone. Pure; the two
/// links are to be committed together.
namespace connector::sync {

/// Ends `link`, which has no write outstanding, and begins another one for the same incident, due
/// at once and without a ticket yet; its key is one of its own. The new ticket gets a comment that
/// names the old one. The changes hold `link` as it is left, its successor after it (the store
/// keeps one link of an incident that is not ended), that comment and the journal's lines.
store::changes succeed(store::link link, std::string_view reason, core::time_point now);

}  // namespace connector::sync

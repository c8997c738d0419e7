#pragma once

#include <iosfwd>
#include <span>

#include "connector/core/value.hpp"
#include "connector/store/store.hpp"

namespace connector::command {

/// A link as people and programs are shown it.
core::record shown(store::link const& link);

/// A table of links for a terminal, from what `shown` gives.
void print_links(std::span<core::record const> links, std::ostream& out);

/// Everything about one link.
void print_link(core::record const& link, std::ostream& out);

/// What waits for a person, one line each.
void print_parked(std::span<core::record const> links, std::ostream& out);
void print_conflicts(std::span<core::record const> links, std::ostream& out);

/// What sync::explain gives. False if it has no rule to tell of.
bool print_explanation(core::record const& explained, std::ostream& out);

}  // namespace connector::command

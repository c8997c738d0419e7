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

}  // namespace connector::command

#pragma once

#include <string>

#include "connector/core/value.hpp"
#include "connector/mapping/prove.hpp"

namespace connector::mapping {

/// For people: how each rule is known to come to rest, and the way of each value there and back.
std::string to_text(proof const& p);

/// The same for programs: "rules" and "round_trips".
core::record to_json(proof const& p);

core::record to_json(finding const& f);

}  // namespace connector::mapping

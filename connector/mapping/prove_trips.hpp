#pragma once

#include "connector/mapping/program.hpp"
#include "connector/mapping/prove.hpp"

namespace connector::mapping {

/// Sends every value that a rule's rows tell apart to the other side and back. Losses that the map
/// does not declare become findings.
void send_there_and_back(
    program const& p, std::size_t rule, proof_limits const& limits, proof& into
);

}  // namespace connector::mapping

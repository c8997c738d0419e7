#pragma once

#include "connector/mapping/finding.hpp"
#include "connector/mapping/program.hpp"

namespace connector::mapping {

/// Conditions that can never hold.
void check_conditions(program const& p, std::vector<finding>& to);

/// States that the target refuses without other fields, where no rule supplies those.
void check_needs(program const& p, std::vector<finding>& to);

/// Values written together that do not belong together.
void check_companions(program const& p, std::vector<finding>& to);

}  // namespace connector::mapping

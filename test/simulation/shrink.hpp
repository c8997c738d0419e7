#pragma once

#include <functional>

#include "test/simulation/script.hpp"

namespace simulation {

/// The smallest script found that still fails: events are left out, a half at a time and then one
/// by one, and then what is left is made plainer. `fails` is asked at most `tries_max` times.
script shrink(script s, std::function<bool(script const&)> const& fails, int tries_max = 2000);

}  // namespace simulation

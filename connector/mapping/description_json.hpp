#pragma once

#include "connector/adapter/adapter.hpp"
#include "connector/core/value.hpp"

namespace connector::mapping {

/// A description as JSON, for comparing it with the next one, and back. Members that are missing or
/// of another kind read as if the system had not told them.
core::value to_json(adapter::description const& from);
adapter::description description_from(core::value const& from);

}  // namespace connector::mapping

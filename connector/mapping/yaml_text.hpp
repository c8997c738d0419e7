#pragma once

#include <functional>
#include <string>

#include "connector/mapping/document.hpp"

namespace connector::mapping {

/// What stands as a comment above an element of a list below the root; empty: nothing.
using remark = std::function<std::string(node const&)>;

/// A document as YAML that reads the same. Quoted texts stay quoted; comments are gone.
std::string to_yaml(node const& root, remark const& above = {});

}  // namespace connector::mapping

#pragma once

#include <optional>
#include <string_view>

#include "connector/mapping/compile.hpp"
#include "connector/mapping/document.hpp"
#include "connector/mapping/model.hpp"

namespace connector::mapping {

/// Reads a map; where it has a `base`, the base with the map's changes put into it. Each node keeps
/// the place it was written at, whichever file that is. The base's own tests are left out: they
/// hold for the base. None after a complaint that leaves nothing to compile.
std::optional<node> read_merged(
    std::string_view text, model_catalogue const& shipped, file_reader const& files, reporter& to
);

}  // namespace connector::mapping

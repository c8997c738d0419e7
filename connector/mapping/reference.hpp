#pragma once

#include <string>

#include "connector/mapping/model.hpp"

namespace connector::mapping {

/// The language and the shipped models as one Markdown page, written from the tables that the
/// compiler complains from; mappings/reference.md holds it.
std::string reference_page(model_catalogue const& models);

}  // namespace connector::mapping

#pragma once

#include <string>
#include <string_view>

#include "connector/core/error.hpp"
#include "connector/core/value.hpp"

/// JSON text for what is kept: a value that was written reads back as the very same value. Boost's
/// own pair does not promise that in 1.81: a double may come back one bit off, and an infinite one
/// (a system answered 1e999) or a text that is no valid UTF-8 not at all. Bases are compared for
/// equality, so a bit matters here.
namespace connector::store {

void append_json(std::string& out, core::value const& v);
void append_json(std::string& out, core::record const& r);
void append_json(std::string& out, core::group const& g);
void append_json(std::string& out, std::string_view text);  ///< quoted and escaped

std::string json_text(core::value const& v);

/// Errors: errc::storage, if `text` is no JSON or is nested deeper than 256.
core::result<core::value> parse_json(std::string_view text);

}  // namespace connector::store

#pragma once

#include <string>
#include <string_view>

namespace connector::core {

/// SHA-256 of `text`, 64 hexadecimal digits.
std::string sha256_hex(std::string_view text);

/// The first 26 characters of the lower-case base32 ([a-z2-7]) of SHA-256: 130 bits, safe in every
/// vendor's keys, labels and queries.
std::string short_key(std::string_view text);

}  // namespace connector::core

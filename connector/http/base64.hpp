#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace connector::http {

/// RFC 4648 section 4: with + and /, padded.
std::string base64(std::string_view bytes);

/// RFC 4648 section 5: with - and _, not padded; what JWT and PKCE use.
std::string base64url(std::string_view bytes);

/// The bytes again. None if a character is not of the alphabet, padding is wrong, or bits are left
/// over that no encoder writes.
std::optional<std::string> from_base64(std::string_view text);

/// As from_base64 for the URL alphabet; padding may be there or not.
std::optional<std::string> from_base64url(std::string_view text);

}  // namespace connector::http

#pragma once

#include <string>
#include <string_view>

namespace connector::http {

/// Header, parameter or member names whose values nobody may see: credentials, cookies, keys,
/// tokens and signatures. Compared without case.
bool names_secret(std::string_view name);

/// What stands for a secret: of the same form where it has one (a UUID or hexadecimal key becomes
/// zeros), else "redacted". The scheme of an Authorization value stays, and a header whose value is
/// a URL is treated as one.
std::string redact_value(std::string_view value);
std::string redact_header(std::string_view name, std::string_view value);

/// The URL, with the values of secret query parameters replaced.
std::string redact_url(std::string_view url);

/// A JSON or form body with the values of secret members replaced, each by one of its type; also
/// {"name": "Authorization", "value": ...} pairs, which batches hold, and parameters of URLs in
/// JSON. A body without any comes back as it is. One that should be JSON and is not comes back only
/// if no secret's name occurs in it.
std::string redact_body(std::string_view body, std::string_view content_type);

bool is_utf8(std::string_view bytes);

}  // namespace connector::http

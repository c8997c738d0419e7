#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string_view>

namespace connector::config {

/// "42", "-7"; nothing else around it.
std::optional<std::int64_t> parse_whole_number(std::string_view text);

/// "500ms", "30s", "5m", "2h", "7d"; at most ten years.
std::optional<std::chrono::milliseconds> parse_span(std::string_view text);

/// What is wrong with an absolute http or https address, in words that follow the name of the key;
/// none if it is good. Never quotes it: people do put passwords into addresses.
std::optional<std::string_view> fault_of_url(std::string_view text);

}  // namespace connector::config

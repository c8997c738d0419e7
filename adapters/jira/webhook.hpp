#pragma once

#include <string>
#include <string_view>

#include "connector/adapter/adapter.hpp"
#include "connector/core/secret.hpp"

namespace adapters::jira {

/// "sha256=<hex>", the HMAC of the raw body.
std::string signature_of(std::string_view body, std::string_view secret);

/// Checks X-Hub-Signature in constant time. Methods weaker than SHA-256 are refused. A call has no
/// time in its signature; a replayed one only makes a poll come early.
connector::core::result<void> check_signature(
    connector::adapter::hook_call const& call, connector::core::secret const& secret
);

}  // namespace adapters::jira

#pragma once

#include <span>

#include "connector/adapter/adapter.hpp"
#include "connector/core/secret.hpp"

namespace adapters::servicenow {

/// ServiceNow sends no webhooks by itself: a business rule or a flow of the customer's does, and
/// has no signature of the vendor's. So the call carries a shared secret in the header
/// X-Hook-Secret; one of `secrets` must be in it. A repeated call only makes a poll come early.
connector::core::result<void> check_hook(
    connector::adapter::hook_call const& call, std::span<connector::core::secret const> secrets
);

}  // namespace adapters::servicenow

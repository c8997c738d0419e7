#include "adapters/servicenow/hook.hpp"

#include <string>

#include "connector/core/digest.hpp"

namespace adapters::servicenow {

namespace core = connector::core;

namespace {

/// In the same time whatever the difference, the length included: digests are compared.
bool same(std::string_view a, std::string_view b) {
  auto const left = core::sha256_hex(a);
  auto const right = core::sha256_hex(b);
  unsigned difference = 0;
  for (std::size_t i = 0; i < left.size(); ++i) {
    difference |= static_cast<unsigned char>(left[i]) ^ static_cast<unsigned char>(right[i]);
  }
  return difference == 0;
}

}  // namespace

core::result<void> check_hook(
    connector::adapter::hook_call const& call, std::span<core::secret const> secrets
) {
  if (secrets.empty()) {
    return core::error{core::errc::rejected, "the connection has no 'webhook' with a secret"};
  }
  for (auto const& [name, value] : call.headers) {
    if (name != "x-hook-secret") continue;
    bool good = false;
    for (auto const& secret : secrets) good = same(value, secret.reveal()) || good;
    if (good) return {};
  }
  return core::error{core::errc::rejected, "X-Hook-Secret is missing or wrong"};
}

}  // namespace adapters::servicenow

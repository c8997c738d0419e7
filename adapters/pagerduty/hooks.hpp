#pragma once

#include <deque>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "connector/adapter/adapter.hpp"
#include "connector/core/secret.hpp"
#include "connector/core/time.hpp"

namespace adapters::pagerduty {

namespace core = connector::core;

/// Tells calls of V3 webhooks from forged and repeated ones (docs: "Webhooks: Verifying
/// signatures"). The signature covers the body alone, without a time, so replays are told by the
/// event's id, which is in the body, and by its age.
class hook_guard {
 public:
  explicit hook_guard(std::vector<core::secret> secrets) : secrets_{std::move(secrets)} {}

  core::result<void> accept(connector::adapter::hook_call const& call, core::time_point now);

  /// PagerDuty tries a delivery again for 48 hours; the rest is for clocks that differ.
  static constexpr std::chrono::hours age_max{49};
  static constexpr std::chrono::minutes ahead_max{5};
  /// Events remembered. A replay of one that was forgotten only makes a poll come early.
  static constexpr std::size_t remembered_max = 20'000;
  /// What PagerDuty sends at most, and more is never looked into.
  static constexpr std::size_t body_bytes_max = 256u << 10;

 private:
  [[nodiscard]] bool is_signed(std::string_view signatures, std::string_view body) const;

  std::vector<core::secret> secrets_;
  std::set<std::string, std::less<>> seen_;
  std::deque<std::string> in_order_;
};

}  // namespace adapters::pagerduty

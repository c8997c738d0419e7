#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "test/simulators/graph/settings.hpp"
#include "test/simulators/wire.hpp"

namespace simulators {

/// Entra's v2 token endpoint and the instance metadata service's managed identity endpoint, and the
/// tokens that they gave out.
class entra {
 public:
  explicit entra(graph_settings const& settings) : settings_{settings} {}

  /// True for POST /{tenant}/oauth2/v2.0/token and GET /metadata/identity/oauth2/token.
  [[nodiscard]] static bool serves(target const& at);

  http::response handle(http::request const& call, target const& at, core::time_point now);

  enum class verdict { good, absent, unknown, expired, wrong_audience };

  /// What an Authorization header is worth for `resource`.
  [[nodiscard]] verdict check(
      std::string_view authorization, std::string_view resource, core::time_point now
  ) const;

  /// Withdraws every token given so far.
  void revoke_all() { tokens_.clear(); }

 private:
  struct token {
    std::string resource;
    core::time_point expires{};
  };

  http::response token_endpoint(http::request const& call, target const& at, core::time_point now);
  http::response identity_endpoint(http::request const& call, target const& at, core::time_point);
  http::response refuse(
      int status, std::string_view error, int code, std::string_view why, core::time_point now
  );
  /// The complaint about a client assertion as (code, text); none if it is good.
  std::optional<std::pair<int, std::string>> examine_assertion(
      std::string_view assertion, std::string_view endpoint, core::time_point now
  );
  std::string issue(std::string_view resource, core::time_point now);

  graph_settings const& settings_;
  std::map<std::string, token, std::less<>> tokens_;
  std::deque<std::string> issued_;  ///< in order; the oldest are forgotten
  std::set<std::string> seen_assertions_;
  std::uint64_t counter_ = 0;
};

}  // namespace simulators

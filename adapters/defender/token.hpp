#pragma once

#include <boost/asio/awaitable.hpp>
#include <cstddef>
#include <memory>
#include <optional>

#include "adapters/defender/failure.hpp"
#include "adapters/defender/settings.hpp"
#include "connector/adapter/registry.hpp"
#include "connector/async/tasks.hpp"
#include "connector/core/error.hpp"
#include "connector/core/secret.hpp"

namespace adapters::defender {

/// Access tokens for Graph. One sign-in serves all who wait for it; its failure is theirs too.
/// Renewed five minutes before the end (half-way for short-lived ones); if that fails while the old
/// token is good, the old one is used and the next try comes half a minute later.
///
/// Failures have effect::none: the call the token was for has not been sent.
class token_source {
 public:
  token_source(settings const& chosen, connector::adapter::surroundings with);

  boost::asio::awaitable<connector::core::result<connector::core::secret>> token();

  /// Forgets the token if it is still the one that was refused.
  void drop(connector::core::secret const& refused);

  /// Forgets the token.
  void forget() { held_.reset(); }

  /// Words that came from outside, without any secret that this connection knows.
  [[nodiscard]] std::string redacted(std::string words) const;

 private:
  using steady_point = connector::async::clock::steady_point;

  struct held_token {
    connector::core::secret text;
    steady_point renew_at;
    steady_point end;
  };

  boost::asio::awaitable<connector::core::result<held_token>> sign_in();
  connector::core::result<connector::http::request> sign_in_request();
  connector::core::result<connector::http::request> certificate_request(by_certificate const& with);
  connector::core::result<held_token> read_answer(connector::http::response const& answer);

  settings const& settings_;
  connector::adapter::surroundings with_;
  connector::async::gate one_at_a_time_{1};
  std::optional<held_token> held_;
  connector::core::secret latest_;  ///< the newest token, held or not
  std::size_t sign_ins_ = 0;        ///< ended, one way or the other
  std::optional<connector::core::error> last_failure_;
};

}  // namespace adapters::defender

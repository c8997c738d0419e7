#pragma once

#include <boost/asio/awaitable.hpp>
#include <optional>
#include <string>
#include <vector>

#include "adapters/pagerduty/settings.hpp"
#include "connector/async/clock.hpp"
#include "connector/async/tasks.hpp"
#include "connector/core/error.hpp"
#include "connector/http/message.hpp"

namespace adapters::pagerduty {

namespace async = connector::async;
namespace http = connector::http;

/// What the sync needs of a scoped OAuth app (docs: "App Integration: OAuth scopes").
std::vector<std::string> const& needed_scopes();

/// One credential and the OAuth token that comes of it. Loop thread only.
class sign_in {
 public:
  sign_in(settings const& with, http::transport& transport, async::clock& clock);

  /// The value of the Authorization header. Fetches a token if there is none that will still be
  /// good when the call arrives; several callers wait for one fetch. Fails without any effect.
  boost::asio::awaitable<core::result<core::secret>> authorization();

  /// A call signed with `used` was not answered with 401.
  void worked(core::secret const& used);

  /// After a 401 to a call signed with `used`: drops that token. True if signing again can help:
  /// only for a token that had worked before, and may thus have expired or been revoked.
  bool renew(core::secret const& used);

  /// Scopes that were asked for and not granted: PagerDuty drops them without a word.
  [[nodiscard]] std::vector<std::string> const& scopes_missing() const { return missing_; }

  /// `text` with every secret of this credential taken out, for what the other side says.
  [[nodiscard]] std::string redacted(std::string text) const;

 private:
  struct token {
    core::secret header;
    async::clock::steady_point good_until{};
    bool proven = false;
  };

  boost::asio::awaitable<core::result<token>> fetch(oauth_sign_in who);

  pagerduty::credential credential_;
  std::string region_;
  std::string login_url_;
  http::transport& transport_;
  async::clock& clock_;
  async::gate one_fetch_{1};
  std::optional<token> token_;
  std::vector<std::string> missing_;
};

}  // namespace adapters::pagerduty

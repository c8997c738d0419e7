#pragma once

#include <boost/asio/awaitable.hpp>
#include <optional>
#include <string>

#include "adapters/jira/settings.hpp"
#include "connector/async/clock.hpp"
#include "connector/async/tasks.hpp"
#include "connector/core/error.hpp"
#include "connector/http/message.hpp"

namespace adapters::jira {

namespace async = connector::async;
namespace http = connector::http;

/// One credential and the token that comes of it. Loop thread only.
class sign_in {
 public:
  sign_in(settings const& with, http::transport& transport, async::clock& clock);

  /// The Authorization header of a call. Fetches a token if there is none that will still be good
  /// when the call arrives; several callers wait for one fetch. Fails without effect on anything.
  boost::asio::awaitable<core::result<http::header>> header();

  /// A call signed with the current token was answered with something else than 401.
  void proven();

  /// After a 401 to a call signed with `used`: drops the token. True if signing again can help:
  /// only for a token that had worked before.
  bool renew(http::header const& used);

  /// `text` with every secret of this credential taken out, for what the other side says.
  [[nodiscard]] std::string redacted(std::string text) const;

 private:
  struct token {
    core::secret text;
    async::clock::steady_point good_until{};
    bool proven = false;
  };

  boost::asio::awaitable<core::result<core::secret>> bearer(oauth_sign_in who);
  boost::asio::awaitable<core::result<token>> fetch_token(oauth_sign_in who);

  jira::credential credential_;
  jira::edition edition_;
  http::transport& transport_;
  async::clock& clock_;
  async::gate one_fetch_{1};
  std::optional<token> token_;
};

}  // namespace adapters::jira

#pragma once

#include <boost/asio/awaitable.hpp>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "adapters/servicenow/settings.hpp"
#include "connector/async/clock.hpp"
#include "connector/async/tasks.hpp"
#include "connector/core/error.hpp"
#include "connector/http/message.hpp"

namespace adapters::servicenow {

namespace async = connector::async;
namespace http = connector::http;

/// One credential and what comes of it: the OAuth token and the session's cookies. An instance
/// opens a session per call for clients that drop its cookies. Loop thread only.
class sign_in {
 public:
  sign_in(settings const& with, http::transport& transport, async::clock& clock);

  /// The headers that sign a call. Fetches a token if there is none that will still be good when
  /// the call arrives; several callers wait for one fetch. Fails without effect on anything.
  boost::asio::awaitable<core::result<std::vector<http::header>>> headers();

  /// Takes the cookies of an answer.
  void remember(http::response const& answer);

  /// After a 401 to a call signed with `used`: drops the session, and the token if it was in
  /// `used`. True if signing again can help: only for a token that was not fetched for this call.
  bool renew(std::vector<http::header> const& used);

  /// `text` with every secret of this credential taken out, for what the other side says.
  [[nodiscard]] std::string redacted(std::string text) const;

 private:
  struct token {
    core::secret text;
    async::clock::steady_point good_until{};
    bool proven = false;  ///< a call signed with it was answered with something else than 401
  };

  boost::asio::awaitable<core::result<core::secret>> bearer(oauth_sign_in who);
  boost::asio::awaitable<core::result<token>> fetch_token(oauth_sign_in who);

  std::string base_url_;
  servicenow::credential credential_;
  http::transport& transport_;
  async::clock& clock_;
  async::gate one_fetch_{1};
  std::optional<token> token_;
  std::map<std::string, core::secret> cookies_;
};

}  // namespace adapters::servicenow

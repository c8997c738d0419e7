#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <memory>
#include <string>

#include "connector/core/error.hpp"
#include "connector/http/client.hpp"
#include "connector/http/cutoff.hpp"
#include "connector/http/deadlines.hpp"
#include "connector/http/stream.hpp"
#include "connector/http/url.hpp"

namespace connector::http {

/// Makes connections: name, address, proxy, TLS.
class dialer {
 public:
  /// Throws std::runtime_error for settings that cannot work.
  dialer(boost::asio::any_io_executor executor, deadlines& limits, client_settings const& settings);
  ~dialer();
  dialer(dialer const&) = delete;
  dialer& operator=(dialer const&) = delete;

  /// A stream on which requests for `to` can be written. Failures are errc::unreachable with what
  /// to do, or timeout, or cancelled; all with effect::none.
  boost::asio::awaitable<core::result<std::unique_ptr<stream>>> dial(origin to, cutoff& limit);

  /// Requests for `to` go to a proxy that reads them: they name the whole URL.
  [[nodiscard]] bool names_whole_url(origin const& to) const;

  /// For those requests; empty if the proxy wants none.
  [[nodiscard]] std::string const& proxy_authorization() const;

 private:
  struct state;
  std::unique_ptr<state> state_;
};

}  // namespace connector::http

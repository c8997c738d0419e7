#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <memory>
#include <string>
#include <vector>

#include "connector/core/error.hpp"
#include "connector/http/cutoff.hpp"

namespace connector::http {

/// Host names to addresses. The system's lookup can neither be cancelled nor limited in time, so it
/// runs on threads of its own and whoever waits may leave early; those who ask for a name that is
/// being looked up share the answer. Destroying it waits for lookups under way.
class resolver {
 public:
  explicit resolver(boost::asio::any_io_executor executor);
  ~resolver();

  /// In the order to be tried; never empty. Failures are errc::unreachable.
  boost::asio::awaitable<core::result<std::vector<boost::asio::ip::tcp::endpoint>>> resolve(
      std::string host, std::uint16_t port, cutoff& limit
  );

 private:
  struct state;
  std::shared_ptr<state> state_;
};

}  // namespace connector::http

#pragma once

#include <boost/asio/awaitable.hpp>

#include "connector/async/clock.hpp"
#include "connector/http/server.hpp"
#include "connector/store/store.hpp"
#include "connector/sync/engine.hpp"

namespace connector::command {

/// What the service answers over HTTP: /healthz, /readyz, /metrics, /links, /links/WHICH. Reads
/// only. The references outlive the handler's server.
class service {
 public:
  service(sync::engine const& engine, store::store& store, async::clock& clock)
      : engine_{engine}, store_{store}, clock_{clock} {}

  boost::asio::awaitable<http::reply> answer(http::request request);

 private:
  http::reply ready() const;
  boost::asio::awaitable<http::reply> metrics();
  boost::asio::awaitable<http::reply> links(std::string which, store::link_filter filter);

  sync::engine const& engine_;
  store::store& store_;
  async::clock& clock_;
};

/// The links that a filter lets through, in the form of `shown`; at most `rows_max`.
boost::asio::awaitable<core::result<boost::json::array>> read_links(
    store::store& store, store::link_filter filter, std::size_t rows_max
);

}  // namespace connector::command

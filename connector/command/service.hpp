#pragma once

#include <boost/asio/awaitable.hpp>

#include "connector/async/clock.hpp"
#include "connector/command/hooks.hpp"
#include "connector/command/validation.hpp"
#include "connector/http/server.hpp"
#include "connector/store/store.hpp"
#include "connector/sync/engine.hpp"

namespace connector::command {

/// What the service answers over HTTP: /healthz, /readyz, /metrics, /links, /links/WHICH, which
/// only read, and webhooks where they share its address. What it is made with outlives it.
class service {
 public:
  struct surroundings {
    sync::engine const& engine;
    store::store& store;
    async::clock& clock;
    command::validation const& validation;
    command::hooks* hooks = nullptr;  ///< null: webhooks are not taken
    bool takes_hooks_itself = false;  ///< else they have an address of their own
  };

  explicit service(surroundings with) : with_{with} {}

  boost::asio::awaitable<http::reply> answer(http::request request);

 private:
  http::reply ready() const;
  core::record validation_detail() const;
  boost::asio::awaitable<http::reply> metrics();
  boost::asio::awaitable<http::reply> links(std::string which, store::link_filter filter);

  surroundings with_;
};

/// The links that a filter lets through, in the form of `shown`; at most `rows_max`.
boost::asio::awaitable<core::result<boost::json::array>> read_links(
    store::store& store, store::link_filter filter, std::size_t rows_max
);

}  // namespace connector::command

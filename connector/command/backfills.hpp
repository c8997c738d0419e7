#pragma once

#include <boost/asio/awaitable.hpp>
#include <map>
#include <memory>
#include <string>

#include "connector/async/tasks.hpp"
#include "connector/http/server.hpp"
#include "connector/store/store.hpp"
#include "connector/sync/engine.hpp"

namespace connector::command {

/// One backfill as its onlookers see it.
struct backfill_view {
  sync::backfill_state state;
  std::size_t waiting = 0;  ///< links still without a ticket, others' included
  bool done = false;
};
core::record shown(backfill_view const& view);
core::result<backfill_view> backfill_view_from(core::record const& from);

/// Backfills that run inside the service, at most one per route, asked for over HTTP; the
/// caller sees to it that only this machine does. Loop thread only; `stop` before destroying it.
class backfills {
 public:
  backfills(boost::asio::any_io_executor executor, sync::engine& engine, store::store& store);

  /// POST /backfills begins one, or goes on with the one that was interrupted; GET /backfills/ROUTE
  /// tells how far it is.
  boost::asio::awaitable<http::reply> answer(http::request request);

  boost::asio::awaitable<void> stop();

 private:
  struct one {
    sync::backfill_state state;
    bool listing = false;
    core::result<void> outcome{};
  };
  boost::asio::awaitable<http::reply> begin(http::request request);
  boost::asio::awaitable<http::reply> view(std::string key);
  boost::asio::awaitable<void> list(std::shared_ptr<one> mine);

  sync::engine& engine_;
  store::store& store_;
  async::task_group tasks_;
  std::map<std::string, std::shared_ptr<one>> known_;  ///< by route; dry runs apart
};

}  // namespace connector::command

#pragma once

#include <boost/asio/awaitable.hpp>

#include "connector/async/clock.hpp"
#include "connector/command/backfills.hpp"
#include "connector/command/hooks.hpp"
#include "connector/command/validation.hpp"
#include "connector/http/server.hpp"
#include "connector/store/store.hpp"
#include "connector/sync/engine.hpp"

namespace connector::command {

/// What the service answers over HTTP: /healthz, /readyz, /metrics, /links, /links/WHICH,
/// /explain/WHICH and /journal, which only read; orders for one link, by POST and only from this
/// machine: /links/ID/retry and /links/ID/resolve; /backfills, the same; and webhooks where they
/// share its address. What it is made with outlives it.
class service {
 public:
  struct surroundings {
    sync::engine& engine;
    store::store& store;
    async::clock& clock;
    command::validation const& validation;
    command::backfills& backfills;
    command::hooks* hooks = nullptr;  ///< null: webhooks are not taken
    bool takes_hooks_itself = false;  ///< else they have an address of their own
  };

  explicit service(surroundings with) : with_{with} {}

  boost::asio::awaitable<http::reply> answer(http::request request);

 private:
  http::reply ready() const;
  core::record validation_detail() const;
  boost::asio::awaitable<http::reply> metrics();
  boost::asio::awaitable<http::reply> links(store::link_filter filter, std::string after);

  boost::asio::awaitable<http::reply> explain(std::string which, std::string field);
  boost::asio::awaitable<http::reply> journal(std::string const& target);
  boost::asio::awaitable<http::reply> order(http::request const& request, std::string path);

  surroundings with_;
};

/// What /links gives at once; the rest comes with `after`, the last link's id.
inline constexpr std::size_t links_page_rows = 1000;

/// The links that a filter lets through, by id and after `after`, in the form of `shown`; at most
/// `rows_max`.
boost::asio::awaitable<core::result<boost::json::array>> read_links(
    store::store& store, store::link_filter filter, std::string after, std::size_t rows_max
);

/// One explanation (sync::explain) for each link that `which` names, by the map of its route.
boost::asio::awaitable<core::result<boost::json::array>> explain_links(
    store::store& store,
    std::map<std::string, std::shared_ptr<mapping::field_map const>> maps,
    std::string which,
    std::string field,
    core::time_point now
);

/// One link's lines before `before`, newest first, in the form of read_journal.
boost::asio::awaitable<core::result<boost::json::array>> read_journal_of(
    store::store& store, std::string link, std::int64_t before, std::size_t rows_max
);

/// Lines after `seq`, oldest first, as {"seq", "at", "link", "kind", "data"}.
boost::asio::awaitable<core::result<boost::json::array>> read_journal(
    store::store& store, std::int64_t seq, std::size_t rows_max
);

}  // namespace connector::command

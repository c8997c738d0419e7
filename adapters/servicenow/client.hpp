#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/json/value.hpp>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "adapters/servicenow/answer.hpp"
#include "adapters/servicenow/batch.hpp"
#include "adapters/servicenow/query.hpp"
#include "adapters/servicenow/settings.hpp"
#include "adapters/servicenow/sign_in.hpp"
#include "adapters/servicenow/wire.hpp"
#include "connector/adapter/registry.hpp"
#include "connector/async/tasks.hpp"

namespace adapters::servicenow {

/// One GET of a table.
struct listing {
  std::string table;
  query what;
  std::vector<std::string> columns;
  std::size_t rows_max = 0;
  std::size_t skip = 0;
  bool with_display = false;  ///< sysparm_display_value=all: every value twice

  /// Have the rows counted: the instance cuts a page before it takes out the rows that the user may
  /// not see, so only the count tells a short page from the last one. It costs the instance a
  /// second query and is asked for where missing a row would lose something.
  bool counted = false;
};

struct listed {
  std::vector<row> rows;
  std::optional<std::size_t> behind;  ///< rows after this page, if they were counted
  std::optional<std::size_t> total;   ///< all rows, those hidden from the user too, if counted
  bool more = false;                  ///< by the count, else: this page is full
  std::optional<core::time_point> server_time;
};

/// The endpoints, one function each; the only I/O of this adapter. Signs every call, and no more
/// than `calls_at_once` are under way. Nothing is repeated, but for one call in a token's life: the
/// one that learns by a 401 that the token has expired (which the instance did not execute).
class client {
 public:
  template <class T>
  using awaitable = boost::asio::awaitable<T>;

  client(settings const& with, adapter::surroundings world);

  awaitable<core::result<listed>> list(listing asked);

  /// The record after the write.
  awaitable<core::result<row>> send(write one);

  /// All in one call, one result each. Fails as a whole only if the batch itself was refused or its
  /// answer was lost; `not_found` or `forbidden`: this instance has no batch API for us.
  awaitable<core::result<std::vector<core::result<row>>>> send_batch(std::vector<write> all);

  /// A batch of one read of `table`, to find out whether batches work.
  awaitable<core::result<void>> try_batch(std::string table);

 private:
  awaitable<core::result<http::response>> call(http::request request, intent what);
  awaitable<core::result<http::response>> exchange(http::request request, intent what);
  awaitable<core::result<std::vector<batch_item>>> batch(std::vector<write> all, intent what);
  core::result<boost::json::value> decoded(http::response const& answer, intent what) const;
  core::result<row> outcome(batch_item const& item) const;

  std::string base_url_;
  adapter::surroundings world_;
  sign_in sign_in_;
  async::gate places_;
};

/// The record in the answer to a write.
core::result<row> row_in(boost::json::value const& answer);

}  // namespace adapters::servicenow

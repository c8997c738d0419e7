#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "adapters/pagerduty/answer.hpp"
#include "adapters/pagerduty/settings.hpp"
#include "adapters/pagerduty/sign_in.hpp"
#include "connector/adapter/registry.hpp"
#include "connector/async/tasks.hpp"
#include "connector/http/url.hpp"

namespace adapters::pagerduty {

namespace adapter = connector::adapter;
namespace json = boost::json;

/// The JSON of an answer and the server's clock when it gave it.
struct reply {
  json::object body;
  core::time_point at{};  ///< our own clock's time where the answer has no Date
};

/// One page of a list.
struct page {
  std::vector<json::object> rows;
  bool more = false;
  std::optional<std::size_t> total;  ///< only if asked for
  core::time_point at{};
};

/// Where a page begins, and whether the rows are to be counted, which costs PagerDuty time.
struct slice {
  std::size_t offset = 0;
  std::size_t limit = 100;
  bool counted = false;
};

/// The REST API's endpoints. Signs every call; no more than `calls_at_once` are under way. Nothing
/// is repeated, but for one call in a token's life: the one that learns by a 401 that the token has
/// expired (and was not executed).
class client {
 public:
  template <class T>
  using awaitable = boost::asio::awaitable<T>;

  client(settings const& with, adapter::surroundings world);

  /// What any list refuses: offset and limit beyond this (docs: "Pagination").
  static constexpr std::size_t rows_reachable = 10'000;

  /// One object: `path` begins with a slash, `member` is what the answer wraps it in.
  awaitable<core::result<reply>> read(std::string path, http::parameters query);

  /// One page of the list `member` at `path`.
  awaitable<core::result<page>> list(
      std::string path, std::string member, http::parameters query, slice part
  );

  /// All rows of a short list (priorities, users matching a name), at most `rows_max`.
  awaitable<core::result<std::vector<json::object>>> list_all(
      std::string path, std::string member, http::parameters query, std::size_t rows_max
  );

  /// Made as the user that `from` names.
  awaitable<core::result<reply>> write(std::string method, std::string path, json::object body);

  [[nodiscard]] sign_in const& credential() const { return sign_in_; }

 private:
  awaitable<core::result<http::response>> call(http::request request, intent what);
  awaitable<core::result<http::response>> exchange(http::request request, intent what);
  core::result<reply> read_reply(http::response const& answer, intent what);

  std::string base_url_;
  std::string from_;
  adapter::surroundings world_;
  sign_in sign_in_;
  async::gate places_;
};

}  // namespace adapters::pagerduty

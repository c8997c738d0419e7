#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/json/object.hpp>
#include <boost/json/value.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "adapters/jira/answer.hpp"
#include "adapters/jira/settings.hpp"
#include "adapters/jira/sign_in.hpp"
#include "connector/adapter/registry.hpp"
#include "connector/async/tasks.hpp"

namespace adapters::jira {

namespace adapter = connector::adapter;

/// An issue as the API shows it: id, key, fields.
using issue = json::object;

/// One search.
struct search {
  std::string jql;
  std::vector<std::string> fields;
  std::size_t rows_max = 100;
  std::string token;                   ///< Cloud: from the page before
  std::size_t skip = 0;                ///< Data Center: rows before this page
  std::vector<std::string> reconcile;  ///< Cloud: ids to be looked at as they are now
};

struct found_issues {
  std::vector<issue> issues;
  bool more = false;
  std::string token;                 ///< Cloud: of the next page
  std::optional<std::size_t> total;  ///< Data Center
};

/// The endpoints, one function each; the only I/O of this adapter. Signs every call, and no more
/// than `calls_at_once` are under way. Nothing is repeated, but for one call in a token's life: the
/// one that learns by a 401 that the token has expired (which Jira did not execute). The first call
/// of all asks who we are, since much of Jira answers those who are nobody, too.
class client {
 public:
  template <class T>
  using awaitable = boost::asio::awaitable<T>;

  client(settings const& with, adapter::surroundings world);

  awaitable<core::result<json::value>> get(std::string path);
  /// A POST that only reads.
  awaitable<core::result<json::value>> ask(std::string path, json::value body);
  /// `repeatable`: sending it twice does what sending it once does.
  awaitable<core::result<json::value>> send(
      std::string method, std::string path, json::value body, bool repeatable
  );

  awaitable<core::result<found_issues>> find(search what);

  /// The issues with these ids as they are now, in no order; those that are not there, or hidden,
  /// are left out.
  enum class history { none, recent };
  awaitable<core::result<std::vector<issue>>> fetch(
      std::vector<std::string> ids, std::vector<std::string> fields, history past = history::none
  );

  /// GET /myself: who we are.
  awaitable<core::result<json::object>> myself();

  /// Our account's id, or its name on Data Center; known after the first answer.
  [[nodiscard]] std::string const& account() const { return account_; }
  /// "/rest/api/3" or "/rest/api/2".
  [[nodiscard]] std::string const& api() const { return api_; }
  [[nodiscard]] bool is_cloud() const { return edition_ == edition::cloud; }
  /// By the last answer's Date.
  [[nodiscard]] std::optional<core::time_point> server_time() const { return server_time_; }

  static constexpr std::size_t bulk_ids_max = 100;

 private:
  awaitable<core::result<http::response>> exchange(http::request request, intent what);
  awaitable<core::result<json::value>> call(http::request request, intent what);
  awaitable<core::result<json::value>> signed_call(http::request request, intent what);
  awaitable<core::result<void>> know_ourselves();

  std::string base_url_;
  std::string api_;
  jira::edition edition_;
  adapter::surroundings world_;
  std::size_t calls_at_once_;
  sign_in sign_in_;
  async::gate places_;
  async::gate one_introduction_{1};
  bool introduced_ = false;
  std::string account_;
  std::optional<core::time_point> server_time_;
};

}  // namespace adapters::jira

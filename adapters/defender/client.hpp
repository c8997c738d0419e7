#pragma once

#include <boost/asio/awaitable.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "adapters/defender/failure.hpp"
#include "adapters/defender/query.hpp"
#include "adapters/defender/settings.hpp"
#include "adapters/defender/token.hpp"
#include "adapters/defender/wire.hpp"
#include "connector/adapter/registry.hpp"
#include "connector/core/error.hpp"

/// Calls on Microsoft Graph: the only I/O of this adapter beside signing in.
namespace adapters::defender {

class client {
 public:
  template <class T>
  using awaitable = boost::asio::awaitable<T>;

  client(settings const& chosen, connector::adapter::surroundings with);

  /// One page of a list.
  awaitable<connector::core::result<rows>> list(call page);

  /// The page behind a nextLink. `malformed` if it leads to another origin.
  awaitable<connector::core::result<rows>> follow(std::string link);

  /// Sends the calls, one by itself, several as one $batch (20 at most), and answers each one's
  /// JSON. If the answer to a $batch is lost, every write in it has effect::unknown.
  awaitable<std::vector<connector::core::result<connector::core::value>>> each(
      std::vector<call> calls
  );

  /// For doctor: signs in, or says why not.
  awaitable<connector::core::result<void>> sign_in();

  /// For doctor: one list call with the answer's headers.
  struct probe {
    rows page;
    std::vector<connector::http::header> headers;
  };
  awaitable<connector::core::result<probe>> list_with_headers(call page);

 private:
  /// What is sent, and what is said if it fails.
  struct outgoing {
    std::string method;
    std::string url;
    std::string body;
    std::string title;
    bool writes = false;
    unsigned cost = 1;  ///< Graph counts each part of a $batch
    std::size_t body_bytes_max = 16u << 20;
  };

  static outgoing prepare(call const& one, std::string const& base_url);
  awaitable<connector::core::result<connector::http::response>> send(outgoing call);
  /// The answer's JSON, or the error that its status or content stands for.
  awaitable<connector::core::result<reply>> exchange(outgoing call);
  connector::http::request make_request(outgoing const& call, connector::core::secret const& token);
  awaitable<std::vector<connector::core::result<connector::core::value>>> batch(
      std::vector<call> calls
  );

  settings const& settings_;
  connector::adapter::surroundings with_;
  token_source tokens_;
  connector::async::gate places_;
  reader reader_;
};

}  // namespace adapters::defender

#pragma once

#include <boost/asio/awaitable.hpp>
#include <vector>

#include "adapters/servicenow/client.hpp"

namespace adapters::servicenow {

/// Sends many writes in as few calls as the instance allows: by its batch API, or one by one where
/// that is switched off or not there for us, which is remembered. Writes to the same record keep
/// their order.
class writer {
 public:
  writer(client& by, settings const& with);

  /// One result per write, in order; each on its own. An item that a batch did not get to is
  /// `rate_limited` without effect. When the answer to a batch is lost, each is of unknown effect.
  boost::asio::awaitable<std::vector<core::result<row>>> send_all(std::vector<write> all);

  static constexpr std::size_t batch_items_max = 50;

 private:
  using results = std::vector<core::result<row>>;

  boost::asio::awaitable<results> send_one_by_one(std::vector<write> all);
  boost::asio::awaitable<results> send_batched(std::vector<write> all);

  client& client_;
  bool batch_;
  std::size_t calls_at_once_;
};

}  // namespace adapters::servicenow

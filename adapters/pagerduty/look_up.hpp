#pragma once

#include <boost/asio/awaitable.hpp>
#include <map>
#include <string>
#include <vector>

#include "adapters/pagerduty/client.hpp"
#include "connector/async/clock.hpp"

namespace adapters::pagerduty {

/// Answers questions about the account's own data: kinds "user", "priority", "escalation_policy"
/// and "service", by "id", "name" or "email". Answers that found exactly one entry are kept for a
/// few minutes.
class directory {
 public:
  directory(client& by, async::clock& clock, std::size_t calls_at_once)
      : client_{by}, clock_{clock}, calls_at_once_{calls_at_once} {}

  boost::asio::awaitable<core::result<std::vector<adapter::answer>>> look_up(
      std::vector<adapter::question> questions
  );

  static constexpr auto kept_for = std::chrono::minutes{5};

 private:
  struct kept {
    core::value found;
    async::clock::steady_point until{};
  };
  using rows = std::vector<json::object>;

  boost::asio::awaitable<core::result<adapter::answer>> ask(adapter::question asked);
  boost::asio::awaitable<core::result<rows>> fetch(adapter::question const& asked);

  client& client_;
  async::clock& clock_;
  std::size_t calls_at_once_;
  std::map<adapter::question, kept> cache_;
  async::gate one_list_{1};
  std::optional<rows> priorities_;
  async::clock::steady_point priorities_until_{};
};

/// Answers one question from rows that hold at least its entries: text is compared without regard
/// to ASCII case.
adapter::answer answer_from(std::vector<json::object> const& rows, adapter::question const& asked);

}  // namespace adapters::pagerduty

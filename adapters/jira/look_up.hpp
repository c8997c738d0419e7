#pragma once

#include <boost/asio/awaitable.hpp>
#include <map>
#include <vector>

#include "adapters/jira/client.hpp"
#include "adapters/jira/settings.hpp"

namespace adapters::jira {

/// Answers questions about people: kind "user", by and wanted "email", "name" or "id" (accountId;
/// on Data Center the user name). Cloud hides addresses as people choose; one that is hidden is not
/// found by comparing it, so a single person who answers to the whole address counts as found.
/// Searching people has a limit of its own, so that what was found is kept for a while.
class directory {
 public:
  directory(client& by, async::clock& clock, settings const& with);

  boost::asio::awaitable<core::result<std::vector<adapter::answer>>> look_up(
      std::vector<adapter::question> questions
  );

  static constexpr auto kept_for = std::chrono::minutes{15};

 private:
  struct kept {
    core::value found;
    async::clock::steady_point until{};
  };
  boost::asio::awaitable<core::result<adapter::answer>> ask(adapter::question one);

  client& client_;
  async::clock& clock_;
  std::string project_;
  std::size_t calls_at_once_;
  std::map<adapter::question, kept> cache_;
};

/// Which of the people found answers the question.
adapter::answer answer_from(json::array const& people, adapter::question const& asked, bool cloud);

}  // namespace adapters::jira

#pragma once

#include <boost/asio/awaitable.hpp>
#include <map>
#include <string>

#include "adapters/jira/client.hpp"
#include "adapters/jira/wire.hpp"
#include "adapters/jira/workflow.hpp"

namespace adapters::jira {

/// Where an issue stands in its workflow.
struct standing {
  std::string issue_id;
  std::string project;  ///< key
  std::string type;     ///< id of the issue type
  status now;
  bool has_resolution = false;
};

/// Of an issue read with status, project, issuetype and resolution.
core::result<standing> standing_of(issue const& from);
inline constexpr std::array standing_fields{"status", "project", "issuetype", "resolution"};

/// How far a walk came.
struct walked {
  bool moved = false;             ///< at least one transition was made
  std::vector<std::string> sent;  ///< fields that went along on a screen
};

/// Moves issues through their workflows. Remembers, for a while, what was on offer in which status,
/// so that most moves cost one call.
class walker {
 public:
  template <class T>
  using awaitable = boost::asio::awaitable<T>;

  walker(client& by, async::clock& clock);

  /// The way from where the issue stands to `wanted`, or why there is none, as an error without
  /// effect that names the field "status". Looks, where it has to, at other issues that stand in a
  /// status on the way. A last step that leads into the unknown is left open: `walk` sees.
  awaitable<core::result<std::vector<transition>>> plan(standing from, std::string wanted);

  /// Makes the moves. `fields`, in the API's form, go along with the last screen that takes them.
  /// On failure, `moved` in `so_far` tells whether an earlier step was made.
  awaitable<core::result<void>> walk(
      standing from, std::string wanted, json::object fields, walked& so_far
  );

  /// The transitions on offer for this issue, now.
  awaitable<core::result<std::vector<transition>>> offered(standing const& at);

  /// Everything known of the workflow of a project's issue type.
  awaitable<core::result<workflow const*>> explore(standing from);

  static constexpr std::size_t steps_max = 8;
  static constexpr auto kept_for = std::chrono::minutes{10};

 private:
  struct known {
    workflow flow;
    async::clock::steady_point until{};
  };
  workflow& flow_of(standing const& at);
  awaitable<core::result<void>> learn_here(standing at);
  awaitable<core::result<bool>> learn_elsewhere(standing of, status unseen);

  client& client_;
  async::clock& clock_;
  std::map<std::pair<std::string, std::string>, known> flows_;
};

}  // namespace adapters::jira

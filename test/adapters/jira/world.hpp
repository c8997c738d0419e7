#pragma once

#include <boost/asio/io_context.hpp>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "adapters/jira/adapter.hpp"
#include "test/simulators/jira/jira.hpp"
#include "test/simulators/transport.hpp"
#include "test/support/run.hpp"
#include "test/support/sim_clock.hpp"

namespace jira_test {

namespace adapter = connector::adapter;
namespace core = connector::core;
namespace jira = adapters::jira;
using simulators::jira_settings;

/// The adapter against the simulated site, in simulated time and without sockets.
struct world {
  explicit world(
      jira_settings site_settings = jira_settings{},
      std::function<void(jira::settings&)> const& change = {}
  );

  template <class T>
  T run(boost::asio::awaitable<T> work) {
    return connector::support::run(loop, clock, std::move(work));
  }
  core::time_point now() const { return clock.now(); }
  void wait(std::chrono::milliseconds span) { clock.advance(span); }

  /// One issue of ours; answers its id.
  std::string issue(core::record fields, std::string key = "k1");
  core::result<adapter::receipt> update(
      std::string id, core::record fields, std::int64_t version_seen = 0
  );
  adapter::object read(std::string id, std::vector<std::string> fields, bool comments = false);

  boost::asio::io_context loop{1};
  connector::support::sim_clock clock{*core::parse_time("2026-03-01T09:00:00Z")};
  simulators::jira site;
  simulators::faults faults{3};
  simulators::simulated_transport transport{clock};
  std::unique_ptr<connector::async::random> random = connector::async::make_seeded_random(1);
  std::unique_ptr<adapter::system> system;
};

adapter::wants wanting(std::vector<std::string> fields, bool comments = false);

}  // namespace jira_test

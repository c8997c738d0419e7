#pragma once

#include <functional>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <memory>
#include <string>
#include <vector>

#include "adapters/pagerduty/adapter.hpp"
#include "connector/adapter/adapter.hpp"
#include "connector/async/clock.hpp"
#include "connector/async/random.hpp"
#include "test/simulators/faults.hpp"
#include "test/simulators/pagerduty/pagerduty.hpp"
#include "test/simulators/transport.hpp"
#include "test/support/run.hpp"

namespace pagerduty_test {

namespace adapter = connector::adapter;
namespace async = connector::async;
namespace core = connector::core;
namespace http = connector::http;
namespace json = boost::json;
namespace pagerduty = adapters::pagerduty;

using core::effect;
using core::errc;
using simulators::fault_kind;
using simulators::pagerduty_settings;
using std::chrono::seconds;

inline core::time_point at(std::string_view text) { return core::parse_time(text).value(); }

/// Sleeping moves the time; nothing else does.
class jumping_clock final : public async::clock {
 public:
  core::time_point now() const override { return wall; }
  steady_point steady_now() const override { return steady; }
  boost::asio::awaitable<bool> wait_until(steady_point) override;
  void pass(duration span) {
    wall += std::chrono::duration_cast<core::ticks>(span);
    steady += span;
  }

  core::time_point wall = at("2026-03-01T12:00:00Z");
  steady_point steady{std::chrono::hours{1}};
};

/// The adapter against a simulated account in its harshest positions, without sockets.
struct account {
  explicit account(pagerduty_settings of = unhurried());

  /// The harshest positions, but for limits that only some tests are about.
  static pagerduty_settings unhurried();

  void connect(std::function<void(pagerduty::settings&)> const& change = {});

  template <class T>
  T run(boost::asio::awaitable<T> work) {
    return connector::support::run(std::move(work));
  }

  /// All rows since `from`, page by page, each page of at most `rows_max`.
  std::vector<adapter::object> changes_since(core::time_point from, std::size_t rows_max = 0);
  adapter::change_page page(adapter::change_query asked);

  /// Opens an incident with this key by the adapter; its id.
  std::string open(std::string key, core::record more = {});
  adapter::object read(std::string id, bool comments = false);
  core::result<adapter::receipt> update(std::string id, core::record fields);
  core::result<adapter::receipt> note(std::string id, std::string text);
  std::uint64_t calls(std::string const& operation) const;

  jumping_clock clock;
  simulators::pagerduty service;
  simulators::faults faults{1};
  simulators::simulated_transport transport{clock};
  std::unique_ptr<async::random> random = async::make_seeded_random(1);
  std::unique_ptr<adapter::system> system;
  adapter::wants needs;
};

std::string text(adapter::object const& of, std::string_view field);

}  // namespace pagerduty_test

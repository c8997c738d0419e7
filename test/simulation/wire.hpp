#pragma once

#include <functional>
#include <list>
#include <map>
#include <string>
#include <vector>

#include "connector/async/clock.hpp"
#include "connector/http/message.hpp"
#include "connector/mapping/map.hpp"
#include "test/simulators/simulator.hpp"

/// What lies between a process and the simulated services.
namespace simulation {

namespace core = connector::core;
namespace http = connector::http;
namespace mapping = connector::mapping;
using std::chrono::milliseconds;

/// A service with its own clock, at which people may strike just before a write takes effect.
class listening final : public simulators::simulator {
 public:
  using predicate = std::function<bool(http::request const&)>;
  listening(simulators::simulator& service, predicate is_write)
      : service_{service}, is_write_{std::move(is_write)} {}

  http::response handle(http::request const& call, core::time_point now) override;

  /// The service's clock at a true time. Never goes back.
  core::time_point clock(core::time_point now);

  milliseconds skew{0};
  /// Run, oldest first, just before the next write takes effect.
  std::list<std::function<void(core::time_point service_time)>> before_write;
  /// After a call that may have changed something.
  std::function<void(http::request const&, core::time_point service_time)> on_effect;

 private:
  simulators::simulator& service_;
  predicate is_write_;
  core::time_point last_{};
};

/// One process's end of the wire. Its calls end with the process; what has not arrived by then may
/// still arrive.
class wire final : public http::transport {
 public:
  wire(http::transport& net, connector::async::clock& clock) : net_{net}, clock_{clock} {}

  boost::asio::awaitable<core::result<http::response>> send(http::request call) override;

  /// Calls that were sent less than `span` ago, the time that a call takes to arrive.
  [[nodiscard]] std::vector<http::request> on_the_way(milliseconds span) const;

  std::function<void(http::request const&)> on_send;
  std::function<void(http::request const&, core::result<http::response> const&)> on_answer;

 private:
  struct under_way {
    http::request call;
    connector::async::clock::steady_point sent_at;
  };
  http::transport& net_;
  connector::async::clock& clock_;
  std::list<under_way> calls_;
};

}  // namespace simulation

#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <string_view>

#include "connector/async/clock.hpp"
#include "connector/http/message.hpp"
#include "test/simulators/faults.hpp"
#include "test/simulators/simulator.hpp"

namespace simulators {

/// The HTTP port without sockets: calls go to simulators by the origin of their URL. Waits use the
/// clock port, so a simulated clock makes them free. `latency` passes half on the way there, half
/// on the way back; the effect happens in between. Loop thread only; everything given must outlive
/// it, and it must outlive the calls.
class simulated_transport : public http::transport {
 public:
  explicit simulated_transport(connector::async::clock& clock) : clock_{clock} {}

  /// `origin` as in "https://graph.microsoft.com". Several may lead to one service.
  void route(std::string origin, simulator& service, faults* between = nullptr);

  boost::asio::awaitable<core::result<http::response>> send(http::request call) override;

  /// Lets calls whose effect comes late take effect now, if they are due.
  void settle();
  /// The same, due or not: the end of a simulation's faults.
  void settle_all();
  [[nodiscard]] std::size_t unsettled() const { return late_.size(); }

  std::chrono::milliseconds latency{0};

  /// Told of each call and its end; for recordings.
  std::function<void(http::request const&, core::result<http::response> const&)> on_exchange;

  /// Calls by "METHOD origin/path", with ids in the path as {id}.
  [[nodiscard]] std::map<std::string, std::uint64_t> const& calls() const { return calls_; }
  bool keeps_count = true;
  /// Calls whose key contains `part`.
  [[nodiscard]] std::uint64_t calls(std::string_view part) const;
  void forget_calls() { calls_.clear(); }

 private:
  struct route_end {
    simulator* service = nullptr;
    faults* between = nullptr;
  };
  boost::asio::awaitable<core::result<http::response>> exchange(http::request const& call);
  boost::asio::awaitable<bool> wait(
      std::chrono::milliseconds span, connector::async::clock::steady_point deadline
  );

  connector::async::clock& clock_;
  std::map<std::string, route_end, std::less<>> places_;
  std::map<std::string, std::uint64_t> calls_;
  struct late_call {
    simulator* service = nullptr;
    http::request call;
  };
  std::multimap<core::time_point, late_call> late_;
};

/// "GET https://host/v1.0/security/incidents/{id}" for a call.
std::string pattern_of(http::request const& call);

}  // namespace simulators

#include "test/simulators/transport.hpp"

#include <algorithm>

#include "test/simulators/wire.hpp"

namespace simulators {
namespace {

using core::effect;
using core::errc;

/// A path segment that names one object: digits, or long with a digit in it.
bool is_id(std::string_view part) {
  auto const is_digit = [](char c) { return c >= '0' && c <= '9'; };
  if (std::all_of(part.begin(), part.end(), is_digit)) return true;
  return part.size() >= 16 && std::any_of(part.begin(), part.end(), is_digit);
}

}  // namespace

std::string pattern_of(http::request const& call) {
  auto const at = read_target(call.url);
  if (!at) return call.method + " ?";
  auto out = call.method + ' ' + at->origin;
  for (auto const& part : at->parts) {
    out += '/';
    out += is_id(part) ? "{id}" : part;
  }
  return out;
}

void simulated_transport::route(std::string origin, simulator& service, faults* between) {
  places_[std::move(origin)] = {&service, between};
}

std::uint64_t simulated_transport::calls(std::string_view part) const {
  std::uint64_t sum = 0;
  for (auto const& [pattern, count] : calls_) {
    if (pattern.find(part) != pattern.npos) sum += count;
  }
  return sum;
}

void simulated_transport::settle() {
  while (!late_.empty() && late_.begin()->first <= clock_.now()) {
    auto const due = late_.extract(late_.begin());
    due.mapped().service->handle(due.mapped().call, clock_.now());
  }
}

void simulated_transport::settle_all() {
  while (!late_.empty()) {
    auto const due = late_.extract(late_.begin());
    due.mapped().service->handle(due.mapped().call, clock_.now());
  }
}

/// Waits `span`, or until the deadline; false if that came first.
boost::asio::awaitable<bool> simulated_transport::wait(
    std::chrono::milliseconds span, connector::async::clock::steady_point deadline
) {
  auto const until = clock_.steady_now() + span;
  if (span.count() > 0) co_await clock_.sleep_until(std::min(until, deadline));
  co_return until <= deadline;
}

boost::asio::awaitable<core::result<http::response>> simulated_transport::exchange(
    http::request const& call
) {
  auto const place = places_.find(origin_of(call.url));
  if (place == places_.end()) {
    co_return core::error{errc::unreachable, "no simulated service answers at this address"};
  }
  auto const deadline = clock_.steady_now() + call.deadline;
  core::error const timeout{errc::timeout, "no answer in time", effect::unknown};
  bool const arrived = co_await wait(latency / 2, deadline);
  if (!arrived) co_return timeout;

  settle();
  outcome out;
  auto& [service, between] = place->second;
  if (between != nullptr) {
    out = between->handle(*service, call, clock_.now());
  } else {
    out.answer = service->handle(call, clock_.now());
  }
  using fate = outcome::fate;
  if (out.end == fate::unreachable) {
    co_return core::error{errc::unreachable, "connection refused"};
  }
  if (out.end == fate::late_effect) {
    late_.emplace(clock_.now() + out.delay, late_call{service, call});
    co_await clock_.sleep_until(deadline);
    co_return timeout;
  }
  bool const back = co_await wait(out.delay + latency / 2, deadline);
  if (!back) co_return timeout;
  if (out.end == fate::lost_before || out.end == fate::lost_after) {
    co_return core::error{errc::unreachable, "the connection was closed", effect::unknown};
  }
  if (out.end == fate::cut_in_body) {
    co_return core::error{errc::malformed, "the answer ended early", effect::unknown};
  }
  if (out.answer.body.size() > call.body_bytes_max) {
    co_return core::error{errc::malformed, "the answer is too large", effect::unknown};
  }
  co_return std::move(out.answer);
}

boost::asio::awaitable<core::result<http::response>> simulated_transport::send(http::request call) {
  if (keeps_count) ++calls_[pattern_of(call)];
  auto answer = co_await exchange(call);
  if (on_exchange) on_exchange(call, answer);
  co_return answer;
}

}  // namespace simulators

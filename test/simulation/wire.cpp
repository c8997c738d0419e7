#include "test/simulation/wire.hpp"

#include <algorithm>

namespace simulation {

core::time_point listening::clock(core::time_point now) {
  last_ = std::max(last_, now + std::chrono::duration_cast<core::ticks>(skew));
  return last_;
}

http::response listening::handle(http::request const& call, core::time_point now) {
  auto const mine = clock(now);
  auto const writes = is_write_(call);
  if (writes && !before_write.empty()) {
    auto const strike = std::move(before_write.front());
    before_write.pop_front();
    strike(mine);
  }
  service_.conditions = conditions;
  auto answer = service_.handle(call, mine);
  service_.conditions = {};
  // No two writes share a stamp with each other or with a person's edit of the same object: Graph's
  // stamps, which are its versions, could not tell them apart. See README.md.
  if (writes) last_ = mine + std::chrono::milliseconds{4};
  if (writes && on_effect) on_effect(call, mine);
  return answer;
}

boost::asio::awaitable<core::result<http::response>> wire::send(http::request call) {
  if (on_send) on_send(call);
  calls_.push_back({call, clock_.steady_now()});
  struct leave {
    std::list<under_way>& all;
    std::list<under_way>::iterator mine;
    ~leave() { all.erase(mine); }
  } const at_end{calls_, std::prev(calls_.end())};
  auto answer = co_await net_.send(std::move(call));
  if (on_answer) on_answer(at_end.mine->call, answer);
  co_return answer;
}

std::vector<http::request> wire::on_the_way(milliseconds span) const {
  std::vector<http::request> all;
  for (auto const& one : calls_) {
    if (clock_.steady_now() < one.sent_at + span) all.push_back(one.call);
  }
  return all;
}

}  // namespace simulation

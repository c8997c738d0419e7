#include "test/simulation/shrink.hpp"

#include <algorithm>

namespace simulation {

script shrink(script s, std::function<bool(script const&)> const& fails, int tries_max) {
  int tries = 0;
  auto const accept = [&](script const& smaller) {
    if (++tries > tries_max || !fails(smaller)) return false;
    s = smaller;
    return true;
  };
  bool better = true;
  while (better && tries < tries_max) {
    better = false;
    for (auto size = std::max<std::size_t>(s.events.size() / 2, 1); size > 0; size /= 2) {
      for (std::size_t at = 0; at < s.events.size();) {
        auto smaller = s;
        auto const from = smaller.events.begin() + static_cast<std::ptrdiff_t>(at);
        auto const count = std::min(size, smaller.events.size() - at);
        smaller.events.erase(from, from + static_cast<std::ptrdiff_t>(count));
        if (accept(smaller)) {
          better = true;
        } else {
          at += size;
        }
      }
    }
    for (auto const plain : {&script::skew_incidents, &script::skew_tickets, &script::latency}) {
      auto smaller = s;
      if ((smaller.*plain).count() == 0) continue;
      smaller.*plain = milliseconds{0};
      better = accept(smaller) || better;
    }
    for (auto const side : {&script::incidents, &script::tickets}) {
      auto smaller = s;
      if ((smaller.*side).hard) {
        (smaller.*side).hard = false;
        better = accept(smaller) || better;
      }
      smaller = s;
      if ((smaller.*side).page_rows < 50) {
        (smaller.*side).page_rows = 50;
        better = accept(smaller) || better;
      }
    }
    for (std::size_t i = 0; i < s.events.size(); ++i) {
      auto smaller = s;
      auto& e = smaller.events[i];
      if (e.times > 1 && e.what == action::fault) {
        e.times = 1;
        better = accept(smaller) || better;
      }
      smaller = s;
      if (smaller.events[i].sharp && smaller.events[i].what != action::fault) {
        smaller.events[i].sharp = false;
        better = accept(smaller) || better;
      }
    }
  }
  return s;
}

}  // namespace simulation

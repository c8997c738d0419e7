#include "connector/http/breaker.hpp"

#include <algorithm>

namespace connector::http {

std::optional<breaker::span> breaker::blocked(time now) const {
  if (!is_open()) return std::nullopt;
  if (now < until_) return until_ - now;
  if (probing_) return std::chrono::seconds{1};
  return std::nullopt;
}

void breaker::begin() { probing_ = is_open(); }

void breaker::succeeded() {
  failures_ = 0;
  hold_ = std::chrono::seconds{0};
  probing_ = false;
}

void breaker::failed(time now) {
  ++failures_;
  if (is_open()) {
    // What was under way when it opened says nothing new.
    if (!probing_) return;
    hold_ = std::min(hold_ * 2, hold_max);
  } else {
    if (failures_ < failures_max) return;
    hold_ = hold_first;
  }
  until_ = now + hold_;
  probing_ = false;
}

void breaker::abandoned() { probing_ = false; }

}  // namespace connector::http

#include "connector/http/pace.hpp"

#include <algorithm>
#include <cmath>

namespace connector::http {
namespace {

using std::chrono::duration;

constexpr double burst_share = 1.0 / 6;  // of a minute's calls
/// A rate never falls below this share of the limit, so that it finds its way back.
constexpr double least_share = 1.0 / 20;
/// What is taken for a limit that shows itself while hardly anything was called: it is then one of
/// another kind, and Retry-After says more than any rate.
constexpr double least_learned = 60;
constexpr double growth_share = 1.0 / 20;  // of the limit, per minute

}  // namespace

void pace::set_limit(double per_minute) {
  ceiling_ = rate_ = per_minute;
  step_ = std::isinf(per_minute) ? 0 : per_minute * growth_share;
  spent_ = 0;
}

double pace::capacity() const { return std::max(1.0, rate_ * burst_share); }

double pace::refill_per_second() const { return std::max(rate_ - capacity(), rate_ / 2) / 60; }

void pace::advance(time now) {
  if (!started_) {
    started_ = true;
    at_ = minute_ = now;
    step_ = std::isinf(ceiling_) ? 0 : ceiling_ * growth_share;
  }
  if (now <= at_) return;
  auto const seconds = duration<double>(now - at_).count();
  at_ = now;
  if (std::isinf(rate_)) return;
  spent_ = std::max(0.0, spent_ - refill_per_second() * seconds);
  rate_ = std::min(ceiling_, rate_ + step_ * seconds / 60);
}

pace::time pace::ready_at(double cost, double share, time now) {
  advance(now);
  auto const earliest = std::max(now, closed_until_);
  if (std::isinf(rate_)) return earliest;
  auto const needed = std::min(cost + share * capacity(), capacity());
  auto const missing = needed - (capacity() - spent_);
  // Sums of many small parts: a billionth of a call is no reason to wait.
  if (missing <= 1e-9) return earliest;
  auto const wait = std::chrono::ceil<std::chrono::milliseconds>(
      duration<double>(std::min(missing / refill_per_second(), 86'400.0))
  );
  return std::max(earliest, now + wait);
}

void pace::take(double cost, time now) {
  advance(now);
  count(cost, now);
  if (!std::isinf(rate_)) spent_ += cost;
}

void pace::count(double cost, time now) {
  auto const minutes = (now - minute_) / std::chrono::minutes{1};
  if (minutes > 0) {
    last_minute_ = minutes == 1 ? this_minute_ : 0;
    this_minute_ = 0;
    minute_ += std::chrono::minutes{minutes};
  }
  this_minute_ += cost;
}

void pace::slow_down(time sent, time now) {
  advance(now);
  if (slowed_at_ != time::min() && sent <= slowed_at_) return;
  slowed_at_ = now;
  if (std::isinf(rate_)) {
    count(0, now);
    rate_ = std::max({this_minute_, last_minute_, least_learned});
    step_ = rate_ * growth_share;
  }
  auto const least = std::isinf(ceiling_) ? 1.0 : std::max(1.0, ceiling_ * least_share);
  rate_ = std::max(rate_ / 2, std::min(least, rate_));
  spent_ = std::max(spent_, capacity());
}

void pace::close(time until) { closed_until_ = std::max(closed_until_, until); }

void pace::leave_at_most(double tokens, time now) {
  advance(now);
  if (std::isinf(rate_)) return;
  spent_ = std::max(spent_, capacity() - std::max(0.0, tokens));
}

double pace::sustained() const { return refill_per_second() * 60; }

double pace::rate(time now) {
  advance(now);
  return rate_;
}

double pace::spare(double share, time now) {
  advance(now);
  if (now < closed_until_) return 0;
  if (std::isinf(rate_)) return rate_;
  // As in ready_at, a full bucket is enough for any.
  if (spent_ <= 1e-9) return std::max(1.0, capacity() * (1 - share));
  return std::max(0.0, capacity() * (1 - share) - spent_);
}

}  // namespace connector::http

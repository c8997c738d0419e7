#include "test/simulators/faults.hpp"

#include <algorithm>
#include <array>

#include "test/simulators/wire.hpp"

namespace simulators {
namespace {

using enum fault_kind;

void add_wait(http::response& to, fault const& of, core::time_point now) {
  auto const seconds = std::chrono::ceil<std::chrono::seconds>(of.delay);
  if (of.retry_after == fault::wait::seconds) {
    to.headers.push_back({"Retry-After", std::to_string(seconds.count())});
  } else if (of.retry_after == fault::wait::date) {
    to.headers.push_back({"Retry-After", http_date(now + seconds)});
  }
}

http::response refusal(fault const& of, core::time_point now) {
  bool const throttled = of.kind == too_many_requests;
  auto out = json_answer(
      throttled ? 429 : of.status,
      throttled ? R"({"error":{"code":"TooManyRequests","message":"Too many requests."}})"
                : R"({"error":{"code":"ServiceUnavailable","message":"Try again later."}})"
  );
  out.headers.push_back({"Date", http_date(now)});
  add_wait(out, of, now);
  return out;
}

}  // namespace

std::string_view name(fault_kind kind) {
  switch (kind) {
    case too_many_requests:
      return "too_many_requests";
    case server_error:
      return "server_error";
    case html_page:
      return "html_page";
    case truncated_json:
      return "truncated_json";
    case wrong_type:
      return "wrong_type";
    case unreachable:
      return "unreachable";
    case cut_before:
      return "cut_before";
    case lost_reply:
      return "lost_reply";
    case cut_in_body:
      return "cut_in_body";
    case late_effect:
      return "late_effect";
    case slow:
      return "slow";
    case stale_read:
      return "stale_read";
    case duplicate_rows:
      return "duplicate_rows";
    case late_visibility:
      return "late_visibility";
  }
  return "";
}

faults::faults(std::uint64_t seed) : random_{connector::async::make_seeded_random(seed)} {}

void faults::script(fault next, std::string on) {
  script(next, [on = std::move(on)](http::request const& call) {
    return on.empty() || (call.method + ' ' + call.url).find(on) != std::string::npos;
  });
}

void faults::script(fault next, std::function<bool(http::request const&)> strikes) {
  script_.push_back({next, std::move(strikes)});
}

void faults::off() {
  rates.clear();
  script_.clear();
  skew = {};
}

double faults::chance() { return static_cast<double>(random_->next() >> 11) * 0x1.0p-53; }

bool faults::draw(http::request const& call, fault& out) {
  if (script_.empty() && rates.empty()) return false;
  auto const at = std::find_if(script_.begin(), script_.end(), [&call](scripted const& each) {
    return each.strikes(call);
  });
  if (at != script_.end()) {
    out = at->fault;
    script_.erase(at);
    return true;
  }
  if (rates.empty() || (call.method + ' ' + call.url).find(only) == std::string::npos) return false;
  double left = chance();
  for (auto const& [kind, rate] : rates) {
    left -= rate;
    if (left >= 0) continue;
    static constexpr std::array statuses{500, 502, 503, 504};
    out.kind = kind;
    out.status = statuses[random_->next() % statuses.size()];
    out.retry_after = static_cast<fault::wait>(random_->next() % 3);
    out.delay = std::chrono::milliseconds{
        static_cast<std::int64_t>(chance() * static_cast<double>(delay_max.count()))};
    return true;
  }
  return false;
}

outcome faults::handle(simulator& service, http::request const& call, core::time_point now) {
  now += skew;
  outcome out;
  fault met;
  if (!draw(call, met)) {
    out.answer = service.handle(call, now);
    return out;
  }
  ++struck_[met.kind];
  switch (met.kind) {
    case too_many_requests:
    case server_error:
      out.answer = refusal(met, now);
      return out;
    case html_page:
      out.answer = html_answer(200, "<html><body>Please sign in.</body></html>");
      return out;
    case unreachable:
      out.end = outcome::fate::unreachable;
      return out;
    case cut_before:
      out.end = outcome::fate::lost_before;
      return out;
    case late_effect:
      out.end = outcome::fate::late_effect;
      out.delay = met.delay;
      return out;
    default:
      break;
  }

  auto const before = service.conditions;
  if (met.kind == stale_read) service.conditions.stale_reads = true;
  if (met.kind == duplicate_rows) service.conditions.duplicate_rows = true;
  if (met.kind == late_visibility) service.conditions.extra_lag += met.delay;
  out.answer = service.handle(call, now);
  service.conditions = before;

  switch (met.kind) {
    case truncated_json:
      out.answer.body.resize(out.answer.body.size() / 2);
      break;
    case wrong_type:
      for (auto& header : out.answer.headers) {
        if (lower_case(header.name) == "content-type") header.value = "text/html";
      }
      break;
    case lost_reply:
      out.end = outcome::fate::lost_after;
      break;
    case cut_in_body:
      out.end = outcome::fate::cut_in_body;
      break;
    case slow:
      out.delay = met.delay;
      break;
    default:
      break;
  }
  return out;
}

}  // namespace simulators

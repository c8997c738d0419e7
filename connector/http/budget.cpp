#include "connector/http/budget.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <optional>
#include <set>
#include <utility>

#include "connector/async/tasks.hpp"
#include "connector/http/breaker.hpp"
#include "connector/http/pace.hpp"
#include "connector/http/wait.hpp"

namespace connector::http {
namespace asio = boost::asio;
using asio::awaitable;
using std::chrono::seconds;

namespace {

using steady_point = async::clock::steady_point;

/// What a lane leaves in the bucket for those before it.
constexpr std::array<double, lane_count> left_to_others{0, 0.2, 0.5};

std::size_t index(lane l) { return static_cast<std::size_t>(l); }

std::optional<double> number(std::vector<header> const& headers, std::string const& of) {
  if (of.empty()) return std::nullopt;
  auto const text = find(headers, of);
  double value = 0;
  auto const* const end = text.data() + text.size();
  auto const [stop, failed] = std::from_chars(text.data(), end, value);
  if (text.empty() || failed != std::errc{} || stop != end || value < 0) return std::nullopt;
  return value;
}

/// Answers that say "not now" rather than "not you": a gateway without anybody behind it.
bool is_outage(int status) { return status == 502 || status == 503 || status == 504; }

}  // namespace

std::string_view name(lane l) {
  constexpr std::array<std::string_view, lane_count> names{"urgent", "routine", "background"};
  return names[index(l)];
}

struct budget::state {
  class entrance final : public transport {
   public:
    entrance(state& of, lane l) : of_{of}, lane_{l} {}
    awaitable<core::result<response>> send(request call) override {
      return of_.send(lane_, std::move(call));
    }

   private:
    state& of_;
    lane lane_;
  };

  struct waiter {
    lane in;
    std::uint64_t number;  ///< of its coming
    async::signal turn;
  };
  struct order {
    bool operator()(waiter const* a, waiter const* b) const {
      return std::pair{a->in, a->number} < std::pair{b->in, b->number};
    }
  };

  /// A call under way, whichever way it ends.
  class place {
   public:
    explicit place(state& of) : of_{&of} {
      ++of.under_way;
      of.reach.begin();
    }
    place(place&& other) noexcept : of_{std::exchange(other.of_, nullptr)} {}
    place(place const&) = delete;
    place& operator=(place const&) = delete;
    place& operator=(place&&) = delete;
    ~place() {
      if (!of_) return;
      --of_->under_way;
      if (!told) of_->reach.abandoned();
      of_->wake_first();
    }
    bool told = false;  ///< what came of it

   private:
    state* of_;
  };

  state(std::string name, transport& to, async::clock& by)
      : connection{std::move(name)}, beneath{to}, clock{by} {}

  awaitable<core::result<response>> send(lane l, request call) {
    auto const cost = static_cast<double>(std::max(1U, call.cost));
    auto admitted = co_await admit(l, cost);
    if (!admitted) co_return admitted.error();
    place mine{std::move(*admitted)};
    auto const sent = clock.steady_now();
    auto answer = co_await beneath.send(std::move(call));
    mine.told = note(answer, sent);
    co_return answer;
  }

  /// Waits in line until the call may go out, and takes what it costs.
  awaitable<core::result<place>> admit(lane l, double cost) {
    auto const came = clock.steady_now();
    if (auto refused = refusal(l, cost, came, came)) co_return std::move(*refused);
    if (line.empty() && may_go(l, cost, came)) co_return take(l, cost, came);

    waiter me{l, ++comers, {}};
    line.insert(&me);
    struct leave {
      state& of;
      waiter& who;
      ~leave() {
        of.line.erase(&who);
        of.wake_first();
      }
    } const at_end{*this, me};
    ++counts.waited;
    while (true) {
      auto const now = clock.steady_now();
      if (auto refused = refusal(l, cost, came, now)) co_return std::move(*refused);
      auto const is_first = *line.begin() == &me;
      if (is_first && may_go(l, cost, now)) co_return take(l, cost, now);
      // Whoever is first watches the clock; the others, and who waits for a place, are woken.
      auto const ready = is_first && has_place(l) ? ready_at(l, cost, now) : steady_point::max();
      co_await me.turn.wait_until(clock, std::min(ready, came + patience));
    }
  }

  bool has_place(lane l) const {
    if (calls_at_once == 0) return true;
    auto const kept = l == lane::background && calls_at_once > 1 ? 1U : 0U;
    return under_way < calls_at_once - kept;
  }

  steady_point ready_at(lane l, double cost, steady_point now) {
    auto const ready = all.ready_at(cost, left_to_others[index(l)], now);
    return l == lane::background ? std::max(ready, background.ready_at(cost, 0, now)) : ready;
  }

  bool may_go(lane l, double cost, steady_point now) {
    return has_place(l) && ready_at(l, cost, now) <= now;
  }

  place take(lane l, double cost, steady_point now) {
    all.take(cost, now);
    if (l == lane::background) background.take(cost, now);
    counts.made += static_cast<std::uint64_t>(cost);
    return place{*this};
  }

  /// Why a call that came at `came` must not wait any longer; none if it may.
  std::optional<core::error> refusal(lane l, double cost, steady_point came, steady_point now) {
    if (auto const hold = reach.blocked(now)) {
      ++counts.kept_back;
      return refused_for(
          *hold,
          connection + ": out of reach since " + std::to_string(reach.failures()) +
              " calls failed in a row, the last with: " + last_failure + "; asked again"
      );
    }
    auto const ready = ready_at(l, cost, now);
    if (ready - came < patience && now - came < patience) return std::nullopt;
    ++counts.refused;
    auto e = refused_for(
        ready - now,
        connection + ": its call budget is used up; the " + std::string{name(l)} + " lane goes on"
    );
    // A lane that must wait is no reason to keep back the others.
    if (now >= all.closed_until()) e.retry_after.reset();
    return e;
  }

  static core::error refused_for(async::clock::duration wait, std::string what) {
    auto const whole = std::max(seconds{1}, std::chrono::ceil<seconds>(wait));
    core::error e{
        core::errc::unavailable, std::move(what) + " in " + std::to_string(whole.count()) + " s"};
    e.retry_after = whole;
    return e;
  }

  /// True if it says something of the other side's being there.
  bool note(core::result<response> const& answer, steady_point sent) {
    auto const now = clock.steady_now();
    if (!answer) {
      auto const code = answer.error().code;
      if (code != core::errc::unreachable && code != core::errc::timeout) return false;
      fail(answer.error().detail, now);
      return true;
    }
    auto const& headers = answer->headers;
    auto const wait = retry_after(headers, clock.now());
    if (is_outage(answer->status) && !wait) {
      fail("status " + std::to_string(answer->status), now);
    } else {
      reach.succeeded();
    }
    auto const left = number(headers, declared.remaining_header);
    auto const reset = until_reset(headers);
    if (answer->status == 429) {
      ++counts.too_many;
      all.slow_down(sent, now);
      all.close(now + wait.value_or(reset.value_or(seconds{0})));
    } else if (wait && (answer->status == 503 || answer->status == 200)) {
      // Some systems delay a call first, and say so in its 200.
      all.close(now + *wait);
    }
    if (left) {
      // What is under way beside this one may not be counted there yet.
      auto const others = under_way > 0 ? static_cast<double>(under_way - 1) : 0;
      all.leave_at_most(*left - others, now);
      if (*left < 1 && reset) all.close(now + *reset);
    }
    return true;
  }

  std::optional<seconds> until_reset(std::vector<header> const& headers) const {
    auto const value = number(headers, declared.reset_header);
    if (!value) return std::nullopt;
    auto wait = *value;
    if (declared.reset_is_unix_time) {
      // By the answer's own clock where it tells the time.
      auto const stamp = parse_http_date(find(headers, "Date")).value_or(clock.now());
      wait -= static_cast<double>(std::chrono::floor<seconds>(stamp).time_since_epoch().count());
    }
    if (wait < 0 || wait > static_cast<double>(longest_wait.count())) return std::nullopt;
    return seconds{static_cast<seconds::rep>(std::ceil(wait))};
  }

  void fail(std::string why, steady_point now) {
    last_failure = std::move(why);
    auto const was_open = reach.is_open();
    reach.failed(now);
    if (reach.is_open() && !was_open) {
      for (auto* w : line) w->turn.notify();
    }
  }

  void wake_first() {
    if (!line.empty()) (*line.begin())->turn.notify();
  }

  std::string connection;
  transport& beneath;
  async::clock& clock;
  call_limit declared;
  std::size_t calls_at_once = 0;
  pace all, background;
  breaker reach;
  std::string last_failure;
  std::set<waiter*, order> line;
  std::uint64_t comers = 0;
  std::size_t under_way = 0;
  usage counts;
  std::array<entrance, lane_count> doors{
      entrance{*this, lane::urgent},
      entrance{*this, lane::routine},
      entrance{*this, lane::background}};
};

budget::budget(std::string connection, transport& beneath, async::clock& clock)
    : state_{std::make_unique<state>(std::move(connection), beneath, clock)} {}
budget::~budget() = default;

void budget::set_limits(limits to) {
  state_->calls_at_once = to.calls_at_once;
  state_->all.set_limit(to.per_minute > 0 ? to.per_minute : pace::unlimited);
  state_->declared = std::move(to.declared);
}

void budget::set_background_limit(double per_minute) {
  state_->background.set_limit(per_minute > 0 ? per_minute : pace::unlimited);
  state_->wake_first();
}

transport& budget::door(lane l) { return state_->doors[index(l)]; }

void budget::pressed(std::optional<seconds> retry_after) {
  auto const now = state_->clock.steady_now();
  // Of several parts refused together the first says it all, and so does the call's own 429.
  state_->all.slow_down(now - seconds{5}, now);
  if (retry_after) state_->all.close(now + *retry_after);
}

double budget::spare(lane l) const {
  auto& s = *state_;
  auto const now = s.clock.steady_now();
  if (s.reach.blocked(now)) return 0;
  auto const spare = s.all.spare(left_to_others[index(l)], now);
  return l == lane::background ? std::min(spare, s.background.spare(0, now)) : spare;
}

budget::usage budget::used() const {
  auto& s = *state_;
  auto out = s.counts;
  out.waiting = s.line.size();
  out.under_way = s.under_way;
  auto const now = s.clock.steady_now();
  out.tokens = s.all.spare(0, now);
  out.per_minute = s.all.rate(now);
  out.out_of_reach = s.reach.is_open();
  return out;
}

}  // namespace connector::http

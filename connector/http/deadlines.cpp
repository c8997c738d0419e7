#include "connector/http/deadlines.hpp"

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/post.hpp>
#include <exception>
#include <map>

namespace connector::http {
namespace asio = boost::asio;

struct deadlines::state : std::enable_shared_from_this<state> {
  using key = std::pair<steady_point, std::uint64_t>;

  asio::any_io_executor executor;
  async::clock* clock = nullptr;
  std::map<key, std::function<void()>> waiting;
  std::uint64_t next = 0;
  std::shared_ptr<asio::cancellation_signal> watch;  // of the running watcher; none: no watcher
  steady_point armed{};                              // what it sleeps until
  bool dismissing = false;

  void arm() {
    auto const earliest = waiting.begin()->first.first;
    if (watch && armed <= earliest) return;
    dismiss();
    watch = std::make_shared<asio::cancellation_signal>();
    armed = earliest;
    // A sleep ends by its time or by being cancelled; there is nothing to report.
    auto ended = [mine = watch](std::exception_ptr) {};
    asio::co_spawn(
        executor,
        run(shared_from_this(), watch),
        asio::bind_cancellation_slot(watch->slot(), std::move(ended))
    );
  }

  void dismiss() {
    if (auto const old = std::exchange(watch, nullptr)) {
      old->emit(asio::cancellation_type::terminal);
    }
  }

  // Calls mostly follow one another at once; only a pause lets the watcher go.
  void dismiss_if_idle() {
    if (dismissing || !watch) return;
    dismissing = true;
    asio::post(executor, [self = shared_from_this()] {
      self->dismissing = false;
      if (self->waiting.empty()) self->dismiss();
    });
  }

  static asio::awaitable<void> run(
      std::shared_ptr<state> self, std::shared_ptr<asio::cancellation_signal> mine
  ) {
    while (self->watch == mine && !self->waiting.empty()) {
      self->armed = self->waiting.begin()->first.first;
      auto const passed = co_await self->clock->wait_until(self->armed);
      if (!passed) co_return;
      auto const now = self->clock->steady_now();
      while (!self->waiting.empty() && self->waiting.begin()->first.first <= now) {
        auto const due = self->waiting.extract(self->waiting.begin());
        due.mapped()();
      }
    }
    if (self->watch == mine) self->watch.reset();
  }
};

deadlines::deadlines(asio::any_io_executor executor, async::clock& clock)
    : state_{std::make_shared<state>()} {
  state_->executor = std::move(executor);
  state_->clock = &clock;
}

deadlines::~deadlines() = default;

deadlines::entry deadlines::set(steady_point at, std::function<void()> due) {
  entry made;
  made.from_ = state_;
  made.key_ = {at, state_->next++};
  state_->waiting.emplace(made.key_, std::move(due));
  state_->arm();
  return made;
}

deadlines::entry::~entry() {
  if (!from_) return;
  from_->waiting.erase(key_);
  if (from_->waiting.empty()) from_->dismiss_if_idle();
}

async::clock& deadlines::clock() const { return *state_->clock; }

}  // namespace connector::http

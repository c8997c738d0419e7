#include "connector/async/tasks.hpp"

#include <algorithm>
#include <boost/asio/deferred.hpp>
#include <boost/asio/experimental/parallel_group.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/system/system_error.hpp>

namespace connector::async {
namespace asio = boost::asio;

namespace {

bool is_cancellation(std::exception_ptr failure) {
  try {
    std::rethrow_exception(failure);
  } catch (boost::system::system_error const& e) {
    return e.code() == asio::error::operation_aborted;
  } catch (...) {
    return false;
  }
}

}  // namespace

// A timer that never expires is Asio's simplest condition variable: cancelling it wakes the waiter.
// It lives in the waiting coroutine, since a timer must not outlive its executor.
struct signal::state {
  struct waiter {
    waiter(state& in, asio::any_io_executor const& executor)
        : of{in}, timer{executor, asio::steady_timer::time_point::max()} {
      of.waiting = &timer;
    }
    ~waiter() { of.waiting = nullptr; }
    waiter(waiter const&) = delete;
    waiter& operator=(waiter const&) = delete;

    state& of;
    asio::steady_timer timer;
  };

  asio::steady_timer* waiting = nullptr;
  bool pending = false;
};

signal::signal() : state_{std::make_shared<state>()} {}
signal::~signal() = default;

void signal::notify() {
  state_->pending = true;
  if (state_->waiting) state_->waiting->cancel();
}

asio::awaitable<void> signal::wait() {
  auto const mine = state_;
  auto const executor = co_await asio::this_coro::executor;
  while (!mine->pending) {
    {
      state::waiter me{*mine, executor};
      boost::system::error_code ec;
      auto token = asio::redirect_error(asio::use_awaitable, ec);
      co_await me.timer.async_wait(token);
    }
    auto const cancelled = (co_await asio::this_coro::cancellation_state).cancelled();
    if (cancelled != asio::cancellation_type::none) {
      throw boost::system::system_error{asio::error::operation_aborted};
    }
  }
  mine->pending = false;
}

asio::awaitable<void> signal::wait_until(clock& by, clock::steady_point deadline) {
  auto const mine = state_;
  auto const executor = co_await asio::this_coro::executor;
  if (!mine->pending) {
    // Not `sleep || wait()`: at each deadline, wait() would be cancelled, and throw.
    state::waiter me{*mine, executor};
    auto either = asio::experimental::make_parallel_group(
        asio::co_spawn(executor, by.wait_until(deadline), asio::deferred),
        me.timer.async_wait(asio::deferred)
    );
    co_await either.async_wait(asio::experimental::wait_for_one(), asio::use_awaitable);
    auto const cancelled = (co_await asio::this_coro::cancellation_state).cancelled();
    if (cancelled != asio::cancellation_type::none) {
      throw boost::system::system_error{asio::error::operation_aborted};
    }
  }
  mine->pending = false;
}

struct task_group::state {
  asio::any_io_executor executor;
  failure_handler on_failure;
  struct task {
    std::string name;
    asio::cancellation_signal stop;
  };
  std::list<task> tasks;
  signal changed;
  bool cancelled = false;
};

task_group::task_group(asio::any_io_executor executor, failure_handler on_failure)
    : state_{std::make_shared<state>()} {
  state_->executor = std::move(executor);
  state_->on_failure = std::move(on_failure);
}

task_group::~task_group() = default;

void task_group::spawn(std::string name, asio::awaitable<void> work) {
  auto const shared = state_;
  shared->tasks.emplace_back();
  auto const mine = std::prev(shared->tasks.end());
  mine->name = std::move(name);
  auto ended = [shared, mine](std::exception_ptr failure) {
    auto const title = std::move(mine->name);
    shared->tasks.erase(mine);
    if (failure && !is_cancellation(failure)) shared->on_failure(title, failure);
    shared->changed.notify();
  };
  asio::co_spawn(
      shared->executor,
      std::move(work),
      asio::bind_cancellation_slot(mine->stop.slot(), std::move(ended))
  );
}

void task_group::cancel() {
  state_->cancelled = true;
  // Emitting may end a task at once, which takes it off the list.
  for (auto at = state_->tasks.begin(); at != state_->tasks.end();) {
    auto const current = at++;
    current->stop.emit(asio::cancellation_type::terminal);
  }
}

asio::awaitable<void> task_group::drain() {
  auto const shared = state_;
  while (!shared->tasks.empty()) co_await shared->changed.wait();
}

std::size_t task_group::running() const { return state_->tasks.size(); }

asio::awaitable<void> for_each_index(
    std::size_t count, std::size_t at_once, std::function<asio::awaitable<void>(std::size_t)> work
) {
  if (count == 0) co_return;
  if (count == 1) {
    co_await work(0);
    co_return;
  }
  auto const executor = co_await asio::this_coro::executor;
  std::exception_ptr first_failure;
  std::size_t next = 0;
  auto on_failure = [&](std::string const&, std::exception_ptr failure) {
    if (!first_failure) first_failure = failure;
  };
  task_group group{executor, on_failure};
  auto lane = [&]() -> asio::awaitable<void> {
    while (next < count && !first_failure) {
      auto const index = next++;
      co_await work(index);
    }
  };
  auto const lanes = std::min(count, std::max<std::size_t>(at_once, 1));
  for (std::size_t i = 0; i < lanes; ++i) group.spawn("lane", lane());

  // Draining must outlive a cancellation: the lanes refer to this frame.
  bool cancelled = false;
  while (group.running() > 0) {
    bool interrupted = false;
    try {
      co_await group.drain();
    } catch (boost::system::system_error const&) {
      interrupted = true;
    }
    if (interrupted) {
      cancelled = true;
      co_await asio::this_coro::reset_cancellation_state();
      group.cancel();
    }
  }
  if (cancelled) throw boost::system::system_error{asio::error::operation_aborted};
  if (first_failure) std::rethrow_exception(first_failure);
}

struct gate::state {
  std::size_t free = 0;
  struct waiter {
    asio::steady_timer timer;
    bool admitted = false;
  };
  std::list<waiter> queue;
};

/// A waiter's place in the queue. A coroutine that is destroyed while it waits leaves the queue
/// too: its timer must not outlive its executor.
struct gate::queued {
  queued(std::shared_ptr<state> in, asio::steady_timer timer) : of{std::move(in)} {
    of->queue.push_back({std::move(timer), false});
    at = std::prev(of->queue.end());
  }
  ~queued() { of->queue.erase(at); }
  queued(queued const&) = delete;
  queued& operator=(queued const&) = delete;

  std::shared_ptr<state> of;
  std::list<state::waiter>::iterator at;
};

gate::gate(std::size_t places) : state_{std::make_shared<state>()} {
  state_->free = std::max<std::size_t>(places, 1);
}
gate::~gate() = default;

asio::awaitable<gate::pass> gate::enter() {
  if (state_->free > 0) {
    --state_->free;
    co_return pass{this};
  }
  auto const executor = co_await asio::this_coro::executor;
  auto timer = asio::steady_timer{executor, asio::steady_timer::time_point::max()};
  auto admitted = false;
  {
    queued const mine{state_, std::move(timer)};
    boost::system::error_code ec;
    auto token = asio::redirect_error(asio::use_awaitable, ec);
    co_await mine.at->timer.async_wait(token);
    admitted = mine.at->admitted;
  }
  if (!admitted) throw boost::system::system_error{asio::error::operation_aborted};
  co_return pass{this};
}

void gate::leave() {
  for (auto& waiting : state_->queue) {
    if (!waiting.admitted) {
      waiting.admitted = true;
      waiting.timer.cancel();
      return;
    }
  }
  ++state_->free;
}

}  // namespace connector::async

#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/this_coro.hpp>
#include <chrono>
#include <cstddef>
#include <exception>
#include <functional>
#include <list>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "connector/async/clock.hpp"
#include "connector/core/error.hpp"

namespace connector::async {

/// Wakes one waiting coroutine. Notifying before anybody waits is remembered once. Loop thread
/// only.
class signal {
 public:
  signal();
  ~signal();
  signal(signal const&) = delete;
  signal& operator=(signal const&) = delete;

  void notify();
  /// Throws boost::system::system_error (operation_aborted) when cancelled.
  boost::asio::awaitable<void> wait();
  /// At most until `deadline`; the same otherwise. The clock must outlive it.
  boost::asio::awaitable<void> wait_until(clock& by, clock::steady_point deadline);

 private:
  struct state;
  std::shared_ptr<state> state_;
};

/// Owns background coroutines. An exception that leaves one is handed to `on_failure` with the
/// task's name; being cancelled is a normal end.
class task_group {
 public:
  using failure_handler = std::function<void(std::string const& task, std::exception_ptr)>;

  task_group(boost::asio::any_io_executor executor, failure_handler on_failure);
  ~task_group();
  task_group(task_group const&) = delete;
  task_group& operator=(task_group const&) = delete;

  void spawn(std::string name, boost::asio::awaitable<void> work);
  void cancel();  ///< asks all to end; the next await in each throws
  /// Waits until all have ended.
  boost::asio::awaitable<void> drain();
  [[nodiscard]] std::size_t running() const;

 private:
  struct state;
  std::shared_ptr<state> state_;
};

/// Runs `work` for each index 0..count-1, at most `at_once` at a time, and returns when all have
/// ended. If the waiting coroutine is cancelled, so are they. The first exception is rethrown after
/// all have ended.
boost::asio::awaitable<void> for_each_index(
    std::size_t count,
    std::size_t at_once,
    std::function<boost::asio::awaitable<void>(std::size_t)> work
);

/// As for_each_index, keeping each one's result in order.
template <class T>
boost::asio::awaitable<std::vector<T>> gather(
    std::size_t count,
    std::size_t at_once,
    std::function<boost::asio::awaitable<T>(std::size_t)> work
) {
  std::vector<std::optional<T>> slots(count);
  std::function<boost::asio::awaitable<void>(std::size_t)> one = [&slots, &work](std::size_t i
                                                                 ) -> boost::asio::awaitable<void> {
    slots[i].emplace(co_await work(i));
  };
  co_await for_each_index(count, at_once, std::move(one));
  std::vector<T> all;
  all.reserve(count);
  for (auto& slot : slots) all.push_back(std::move(*slot));
  co_return all;
}

/// A limit on how many may pass at once. Loop thread only; first come, first served.
class gate {
 public:
  explicit gate(std::size_t places);
  ~gate();
  gate(gate const&) = delete;
  gate& operator=(gate const&) = delete;

  /// Leaves on destruction.
  class pass {
   public:
    pass() = default;
    explicit pass(gate* from) : from_{from} {}
    pass(pass&& other) noexcept : from_{std::exchange(other.from_, nullptr)} {}
    pass& operator=(pass&& other) noexcept {
      std::swap(from_, other.from_);
      return *this;
    }
    ~pass() {
      if (from_) from_->leave();
    }

   private:
    gate* from_ = nullptr;
  };

  boost::asio::awaitable<pass> enter();

 private:
  void leave();
  struct state;
  struct queued;
  std::shared_ptr<state> state_;  ///< with those who wait
};

}  // namespace connector::async

#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <cstdint>
#include <functional>
#include <memory>
#include <utility>

#include "connector/async/clock.hpp"

namespace connector::http {

/// Many deadlines on one timer, so that a call costs an entry in a sorted list and no timer of its
/// own. Nothing is left waiting once no deadline is set, so that a loop can run dry.
class deadlines {
 public:
  using steady_point = async::clock::steady_point;

  /// `clock` must outlive the last entry.
  deadlines(boost::asio::any_io_executor executor, async::clock& clock);
  ~deadlines();
  deadlines(deadlines const&) = delete;
  deadlines& operator=(deadlines const&) = delete;

 private:
  struct state;

 public:
  /// Takes its deadline back when destroyed.
  class entry {
   public:
    entry() = default;
    entry(entry&& other) noexcept = default;
    entry& operator=(entry&& other) noexcept {
      std::swap(from_, other.from_);
      std::swap(key_, other.key_);
      return *this;
    }
    ~entry();

   private:
    friend class deadlines;
    std::shared_ptr<state> from_;
    std::pair<steady_point, std::uint64_t> key_{};
  };

  /// Calls `due` on the loop at `at`, at most once, unless the entry is gone by then.
  [[nodiscard]] entry set(steady_point at, std::function<void()> due);

  [[nodiscard]] async::clock& clock() const;

 private:
  std::shared_ptr<state> state_;
};

}  // namespace connector::http

#pragma once

#include <boost/asio/awaitable.hpp>
#include <chrono>
#include <cstddef>
#include <deque>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "connector/async/clock.hpp"
#include "connector/core/error.hpp"
#include "connector/http/cutoff.hpp"
#include "connector/http/read_buffer.hpp"
#include "connector/http/stream.hpp"
#include "connector/http/url.hpp"

namespace connector::http {

/// One connection and what is kept with it between calls.
struct connection {
  std::unique_ptr<stream> io;
  read_buffer received;
  std::string head;  ///< of the request being written; kept for its memory
  async::clock::steady_point answered_at{};
  bool reused = false;
};

struct pool_limits {
  std::size_t connections_max = 16;  ///< per origin, idle ones included
  std::chrono::milliseconds idle_max{60'000};
};

/// Keep-alive connections per origin, and the queue for them: first come, first served.
class pool {
 public:
  pool(async::clock& clock, pool_limits limits) : clock_{clock}, limits_{limits} {}
  pool(pool const&) = delete;
  pool& operator=(pool const&) = delete;

 private:
  struct waiter {
    async::signal admitted;
    bool has_place = false;
  };
  struct host {
    std::vector<std::unique_ptr<connection>> idle;  // the most recently used last
    std::size_t busy = 0;
    std::deque<waiter*> queue;
  };

 public:
  /// The right to one connection to an origin; gives it on when destroyed.
  class place {
   public:
    place() = default;
    place(place&& other) noexcept
        : pool_{std::exchange(other.pool_, nullptr)}, host_{other.host_} {}
    place& operator=(place&& other) noexcept {
      std::swap(pool_, other.pool_);
      std::swap(host_, other.host_);
      return *this;
    }
    ~place() {
      if (pool_) pool_->leave(*host_);
    }

    /// An idle connection that answered within `age_max` and is still quiet; none: make a new one.
    std::unique_ptr<connection> take(async::clock::duration age_max);

    /// Keeps a connection for the next call.
    void keep(std::unique_ptr<connection> used);

   private:
    friend class pool;
    place(pool& of, host& at) : pool_{&of}, host_{&at} {}
    pool* pool_ = nullptr;
    host* host_ = nullptr;
  };

  /// Waits for a place. errc::timeout when `limit` ends first; throws when cancelled.
  boost::asio::awaitable<core::result<place>> enter(origin const& to, cutoff& limit);

  [[nodiscard]] async::clock::duration idle_max() const { return limits_.idle_max; }

 private:
  void leave(host& at);
  void drop_stale(async::clock::steady_point now);

  async::clock& clock_;
  pool_limits limits_;
  std::map<origin, host> hosts_;  // nodes stay where they are: places point to them
  async::clock::steady_point swept_at_{};
};

}  // namespace connector::http

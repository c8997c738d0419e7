#pragma once

#include "connector/async/tasks.hpp"
#include "connector/http/stream.hpp"

namespace connector::http {

/// What a call awaits just now, so that its deadline can end it.
class cutoff {
 public:
  cutoff() = default;
  cutoff(cutoff const&) = delete;
  cutoff& operator=(cutoff const&) = delete;

  void end() {
    over_ = true;
    if (io_) io_->close();
    if (signal_) signal_->notify();
  }
  [[nodiscard]] bool over() const { return over_; }

  /// Names the awaited thing for a scope.
  class scope {
   public:
    scope(cutoff& of, stream& io) : of_{of} { of_.io_ = &io; }
    scope(cutoff& of, async::signal& waiting) : of_{of} { of_.signal_ = &waiting; }
    scope(scope const&) = delete;
    scope& operator=(scope const&) = delete;
    ~scope() {
      of_.io_ = nullptr;
      of_.signal_ = nullptr;
    }

   private:
    cutoff& of_;
  };

 private:
  stream* io_ = nullptr;
  async::signal* signal_ = nullptr;
  bool over_ = false;
};

}  // namespace connector::http

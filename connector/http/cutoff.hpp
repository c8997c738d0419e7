#pragma once

#include <boost/asio/ip/tcp.hpp>

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
    if (end_awaited_) end_awaited_(awaited_);
  }
  [[nodiscard]] bool over() const { return over_; }

  /// Names the awaited thing for a scope; scopes nest.
  class scope {
   public:
    scope(cutoff& of, stream& io)
        : scope{of, &io, [](void* awaited) { static_cast<stream*>(awaited)->close(); }} {}
    scope(cutoff& of, async::signal& signal)
        : scope{
              of, &signal, [](void* awaited) { static_cast<async::signal*>(awaited)->notify(); }} {}
    scope(cutoff& of, boost::asio::ip::tcp::socket& socket)
        : scope{of, &socket, [](void* awaited) {
                  boost::system::error_code ignored;
                  static_cast<boost::asio::ip::tcp::socket*>(awaited)->close(ignored);
                }} {}
    scope(scope const&) = delete;
    scope& operator=(scope const&) = delete;
    ~scope() {
      of_.awaited_ = outer_;
      of_.end_awaited_ = end_outer_;
    }

   private:
    using ending = void (*)(void*);

    scope(cutoff& of, void* awaited, ending end)
        : of_{of}, outer_{of.awaited_}, end_outer_{of.end_awaited_} {
      of.awaited_ = awaited;
      of.end_awaited_ = end;
    }

    cutoff& of_;
    void* outer_;
    ending end_outer_;
  };

 private:
  void* awaited_ = nullptr;
  void (*end_awaited_)(void*) = nullptr;
  bool over_ = false;
};

}  // namespace connector::http

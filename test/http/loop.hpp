#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <exception>
#include <functional>

namespace connector::test {

/// Runs one coroutine to its end on `loop`, together with whatever else is on it, and rethrows.
inline void run(boost::asio::io_context& loop, std::function<boost::asio::awaitable<void>()> work) {
  bool ended = false;
  std::exception_ptr failure;
  auto body = work();
  boost::asio::co_spawn(loop, std::move(body), [&](std::exception_ptr e) {
    failure = e;
    ended = true;
  });
  loop.restart();
  while (!ended && loop.run_one() > 0) {
  }
  if (failure) std::rethrow_exception(failure);
  if (!ended) throw std::logic_error{"the loop ran dry before the work ended"};
}

}  // namespace connector::test

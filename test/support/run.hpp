#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <exception>
#include <optional>
#include <stdexcept>
#include <utility>

namespace connector::support {

/// Runs one coroutine to its end on a loop of its own and gives its result.
template <class T>
T run(boost::asio::io_context& loop, boost::asio::awaitable<T> work) {
  std::optional<T> result;
  std::exception_ptr failure;
  auto ended = [&](std::exception_ptr f, T value) {
    failure = f;
    result.emplace(std::move(value));
  };
  boost::asio::co_spawn(loop, std::move(work), ended);
  loop.restart();
  loop.run();
  if (failure) std::rethrow_exception(failure);
  if (!result) throw std::logic_error{"the coroutine did not end"};
  return std::move(*result);
}

inline void run(boost::asio::io_context& loop, boost::asio::awaitable<void> work) {
  std::exception_ptr failure;
  bool done = false;
  auto ended = [&](std::exception_ptr f) {
    failure = f;
    done = true;
  };
  boost::asio::co_spawn(loop, std::move(work), ended);
  loop.restart();
  loop.run();
  if (failure) std::rethrow_exception(failure);
  if (!done) throw std::logic_error{"the coroutine did not end"};
}

template <class T>
T run(boost::asio::awaitable<T> work) {
  boost::asio::io_context loop{1};
  return run(loop, std::move(work));
}

}  // namespace connector::support

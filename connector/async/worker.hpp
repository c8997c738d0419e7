#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/thread_pool.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <functional>
#include <type_traits>
#include <utility>

namespace connector::async {

/// Runs a blocking call on the pool's thread and resumes the coroutine on its own executor. Values
/// in, values out: the call must touch nothing the loop's thread uses. Cancelling does not
/// interrupt a call that has begun.
template <class F>
boost::asio::awaitable<std::invoke_result_t<F>> on_worker(boost::asio::thread_pool& pool, F call) {
  auto body = [call = std::move(call)](
              ) mutable -> boost::asio::awaitable<std::invoke_result_t<F>> { co_return call(); };
  auto work = boost::asio::co_spawn(pool, std::move(body), boost::asio::use_awaitable);
  co_return co_await std::move(work);
}

}  // namespace connector::async

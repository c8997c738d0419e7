#include "test/http/loop.hpp"

namespace connector::test {
namespace asio = boost::asio;

void run(asio::io_context& loop, std::function<asio::awaitable<void>()> work) {
  bool ended = false;
  std::exception_ptr failure;
  auto body = work();
  asio::co_spawn(loop, std::move(body), [&](std::exception_ptr e) {
    failure = e;
    ended = true;
  });
  loop.restart();
  while (!ended && loop.run_one() > 0) {
  }
  if (failure) std::rethrow_exception(failure);
  if (!ended) throw std::logic_error{"the loop ran dry before the work ended"};
}

std::unique_ptr<http::transport> world::client(http::client_settings settings) {
  settings.tls.system_roots = false;
  return http::make_client(loop.get_executor(), *clock, std::move(settings));
}

core::result<http::response> world::send(http::transport& by, http::request call) {
  core::result<http::response> got;
  run(loop, [&]() -> asio::awaitable<void> { got = co_await by.send(std::move(call)); });
  return got;
}

core::result<http::response> world::get(http::transport& by, std::string const& url) {
  http::request call;
  call.url = url;
  return send(by, std::move(call));
}

std::string local(std::uint16_t port, std::string const& target) {
  return "http://127.0.0.1:" + std::to_string(port) + target;
}

}  // namespace connector::test

// Requests per second from our client to our server over loopback, plain HTTP, keep-alive.
// Usage: bench_http [calls at once] [seconds] [same]; "same" puts both on one thread.

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <chrono>
#include <cstdlib>
#include <iostream>
#include <string>
#include <thread>

#include "connector/http/client.hpp"
#include "connector/http/server.hpp"

namespace {

namespace asio = boost::asio;
using namespace connector;
using steady = std::chrono::steady_clock;

asio::awaitable<void> caller(
    http::transport& client, std::string url, steady::time_point until, std::size_t& done
) {
  while (steady::now() < until) {
    http::request call;
    call.method = "POST";
    call.url = url;
    call.headers.push_back({"Content-Type", "application/json"});
    call.body.assign(927, 'x');
    auto const got = co_await client.send(std::move(call));
    if (!got) {
      std::cerr << got.error().detail << '\n';
      std::exit(1);
    }
    ++done;
  }
}

}  // namespace

int main(int argc, char** argv) {
  auto const at_once = argc > 1 ? std::stoul(argv[1]) : 32ul;
  auto const seconds = std::chrono::seconds{argc > 2 ? std::stol(argv[2]) : 5};
  bool const same_thread = argc > 3 && std::string_view{argv[3]} == "same";

  asio::io_context loop{1};
  asio::io_context server_loop{1};
  auto const clock = async::make_system_clock();
  http::handler answering = [](http::request) -> asio::awaitable<http::reply> {
    http::reply made;
    made.status = 200;
    made.headers.push_back({"Content-Type", "application/json"});
    made.body.assign(1024, 'y');
    co_return made;
  };
  auto& serving = same_thread ? loop : server_loop;
  auto const server = http::listen(serving.get_executor(), "127.0.0.1", 0, answering);
  http::client_settings settings;
  settings.connections_max = at_once;
  auto const client = http::make_client(loop.get_executor(), *clock, settings);

  std::thread server_thread{[&] {
    if (!same_thread) server_loop.run();
  }};
  std::size_t done = 0;
  auto const began = steady::now();
  auto const url = "http://127.0.0.1:" + std::to_string(server->port()) + "/bench";
  for (std::size_t i = 0; i < at_once; ++i) {
    asio::co_spawn(loop, caller(*client, url, began + seconds, done), asio::detached);
  }
  loop.run_until(began + seconds + std::chrono::milliseconds{200});
  std::chrono::duration<double> const took = seconds;
  std::cout << static_cast<long>(static_cast<double>(done) / took.count()) << " requests/s, "
            << at_once << " at once, client and server on "
            << (same_thread ? "one thread" : "a thread each") << '\n';
  server_loop.stop();
  server_thread.join();
}

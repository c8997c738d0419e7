#include "connector/http/server.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <gtest/gtest.h>
#include <stdexcept>

#include "connector/async/tasks.hpp"
#include "test/http/loop.hpp"
#include "test/http/raw_server.hpp"

namespace connector::http {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;
using core::effect;
using core::errc;
using test::local;

reply text(int status, std::string body) {
  reply made;
  made.status = status;
  made.body = std::move(body);
  return made;
}

handler naming_target() {
  return [](request got) -> asio::awaitable<reply> { co_return text(200, got.url + ";"); };
}

/// Sends bytes, then reads until the server hangs up.
std::string talk(test::world& w, std::uint16_t port, std::string bytes) {
  std::string all;
  test::run(w.loop, [&]() -> asio::awaitable<void> {
    constexpr auto as_result = asio::as_tuple(asio::use_awaitable);
    tcp::socket socket{w.loop};
    co_await socket.async_connect({asio::ip::address_v4::loopback(), port}, asio::use_awaitable);
    co_await test::write(socket, bytes);
    char chunk[4096];
    for (;;) {
      auto const [ec, n] = co_await socket.async_read_some(asio::buffer(chunk), as_result);
      if (ec) break;
      all.append(chunk, n);
    }
  });
  return all;
}

TEST(Server, AnswersPipelinedRequestsInOrder) {
  test::world w;
  handler uneven = [&](request got) -> asio::awaitable<reply> {
    if (got.url == "/1") co_await w.clock->sleep_for(std::chrono::milliseconds{5});
    co_return text(200, got.url + ";" + got.body);
  };
  auto const server = listen(w.loop.get_executor(), "127.0.0.1", 0, uneven);

  auto const got = talk(
      w,
      server->port(),
      "POST /1 HTTP/1.1\r\nContent-Length: 3\r\n\r\nabcGET /2 HTTP/1.1\r\n\r\n"
      "GET /3 HTTP/1.1\r\nConnection: close\r\n\r\n"
  );

  auto const one = got.find("/1;abc");
  auto const two = got.find("/2;");
  auto const three = got.find("/3;");
  ASSERT_NE(three, got.npos) << got;
  EXPECT_LT(one, two);
  EXPECT_LT(two, three);
}

TEST(Server, FramesItsAnswers) {
  test::world w;
  handler meddling = [](request) -> asio::awaitable<reply> {
    auto made = text(200, "hello");
    made.headers.push_back({"Content-Length", "99"});
    made.headers.push_back({"X-Bad", "a\r\nX-Injected: b"});
    co_return made;
  };
  auto const server = listen(w.loop.get_executor(), "127.0.0.1", 0, meddling);

  auto const got = talk(w, server->port(), "GET / HTTP/1.0\r\n\r\n");

  EXPECT_EQ(got.find("HTTP/1.1 200 OK\r\n"), 0u);
  EXPECT_NE(got.find("\r\nContent-Length: 5\r\n"), got.npos);
  EXPECT_NE(got.find("\r\nDate: "), got.npos);
  EXPECT_NE(got.find("\r\nConnection: close\r\n"), got.npos);
  EXPECT_EQ(got.find("99"), got.npos);
  EXPECT_EQ(got.find("Injected"), got.npos);
}

TEST(Server, TellsAClientThatAsksToGoOn) {
  test::world w;
  auto const server = listen(w.loop.get_executor(), "127.0.0.1", 0, naming_target());
  std::string answer;

  test::run(w.loop, [&]() -> asio::awaitable<void> {
    tcp::socket socket{w.loop};
    co_await socket.async_connect(
        {asio::ip::address_v4::loopback(), server->port()}, asio::use_awaitable
    );
    co_await test::write(
        socket, "POST / HTTP/1.1\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n"
    );
    answer = co_await test::read_head(socket);
    co_await test::write(socket, "ok");
    answer += co_await test::read_head(socket);
  });

  EXPECT_EQ(answer.find("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\n"), 0u) << answer;
}

TEST(Server, RefusesWhatIsNotHttp) {
  test::world w;
  auto const server = listen(w.loop.get_executor(), "127.0.0.1", 0, naming_target());

  auto const got = talk(w, server->port(), "SSH-2.0-OpenSSH\r\n\r\n");
  EXPECT_EQ(got.find("HTTP/1.1 400 "), 0u) << got;
}

TEST(Server, RefusesABodyOverItsLimit) {
  test::world w;
  server_settings settings;
  settings.body_bytes_max = 10;
  auto const server = listen(w.loop.get_executor(), "127.0.0.1", 0, naming_target(), settings);
  auto const client = w.client();
  request call;
  call.method = "POST";
  call.url = local(server->port());
  call.body.assign(1u << 20, 'x');

  auto const got = w.send(*client, call);

  ASSERT_TRUE(got.has_value()) << got.error().detail;
  EXPECT_EQ(got->status, 400);
}

TEST(Server, AnswersFiveHundredWhereAHandlerThrows) {
  test::world w;
  int reported = 0;
  server_settings settings;
  settings.on_failure = [&](std::exception_ptr) { ++reported; };
  handler failing = [](request) -> asio::awaitable<reply> {
    throw std::runtime_error{"a bug"};
    co_return reply{};
  };
  auto const server = listen(w.loop.get_executor(), "127.0.0.1", 0, failing, settings);
  auto const client = w.client();

  EXPECT_EQ(w.get(*client, local(server->port()))->status, 500);
  EXPECT_EQ(reported, 1);
}

TEST(Server, HangsUpWhereAHandlerAsksForIt) {
  test::world w;
  handler failing = [](request got) -> asio::awaitable<reply> {
    auto made = text(200, "0123456789");
    made.close_after = got.url == "/silent" ? 0 : 1000;
    if (got.url == "/cut") made.close_after = 30;
    co_return made;
  };
  auto const server = listen(w.loop.get_executor(), "127.0.0.1", 0, failing);
  auto const client = w.client();

  EXPECT_EQ(w.get(*client, local(server->port(), "/silent")).error().code, errc::unreachable);
  EXPECT_EQ(w.get(*client, local(server->port(), "/cut")).error().code, errc::malformed);
  EXPECT_EQ(talk(w, server->port(), "GET /cut HTTP/1.1\r\n\r\n").size(), 30u);
}

TEST(Server, HangsUpOnARequestThatDoesNotComeToAnEnd) {
  test::world w;
  server_settings settings;
  settings.request_max = std::chrono::milliseconds{20};
  auto const server = listen(w.loop.get_executor(), "127.0.0.1", 0, naming_target(), settings);

  EXPECT_EQ(talk(w, server->port(), "GET / HT"), "");
}

TEST(Server, HangsUpOnIdleConnections) {
  test::world w;
  server_settings settings;
  settings.idle_max = std::chrono::milliseconds{20};
  auto const server = listen(w.loop.get_executor(), "127.0.0.1", 0, naming_target(), settings);

  EXPECT_NE(talk(w, server->port(), "GET / HTTP/1.1\r\n\r\n").find("/;"), std::string::npos);
}

TEST(Server, HangsUpOnConnectionsBeyondItsLimit) {
  test::world w;
  server_settings settings;
  settings.connections_max = 1;
  auto const server = listen(w.loop.get_executor(), "127.0.0.1", 0, naming_target(), settings);
  auto const client = w.client();
  ASSERT_TRUE(w.get(*client, local(server->port())).has_value());

  EXPECT_EQ(talk(w, server->port(), ""), "");
  EXPECT_TRUE(w.get(*client, local(server->port())).has_value());
}

TEST(Server, StopsGracefully) {
  test::world w;
  async::signal arrived;
  async::signal go_on;
  handler gated = [&](request) -> asio::awaitable<reply> {
    arrived.notify();
    co_await go_on.wait();
    co_return text(200, "done");
  };
  auto const server = listen(w.loop.get_executor(), "127.0.0.1", 0, gated);
  auto const client = w.client();
  core::result<response> got;
  bool stopped = false;

  test::run(w.loop, [&]() -> asio::awaitable<void> {
    async::task_group group{w.loop.get_executor(), [](auto const&, auto) {}};
    auto call = [&]() -> asio::awaitable<void> {
      request one;
      one.url = local(server->port());
      got = co_await client->send(std::move(one));
    };
    auto stop = [&]() -> asio::awaitable<void> {
      co_await server->stop();
      stopped = true;
    };
    group.spawn("call", call());
    co_await arrived.wait();
    group.spawn("stop", stop());
    co_await w.clock->sleep_for(std::chrono::milliseconds{5});
    EXPECT_FALSE(stopped);
    go_on.notify();
    co_await group.drain();
  });

  EXPECT_TRUE(stopped);
  ASSERT_TRUE(got.has_value());
  EXPECT_EQ(got->body, "done");
  EXPECT_EQ(w.get(*client, local(server->port())).error().code, errc::unreachable);
}

TEST(Server, CancelsHandlersWhenItGoes) {
  test::world w;
  async::signal arrived;
  async::signal forever;
  bool unwound = false;
  handler stuck = [&](request) -> asio::awaitable<reply> {
    struct note {
      bool& at;
      ~note() { at = true; }
    } const on_exit{unwound};
    arrived.notify();
    co_await forever.wait();
    co_return reply{};
  };
  auto server = listen(w.loop.get_executor(), "127.0.0.1", 0, stuck);
  auto const client = w.client();
  core::result<response> got;

  test::run(w.loop, [&]() -> asio::awaitable<void> {
    async::task_group group{w.loop.get_executor(), [](auto const&, auto) {}};
    auto call = [&]() -> asio::awaitable<void> {
      request one;
      one.url = local(server->port());
      got = co_await client->send(std::move(one));
    };
    group.spawn("call", call());
    co_await arrived.wait();
    server.reset();
    co_await group.drain();
  });

  EXPECT_TRUE(unwound);
  EXPECT_EQ(got.error().effect, effect::unknown);
}

TEST(Server, SaysWhyItCannotListen) {
  test::world w;
  auto const server = listen(w.loop.get_executor(), "127.0.0.1", 0, naming_target());

  EXPECT_THROW(
      listen(w.loop.get_executor(), "127.0.0.1", server->port(), naming_target()),
      std::runtime_error
  );
  EXPECT_THROW(listen(w.loop.get_executor(), "localhost", 0, naming_target()), std::runtime_error);
}

}  // namespace
}  // namespace connector::http

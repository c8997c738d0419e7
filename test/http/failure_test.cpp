// What a failed call says about its effect, and that deadlines and cancellation end every wait.

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <gtest/gtest.h>
#include <optional>

#include "connector/async/tasks.hpp"
#include "connector/http/server.hpp"
#include "test/http/loop.hpp"
#include "test/http/raw_server.hpp"

namespace connector::http {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;
using core::effect;
using core::errc;
using test::local;

std::string const ok = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";

/// A port that nothing listens on.
std::uint16_t closed_port(asio::io_context& loop) {
  tcp::acceptor taken{loop, {asio::ip::address_v4::loopback(), 0}};
  return taken.local_endpoint().port();
}

request to(std::string url, std::string method = "GET") {
  request call;
  call.method = std::move(method);
  call.url = std::move(url);
  return call;
}

test::raw_server::talk silent() {
  return
      [](tcp::socket& socket, int) -> asio::awaitable<void> { co_await test::read_to_end(socket); };
}

TEST(Failure, OfConnectingHasNoEffect) {
  test::world w;
  auto const client = w.client();

  auto const got = w.send(*client, to(local(closed_port(w.loop)), "POST"));

  ASSERT_FALSE(got.has_value());
  EXPECT_EQ(got.error().code, errc::unreachable);
  EXPECT_EQ(got.error().effect, effect::none);
  EXPECT_NE(got.error().detail.find("check the URL"), std::string::npos) << got.error().detail;
}

TEST(Failure, OfANameHasNoEffect) {
  test::world w;
  auto const client = w.client();

  auto call = to("http://no-such-host.invalid/", "POST");
  call.deadline = std::chrono::seconds{20};
  auto const got = w.send(*client, call);

  ASSERT_FALSE(got.has_value());
  EXPECT_EQ(got.error().effect, effect::none);
  EXPECT_NE(got.error().detail.find("no-such-host.invalid"), std::string::npos);
}

TEST(Failure, AfterTheRequestIsOfUnknownEffect) {
  test::world w;
  auto hang_up = [](tcp::socket& socket, int) -> asio::awaitable<void> {
    co_await test::read_head(socket);
  };
  test::raw_server const server{w.loop, hang_up};
  auto const client = w.client();

  auto const got = w.send(*client, to(local(server.port()), "POST"));

  ASSERT_FALSE(got.has_value());
  EXPECT_EQ(got.error().code, errc::unreachable);
  EXPECT_EQ(got.error().effect, effect::unknown);
  EXPECT_EQ(server.connections(), 1);
}

TEST(Failure, OnANewConnectionIsNotTriedAgainEvenForGet) {
  test::world w;
  auto hang_up = [](tcp::socket& socket, int) -> asio::awaitable<void> {
    co_await test::read_head(socket);
  };
  test::raw_server const server{w.loop, hang_up};
  auto const client = w.client();

  EXPECT_FALSE(w.send(*client, to(local(server.port()))).has_value());
  EXPECT_EQ(server.connections(), 1);
}

TEST(Failure, InTheMiddleOfAnAnswerIsMalformed) {
  for (auto const* part :
       {"HTTP/1.1 200 OK\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhal",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n"}) {
    test::world w;
    auto cut = [part](tcp::socket& socket, int) -> asio::awaitable<void> {
      co_await test::read_head(socket);
      co_await test::write(socket, part);
    };
    test::raw_server const server{w.loop, cut};
    auto const client = w.client();

    auto const got = w.send(*client, to(local(server.port()), "POST"));

    ASSERT_FALSE(got.has_value()) << part;
    EXPECT_EQ(got.error().code, errc::malformed);
    EXPECT_EQ(got.error().effect, effect::unknown);
  }
}

/// Answers the first request, then meets the second with a closed connection once it has been sent.
test::raw_server::talk dies_when_reused() {
  return [](tcp::socket& socket, int nth) -> asio::awaitable<void> {
    co_await test::read_head(socket);
    co_await test::write(socket, ok);
    co_await test::read_head(socket);
    if (nth == 1) co_return;
    co_await test::write(socket, ok);
    co_await test::read_to_end(socket);
  };
}

TEST(StaleConnection, IsReplacedOnceForGet) {
  test::world w;
  test::raw_server const server{w.loop, dies_when_reused()};
  auto const client = w.client();
  ASSERT_TRUE(w.get(*client, local(server.port())).has_value());

  auto const again = w.get(*client, local(server.port()));

  EXPECT_TRUE(again.has_value());
  EXPECT_EQ(server.connections(), 2);
}

TEST(StaleConnection, LeavesAPostUnknown) {
  test::world w;
  test::raw_server const server{w.loop, dies_when_reused()};
  auto const client = w.client();
  ASSERT_TRUE(w.get(*client, local(server.port())).has_value());

  auto const again = w.send(*client, to(local(server.port()), "POST"));

  ASSERT_FALSE(again.has_value());
  EXPECT_EQ(again.error().code, errc::unreachable);
  EXPECT_EQ(again.error().effect, effect::unknown);
  EXPECT_EQ(server.connections(), 1);
}

TEST(StaleConnection, ThatBeganToAnswerIsNotReplaced) {
  test::world w;
  auto half = [](tcp::socket& socket, int) -> asio::awaitable<void> {
    co_await test::read_head(socket);
    co_await test::write(socket, ok);
    co_await test::read_head(socket);
    co_await test::write(socket, "HTTP/1.1 2");
  };
  test::raw_server const server{w.loop, half};
  auto const client = w.client();
  ASSERT_TRUE(w.get(*client, local(server.port())).has_value());

  EXPECT_EQ(w.get(*client, local(server.port())).error().code, errc::malformed);
  EXPECT_EQ(server.connections(), 1);
}

TEST(StaleConnection, IsNotUsedIfItsEndWasSeen) {
  test::world w;
  async::signal closed;
  auto once = [&](tcp::socket& socket, int) -> asio::awaitable<void> {
    co_await test::read_head(socket);
    co_await test::write(socket, ok);
    socket.close();
    closed.notify();
  };
  test::raw_server const server{w.loop, once};
  auto const client = w.client();
  test::run(w.loop, [&]() -> asio::awaitable<void> {
    auto const first = co_await client->send(to(local(server.port()), "POST"));
    EXPECT_TRUE(first.has_value());
    co_await closed.wait();
    auto const second = co_await client->send(to(local(server.port()), "POST"));
    EXPECT_TRUE(second.has_value());
  });

  EXPECT_EQ(server.connections(), 2);
}

TEST(Deadline, EndsACallThatIsNotAnswered) {
  test::world w;
  test::raw_server const server{w.loop, silent()};
  auto const client = w.client();
  auto call = to(local(server.port()), "POST");
  call.deadline = std::chrono::milliseconds{50};

  auto const got = w.send(*client, call);

  ASSERT_FALSE(got.has_value());
  EXPECT_EQ(got.error().code, errc::timeout);
  EXPECT_EQ(got.error().effect, effect::unknown);
}

TEST(Deadline, CoversAnAnswerThatDripsIn) {
  test::world w;
  auto drip = [&](tcp::socket& socket, int) -> asio::awaitable<void> {
    co_await test::read_head(socket);
    co_await test::write(socket, "HTTP/1.1 200 OK\r\n\r\n");
    for (;;) {
      co_await test::write(socket, "x");
      co_await w.clock->sleep_for(std::chrono::milliseconds{5});
    }
  };
  test::raw_server const server{w.loop, drip};
  auto const client = w.client();
  auto call = to(local(server.port()));
  call.deadline = std::chrono::milliseconds{50};

  EXPECT_EQ(w.send(*client, call).error().code, errc::timeout);
}

TEST(Deadline, CoversARequestThatIsNotRead) {
  test::world w;
  auto deaf = [&](tcp::socket&, int) -> asio::awaitable<void> {
    co_await w.clock->sleep_for(std::chrono::hours{1});
  };
  test::raw_server const server{w.loop, deaf};
  auto const client = w.client();
  auto call = to(local(server.port()), "POST");
  call.body.assign(32u << 20, 'x');
  call.deadline = std::chrono::milliseconds{50};

  auto const got = w.send(*client, call);

  EXPECT_EQ(got.error().code, errc::timeout);
  EXPECT_EQ(got.error().effect, effect::unknown);
}

TEST(Deadline, CoversTheWaitForAConnection) {
  test::world w;
  test::raw_server const server{w.loop, silent()};
  client_settings settings;
  settings.connections_max = 1;
  auto const client = w.client(settings);
  core::result<response> queued;

  test::run(w.loop, [&]() -> asio::awaitable<void> {
    async::task_group group{w.loop.get_executor(), [](auto const&, auto) {}};
    group.spawn("holder", [](transport& by, request call) -> asio::awaitable<void> {
      co_await by.send(std::move(call));
    }(*client, to(local(server.port()))));
    auto call = to(local(server.port()), "POST");
    call.deadline = std::chrono::milliseconds{50};
    co_await asio::post(w.loop, asio::use_awaitable);
    queued = co_await client->send(std::move(call));
    group.cancel();
    co_await group.drain();
  });

  ASSERT_FALSE(queued.has_value());
  EXPECT_EQ(queued.error().code, errc::timeout);
  EXPECT_EQ(queued.error().effect, effect::none);
  EXPECT_EQ(server.connections(), 1);
}

TEST(Deadline, LeavesNothingWaitingBehind) {
  test::world w;
  std::optional<test::raw_server> server{std::in_place, w.loop, test::answering(ok)};
  auto client = w.client();
  ASSERT_TRUE(w.get(*client, local(server->port())).has_value());

  // With the server's end gone, the loop has nothing to do although the 30 s have not passed.
  auto const began = std::chrono::steady_clock::now();
  client.reset();
  server.reset();
  w.loop.restart();
  w.loop.run();
  EXPECT_LT(std::chrono::steady_clock::now() - began, std::chrono::seconds{10});
}

TEST(Cancellation, ClosesTheConnection) {
  test::world w;
  async::signal arrived;
  async::signal hung_up;
  auto watch = [&](tcp::socket& socket, int) -> asio::awaitable<void> {
    co_await test::read_head(socket);
    arrived.notify();
    co_await test::read_to_end(socket);
    hung_up.notify();
  };
  test::raw_server const server{w.loop, watch};
  auto const client = w.client();
  core::result<response> got;

  test::run(w.loop, [&]() -> asio::awaitable<void> {
    async::task_group group{w.loop.get_executor(), [](auto const&, auto) {}};
    group.spawn(
        "call",
        [](transport& by, request call, core::result<response>& to_fill) -> asio::awaitable<void> {
          to_fill = co_await by.send(std::move(call));
        }(*client, to(local(server.port()), "POST"), got)
    );
    co_await arrived.wait();
    group.cancel();
    co_await group.drain();
    co_await hung_up.wait();
  });

  ASSERT_FALSE(got.has_value());
  EXPECT_EQ(got.error().code, errc::cancelled);
  EXPECT_EQ(got.error().effect, effect::unknown);
}

TEST(Client, MayGoWhileCallsAreUnderWay) {
  test::world w;
  async::signal arrived;
  auto slow = [&](tcp::socket& socket, int) -> asio::awaitable<void> {
    co_await test::read_head(socket);
    arrived.notify();
    co_await w.clock->sleep_for(std::chrono::milliseconds{10});
    co_await test::write(socket, ok);
  };
  test::raw_server const server{w.loop, slow};
  auto client = w.client();
  core::result<response> got;

  test::run(w.loop, [&]() -> asio::awaitable<void> {
    async::task_group group{w.loop.get_executor(), [](auto const&, auto) {}};
    group.spawn(
        "call",
        [](transport& by, request call, core::result<response>& to_fill) -> asio::awaitable<void> {
          to_fill = co_await by.send(std::move(call));
        }(*client, to(local(server.port())), got)
    );
    co_await arrived.wait();
    client.reset();
    co_await group.drain();
  });

  EXPECT_TRUE(got.has_value());
}

TEST(Client, MayBeLeftBehindInTheMiddleOfACall) {
  test::world w;
  async::signal arrived;
  auto never = [&](tcp::socket& socket, int) -> asio::awaitable<void> {
    co_await test::read_head(socket);
    arrived.notify();
    co_await test::read_to_end(socket);
  };
  test::raw_server const server{w.loop, never};
  auto const client = w.client();
  asio::co_spawn(
      w.loop, client->send(to(local(server.port()))), [](std::exception_ptr, auto const&) {}
  );
  asio::co_spawn(
      w.loop, client->send(to("http://localhost:1/")), [](std::exception_ptr, auto const&) {}
  );

  test::run(w.loop, [&]() -> asio::awaitable<void> { co_await arrived.wait(); });
}

}  // namespace
}  // namespace connector::http

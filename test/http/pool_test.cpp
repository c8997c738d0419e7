#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "connector/async/tasks.hpp"
#include "connector/http/server.hpp"
#include "test/http/loop.hpp"
#include "test/http/raw_server.hpp"

namespace connector::http {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;
using test::local;

std::string const ok = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";

/// A clock whose steady time a test moves; sleeping is on the real one.
class movable_clock final : public async::clock {
 public:
  core::time_point now() const override { return real_->now(); }
  steady_point steady_now() const override { return real_->steady_now() + ahead; }
  asio::awaitable<bool> wait_until(steady_point deadline) override {
    return real_->wait_until(deadline - ahead);
  }
  duration ahead{};

 private:
  std::unique_ptr<async::clock> real_ = async::make_system_clock();
};

request to(std::uint16_t port) {
  request call;
  call.url = local(port);
  return call;
}

TEST(Pool, ReusesAConnection) {
  test::world w;
  test::raw_server const server{w.loop, test::answering(ok)};
  auto const client = w.client();

  for (int i = 0; i < 5; ++i) ASSERT_TRUE(w.send(*client, to(server.port())).has_value());

  EXPECT_EQ(server.connections(), 1);
}

TEST(Pool, KeepsNoConnectionThatEnds) {
  for (auto const* answer :
       {"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\nok",
        "HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\nok",
        "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok and more"}) {
    test::world w;
    test::raw_server const server{w.loop, test::answering(answer)};
    auto const client = w.client();

    ASSERT_TRUE(w.send(*client, to(server.port())).has_value());
    ASSERT_TRUE(w.send(*client, to(server.port())).has_value());

    EXPECT_EQ(server.connections(), 2) << answer;
  }
}

TEST(Pool, ForgetsConnectionsThatIdleTooLong) {
  test::world w;
  movable_clock clock;
  test::raw_server const server{w.loop, test::answering(ok)};
  auto const client = make_client(w.loop.get_executor(), clock, {});
  ASSERT_TRUE(w.send(*client, to(server.port())).has_value());

  clock.ahead = std::chrono::seconds{59};
  ASSERT_TRUE(w.send(*client, to(server.port())).has_value());
  EXPECT_EQ(server.connections(), 1);

  clock.ahead += std::chrono::seconds{61};
  ASSERT_TRUE(w.send(*client, to(server.port())).has_value());
  EXPECT_EQ(server.connections(), 2);
}

TEST(Pool, GivesAFreshConnectionWhereOneIsDemanded) {
  test::world w;
  movable_clock clock;
  test::raw_server const server{w.loop, test::answering(ok)};
  auto const client = make_client(w.loop.get_executor(), clock, {});
  auto fresh = to(server.port());
  fresh.fresh_connection = true;
  ASSERT_TRUE(w.send(*client, fresh).has_value());

  clock.ahead += std::chrono::milliseconds{500};
  ASSERT_TRUE(w.send(*client, fresh).has_value());
  EXPECT_EQ(server.connections(), 1) << "it answered within the last second";

  clock.ahead += std::chrono::milliseconds{1500};
  ASSERT_TRUE(w.send(*client, fresh).has_value());
  EXPECT_EQ(server.connections(), 2);
}

TEST(Pool, LimitsConnectionsAndServesInOrder) {
  test::world w;
  int at_once = 0;
  int most = 0;
  std::vector<std::string> order;
  handler slow = [&](request got) -> asio::awaitable<reply> {
    most = std::max(most, ++at_once);
    order.push_back(got.url);
    co_await w.clock->sleep_for(std::chrono::milliseconds{1});
    --at_once;
    reply made;
    made.status = 204;
    co_return made;
  };
  auto const server = listen(w.loop.get_executor(), "127.0.0.1", 0, slow);
  client_settings settings;
  settings.connections_max = 2;
  auto const client = w.client(settings);

  std::vector<std::string> expected;
  for (int i = 0; i < 20; ++i) expected.push_back("/" + std::to_string(i));
  test::run(w.loop, [&]() -> asio::awaitable<void> {
    std::function<asio::awaitable<void>(std::size_t)> one = [&](std::size_t i
                                                            ) -> asio::awaitable<void> {
      request call;
      call.url = local(server->port(), expected[i]);
      auto const got = co_await client->send(std::move(call));
      EXPECT_TRUE(got.has_value());
    };
    co_await async::for_each_index(20, 20, one);
  });

  EXPECT_EQ(most, 2);
  EXPECT_THAT(order, testing::UnorderedElementsAreArray(expected));
  // Two connections may swap neighbours; nobody is overtaken by more than that.
  for (int i = 0; i < 20; ++i) {
    auto const place = std::find(order.begin(), order.end(), expected[static_cast<std::size_t>(i)]);
    EXPECT_LE(std::abs(static_cast<int>(place - order.begin()) - i), 1);
  }
}

TEST(Pool, PassesOnThePlaceOfAWaiterThatWasCancelled) {
  test::world w;
  async::signal go_on;
  async::signal arrived;
  auto gated = [&](tcp::socket& socket, int) -> asio::awaitable<void> {
    for (;;) {
      auto const head = co_await test::read_head(socket);
      if (head.empty()) co_return;
      arrived.notify();
      co_await go_on.wait();
      co_await test::write(socket, ok);
    }
  };
  test::raw_server const server{w.loop, gated};
  client_settings settings;
  settings.connections_max = 1;
  auto const client = w.client(settings);
  int answered = 0;

  test::run(w.loop, [&]() -> asio::awaitable<void> {
    auto fail = [](std::string const&, std::exception_ptr) {};
    async::task_group first{w.loop.get_executor(), fail};
    async::task_group second{w.loop.get_executor(), fail};
    async::task_group third{w.loop.get_executor(), fail};
    auto call = [&]() -> asio::awaitable<void> {
      auto const got = co_await client->send(to(server.port()));
      if (got) ++answered;
    };
    first.spawn("first", call());
    co_await arrived.wait();
    second.spawn("second", call());
    third.spawn("third", call());
    co_await w.clock->sleep_for(std::chrono::milliseconds{1});
    second.cancel();
    co_await second.drain();
    go_on.notify();
    co_await arrived.wait();
    go_on.notify();
    co_await first.drain();
    co_await third.drain();
  });

  EXPECT_EQ(answered, 2);
}

TEST(Pool, PassesOnAPlaceHandedToAWaiterThatWasCancelledMeanwhile) {
  test::world w;
  async::signal go_on;
  async::signal arrived;
  auto gated = [&](tcp::socket& socket, int) -> asio::awaitable<void> {
    for (int i = 0;; ++i) {
      auto const head = co_await test::read_head(socket);
      if (head.empty()) co_return;
      arrived.notify();
      if (i == 0) co_await go_on.wait();
      co_await test::write(socket, ok);
    }
  };
  test::raw_server const server{w.loop, gated};
  client_settings settings;
  settings.connections_max = 1;
  auto const client = w.client(settings);
  core::result<response> third_got;

  test::run(w.loop, [&]() -> asio::awaitable<void> {
    auto fail = [](std::string const&, std::exception_ptr) {};
    async::task_group others{w.loop.get_executor(), fail};
    async::task_group second{w.loop.get_executor(), fail};
    auto call = [&](core::result<response>& got) -> asio::awaitable<void> {
      auto one = to(server.port());
      one.deadline = std::chrono::seconds{5};
      got = co_await client->send(std::move(one));
    };
    // The place passes to the second as the first call ends: at that very moment it is cancelled.
    core::result<response> first_got;
    core::result<response> second_got;
    auto first = [&]() -> asio::awaitable<void> {
      co_await call(first_got);
      second.cancel();
    };
    others.spawn("first", first());
    co_await arrived.wait();
    second.spawn("second", call(second_got));
    others.spawn("third", call(third_got));
    co_await w.clock->sleep_for(std::chrono::milliseconds{1});
    go_on.notify();
    co_await second.drain();
    co_await others.drain();
    EXPECT_TRUE(first_got.has_value());
    EXPECT_EQ(second_got.error().code, core::errc::cancelled);
    EXPECT_EQ(second_got.error().effect, core::effect::none);
  });

  EXPECT_TRUE(third_got.has_value()) << third_got.error().detail;
}

}  // namespace
}  // namespace connector::http

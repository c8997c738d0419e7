#include <gtest/gtest.h>

#include "connector/http/client.hpp"
#include "connector/http/server.hpp"
#include "test/http/loop.hpp"

namespace connector::http {
namespace {

namespace asio = boost::asio;

TEST(Exchange, CarriesRequestAndAnswer) {
  asio::io_context loop;
  auto const clock = async::make_system_clock();
  request seen;
  handler answering = [&](request got) -> asio::awaitable<reply> {
    seen = std::move(got);
    reply made;
    made.status = 201;
    made.headers.push_back({"X-Made", "yes"});
    made.body = "hello";
    co_return made;
  };
  auto const server = listen(loop.get_executor(), "127.0.0.1", 0, answering);
  auto const client = make_client(loop.get_executor(), *clock, {});

  test::run(loop, [&]() -> asio::awaitable<void> {
    request call;
    call.method = "POST";
    call.url = "http://127.0.0.1:" + std::to_string(server->port()) + "/things?a=b";
    call.headers.push_back({"X-Asked", "please"});
    call.body = "body";
    auto const got = co_await client->send(std::move(call));

    EXPECT_TRUE(got.has_value()) << got.error().detail;
    if (!got) co_return;
    EXPECT_EQ(got->status, 201);
    EXPECT_EQ(got->body, "hello");
    EXPECT_EQ(find(got->headers, "x-made"), "yes");
  });

  EXPECT_EQ(seen.method, "POST");
  EXPECT_EQ(seen.url, "/things?a=b");
  EXPECT_EQ(find(seen.headers, "X-ASKED"), "please");
  EXPECT_EQ(seen.body, "body");
}

}  // namespace
}  // namespace connector::http

#include <gtest/gtest.h>

#include "connector/http/inflate.hpp"
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

reply text(int status, std::string body) {
  reply made;
  made.status = status;
  made.body = std::move(body);
  return made;
}

handler always(reply answer) {
  return [answer](request) -> asio::awaitable<reply> { co_return answer; };
}

TEST(Exchange, CarriesRequestAndAnswer) {
  test::world w;
  request seen;
  handler answering = [&](request got) -> asio::awaitable<reply> {
    seen = std::move(got);
    auto made = text(201, "hello");
    made.headers.push_back({"X-Made", "yes"});
    co_return made;
  };
  auto const server = listen(w.loop.get_executor(), "127.0.0.1", 0, answering);
  auto const client = w.client();

  request call;
  call.method = "POST";
  call.url = local(server->port(), "/things?a=b");
  call.headers.push_back({"X-Asked", "please"});
  call.body = "body";
  auto const got = w.send(*client, call);

  ASSERT_TRUE(got.has_value()) << got.error().detail;
  EXPECT_EQ(got->status, 201);
  EXPECT_EQ(got->body, "hello");
  EXPECT_EQ(find(got->headers, "x-made"), "yes");
  EXPECT_EQ(seen.method, "POST");
  EXPECT_EQ(seen.url, "/things?a=b");
  EXPECT_EQ(find(seen.headers, "X-ASKED"), "please");
  EXPECT_EQ(find(seen.headers, "host"), "127.0.0.1:" + std::to_string(server->port()));
  EXPECT_EQ(find(seen.headers, "user-agent"), "itsm-connector");
  EXPECT_EQ(find(seen.headers, "accept-encoding"), "gzip");
  EXPECT_EQ(seen.body, "body");
}

TEST(Exchange, CarriesLargeBodiesBothWays) {
  test::world w;
  handler echo = [](request got) -> asio::awaitable<reply> { co_return text(200, got.body); };
  auto const server = listen(w.loop.get_executor(), "127.0.0.1", 0, echo);
  auto const client = w.client();

  request call;
  call.method = "PUT";
  call.url = local(server->port());
  for (int i = 0; i < 1'500'000; ++i) call.body += std::to_string(i);
  auto const got = w.send(*client, call);

  ASSERT_TRUE(got.has_value()) << got.error().detail;
  EXPECT_EQ(got->body, call.body);
}

TEST(Exchange, DecodesACompressedAnswer) {
  test::world w;
  auto packed = text(200, gzip("plain words"));
  packed.headers.push_back({"Content-Encoding", "gzip"});
  auto const server = listen(w.loop.get_executor(), "127.0.0.1", 0, always(packed));
  auto const client = w.client();

  EXPECT_EQ(w.get(*client, local(server->port()))->body, "plain words");
}

TEST(Exchange, SkipsInterimAnswers) {
  test::world w;
  test::raw_server const server{
      w.loop,
      test::answering("HTTP/1.1 103 Early Hints\r\nX: y\r\n\r\nHTTP/1.1 200 OK\r\n"
                      "Content-Length: 2\r\n\r\nok")};
  auto const client = w.client();

  auto const got = w.get(*client, local(server.port()));

  ASSERT_TRUE(got.has_value());
  EXPECT_EQ(got->status, 200);
  EXPECT_TRUE(find(got->headers, "x").empty());
}

TEST(Exchange, RefusesEndlessInterimAnswers) {
  test::world w;
  std::string many;
  for (int i = 0; i < 20; ++i) many += "HTTP/1.1 102 Processing\r\n\r\n";
  test::raw_server const server{w.loop, test::answering(many)};
  auto const client = w.client();

  EXPECT_EQ(w.get(*client, local(server.port())).error().code, errc::malformed);
}

TEST(Exchange, TakesAnAnswerThatComesBeforeTheRequestWasRead) {
  test::world w;
  auto early = [](tcp::socket& socket, int) -> asio::awaitable<void> {
    co_await test::read_head(socket);
    co_await test::write(
        socket, "HTTP/1.1 413 Too Large\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"
    );
    co_await test::read_to_end(socket);
  };
  test::raw_server const server{w.loop, early};
  auto const client = w.client();

  request call;
  call.method = "POST";
  call.url = local(server.port());
  call.body.assign(8u << 20, 'x');
  auto const got = w.send(*client, call);

  ASSERT_TRUE(got.has_value()) << got.error().detail;
  EXPECT_EQ(got->status, 413);
}

TEST(Exchange, AsksHeadWithoutWaitingForABody) {
  test::world w;
  auto const server = listen(w.loop.get_executor(), "127.0.0.1", 0, always(text(200, "content")));
  auto const client = w.client();

  request call;
  call.method = "HEAD";
  call.url = local(server->port());
  auto const got = w.send(*client, call);

  ASSERT_TRUE(got.has_value());
  EXPECT_EQ(got->body, "");
  EXPECT_EQ(find(got->headers, "content-length"), "7");
}

TEST(Exchange, HandsBackRedirectsUnlessAllowed) {
  test::world w;
  auto moved = text(302, "");
  moved.headers.push_back({"Location", "/elsewhere"});
  auto const server = listen(w.loop.get_executor(), "127.0.0.1", 0, always(moved));
  auto const client = w.client();

  EXPECT_EQ(w.get(*client, local(server->port()))->status, 302);
}

TEST(Exchange, FollowsRedirectsWithinTheOriginUpToTheLimit) {
  test::world w;
  std::vector<std::string> asked;
  handler circling = [&](request got) -> asio::awaitable<reply> {
    asked.push_back(got.url);
    auto moved = text(307, "");
    moved.headers.push_back({"Location", "/" + std::to_string(asked.size())});
    co_return moved;
  };
  auto const server = listen(w.loop.get_executor(), "127.0.0.1", 0, circling);
  auto const client = w.client();
  request call;
  call.url = local(server->port(), "/0");
  call.redirects_max = 2;

  EXPECT_EQ(w.send(*client, call)->status, 307);
  EXPECT_EQ(asked, (std::vector<std::string>{"/0", "/1", "/2"}));

  asked.clear();
  call.method = "POST";
  EXPECT_EQ(w.send(*client, call)->status, 307);
  EXPECT_EQ(asked.size(), 1u);
}

TEST(Exchange, FollowsNoRedirectToAnotherOrigin) {
  test::world w;
  int reached = 0;
  handler count = [&](request) -> asio::awaitable<reply> {
    ++reached;
    co_return text(200, "");
  };
  auto const other = listen(w.loop.get_executor(), "127.0.0.1", 0, count);
  auto moved = text(302, "");
  moved.headers.push_back({"Location", local(other->port())});
  auto const server = listen(w.loop.get_executor(), "127.0.0.1", 0, always(moved));
  auto const client = w.client();
  request call;
  call.url = local(server->port());
  call.redirects_max = 5;

  EXPECT_EQ(w.send(*client, call)->status, 302);
  EXPECT_EQ(reached, 0);
}

TEST(Exchange, RefusesRequestsThatWouldBreakTheWire) {
  test::world w;
  test::raw_server const server{w.loop, test::answering("HTTP/1.1 204 No\r\n\r\n")};
  auto const client = w.client();
  request good;
  good.url = local(server.port());
  std::vector<request> bad(8, good);
  bad[0].method = "GET / HTTP/1.1\r\nX:";
  bad[1].url += "a b";
  bad[2].url += "\r\nX: y";
  bad[3].url = "/relative";
  bad[4].headers.push_back({"X", "a\r\nY: b"});
  bad[5].headers.push_back({"X", std::string{"a\0b", 3}});
  bad[6].headers.push_back({"X\n", "a"});
  bad[7].headers.push_back({"Content-Length", "5"});

  for (auto const& call : bad) {
    auto const got = w.send(*client, call);
    ASSERT_FALSE(got.has_value());
    EXPECT_EQ(got.error().code, errc::invalid) << got.error().detail;
    EXPECT_EQ(got.error().effect, effect::none);
  }
  EXPECT_EQ(server.connections(), 0);
}

TEST(Exchange, LimitsTheAnswer) {
  test::world w;
  auto const server =
      listen(w.loop.get_executor(), "127.0.0.1", 0, always(text(200, "12345678901")));
  auto const client = w.client();
  request call;
  call.url = local(server->port());
  call.body_bytes_max = 10;

  auto const got = w.send(*client, call);

  ASSERT_FALSE(got.has_value());
  EXPECT_EQ(got.error().code, errc::malformed);
  EXPECT_EQ(got.error().effect, effect::unknown);
}

}  // namespace
}  // namespace connector::http

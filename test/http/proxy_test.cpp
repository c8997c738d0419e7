#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <stdexcept>

#include "connector/http/server.hpp"
#include "test/http/loop.hpp"
#include "test/http/raw_server.hpp"
#include "test/http/test_ca.hpp"
#include "test/http/tls_front.hpp"

namespace connector::http {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;
using core::effect;
using core::errc;
using test::local;
using testing::HasSubstr;

class Proxy : public testing::Test {
 protected:
  /// Connects wherever it is asked to, if the head of the request holds `demand`.
  test::raw_server::talk tunnelling(std::string demand = "") {
    return [this, demand](tcp::socket& socket, int) -> asio::awaitable<void> {
      heads.push_back(co_await test::read_head(socket));
      auto const& head = heads.back();
      if (head.find(demand) == head.npos) {
        co_await test::write(
            socket, "HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 0\r\n\r\n"
        );
        co_return;
      }
      auto const colon = head.find(':');
      auto const port = static_cast<std::uint16_t>(std::stoi(head.substr(colon + 1)));
      tcp::socket onward{w.loop};
      co_await onward.async_connect({asio::ip::address_v4::loopback(), port}, asio::use_awaitable);
      co_await test::write(socket, "HTTP/1.1 200 Connected\r\n\r\n");
      co_await test::pass_on(socket, onward);
    };
  }

  std::unique_ptr<server> secure_server() {
    auto const files = authority.issue("server", "DNS:localhost");
    server_settings settings;
    settings.certificate_file = files.certificate;
    settings.key_file = files.key;
    handler answering = [](request got) -> asio::awaitable<reply> {
      reply made;
      made.status = 200;
      made.body = "for " + got.url;
      co_return made;
    };
    return listen(w.loop.get_executor(), "127.0.0.1", 0, answering, settings);
  }

  std::unique_ptr<transport> client_via(
      std::string const& url, std::vector<std::string> except = {}
  ) {
    client_settings settings;
    settings.tls.ca_file = authority.file();
    settings.proxy.url = url;
    settings.proxy.user = "me";
    settings.proxy.password = core::secret{"pass:word"};
    settings.proxy.except = std::move(except);
    return w.client(settings);
  }

  static std::string secure_url(server const& at) {
    return "https://localhost:" + std::to_string(at.port()) + "/x";
  }

  test::world w;
  test::scratch_folder folder;
  test::test_ca authority{folder, "CA"};
  std::vector<std::string> heads;
};

TEST_F(Proxy, IsAskedForATunnelToHttps) {
  auto const server = secure_server();
  test::raw_server const proxy{
      w.loop, tunnelling("\r\nProxy-Authorization: Basic bWU6cGFzczp3b3Jk\r\n")};
  auto const client = client_via(local(proxy.port()));

  auto const got = w.get(*client, secure_url(*server));
  auto const again = w.get(*client, secure_url(*server));

  ASSERT_TRUE(got.has_value()) << got.error().detail;
  EXPECT_EQ(got->body, "for /x");
  EXPECT_TRUE(again.has_value());
  ASSERT_EQ(heads.size(), 1u) << "the tunnel is kept";
  EXPECT_EQ(
      heads[0].find("CONNECT localhost:" + std::to_string(server->port()) + " HTTP/1.1\r\n"), 0u
  );
}

TEST_F(Proxy, MayItselfSpeakTls) {
  auto const server = secure_server();
  test::raw_server const plain{w.loop, tunnelling()};
  auto const files = authority.issue("proxy", "DNS:localhost");
  test::tls_front const front{w.loop, files, plain.port()};
  auto const client = client_via("https://localhost:" + std::to_string(front.port()));

  auto const got = w.get(*client, secure_url(*server));

  ASSERT_TRUE(got.has_value()) << got.error().detail;
  EXPECT_EQ(got->body, "for /x");
}

TEST_F(Proxy, GetsTheWholeUrlForPlainHttp) {
  auto record = [this](tcp::socket& socket, int) -> asio::awaitable<void> {
    heads.push_back(co_await test::read_head(socket));
    co_await test::write(socket, "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nproxy");
  };
  test::raw_server const proxy{w.loop, record};
  auto const client = client_via(local(proxy.port()));

  auto const got = w.get(*client, "http://far.example:8080/path?q=1");

  ASSERT_TRUE(got.has_value()) << got.error().detail;
  EXPECT_EQ(got->body, "proxy");
  EXPECT_EQ(heads[0].find("GET http://far.example:8080/path?q=1 HTTP/1.1\r\n"), 0u);
  EXPECT_THAT(heads[0], HasSubstr("\r\nHost: far.example:8080\r\n"));
  EXPECT_THAT(heads[0], HasSubstr("\r\nProxy-Authorization: Basic "));
}

TEST_F(Proxy, IsLeftOutForExceptions) {
  test::raw_server const proxy{w.loop, tunnelling()};
  test::raw_server const server{w.loop, test::answering("HTTP/1.1 204 No Content\r\n\r\n")};
  auto const client = client_via(local(proxy.port()), {"127.0.0.0/8"});

  EXPECT_EQ(w.get(*client, local(server.port()))->status, 204);
  EXPECT_EQ(proxy.connections(), 0);
}

TEST_F(Proxy, ThatWantsASignInSaysSo) {
  auto const server = secure_server();
  test::raw_server const proxy{w.loop, tunnelling("no such credentials")};
  auto const client = client_via(local(proxy.port()));

  request call;
  call.method = "POST";
  call.url = secure_url(*server);
  auto const got = w.send(*client, call);

  ASSERT_FALSE(got.has_value());
  EXPECT_EQ(got.error().code, errc::unreachable);
  EXPECT_EQ(got.error().effect, effect::none);
  EXPECT_THAT(got.error().detail, HasSubstr("user and password"));
  EXPECT_THAT(got.error().detail, testing::Not(HasSubstr("word\"")));
}

TEST_F(Proxy, ThatRefusesOrDiesHasNoEffect) {
  auto const server = secure_server();
  for (auto const* answer :
       {"HTTP/1.1 403 Forbidden\r\n\r\n",
        "HTTP/1.1 200",
        "rubbish\r\n\r\n",
        "",
        "HTTP/1.1 200 OK\r\n\r\nbytes that nobody asked for"}) {
    auto refusing = [answer](tcp::socket& socket, int) -> asio::awaitable<void> {
      co_await test::read_head(socket);
      co_await test::write(socket, answer);
    };
    test::raw_server const proxy{w.loop, refusing};
    auto const client = client_via(local(proxy.port()));

    auto const got = w.get(*client, secure_url(*server));

    ASSERT_FALSE(got.has_value()) << answer;
    EXPECT_EQ(got.error().code, errc::unreachable) << answer;
    EXPECT_EQ(got.error().effect, effect::none) << answer;
  }
}

TEST_F(Proxy, DoesNotHideWhoAnswers) {
  // The tunnel leads to a server with a certificate for another name.
  auto const server = secure_server();
  test::raw_server const proxy{w.loop, tunnelling()};
  auto const client = client_via(local(proxy.port()));

  auto const got =
      w.get(*client, "https://elsewhere.example:" + std::to_string(server->port()) + "/");

  ASSERT_FALSE(got.has_value());
  EXPECT_THAT(got.error().detail, HasSubstr("not for elsewhere.example"));
}

TEST_F(Proxy, SettingsThatCannotWorkAreRefused) {
  EXPECT_THROW(client_via("proxy:3128"), std::runtime_error);
  EXPECT_THROW(client_via("http://user:password@proxy:3128"), std::runtime_error);
  EXPECT_THROW(client_via("http://proxy:3128", {"10.0.0.0/99"}), std::runtime_error);
}

}  // namespace
}  // namespace connector::http

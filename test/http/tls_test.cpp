#include "connector/http/tls.hpp"

#include <boost/asio/ip/tcp.hpp>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <stdexcept>

#include "connector/http/server.hpp"
#include "test/http/loop.hpp"
#include "test/http/raw_server.hpp"
#include "test/http/test_ca.hpp"

namespace connector::http {
namespace {

namespace asio = boost::asio;
using core::effect;
using core::errc;
using testing::HasSubstr;

/// Keeps TLS from saying that it ends, unless it is polite.
class without_farewell final : public stream {
 public:
  without_farewell(asio::ip::tcp::socket socket, bool polite)
      : inner_{make_plain_stream(std::move(socket))}, polite_{polite} {}

  asio::awaitable<transferred> read_some(asio::mutable_buffer into) override {
    return inner_->read_some(into);
  }
  asio::awaitable<transferred> write(std::string_view head, std::string_view body) override {
    return inner_->write(head, body);
  }
  void write_now(std::string_view bytes) noexcept override {
    if (polite_) inner_->write_now(bytes);
  }
  void finish() noexcept override { inner_->finish(); }
  bool is_quiet() override { return inner_->is_quiet(); }
  void close() noexcept override { inner_->close(); }

 private:
  std::unique_ptr<stream> inner_;
  bool polite_;
};

class Tls : public testing::Test {
 protected:
  std::unique_ptr<server> serve(
      test::certificate_files const& as, std::string const& client_ca = ""
  ) {
    server_settings settings;
    settings.certificate_file = as.certificate;
    settings.key_file = as.key;
    settings.client_ca_file = client_ca;
    handler echo = [this](request got) -> asio::awaitable<reply> {
      ++reached;
      reply made;
      made.status = 200;
      made.body = got.body;
      co_return made;
    };
    return listen(w.loop.get_executor(), "127.0.0.1", 0, echo, settings);
  }

  client_settings trusting(test::test_ca const& whom) {
    client_settings settings;
    settings.tls.ca_file = whom.file();
    return settings;
  }

  core::result<response> call(
      transport& by, server const& at, std::string host = "localhost", std::string body = "hello"
  ) {
    request one;
    one.method = "POST";
    one.url = "https://" + host + ":" + std::to_string(at.port()) + "/";
    one.body = std::move(body);
    return w.send(by, one);
  }

  void expect_refused(core::result<response> const& got, std::string const& because) {
    ASSERT_FALSE(got.has_value());
    EXPECT_EQ(got.error().code, errc::unreachable);
    EXPECT_EQ(got.error().effect, effect::none);
    EXPECT_THAT(got.error().detail, HasSubstr(because));
    EXPECT_EQ(reached, 0);
  }

  test::world w;
  test::scratch_folder folder;
  test::test_ca authority{folder, "Right CA"};
  int reached = 0;
};

TEST_F(Tls, CarriesCallsToAServerThatProvesItsName) {
  auto const server = serve(authority.issue("good", "DNS:localhost,IP:127.0.0.1"));
  auto const client = w.client(trusting(authority));

  EXPECT_EQ(call(*client, *server)->body, "hello");
  EXPECT_EQ(call(*client, *server)->body, "hello");
  EXPECT_EQ(call(*client, *server, "127.0.0.1")->body, "hello");
}

TEST_F(Tls, CarriesLargeBodies) {
  auto const server = serve(authority.issue("good", "DNS:localhost"));
  auto const client = w.client(trusting(authority));
  std::string body;
  for (int i = 0; i < 1'000'000; ++i) body += std::to_string(i);

  auto const got = call(*client, *server, "localhost", body);

  ASSERT_TRUE(got.has_value()) << got.error().detail;
  EXPECT_EQ(got->body, body);
}

TEST_F(Tls, RefusesAnExpiredCertificate) {
  auto const server = serve(authority.issue("old", "DNS:localhost", -30, -1));
  auto const client = w.client(trusting(authority));

  expect_refused(call(*client, *server), "expired on");
}

TEST_F(Tls, RefusesACertificateOfTheFuture) {
  auto const server = serve(authority.issue("early", "DNS:localhost", 1, 30));
  auto const client = w.client(trusting(authority));

  expect_refused(call(*client, *server), "check the clock");
}

TEST_F(Tls, RefusesACertificateForAnotherHost) {
  auto const server = serve(authority.issue("other", "DNS:other.example"));
  auto const client = w.client(trusting(authority));

  expect_refused(call(*client, *server), "not for localhost but for DNS:other.example");
  expect_refused(call(*client, *server, "127.0.0.1"), "not for 127.0.0.1");
}

TEST_F(Tls, RefusesAnUnknownAuthority) {
  test::test_ca const wrong{folder, "Wrong CA"};
  auto const server = serve(authority.issue("good", "DNS:localhost"));
  auto const client = w.client(trusting(wrong));

  expect_refused(call(*client, *server), "not trusted here (CN = Right CA)");
}

TEST_F(Tls, RefusesAServerThatSpeaksPlainHttp) {
  auto rude = [](asio::ip::tcp::socket& socket, int) -> asio::awaitable<void> {
    co_await test::write(socket, "HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n");
    co_await test::read_to_end(socket);
  };
  test::raw_server const plain{w.loop, rude};
  auto const client = w.client(trusting(authority));

  auto const got = w.get(*client, "https://127.0.0.1:" + std::to_string(plain.port()) + "/");

  expect_refused(got, "does not speak TLS at this port");
}

TEST_F(Tls, ShowsAClientCertificateWhereOneIsDemanded) {
  auto const server = serve(authority.issue("good", "DNS:localhost"), authority.file());
  auto const mine = authority.issue("client", "");

  auto by_file = trusting(authority);
  by_file.tls.certificate_file = mine.certificate;
  by_file.tls.key_file = mine.key;
  auto const first = w.client(by_file);
  EXPECT_TRUE(call(*first, *server).has_value());

  auto by_text = trusting(authority);
  by_text.tls.certificate_file = mine.certificate;
  by_text.tls.key = core::secret{test::read_file(mine.key)};
  auto const second = w.client(by_text);
  EXPECT_TRUE(call(*second, *server).has_value());
}

TEST_F(Tls, SaysThatAClientCertificateIsDemanded) {
  auto const server = serve(authority.issue("good", "DNS:localhost"), authority.file());
  auto const client = w.client(trusting(authority));

  auto const got = call(*client, *server);

  ASSERT_FALSE(got.has_value());
  EXPECT_EQ(got.error().code, errc::unreachable);
  EXPECT_THAT(got.error().detail, HasSubstr("client certificate"));
  EXPECT_EQ(reached, 0);
}

TEST_F(Tls, TakesABodyWithoutALengthOnlyWithTheServersFarewell) {
  auto const files = authority.issue("good", "DNS:localhost");
  tls_server tls{{files.certificate, files.key, ""}};
  bool polite = true;
  auto half = [&](asio::ip::tcp::socket& socket, int) -> asio::awaitable<void> {
    auto const io = tls.begin(std::make_unique<without_farewell>(std::move(socket), polite));
    auto const failure = co_await io->handshake();
    if (failure) co_return;
    char chunk[4096];
    co_await io->read_some(asio::buffer(chunk));
    co_await io->write("HTTP/1.1 200 OK\r\n\r\n", "all, or half?");
    io->close();
  };
  test::raw_server const server{w.loop, half};
  auto const client = w.client(trusting(authority));
  auto const url = "https://localhost:" + std::to_string(server.port()) + "/";

  EXPECT_EQ(w.get(*client, url)->body, "all, or half?");

  // Without it, anybody on the way could have made that end.
  polite = false;
  auto const got = w.get(*client, url);
  ASSERT_FALSE(got.has_value());
  EXPECT_EQ(got.error().code, errc::malformed);
  EXPECT_EQ(got.error().effect, effect::unknown);
}

TEST_F(Tls, DeadlineCoversTheHandshake) {
  test::raw_server const silent{
      w.loop, [](asio::ip::tcp::socket& socket, int) -> asio::awaitable<void> {
        co_await test::read_to_end(socket);
      }};
  auto const client = w.client(trusting(authority));
  request one;
  one.method = "POST";
  one.url = "https://localhost:" + std::to_string(silent.port()) + "/";
  one.deadline = std::chrono::milliseconds{50};

  auto const got = w.send(*client, one);

  ASSERT_FALSE(got.has_value());
  EXPECT_EQ(got.error().code, errc::timeout);
  EXPECT_EQ(got.error().effect, effect::none);
}

TEST_F(Tls, RefusesSettingsThatCannotWork) {
  auto const mine = authority.issue("client", "");
  auto const other = authority.issue("other", "");
  auto settings = trusting(authority);

  settings.tls.ca_file = folder.path("missing.pem");
  EXPECT_THROW(w.client(settings), std::runtime_error);

  settings = trusting(authority);
  settings.tls.certificate_file = mine.certificate;
  settings.tls.key_file = other.key;
  EXPECT_THROW(w.client(settings), std::runtime_error);

  settings.tls.key_file = "";
  settings.tls.key = core::secret{"not a key"};
  EXPECT_THROW(w.client(settings), std::runtime_error);
}

}  // namespace
}  // namespace connector::http

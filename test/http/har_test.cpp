#include "connector/http/har.hpp"

#include <boost/json/parse.hpp>
#include <boost/json/value.hpp>
#include <boost/system/system_error.hpp>
#include <gtest/gtest.h>
#include <stdexcept>
#include <sys/stat.h>

#include "connector/http/base64.hpp"
#include "test/http/loop.hpp"
#include "test/http/test_ca.hpp"

namespace connector::http {
namespace {

namespace asio = boost::asio;
namespace json = boost::json;

/// Answers with what it was told to.
class scripted final : public transport {
 public:
  asio::awaitable<core::result<response>> send(request call) override {
    last = std::move(call);
    if (throws) throw boost::system::system_error{asio::error::operation_aborted};
    co_return answer;
  }

  core::result<response> answer;
  request last;
  bool throws = false;
};

class Har : public testing::Test {
 protected:
  json::array entries() {
    auto const text = test::read_file(path);
    return json::parse(text).at("log").at("entries").as_array();
  }

  test::world w;
  test::scratch_folder folder;
  std::string path = folder.path("calls.har");
  scripted inner;
};

response answered(int status, std::string type, std::string body) {
  response made;
  made.status = status;
  made.headers.push_back({"Content-Type", std::move(type)});
  made.body = std::move(body);
  return made;
}

TEST_F(Har, HoldsRequestAndAnswer) {
  inner.answer = answered(201, "application/json", R"({"result":{"number":"INC1"}})");
  auto const recorder = make_har_recorder(inner, *w.clock, path);
  request call;
  call.method = "POST";
  call.url = "https://host/api/now/table/incident?sysparm_fields=a%2Cb";
  call.headers.push_back({"Content-Type", "application/json"});
  call.body = R"({"state":"2"})";

  auto const got = w.send(*recorder, call);

  EXPECT_EQ(got->body, inner.answer->body);
  EXPECT_EQ(inner.last.url, call.url);
  auto const all = entries();
  ASSERT_EQ(all.size(), 1u);
  auto const& entry = all[0];
  EXPECT_EQ(entry.at("request").at("method"), "POST");
  EXPECT_EQ(entry.at("request").at("url").as_string(), call.url);
  EXPECT_EQ(entry.at("request").at("bodySize").as_int64(), 13);
  EXPECT_EQ(entry.at("request").at("postData").at("mimeType"), "application/json");
  EXPECT_EQ(entry.at("request").at("postData").at("text").as_string(), call.body);
  EXPECT_EQ(entry.at("request").at("queryString").at(0).at("name"), "sysparm_fields");
  EXPECT_EQ(entry.at("request").at("queryString").at(0).at("value"), "a,b");
  EXPECT_EQ(entry.at("response").at("status"), 201);
  EXPECT_EQ(entry.at("response").at("statusText"), "Created");
  EXPECT_EQ(entry.at("response").at("content").at("text").as_string(), inner.answer->body);
  EXPECT_EQ(entry.at("response").at("content").at("mimeType"), "application/json");
  EXPECT_TRUE(core::parse_time(std::string{entry.at("startedDateTime").as_string()}).has_value());
  EXPECT_GE(entry.at("time").as_double(), 0);
}

TEST_F(Har, IsValidJsonAfterEveryEntry) {
  inner.answer = answered(200, "text/plain", "ok");
  auto const recorder = make_har_recorder(inner, *w.clock, path);
  EXPECT_EQ(entries().size(), 0u);

  for (std::size_t i = 1; i <= 20; ++i) {
    ASSERT_TRUE(w.get(*recorder, "http://host/" + std::to_string(i)).has_value());
    ASSERT_EQ(entries().size(), i);
  }
}

TEST_F(Har, MaySetTwoRecordersOnOneFile) {
  inner.answer = answered(200, "text/plain", "ok");
  auto const file = std::make_shared<har_file>(path);
  auto const one = make_har_recorder(inner, *w.clock, file);
  auto const two = make_har_recorder(inner, *w.clock, file);

  w.get(*one, "http://one/");
  w.get(*two, "http://two/");
  w.get(*one, "http://one/");

  EXPECT_EQ(entries().size(), 3u);
}

TEST_F(Har, ShowsAFailedCallWithStatusZero) {
  inner.answer = core::error{core::errc::unreachable, "host refuses the connection"};
  auto const recorder = make_har_recorder(inner, *w.clock, path);

  EXPECT_FALSE(w.get(*recorder, "http://host/").has_value());

  auto const all = entries();
  ASSERT_EQ(all.size(), 1u);
  EXPECT_EQ(all[0].at("response").at("status"), 0);
  EXPECT_EQ(all[0].at("response").at("_error"), "unreachable: host refuses the connection");
}

TEST_F(Har, ShowsACallThatWasCancelled) {
  inner.throws = true;
  auto const recorder = make_har_recorder(inner, *w.clock, path);

  EXPECT_THROW(w.get(*recorder, "http://host/"), boost::system::system_error);

  EXPECT_EQ(entries().at(0).at("response").at("status"), 0);
}

TEST_F(Har, HoldsOtherBytesAsBase64) {
  std::string const bytes{"\x00\xff\xfe", 3};
  inner.answer = answered(200, "image/png", bytes);
  auto const recorder = make_har_recorder(inner, *w.clock, path);

  w.get(*recorder, "http://host/");

  auto const all = entries();
  auto const& content = all[0].at("response").at("content");
  EXPECT_EQ(content.at("encoding"), "base64");
  EXPECT_EQ(content.at("text").as_string(), base64(bytes));
  EXPECT_EQ(content.at("size"), 3);
}

TEST_F(Har, HoldsNoCanary) {
  inner.answer = answered(
      200,
      "application/json",
      R"({"access_token":"CANARY","refresh_token":"CANARY","expires_in":3600,"note":"known-CANARY"})"
  );
  inner.answer->headers.push_back({"Set-Cookie", "session=CANARY"});
  inner.answer->headers.push_back({"Location", "https://host/?sig=CANARY"});
  auto const file =
      std::make_shared<har_file>(path, std::vector{core::secret{"known-CANARY"}, core::secret{""}});
  auto const recorder = make_har_recorder(inner, *w.clock, file);
  request call;
  call.method = "POST";
  call.url = "https://host/known-CANARY/token?api_key=CANARY&sysparm_limit=10&plain=known-CANARY";
  for (auto const* name : {"Authorization", "Cookie", "x-sn-apikey", "Proxy-Authorization"}) {
    call.headers.push_back({name, "Bearer CANARY"});
  }
  call.headers.push_back({"X-Other", "known-CANARY"});
  call.headers.push_back({"Content-Type", "application/x-www-form-urlencoded"});
  call.body =
      "client_id=me&client_secret=CANARY&client_assertion=CANARY&password=CANARY&refresh_token="
      "CANARY";
  w.send(*recorder, call);
  call.headers.back().value = "application/json";
  call.body =
      R"({"routing_key":"CANARY","payload":{"password":"CANARY","summary":"known-CANARY"}})";
  w.send(*recorder, call);
  inner.answer = core::error{core::errc::unreachable, "known-CANARY"};
  w.send(*recorder, call);

  auto const text = test::read_file(path);

  EXPECT_EQ(text.find("CANARY"), text.npos) << text.substr(0, text.find("CANARY") + 20);
  EXPECT_EQ(entries().size(), 3u);
  EXPECT_NE(text.find("sysparm_limit=10"), text.npos);
  EXPECT_NE(text.find("client_id=me"), text.npos);
  EXPECT_NE(text.find("expires_in\\\":3600"), text.npos);
}

TEST_F(Har, IsForItsOwnerAlone) {
  auto const recorder = make_har_recorder(inner, *w.clock, path);
  struct stat about {};
  ASSERT_EQ(::stat(path.c_str(), &about), 0);
  EXPECT_EQ(about.st_mode & 0777, 0600u);
}

TEST_F(Har, SaysWhenItsFileCannotBeWritten) {
  EXPECT_THROW(
      make_har_recorder(inner, *w.clock, folder.path("missing/calls.har")), std::runtime_error
  );
}

}  // namespace
}  // namespace connector::http

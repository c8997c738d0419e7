#include <boost/json/array.hpp>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "connector/async/tasks.hpp"
#include "connector/http/url.hpp"
#include "world.hpp"

namespace servicenow_test {
namespace {

namespace json = boost::json;
using core::effect;
using core::errc;
using testing::HasSubstr;
using testing::Not;

void use_oauth(servicenow::settings& with) {
  with.credential = servicenow::oauth_sign_in{"client-1", core::secret{"s3cret&canary"}};
}

std::string token(std::string text, int lasts = 1799) {
  return R"({"access_token":")" + text + R"(","scope":"useraccount","token_type":"Bearer",)" +
         R"("expires_in":)" + std::to_string(lasts) + "}";
}

core::result<std::vector<adapter::object>> read_one(world& w) {
  return run(w.system->read({id_a}, wanting({})));
}

void answer_a_read(world& w) {
  w.transport.will_answer(200, result_of(json::array{ticket(id_a, "2026-02-02 09:00:00", 1)}));
}

TEST(SignIn, WithAPasswordIsBasic) {
  world w;
  answer_a_read(w);
  ASSERT_TRUE(read_one(w));
  EXPECT_EQ(
      header_of(w.transport.calls[0], "Authorization"), "Basic c3luYy51c2VyOmh1bnRlcjItY2FuYXJ5"
  );
}

TEST(SignIn, WithAKeyIsAHeaderOfItsOwn) {
  world w{[](auto& with) { with.credential = servicenow::api_key_sign_in{core::secret{"k3y"}}; }};
  answer_a_read(w);
  ASSERT_TRUE(read_one(w));
  EXPECT_EQ(header_of(w.transport.calls[0], "x-sn-apikey"), "k3y");
  EXPECT_EQ(header_of(w.transport.calls[0], "Authorization"), "");
}

TEST(SignIn, WithClientCredentialsFetchesATokenOnceByForm) {
  world w{use_oauth};
  w.transport.will_answer(200, token("t1"));
  answer_a_read(w);
  answer_a_read(w);

  ASSERT_TRUE(read_one(w));
  ASSERT_TRUE(read_one(w));

  ASSERT_EQ(w.transport.calls.size(), 3u);
  auto const& call = w.transport.calls[0];
  EXPECT_EQ(call.method, "POST");
  EXPECT_EQ(call.url, "https://dev1.service-now.com/oauth_token.do");
  EXPECT_EQ(header_of(call, "Content-Type"), "application/x-www-form-urlencoded");
  EXPECT_EQ(
      http::form_decode(call.body),
      (http::parameters{
          {"grant_type", "client_credentials"},
          {"client_id", "client-1"},
          {"client_secret", "s3cret&canary"}})
  );
  EXPECT_EQ(header_of(w.transport.calls[1], "Authorization"), "Bearer t1");
  EXPECT_EQ(header_of(w.transport.calls[2], "Authorization"), "Bearer t1");
}

TEST(SignIn, ReplacesATokenBeforeItExpires) {
  world w{use_oauth};
  w.transport.will_answer(200, token("t1", 100));
  answer_a_read(w);
  w.transport.will_answer(200, token("t2"));
  answer_a_read(w);

  ASSERT_TRUE(read_one(w));
  w.clock.steady += std::chrono::seconds{41};
  ASSERT_TRUE(read_one(w));

  EXPECT_EQ(header_of(w.transport.calls[3], "Authorization"), "Bearer t2");
}

TEST(SignIn, RenewsATokenOnceWhenTheInstanceSaysItExpired) {
  world w{use_oauth};
  w.transport.will_answer(200, token("t1"));
  answer_a_read(w);
  w.transport.will_answer(401, refusal("User Not Authenticated", ""));
  w.transport.will_answer(200, token("t2"));
  answer_a_read(w);

  ASSERT_TRUE(read_one(w));
  ASSERT_TRUE(read_one(w));

  EXPECT_EQ(header_of(w.transport.calls[4], "Authorization"), "Bearer t2");
}

TEST(SignIn, DoesNotFetchAnotherTokenForOneThatNeverWorked) {
  world w{use_oauth};
  w.transport.will_answer(200, token("t1"));
  w.transport.will_answer(401, refusal("User Not Authenticated", ""));

  auto const got = read_one(w);

  EXPECT_EQ(got.error().code, errc::unauthorized);
  EXPECT_EQ(w.transport.calls.size(), 2u);
}

TEST(SignIn, DoesNotRepeatACallWithABadPassword) {
  world w;
  w.transport.will_answer(401, refusal("User Not Authenticated", ""));
  auto const got = read_one(w);
  EXPECT_EQ(got.error().code, errc::unauthorized);
  EXPECT_THAT(got.error().detail, HasSubstr("lock the user out"));
  EXPECT_EQ(w.transport.calls.size(), 1u);
}

TEST(SignIn, ThatIsRefusedLeavesAWriteUnsent) {
  world w{use_oauth};
  w.transport.will_answer(401, R"({"error_description":"access_denied","error":"server_error"})");
  adapter::creation one;
  one.key = "k1";

  auto const got = run(w.system->create_all({one}, wanting({})));

  EXPECT_EQ(got[0].error().code, errc::unauthorized);
  EXPECT_EQ(got[0].error().effect, effect::none);
  EXPECT_THAT(got[0].error().detail, HasSubstr("access_denied"));
  EXPECT_THAT(got[0].error().detail, HasSubstr("locked user"));
  EXPECT_EQ(w.transport.calls.size(), 1u);
}

TEST(SignIn, ThatIsLostLeavesAWriteUnsent) {
  world w{use_oauth};
  w.transport.will_fail({errc::timeout, "no answer", effect::unknown});
  adapter::creation one;
  one.key = "k1";
  auto const got = run(w.system->create_all({one}, wanting({})));
  EXPECT_EQ(got[0].error().effect, effect::none);
}

TEST(SignIn, OfManyCallsAtOnceFetchesOneToken) {
  world w{[](auto& with) {
    use_oauth(with);
    with.batch = false;
  }};
  w.transport.will_answer(200, token("t1"));
  std::vector<adapter::update> many(4);
  for (std::size_t i = 0; i < many.size(); ++i) {
    many[i].id = "id" + std::to_string(i);
    many[i].fields["state"] = "2";
    w.transport.will_answer(200, result_of(ticket(id_a, "2026-02-02 09:00:00", 1)));
  }
  run(w.system->update_all(many, wanting({})));
  EXPECT_EQ(w.transport.calls.size(), 5u);
}

TEST(Session, KeepsItsCookiesAndLosesThemWithThe401) {
  world w;
  w.transport.will_answer(
      200,
      result_of(json::array{}),
      {{"Set-Cookie", "JSESSIONID=abcdef; Path=/; HttpOnly; Secure"},
       {"set-cookie", "glide_user_route=node1; Max-Age=2147483647"},
       {"Set-Cookie", "gone=; Max-Age=0"},
       {"Set-Cookie", "nonsense"}}
  );
  w.transport.will_answer(401, "{}");
  answer_a_read(w);

  ASSERT_TRUE(read_one(w));
  ASSERT_FALSE(read_one(w));
  ASSERT_TRUE(read_one(w));

  EXPECT_EQ(header_of(w.transport.calls[0], "Cookie"), "");
  EXPECT_EQ(header_of(w.transport.calls[1], "Cookie"), "JSESSIONID=abcdef; glide_user_route=node1");
  EXPECT_EQ(header_of(w.transport.calls[2], "Cookie"), "");
}

TEST(Session, TakesNoCookiesFromPages) {
  world w;
  w.transport.will_answer(
      200, "<html>login</html>", {{"Content-Type", "text/html"}, {"Set-Cookie", "JSESSIONID=x"}}
  );
  answer_a_read(w);
  ASSERT_FALSE(read_one(w));
  ASSERT_TRUE(read_one(w));
  EXPECT_EQ(header_of(w.transport.calls[1], "Cookie"), "");
}

/// An instance that repeats what it was sent in every complaint.
TEST(Secrets, AreInNoError) {
  std::vector<std::string> const canaries{
      "hunter2-canary",
      "s3cret&canary",
      "k3y-canary",
      "t1-canary",
      "session-canary",
      "c3luYy51c2VyOmh1bnRlcjItY2FuYXJ5"};
  std::string echo;
  for (auto const& canary : canaries) echo += canary + " ";
  auto const check = [&](core::error const& e) {
    for (auto const& canary : canaries) EXPECT_THAT(e.detail, Not(HasSubstr(canary)));
  };
  struct way {
    std::function<void(servicenow::settings&)> sign_in;
    std::vector<std::string> mine;
    bool oauth = false;
  };
  std::vector<way> const ways{
      {[](auto&) {}, {"hunter2-canary", "c3luYy51c2VyOmh1bnRlcjItY2FuYXJ5", "session-canary"}},
      {[](auto& with) {
         with.credential = servicenow::api_key_sign_in{core::secret{"k3y-canary"}};
       },
       {"k3y-canary", "session-canary"}},
      {use_oauth, {"s3cret&canary", "t1-canary", "session-canary"}, true}};
  for (auto const& [change, mine, oauth] : ways) {
    for (auto const status : {400, 403, 404, 409, 429, 500}) {
      world w{change};
      if (oauth) w.transport.will_answer(200, token("t1-canary"));
      std::string said;
      for (auto const& secret : mine) said += secret + " ";
      w.transport.will_answer(
          200, result_of(json::array{}), {{"Set-Cookie", "JSESSIONID=session-canary"}}
      );
      w.transport.will_answer(status, refusal(said, said));
      ASSERT_TRUE(read_one(w));
      auto const got = read_one(w);
      ASSERT_FALSE(got);
      check(got.error());

      w.transport.will_fail({errc::unreachable, "could not send " + said});
      auto const unsent = read_one(w);
      ASSERT_FALSE(unsent);
      check(unsent.error());
    }
  }
  world w{use_oauth};
  w.transport.will_answer(400, refusal("bad", "client_secret=s3cret&canary"));
  auto const got = read_one(w);
  ASSERT_FALSE(got);
  check(got.error());
}

}  // namespace
}  // namespace servicenow_test

#include "adapters/pagerduty/sign_in.hpp"

#include "world.hpp"

namespace pagerduty_test {
namespace {

using testing::HasSubstr;
using testing::Not;

struct SignIn : testing::Test {
  SignIn() {
    w.connect([&](auto& with) { with.credential = app(); });
  }
  pagerduty::oauth_sign_in app() {
    pagerduty::oauth_sign_in made;
    made.client_id = w.service.settings().client_id;
    made.client_secret = core::secret{w.service.settings().client_secret};
    made.subdomain = "acme";
    return made;
  }
  account w;
};

TEST_F(SignIn, AnAppGetsOneTokenForAllItsCalls) {
  auto const id = w.open("key-1");
  w.read(id);
  w.read(id, true);

  EXPECT_EQ(w.calls("POST /oauth/token"), 1u);
}

TEST_F(SignIn, ATokenIsFetchedAnewBeforeItExpires) {
  auto const id = w.open("key-1");
  w.clock.pass(w.service.settings().token_life - seconds{30});

  w.read(id);

  EXPECT_EQ(w.calls("POST /oauth/token"), 2u);
  EXPECT_EQ(w.calls("GET refused: 401"), 0u);
}

TEST_F(SignIn, ARevokedTokenIsReplacedOnce) {
  auto const id = w.open("key-1");
  w.service.revoke_tokens();

  EXPECT_EQ(w.read(id).id, id);
  EXPECT_EQ(w.calls("POST /oauth/token"), 2u);
}

TEST_F(SignIn, ATokenThatNeverWorkedIsNotFetchedAgainAndAgain) {
  w.connect([&](auto& with) {
    auto made = app();
    made.subdomain = "another";  // the scope names no account then
    with.credential = std::move(made);
  });
  std::vector<std::string> ids{"PT4KHLK"};

  auto const found = w.run(w.system->read(ids, adapter::wants{}));

  EXPECT_EQ(found.error().code, errc::unauthorized);
  EXPECT_EQ(w.calls("POST /oauth/token"), 1u);
}

TEST_F(SignIn, AWrongSecretIsUnauthorizedAndNowhereShown) {
  w.connect([&](auto& with) {
    auto made = app();
    made.client_secret = core::secret{"canary-secret"};
    with.credential = std::move(made);
  });
  std::vector<std::string> ids{"PT4KHLK"};

  auto const found = w.run(w.system->read(ids, adapter::wants{}));

  EXPECT_EQ(found.error().code, errc::unauthorized);
  EXPECT_THAT(found.error().detail, HasSubstr("signing in"));
  EXPECT_THAT(found.error().detail, Not(HasSubstr("canary")));
}

}  // namespace
}  // namespace pagerduty_test

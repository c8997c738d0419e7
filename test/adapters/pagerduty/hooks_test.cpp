#include "adapters/pagerduty/hooks.hpp"

#include "world.hpp"

namespace pagerduty_test {
namespace {

using pagerduty::hook_guard;
using testing::HasSubstr;

struct Hooks : testing::Test {
  account w;
  hook_guard guard{secrets({"first"})};

  static std::vector<core::secret> secrets(std::vector<std::string> const& texts) {
    std::vector<core::secret> all;
    for (auto const& one : texts) all.emplace_back(one);
    return all;
  }
  /// What PagerDuty sends for an incident that is opened, signed with these.
  adapter::hook_call call(std::vector<std::string> const& with) {
    static int n = 0;
    w.open("key-" + std::to_string(++n));
    auto const sent = w.service.take_deliveries(with);
    return {sent.front().headers, sent.front().body};
  }
};

TEST_F(Hooks, AcceptWhatIsSigned) { EXPECT_TRUE(guard.accept(call({"first"}), w.clock.wall)); }

TEST_F(Hooks, RefuseWhatIsNotSignedOrOtherwise) {
  EXPECT_FALSE(guard.accept(call({"another"}), w.clock.wall));
  auto unsigned_call = call({"first"});
  std::erase_if(unsigned_call.headers, [](auto const& h) {
    return h.first == "x-pagerduty-signature";
  });
  EXPECT_FALSE(guard.accept(unsigned_call, w.clock.wall));
  auto changed = call({"first"});
  changed.body += ' ';
  EXPECT_FALSE(guard.accept(changed, w.clock.wall)) << "the raw body counts";
  EXPECT_FALSE(hook_guard{{}}.accept(call({"first"}), w.clock.wall)) << "no secret, no trust";
}

TEST_F(Hooks, AcceptAnySignatureThatFitsWhileSecretsAreChanged) {
  EXPECT_TRUE(guard.accept(call({"new", "first"}), w.clock.wall)) << "theirs is ahead";
  hook_guard both{secrets({"first", "second"})};
  EXPECT_TRUE(both.accept(call({"second"}), w.clock.wall)) << "ours is ahead";
}

TEST_F(Hooks, PassOverSignaturesOfOtherVersions) {
  auto later = call({"first"});
  for (auto& [name, value] : later.headers) {
    if (name == "x-pagerduty-signature") value.insert(0, " v2=abc , ").push_back(',');
  }
  EXPECT_TRUE(guard.accept(later, w.clock.wall));
  for (auto& [name, value] : later.headers) {
    if (name == "x-pagerduty-signature") value.replace(value.find("v1="), 3, "v0=");
  }
  EXPECT_FALSE(guard.accept(later, w.clock.wall));
}

TEST_F(Hooks, AcceptAnEventOnce) {
  auto const once = call({"first"});
  EXPECT_TRUE(guard.accept(once, w.clock.wall));

  auto const again = guard.accept(once, w.clock.wall);

  ASSERT_FALSE(again);
  EXPECT_EQ(again.error().code, errc::conflict) << "told to have arrived, and wakes nobody";
  EXPECT_THAT(again.error().detail, HasSubstr("came before"));
  auto renamed = once;
  for (auto& [name, value] : renamed.headers) {
    if (name == "x-webhook-id") value = "another";
  }
  EXPECT_FALSE(guard.accept(renamed, w.clock.wall)) << "that header is not signed";
}

TEST_F(Hooks, AcceptRetriesForAsLongAsPagerDutyMakesThemAndNoLonger) {
  auto const first = call({"first"});
  auto const second = call({"first"});

  EXPECT_TRUE(guard.accept(first, w.clock.wall + std::chrono::hours{48}));
  EXPECT_FALSE(guard.accept(second, w.clock.wall + std::chrono::hours{50}));
  EXPECT_FALSE(guard.accept(call({"first"}), w.clock.wall - std::chrono::minutes{10}));
}

TEST_F(Hooks, RefuseWhatIsTooLargeToHaveBeenSent) {
  adapter::hook_call large;
  large.body.assign(std::size_t{300} * 1024, ' ');

  EXPECT_THAT(guard.accept(large, w.clock.wall).error().detail, HasSubstr("larger"));
}

TEST_F(Hooks, AreVouchedForByTheConnection) {
  w.connect([&](auto& with) { with.webhook_secrets = secrets({"first"}); });
  EXPECT_TRUE(w.system->accept(call({"first"})));
  EXPECT_FALSE(w.system->accept(call({"another"})));
}

}  // namespace
}  // namespace pagerduty_test

#include "adapters/servicenow/hook.hpp"

#include <gtest/gtest.h>

#include "world.hpp"

namespace servicenow_test {
namespace {

adapter::hook_call with_secret(std::string value) {
  adapter::hook_call posted;
  posted.headers.emplace_back("content-type", "application/json");
  posted.headers.emplace_back("x-hook-secret", std::move(value));
  posted.body = R"({"table":"incident"})";
  return posted;
}

core::errc refused(world& w, adapter::hook_call const& posted) {
  auto const answer = w.system->accept(posted);
  return answer ? core::errc{} : answer.error().code;
}

TEST(Webhook, IsTakenWithTheSecretOrTheNextOne) {
  world w{[](auto& with) {
    with.hook_secrets = {core::secret{"today"}, core::secret{"tomorrow"}};
  }};
  EXPECT_TRUE(w.system->accept(with_secret("today")));
  EXPECT_TRUE(w.system->accept(with_secret("tomorrow")));
}

TEST(Webhook, IsRefusedWithAnotherSecretOrNone) {
  world w{[](auto& with) { with.hook_secrets = {core::secret{"today"}}; }};
  EXPECT_EQ(refused(w, with_secret("toda")), core::errc::rejected);
  EXPECT_EQ(refused(w, with_secret("today ")), core::errc::rejected);
  EXPECT_EQ(refused(w, with_secret("")), core::errc::rejected);
  EXPECT_EQ(refused(w, {}), core::errc::rejected);
}

TEST(Webhook, IsRefusedWhereNoSecretIsConfigured) {
  world w;
  EXPECT_EQ(refused(w, with_secret("")), core::errc::rejected);
}

TEST(Webhook, TellsNobodyTheSecret) {
  world w{[](auto& with) { with.hook_secrets = {core::secret{"canary"}}; }};
  EXPECT_EQ(w.system->accept(with_secret("x")).error().detail.find("canary"), std::string::npos);
}

}  // namespace
}  // namespace servicenow_test

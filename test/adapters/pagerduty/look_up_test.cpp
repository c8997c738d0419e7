#include "adapters/pagerduty/look_up.hpp"

#include "world.hpp"

namespace pagerduty_test {
namespace {

struct LookUp : testing::Test {
  account w;

  adapter::answer ask(std::string kind, std::string by, std::string key, std::string want = "id") {
    adapter::question one;
    one.kind = std::move(kind);
    one.by = std::move(by);
    one.key = std::move(key);
    one.want = std::move(want);
    std::vector<adapter::question> all{one};
    auto found = w.run(w.system->look_up(all));
    if (!found) throw std::runtime_error{found.error().detail};
    return found->front();
  }
};

TEST_F(LookUp, FindsAPersonByTheWholeAddressWhateverItsCase) {
  w.service.add_user("Joanna", "joann@contoso.com");

  EXPECT_EQ(
      ask("user", "email", "ANN@contoso.com").found, w.service.user("ann@contoso.com").c_str()
  ) << "PagerDuty finds any part of a name or address";
  EXPECT_TRUE(ask("user", "email", "nn@contoso.com").found.is_null());
}

TEST_F(LookUp, FindsWhoAnIdIs) {
  EXPECT_EQ(ask("user", "id", w.service.user("ann@contoso.com"), "email").found, "ann@contoso.com");
  EXPECT_TRUE(ask("user", "id", "PNOBODY", "email").found.is_null());
}

TEST_F(LookUp, DoesNotChooseBetweenTwoOfOneName) {
  w.service.add_user("Ann Analyst", "other.ann@contoso.com");

  auto const found = ask("user", "name", "Ann Analyst");

  EXPECT_TRUE(found.found.is_null());
  EXPECT_TRUE(found.several);
}

TEST_F(LookUp, FindsPrioritiesPoliciesAndServicesByName) {
  EXPECT_EQ(ask("priority", "name", "P2").found, w.service.priority("P2").c_str());
  EXPECT_EQ(
      ask("escalation_policy", "name", "Customer response").found,
      w.service.policy("Customer response").c_str()
  );
  EXPECT_EQ(ask("service", "name", "Defender").found, w.service.service().c_str());
  EXPECT_TRUE(ask("priority", "name", "P9").found.is_null());
  EXPECT_TRUE(ask("queue", "name", "P9").found.is_null());
}

TEST_F(LookUp, RemembersAnAnswerForAWhile) {
  ask("user", "email", "ann@contoso.com");
  ask("user", "email", "ann@contoso.com");
  ask("priority", "name", "P1");
  ask("priority", "name", "P2");
  EXPECT_EQ(w.calls("GET /users"), 1u);
  EXPECT_EQ(w.calls("GET /priorities"), 1u);

  w.clock.pass(pagerduty::directory::kept_for);

  ask("user", "email", "ann@contoso.com");
  EXPECT_EQ(w.calls("GET /users"), 2u);
}

TEST_F(LookUp, AsksNothingForAKeyThatCannotBe) {
  w.service.forget_operations();
  EXPECT_TRUE(ask("user", "email", "").found.is_null());
  EXPECT_TRUE(ask("user", "id", "../incidents").found.is_null());
  EXPECT_TRUE(w.service.operations().empty());
}

}  // namespace
}  // namespace pagerduty_test

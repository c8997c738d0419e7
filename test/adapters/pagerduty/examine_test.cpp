#include "adapters/pagerduty/examine.hpp"

#include <algorithm>

#include "world.hpp"

namespace pagerduty_test {
namespace {

using verdict = adapter::check::verdict;
using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;

struct Examine : testing::Test {
  account w;

  adapter::check look_at(std::string const& name) {
    for (auto const& one : w.run(w.system->examine())) {
      if (one.name == name) return one;
    }
    ADD_FAILURE() << "nothing was said of " << name;
    return {};
  }
};

TEST_F(Examine, AGoodAccountIsGoodAndNothingIsWritten) {
  for (auto const& one : w.run(w.system->examine())) {
    EXPECT_EQ(one.found, verdict::good) << one.name << ": " << one.detail;
  }
  for (auto const& [operation, count] : w.service.operations()) {
    EXPECT_THAT(operation, testing::StartsWith("GET "));
  }
}

TEST_F(Examine, AWrongKeyFailsTheSignIn) {
  w.connect([](auto& with) {
    with.credential = pagerduty::key_sign_in{core::secret{"wrong-canary-key"}};
  });

  auto const found = look_at("sign-in");

  EXPECT_EQ(found.found, verdict::bad);
  EXPECT_THAT(found.detail, HasSubstr("region: eu"));
  EXPECT_THAT(found.detail, testing::Not(HasSubstr("canary")));
}

TEST_F(Examine, AClockThatIsWrongIsNamed) {
  w.faults.skew = std::chrono::minutes{-3};

  EXPECT_EQ(look_at("clock").found, verdict::bad);
  EXPECT_THAT(look_at("clock").detail, HasSubstr("180 s ahead"));
}

TEST_F(Examine, AServiceThatIsNotThereIsNamed) {
  w.connect([](auto& with) { with.service = "PNOTHERE"; });

  EXPECT_EQ(look_at("service").found, verdict::bad);
}

TEST_F(Examine, ARequesterThatIsNobodyIsNamed) {
  w.connect([](auto& with) { with.from = "svc@acme.example"; });

  EXPECT_EQ(look_at("from").found, verdict::bad) << "part of another address is no match";
}

TEST_F(Examine, APlanWithoutPrioritiesIsAWarning) {
  w.service.settings().has_priorities = false;
  w.service.settings().has_urgencies = false;

  EXPECT_EQ(look_at("priorities").found, verdict::warning);
  EXPECT_EQ(look_at("abilities").found, verdict::warning);
}

TEST_F(Examine, AnUndefinedCustomFieldIsNamed) {
  w.connect([](auto& with) { with.custom_fields = {"defender_id", "unheard_of"}; });

  EXPECT_EQ(look_at("custom fields").found, verdict::bad);
  EXPECT_THAT(look_at("custom fields").detail, testing::EndsWith("unheard_of"));
}

TEST_F(Examine, TellsScopesThatWereNotGranted) {
  std::erase(w.service.settings().scopes, "incidents.write");
  w.connect([&](auto& with) {
    pagerduty::oauth_sign_in app;
    app.client_id = w.service.settings().client_id;
    app.client_secret = core::secret{w.service.settings().client_secret};
    app.subdomain = "acme";
    with.credential = std::move(app);
  });

  EXPECT_THAT(look_at("scopes").detail, HasSubstr("incidents.write"));
}

TEST_F(Examine, DescribesTheAccount) {
  w.connect([](auto& with) { with.custom_fields = {"alerts"}; });

  auto const told = w.run(w.system->describe());

  ASSERT_TRUE(told) << told.error().detail;
  auto const field = [&](std::string const& name) {
    auto const at = std::ranges::find(told->fields, name, &adapter::description::field::name);
    if (at == told->fields.end()) throw std::runtime_error{name};
    return *at;
  };
  EXPECT_THAT(*field("priority").choices, ElementsAre("P1", "P2", "P3", "P4", "P5"));
  EXPECT_THAT(*field("escalation_policy").choices, Contains("Customer response"));
  EXPECT_TRUE(field("title").mandatory);
  EXPECT_FALSE(field("incident_number").writable);
  EXPECT_EQ(field("cf_alerts").type, "integer");
  EXPECT_TRUE(told->workflow_field.empty()) << "any status can be written";
  EXPECT_TRUE(told->unseen.empty());
}

TEST_F(Examine, SaysWhatItCouldNotSee) {
  w.service.settings().has_priorities = false;

  auto const told = w.run(w.system->describe());

  ASSERT_TRUE(told);
  ASSERT_EQ(told->unseen.size(), 1u);
  EXPECT_THAT(told->unseen.front(), HasSubstr("priorities"));
}

}  // namespace
}  // namespace pagerduty_test

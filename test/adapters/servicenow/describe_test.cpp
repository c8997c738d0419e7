// What the adapter makes of an instance's own metadata.
#include <algorithm>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <set>

#include "adapters/servicenow/metadata.hpp"
#include "test/simulators/servicenow/servicenow.hpp"
#include "test/simulators/transport.hpp"
#include "world.hpp"

namespace servicenow_test {
namespace {

using simulators::servicenow_settings;
using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::UnorderedElementsAre;

using description = adapter::description;

struct Describe : testing::Test {
  explicit Describe(servicenow_settings with = servicenow_settings::observed())
      : service{std::move(with), clock.wall} {
    transport.route("https://instance.service-now.com", service);
  }

  core::result<description> ask(std::string table = "incident") {
    servicenow::settings with;
    with.base_url = "https://instance.service-now.com";
    with.table = std::move(table);
    with.credential = servicenow::basic_sign_in{
        service.settings().user_name, core::secret{service.settings().password}};
    adapter::surroundings around{"itsm", transport, clock, *random};
    auto const system = servicenow::make_system(std::move(with), around);
    return run(system->describe());
  }

  description described(std::string table = "incident") {
    auto found = ask(std::move(table));
    EXPECT_TRUE(found) << found.error().detail;
    return found ? std::move(*found) : description{};
  }

  still_clock clock;
  simulators::servicenow service;
  simulators::simulated_transport transport{clock};
  std::unique_ptr<async::random> random = async::make_seeded_random(1);
};

description::field const& named(description const& in, std::string_view name) {
  static description::field const none;
  for (auto const& one : in.fields) {
    if (one.name == name) return one;
  }
  ADD_FAILURE() << "no field " << name;
  return none;
}

description::step const& into(description const& in, std::string_view state) {
  static description::step const none;
  for (auto const& one : in.steps) {
    if (one.to == state) return one;
  }
  ADD_FAILURE() << "no step to " << state;
  return none;
}

TEST_F(Describe, ShowsOwnAndInheritedColumnsWithTheirKindLengthAndFlags) {
  auto const found = described();

  EXPECT_EQ(named(found, "close_code").kind, "choice");
  EXPECT_EQ(named(found, "short_description").kind, "text");
  EXPECT_EQ(named(found, "short_description").length, 160u);
  EXPECT_TRUE(named(found, "short_description").expected);
  EXPECT_FALSE(named(found, "short_description").mandatory);
  EXPECT_EQ(named(found, "description").kind, "multiline");
  EXPECT_EQ(named(found, "assigned_to").kind, "person");
  EXPECT_EQ(named(found, "assignment_group").kind, "reference");
  EXPECT_EQ(named(found, "work_notes").kind, "comment");
  EXPECT_EQ(named(found, "watch_list").kind, "set");
  EXPECT_EQ(named(found, "opened_at").kind, "time");
  EXPECT_FALSE(named(found, "resolved_at").writable);
  EXPECT_TRUE(named(found, "assigned_to").writable);
  for (auto const& one : found.fields) EXPECT_NE(one.name, "alert_rule") << "another table's";
}

TEST_F(Describe, ShowsTheChoicesOfTheNearestTable) {
  auto const found = described();

  EXPECT_THAT(*named(found, "urgency").choices, ElementsAre("1", "2", "3"));
  EXPECT_THAT(found.states, UnorderedElementsAre("1", "2", "3", "6", "7", "8"));
  EXPECT_EQ(found.workflow_field, "state");
  EXPECT_FALSE(named(found, "short_description").choices);
}

TEST_F(Describe, LeavesOutChoicesThatBecameInactive) {
  service.set_choice({"incident", "close_code", "Duplicate", "Duplicate"}, false, clock.wall);
  service.set_choice(
      {"incident", "close_code", "Accepted risk", "Accepted risk"}, true, clock.wall
  );

  auto const choices = *named(described(), "close_code").choices;

  EXPECT_THAT(choices, testing::Not(Contains("Duplicate")));
  EXPECT_THAT(choices, Contains("Accepted risk"));
}

TEST_F(Describe, ShowsWhatDataPoliciesDemandOnTheWayIntoAState) {
  auto const found = described();

  EXPECT_THAT(into(found, "6").demands, UnorderedElementsAre("close_code", "close_notes"));
  EXPECT_THAT(into(found, "7").demands, UnorderedElementsAre("close_code", "close_notes"));
  EXPECT_THAT(into(found, "2").demands, IsEmpty());
  EXPECT_THAT(into(found, "3").expects, ElementsAre("hold_reason"));
  EXPECT_THAT(found.exits_unseen, UnorderedElementsAre("7", "8"));
}

TEST_F(Describe, WithoutTheDataPolicyOnlyTheFormDemands) {
  service.settings().resolve_needs_close_fields = false;

  auto const found = described();

  EXPECT_THAT(into(found, "6").demands, IsEmpty());
  EXPECT_THAT(into(found, "6").expects, UnorderedElementsAre("close_code", "close_notes"));
}

TEST_F(Describe, TakesADataPolicyWithoutConditionForMandatory) {
  service.settings().mandatory_on_create = {"short_description", "cmdb_ci"};

  auto const found = described();

  EXPECT_TRUE(named(found, "cmdb_ci").mandatory);
  EXPECT_TRUE(named(found, "short_description").mandatory);
}

TEST_F(Describe, SaysWhichConditionsItDoesNotUnderstand) {
  EXPECT_THAT(
      described().unseen,
      Contains(HasSubstr("Awaiting Caller needs a comment' makes comments mandatory"))
  );
}

TEST_F(Describe, SaysWhatTheUserMayNotRead) {
  service.settings().unreadable_tables = {"sys_data_policy2", "sys_dictionary_override"};

  auto const found = described();

  EXPECT_THAT(found.unseen, Contains(HasSubstr("what data policies demand: sys_data_policy2")));
  EXPECT_THAT(found.unseen, Contains(HasSubstr("sys_dictionary_override")));
  EXPECT_THAT(into(found, "6").demands, IsEmpty());
  EXPECT_FALSE(found.fields.empty());
}

TEST_F(Describe, ConcludesNothingWithoutTheDictionary) {
  service.settings().unreadable_tables = {"sys_dictionary"};

  auto const found = described();

  EXPECT_THAT(found.fields, IsEmpty());
  EXPECT_THAT(found.states, IsEmpty());
  EXPECT_THAT(found.unseen, Contains(HasSubstr("sys_dictionary")));
}

TEST_F(Describe, ReadsWhatATableOverridesOfInheritedColumns) {
  auto const found = described("sn_si_incident");

  EXPECT_TRUE(named(found, "contact_type").expected);
  EXPECT_FALSE(named(described(), "contact_type").expected);
}

TEST_F(Describe, ClaimsNothingOfTheOrderOfAProcessThatItCannotRead) {
  auto const found = described("sn_si_incident");

  EXPECT_EQ(found.exits_unseen, found.states);
  EXPECT_THAT(found.unseen, Contains(HasSubstr("process definition")));
  EXPECT_THAT(into(found, "3").demands, UnorderedElementsAre("close_code", "close_notes"));
}

TEST_F(Describe, OnlyReads) {
  described();
  for (auto const& [operation, count] : service.operations()) {
    EXPECT_TRUE(operation.starts_with("GET ")) << operation;
  }
}

TEST_F(Describe, FailsWhenTheInstanceRefusesTheSignIn) {
  service.settings().basic_allowed = false;
  auto const found = ask();
  ASSERT_FALSE(found);
  EXPECT_EQ(found.error().code, core::errc::unauthorized);
}

struct condition_case {
  char const* text;
  std::optional<std::vector<std::string>> states;
};

TEST(StateCondition, IsReadAsFarAsItSpeaksOfTheStateAlone) {
  std::vector<std::string> const all{"1", "2", "6", "7"};
  using list = std::vector<std::string>;
  for (auto const& c : {
           condition_case{"", std::nullopt},
           condition_case{"^EQ", std::nullopt},
           condition_case{"state=6^EQ", list{"6"}},
           condition_case{"stateIN6,7^EQ", list{"6", "7"}},
           condition_case{"incident_state=6^ORincident_state=7^EQ", list{"6", "7"}},
           condition_case{"state!=1", list{"2", "6", "7"}},
           condition_case{"stateNOT IN1,2", list{"6", "7"}},
           condition_case{"stateIN2,6,7^state!=7", list{"2", "6"}},
       }) {
    auto const read = servicenow::read_state_condition(c.text, all);
    ASSERT_TRUE(read) << c.text;
    EXPECT_EQ(read->states, c.states) << c.text;
  }
}

TEST(StateCondition, IsNotGuessedWhereItSpeaksOfMore) {
  std::vector<std::string> const all{"1", "2"};
  for (auto const* text :
       {"state=3^hold_reason=1^EQ",
        "state=1^ORpriority=1",
        "state=1^NQpriority=1",
        "state>1",
        "substate=1",
        "javascript:gs.hasRole('admin')"}) {
    EXPECT_FALSE(servicenow::read_state_condition(text, all)) << text;
  }
}

}  // namespace
}  // namespace servicenow_test

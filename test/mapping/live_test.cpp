#include "connector/mapping/live.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <set>

#include "test/mapping/support.hpp"

/// A map against what a system says of itself.
namespace connector::mapping::test {
namespace {

using testing::HasSubstr;
using description = adapter::description;

constexpr auto head =
    "mapping: m\nversion: 1\nincident: defender\nticket: servicenow/incident\nopen: all\nrules:\n";

constexpr auto usual = R"(  - incident: status
    ticket: state
    sync: both
    conflict: incident
    values:
      - active     <-> "1"
      - inProgress <-> "2"
      - resolved   <-> "6"
      - otherwise: park
  - ticket: close_notes
    sync: to_ticket
    when: {ticket: {state: "6"}}
    template: "{displayName}"
  - incident: displayName
    ticket: short_description
    sync: to_ticket
    fit: 160
)";

std::shared_ptr<program const> program_of(std::string const& rules, std::string const& rest = {}) {
  auto done = compile_text(head + rules + rest);
  if (!done.as_data) throw std::runtime_error(shown(done.findings));
  return done.as_data;
}

description::field field(std::string name, std::string kind, std::size_t length = 0) {
  description::field one;
  one.name = std::move(name);
  one.type = one.kind = std::move(kind);
  if (length > 0) one.length = length;
  return one;
}

description::field choice(std::string name, std::vector<std::string> values) {
  auto one = field(std::move(name), "choice");
  one.choices = std::move(values);
  return one;
}

description::step step(std::string from, std::string to, std::vector<std::string> demands = {}) {
  description::step one;
  one.from = std::move(from);
  one.to = std::move(to);
  one.demands = std::move(demands);
  return one;
}

/// A system that suits `usual`.
description fitting() {
  description d;
  d.fields = {
      choice("state", {"1", "2", "6", "7"}),
      field("close_notes", "multiline", 4000),
      field("short_description", "text", 160)};
  d.workflow_field = "state";
  d.states = {"1", "2", "6", "7"};
  d.steps = {step("", "1"), step("", "2"), step("", "6", {"close_notes"}), step("", "7")};
  d.exits_unseen = {"7"};
  return d;
}

description::field& named(description& in, std::string_view name) {
  for (auto& one : in.fields) {
    if (one.name == name) return one;
  }
  throw std::logic_error("no field");
}

std::string text_of(std::vector<live_finding> const& all) {
  std::string text;
  for (auto const& one : all) text += to_string(one.what) + '\n';
  return text;
}

std::string shown_place(config::position const& at) {
  return at.file + ':' + std::to_string(at.line) + ':' + std::to_string(at.column);
}

/// What comparing `usual` with the system finds.
std::vector<live_finding> compared(description const& real, std::string const& rest = {}) {
  return compare(*program_of(usual, rest), side::ticket, real);
}

std::string ids_of(std::vector<live_finding> const& all) {
  std::string ids;
  for (auto const& one : all) ids += (ids.empty() ? "" : " ") + one.what.id;
  return ids;
}

TEST(Live, HasNothingToSayOfASystemThatSuitsTheMap) { EXPECT_EQ(text_of(compared(fitting())), ""); }

TEST(Live, ConcludesNothingFromASystemThatTellsNothing) {
  EXPECT_EQ(text_of(compared({})), "");

  description silent;
  silent.unseen = {"fields: the user may not read them"};
  EXPECT_EQ(ids_of(compared(silent)), "M111");
}

TEST(Live, FindsAFieldThatIsNotThere) {
  auto real = fitting();
  named(real, "close_notes").name = "close_note";

  auto const found = compared(real);

  ASSERT_THAT(text_of(found), HasSubstr("map.yaml:16:5: error M100: ticket field 'close_notes'"));
  EXPECT_THAT(text_of(found), HasSubstr("did you mean 'close_note'?"));
}

TEST(Live, TheWorkflowsFieldNeedsToStandOnNoForm) {
  auto real = fitting();
  real.fields.erase(real.fields.begin());
  EXPECT_EQ(text_of(compared(real)), "");
}

TEST(Live, FindsAFieldOfAnotherKind) {
  auto real = fitting();
  named(real, "short_description") = field("short_description", "flag");
  EXPECT_EQ(ids_of(compared(real)), "M101");
}

TEST(Live, TakesAChoiceThatIsATextThereForTheSame) {
  auto real = fitting();
  real.fields[0].kind = "text";
  EXPECT_EQ(ids_of(compared(real)), "");
}

TEST(Live, FindsAChoiceThatDoesNotExistAtTheRowThatWritesIt) {
  auto real = fitting();
  named(real, "state").choices = real.states = {"1", "3", "6", "7"};

  auto const found = compared(real);

  ASSERT_EQ(ids_of(found), "M102");
  EXPECT_EQ(shown_place(found[0].what.at), "map.yaml:13:9");
  EXPECT_EQ(found[0].rule, "status/state");
}

TEST(Live, LeavesRowsAloneThatOnlyReadAChoice) {
  auto const map = program_of(R"(  - incident: status
    ticket: state
    sync: both
    conflict: incident
    values:
      - active <-> "1"
      - resolved <- "9"
      - otherwise: park
)");
  EXPECT_EQ(text_of(compare(*map, side::ticket, fitting())), "");
}

TEST(Live, FindsAFieldThatNobodyMayWrite) {
  auto real = fitting();
  named(real, "short_description").writable = false;
  auto const found = compared(real);
  ASSERT_EQ(ids_of(found), "M103");
  EXPECT_EQ(found[0].rule, "displayName/short_description");
}

TEST(Live, FindsAFieldThatIsShorterThanWhatIsWritten) {
  auto real = fitting();
  named(real, "short_description").length = 80;
  EXPECT_THAT(text_of(compared(real)), HasSubstr("write 'fit: 80'"));
  EXPECT_EQ(ids_of(compared(real)), "M104");
}

TEST(Live, FindsWhatANewTicketCannotDoWithout) {
  auto real = fitting();
  real.fields.push_back(field("cmdb_ci", "reference"));
  real.fields.back().mandatory = true;
  EXPECT_EQ(ids_of(compared(real)), "M105");

  real.fields.back().mandatory = false;
  real.fields.back().expected = true;
  EXPECT_EQ(ids_of(compared(real)), "M106");
}

TEST(Live, ARuleThatAppliesLaterDoesNotSupplyANewTicket) {
  auto real = fitting();
  named(real, "close_notes").mandatory = true;
  EXPECT_THAT(text_of(compared(real)), HasSubstr("no rule supplies it while 'state' is '1'"));
}

TEST(Live, FindsWhatAStepDemandsAndNoRuleWritesThen) {
  auto real = fitting();
  real.fields.push_back(choice("close_code", {"Fixed"}));
  real.steps[2].demands.emplace_back("close_code");

  auto const found = compared(real);

  ASSERT_EQ(ids_of(found), "M107");
  EXPECT_EQ(shown_place(found[0].what.at), "map.yaml:14:9");
  EXPECT_THAT(found[0].what.text, HasSubstr("the way into '6' of 'state'"));
}

TEST(Live, AFormsDemandIsNoMoreThanAWarning) {
  auto real = fitting();
  real.steps[2].expects.emplace_back("close_code");
  EXPECT_EQ(ids_of(compared(real)), "M108");
}

TEST(Live, HoldsTheMergePolicyToTheSameDemands) {
  auto const merged = "merged: {close: yes, write: {state: \"6\"}}\n";
  auto const found = compared(fitting(), merged);
  ASSERT_EQ(ids_of(found), "M107");
  EXPECT_THAT(found[0].what.text, HasSubstr("'merged' does not write it"));
}

TEST(Live, FindsNamesThatNobodyHasOrSeveralHave) {
  auto const map = program_of(R"(  - ticket: assignment_group
    sync: to_ticket
    choose:
      - {when: {severity: high}, then: SOC}
      - otherwise: Desk
    reference: {by: name, missing: park}
)");
  auto const all = named_entries(*map);
  ASSERT_EQ(all.size(), 2U);
  answers known;
  known.add(side::ticket, all[0].question.asked, {});
  EXPECT_EQ(ids_of(check_names(all, known)), "M109");
  known.add(side::ticket, all[1].question.asked, {core::value(nullptr), true});

  auto const found = check_names(all, known);

  EXPECT_THAT(text_of(found), HasSubstr("map.yaml:10:"));
  EXPECT_THAT(text_of(found), HasSubstr("no group with name 'SOC'"));
  EXPECT_THAT(text_of(found), HasSubstr("more than one group with name 'Desk'"));
}

/// A workflow that can only be walked: 1 -> 2 -> 6 -> 7, and back from 6 to 2.
description walked() {
  auto real = fitting();
  real.exits_unseen.clear();
  real.steps = {step("1", "2"), step("2", "6", {"close_notes"}), step("6", "2"), step("6", "7")};
  return real;
}

TEST(Reachability, FindsTheStatesFromWhichNoStepsLead) {
  auto const found = compared(walked());

  ASSERT_EQ(ids_of(found), "M110 M110 M110");
  EXPECT_THAT(
      found[0].what.text, HasSubstr("no steps lead to '1' of 'state' from '2', '6' and '7'")
  );
  EXPECT_THAT(found[1].what.text, HasSubstr("no steps lead to '2' of 'state' from '7'"));
}

TEST(Reachability, WalksSeveralSteps) {
  auto real = walked();
  real.steps.push_back(step("6", "1"));
  auto const closed = "closed: {when: {state: [\"7\"]}, changes: park}\n";
  EXPECT_EQ(text_of(compared(real, closed)), "");
}

TEST(Reachability, DoesNotAskForAWayOutOfWhatTheMapLeavesAlone) {
  auto const closed = "closed: {when: {state: [\"7\"]}, changes: park}\n";
  auto const found = compared(walked(), closed);
  ASSERT_EQ(ids_of(found), "M110");
  EXPECT_THAT(found[0].what.text, HasSubstr("to '1' of 'state' from '2' and '6'"));
}

TEST(Reachability, ConcludesNothingWhereExitsWereNotSeen) {
  auto real = walked();
  real.exits_unseen = {"6", "7"};
  EXPECT_EQ(text_of(compared(real)), "");
}

TEST(Reachability, DoesNotMissAStateThatMayBeBehindExitsThatWereNotSeen) {
  auto real = walked();
  real.fields.erase(real.fields.begin());
  real.states = {"1", "2"};
  real.steps = {step("1", "2")};
  real.exits_unseen = {"2"};
  EXPECT_EQ(text_of(compared(real)), "");

  real.exits_unseen.clear();
  EXPECT_EQ(ids_of(compared(real)), "M110 M102");
}

TEST(Reachability, FindsAWayThatDemandsWhatNoRuleSupplies) {
  auto real = walked();
  real.steps = {
      step("1", "3", {"close_code"}),
      step("3", "2"),
      step("2", "1"),
      step("2", "6"),
      step("6", "2")};
  real.states = {"1", "2", "3", "6"};
  named(real, "state").choices = real.states;

  auto const found = compared(real);

  ASSERT_EQ(ids_of(found), "M110 M110");
  EXPECT_THAT(
      found[0].what.text, HasSubstr("only by steps that demand what no rule supplies: 'close_code'")
  );
}

std::vector<live_finding> drifted(description const& after) {
  return drift(*program_of(usual), side::ticket, fitting(), after);
}

TEST(Drift, IsSilentWhereNothingChanged) { EXPECT_EQ(text_of(drifted(fitting())), ""); }

TEST(Drift, SaysWhatBecomesOfANewChoice) {
  auto real = fitting();
  named(real, "state").choices->emplace_back("3");

  auto const found = drifted(real);

  ASSERT_EQ(ids_of(found), "M112 M112");
  EXPECT_EQ(found[0].rule, "status/state");
  EXPECT_THAT(found[0].what.text, HasSubstr("choice '3' of ticket field 'state' is new: no row"));
  EXPECT_THAT(found[0].what.text, HasSubstr("waits for a person"));
}

TEST(Drift, NamesTheRowThatAsksForAChoiceThatIsGone) {
  auto real = fitting();
  std::erase(*named(real, "state").choices, "2");

  auto const found = drifted(real);

  ASSERT_EQ(ids_of(found), "M112");
  EXPECT_EQ(shown_place(found[0].what.at), "map.yaml:13:9");
}

TEST(Drift, TellsTheRulesThatAFieldsEndTouches) {
  auto real = fitting();
  real.fields.pop_back();
  auto const found = drifted(real);
  ASSERT_EQ(ids_of(found), "M112");
  EXPECT_EQ(found[0].rule, "displayName/short_description");
  EXPECT_THAT(found[0].what.text, HasSubstr("vanished since the last look"));
}

TEST(Drift, SpellsOutEachChangeOfAField) {
  auto real = fitting();
  auto& notes = named(real, "close_notes");
  notes.writable = false;
  notes.length = 100;
  notes.mandatory = true;

  auto const text = text_of(drifted(real));

  EXPECT_THAT(text, HasSubstr("became read-only: what this rule writes is refused"));
  EXPECT_THAT(text, HasSubstr("held 4000 characters and now holds 100"));
  EXPECT_THAT(text, HasSubstr("became mandatory: writes are refused where this rule leaves it"));
}

TEST(Drift, OfFieldsThatNoRuleLooksAtIsANote) {
  auto real = fitting();
  real.fields.push_back(field("u_new", "text"));
  EXPECT_EQ(ids_of(drifted(real)), "M113");
}

TEST(Drift, SaysThatANewMandatoryFieldStopsTickets) {
  auto real = fitting();
  real.fields.push_back(field("u_new", "text"));
  real.fields.back().mandatory = true;
  auto const found = drifted(real);
  ASSERT_EQ(ids_of(found), "M112");
  EXPECT_THAT(found[0].what.text, HasSubstr("tickets without it are refused"));
}

TEST(Drift, SaysWhatAStepDemandsNow) {
  auto real = fitting();
  real.steps[2].demands.emplace_back("close_code");
  EXPECT_THAT(
      text_of(drifted(real)),
      HasSubstr("the way into '6' of 'state' now demands 'close_code': no rule supplies it")
  );
}

TEST(Drift, CountsNothingAsGoneThatCouldNotBeReadThisTime) {
  description blind;
  blind.unseen = {"fields"};
  EXPECT_EQ(text_of(drifted(blind)), "");
}

TEST(Live, EachKindOfFindingHasATestHere) {
  // What a map's file alone does not show has no bad file in test/mapping/bad.
  std::set<std::string_view> const here{
      "M100",
      "M101",
      "M102",
      "M103",
      "M104",
      "M105",
      "M106",
      "M107",
      "M108",
      "M109",
      "M110",
      "M111",
      "M112",
      "M113"};
  for (auto const& kind : finding_kinds()) {
    EXPECT_EQ(is_live(kind), here.contains(kind.id)) << kind.id;
  }
}

}  // namespace
}  // namespace connector::mapping::test

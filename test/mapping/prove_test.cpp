#include "connector/mapping/prove.hpp"

#include <chrono>
#include <gtest/gtest.h>

#include "test/mapping/support.hpp"

namespace connector::mapping::test {
namespace {

proof proof_of(std::string const& rules_text) {
  auto const done = compile_text(
      "mapping: m\nversion: 1\nincident: defender\nticket: servicenow/incident\nopen: all\n"
      "fields:\n  ticket:\n    u_text: {type: text}\nrules:\n" +
      rules_text
  );
  if (!done.as_data) throw std::runtime_error(shown(done.findings));
  return prove(done.as_data);
}

std::string ids(proof const& p) {
  std::string all;
  for (auto const& f : p.findings) all += (all.empty() ? "" : " ") + f.id;
  return all;
}

finding const& only(proof const& p, std::string_view id) {
  finding const* hit = nullptr;
  for (auto const& f : p.findings) {
    if (f.id == id) hit = &f;
  }
  if (!hit) throw std::runtime_error("no " + std::string{id} + " in\n" + shown(p.findings));
  return *hit;
}

constexpr auto crossed_rules =
    "  - incident: severity\n"
    "    ticket: urgency\n"
    "    sync: to_ticket\n"
    "    values: [high -> \"1\", medium -> \"2\", low -> \"3\", otherwise: leave]\n"
    "  - incident: severity\n"
    "    ticket: urgency\n"
    "    name: back\n"
    "    sync: to_incident\n"
    "    values: [medium <- \"1\", high <- \"2\", low <- \"3\", otherwise: leave]\n";

TEST(Prove, ACycleIsShownAsATraceInTheWordsOfTheMap) {
  auto const p = proof_of(crossed_rules);

  auto const& f = only(p, "M090");
  EXPECT_EQ(f.severity, severity::error);
  ASSERT_GE(f.trace.size(), 5U) << to_string(f);
  EXPECT_NE(to_string(f).find("the connector writes severity = "), std::string::npos)
      << to_string(f);
  EXPECT_NE(to_string(f).find("map.yaml:"), std::string::npos) << to_string(f);
  EXPECT_NE(f.trace.back().text.find("it goes on"), std::string::npos) << to_string(f);
}

TEST(Prove, OneRuleForBothWaysRestsWhereTwoOneWayRulesTurnAnEditAround) {
  auto const two = proof_of(
      "  - incident: severity\n"
      "    ticket: urgency\n"
      "    sync: to_ticket\n"
      "    values: [high -> \"1\", medium -> \"2\", low -> \"3\", informational -> \"3\", "
      "otherwise: leave]\n"
      "  - incident: severity\n"
      "    ticket: urgency\n"
      "    name: back\n"
      "    sync: to_incident\n"
      "    values: [high <- \"1\", medium <- \"2\", low <- \"3\", otherwise: leave]\n"
  );
  auto const one = proof_of(
      "  - incident: severity\n"
      "    ticket: urgency\n"
      "    sync: both\n"
      "    loses: {incident: {severity: informational}}\n"
      "    values:\n"
      "      - high <-> \"1\"\n"
      "      - medium <-> \"2\"\n"
      "      - low <-> \"3\"\n"
      "      - informational -> \"3\"\n"
      "      - otherwise: leave\n"
  );

  EXPECT_NE(
      to_string(only(two, "M091")).find("severity = informational turns into severity = low"),
      std::string::npos
  ) << shown(two.findings);
  EXPECT_EQ(ids(one), "") << shown(one.findings);
  EXPECT_EQ(one.rules.front().by, rule_proof::kind::walked);
}

TEST(Prove, ALossIsAnErrorUntilTheMapDeclaresIt) {
  auto const rows =
      "    values:\n"
      "      - high <-> \"1\"\n"
      "      - low <-> \"3\"\n"
      "      - informational -> \"3\"\n"
      "      - otherwise: leave\n";
  auto const head = std::string{"  - incident: severity\n    ticket: urgency\n    sync: both\n"};

  auto const silent = proof_of(head + rows);
  auto const declared =
      proof_of(head + "    loses: {incident: {severity: informational}}\n" + rows);
  auto const wrong = proof_of(
      head + "    loses: {incident: {severity: [informational, low]}, ticket: {urgency: \"2\"}}\n" +
      rows
  );

  auto const& f = only(silent, "M093");
  EXPECT_EQ(f.text, "informational goes to the ticket as 3, which comes back as low");
  EXPECT_NE(f.fix.find("'loses: {incident: {severity: informational}}'"), std::string::npos)
      << f.fix;
  EXPECT_EQ(ids(declared), "") << shown(declared.findings);
  EXPECT_EQ(ids(wrong), "M094") << shown(wrong.findings);
}

TEST(Prove, WhatOnlyTheSystemSetsIsNoLossOfTheMap) {
  auto const p = proof_of(
      "  - incident: status\n"
      "    ticket: state\n"
      "    sync: both\n"
      "    values:\n"
      "      - inProgress <-> \"2\"\n"
      "      - awaitingAction -> \"2\"\n"
      "      - active <-> \"1\"\n"
      "      - resolved <- \"7\"\n"
      "      - otherwise: park\n"
  );

  EXPECT_EQ(ids(p), "") << shown(p.findings);
  auto const awaiting = std::find_if(p.trips.begin(), p.trips.end(), [](auto const& t) {
    return t.value == "awaitingAction";
  });
  ASSERT_NE(awaiting, p.trips.end());
  EXPECT_EQ(awaiting->there, "2");
  EXPECT_EQ(awaiting->back, "inProgress");
  EXPECT_EQ(awaiting->what, round_trip::kind::system_only);
}

TEST(Prove, TextsThatGrowOnEachWayAreFoundOut) {
  auto const p = proof_of(
      "  - {ticket: u_text, sync: to_ticket, template: \"{displayName} (Defender)\"}\n"
      "  - {incident: displayName, sync: to_incident, template: \"{u_text}\"}\n"
  );

  EXPECT_NE(to_string(only(p, "M090")).find("each time something new"), std::string::npos)
      << shown(p.findings);
}

TEST(Prove, RulesThatAnswerEachOtherWithChangedTextsAreNamedAsUnproved) {
  auto const text = [](std::string const& reason) {
    return "  - {incident: displayName, ticket: u_text, sync: to_ticket, fit: 40" + reason +
           "}\n"
           "  - {incident: displayName, ticket: u_text, name: back, sync: to_incident}\n";
  };

  auto const silent = proof_of(text(""));
  auto const said = proof_of(text(", unproved: nobody writes names of more than 40 letters"));

  EXPECT_EQ(only(silent, "M092").severity, severity::warning) << shown(silent.findings);
  EXPECT_EQ(only(said, "M092").severity, severity::note);
  EXPECT_NE(only(said, "M092").fix.find("nobody writes"), std::string::npos);
}

TEST(Prove, AReasonForWhatIsProvedAnywayIsUseless) {
  auto const p =
      proof_of("  - {incident: displayName, ticket: u_text, sync: to_ticket, unproved: who knows}\n"
      );

  EXPECT_EQ(ids(p), "M041");
}

TEST(Prove, AProductThatIsTooLargeIsNamedInsteadOfGuessed) {
  auto const done = compile_text(
      std::string{"mapping: m\nversion: 1\nincident: defender\nticket: servicenow/incident\n"
                  "open: all\nrules:\n"} +
      crossed_rules
  );
  proof_limits limits;
  limits.passes_max = 10;

  auto const p = prove(done.as_data, limits);

  EXPECT_EQ(ids(p), "M092") << shown(p.findings);
  EXPECT_EQ(p.rules.front().by, rule_proof::kind::unproved);
}

TEST(Prove, WritingOwnersBackSaysWhatItMeansAndHowItIsGuarded) {
  auto const text = [](std::string const& more) {
    return "  - incident: assignedTo\n    ticket: assigned_to\n    sync: both\n" + more +
           "    people: {by: email, missing: hold}\n";
  };

  auto const held = proof_of(text(""));
  auto const accepted = proof_of(text("    merge_risk: accept\n"));

  EXPECT_EQ(ids(held), "M095");
  EXPECT_EQ(held.findings.front().severity, severity::note);
  EXPECT_NE(held.findings.front().fix.find("60 minutes"), std::string::npos);
  EXPECT_NE(accepted.findings.front().fix.find("accepted"), std::string::npos);
}

class ProveShipped : public testing::TestWithParam<std::string> {};

TEST_P(ProveShipped, EveryRuleIsProvedInUnderASecond) {
  auto const done =
      compile(PROJECT_DIR "/mappings/" + GetParam() + ".yaml", models(), disk_files());
  ASSERT_TRUE(done.as_data) << shown(done.findings);

  auto const start = std::chrono::steady_clock::now();
  auto const p = prove(done.as_data);
  auto const took = std::chrono::steady_clock::now() - start;

  for (auto const& f : p.findings) EXPECT_EQ(f.severity, severity::note) << to_string(f);
  for (auto const& r : p.rules) EXPECT_NE(r.by, rule_proof::kind::unproved) << r.rule;
  EXPECT_GT(p.passes, 100U);
  // A map that leads one way only sends nothing back.
  auto const two_way =
      std::any_of(done.as_data->rules.begin(), done.as_data->rules.end(), [](rule_data const& r) {
        return r.direction == direction::both && std::holds_alternative<value_table>(r.body);
      });
  EXPECT_EQ(p.trips.size() > 10U, two_way);
  EXPECT_LT(took, std::chrono::seconds{1} * slowdown);
  std::cout << GetParam() << ": " << p.passes << " merges in "
            << std::chrono::duration_cast<std::chrono::microseconds>(took).count() << " us\n";
}

INSTANTIATE_TEST_SUITE_P(Maps, ProveShipped, testing::ValuesIn(shipped_maps()), [](auto const& of) {
  auto name = of.param;
  std::erase(name, '-');
  return name;
});

}  // namespace
}  // namespace connector::mapping::test

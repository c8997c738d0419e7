#include <gtest/gtest.h>

#include "test/mapping/support.hpp"

namespace connector::mapping::test {
namespace {

constexpr auto copy_rule =
    "  - {incident: displayName, ticket: short_description, sync: both, fit: 20,\n"
    "     default: untitled}\n";

TEST(Copy, CarriesATextBothWays) {
  trial t{copy_rule};
  t.incident(R"({"displayName": " A  name "})").ticket(R"({"short_description": "B"})");

  EXPECT_EQ(t.to_ticket(), "A name");
  EXPECT_EQ(t.to_incident(), "B");
  EXPECT_FALSE(t.corresponds());
}

TEST(Copy, ACutCopyCorrespondsToItsSource) {
  trial t{copy_rule};
  t.incident(R"({"displayName": "Multi-stage incident on one endpoint"})");
  auto const cut_text = t.to_ticket();
  t.ticket(R"({"short_description": ")" + cut_text + R"("})");

  EXPECT_EQ(cut_text, "Multi-stage…");
  EXPECT_TRUE(t.corresponds());
  EXPECT_EQ(t.to_incident(), "Multi-stage incident on one endpoint") << "the lost part is kept";
}

TEST(Copy, AnUnsetSourceGivesTheDefault) {
  trial t{copy_rule};

  EXPECT_EQ(t.to_ticket(), "untitled");
  t.ticket(R"({"short_description": "untitled"})");
  EXPECT_TRUE(t.corresponds());
  EXPECT_EQ(t.to_incident(), "unset");
}

TEST(Copy, HtmlBecomesWhatAReaderSees) {
  trial t{"  - {incident: description, ticket: description, sync: to_ticket, fit: 4000}\n"};
  t.incident(R"({"description": "<p>a <b>b</b></p><script>x</script>"})");

  EXPECT_EQ(t.to_ticket(), "a b");
}

TEST(Copy, UntrustedTextIsEscapedForHtmlAndNeverCutInsideAnEntity) {
  trial t{"  - {incident: displayName, ticket: html, sync: to_ticket, fit: 12}\n"};
  t.incident(R"({"displayName": "<<<<<<<<<<"})");

  EXPECT_EQ(t.to_ticket(), "&lt;&lt;…");
}

TEST(Copy, AListOfTextsIsJoined) {
  trial t{"  - {incident: alerts.title, ticket: u_titles, sync: to_ticket}\n"};
  t.incident(R"({"alerts": [{"title": "b"}, {"title": "a"}, {"title": "b"}, {}]})");

  EXPECT_EQ(t.to_ticket(), "b, a");
}

TEST(Constant, IsWrittenAndReadsAsItself) {
  trial t{"  - {ticket: category, sync: to_ticket, constant: Security}\n"};

  EXPECT_EQ(t.to_ticket(), "Security");
  EXPECT_EQ(t.the_rule().read(side::incident, {}), core::group{"Security"});
  EXPECT_FALSE(t.corresponds());
  t.ticket(R"({"category": "Security"})");
  EXPECT_TRUE(t.corresponds());
}

TEST(Constant, ForASetIsAdded) {
  trial t{"  - {ticket: labels, sync: to_ticket, constant: [defender, security]}\n"};
  t.ticket(R"({"labels": ["mine", "security"]})");

  auto const w = t.put(side::ticket);

  EXPECT_EQ(w.value, json(R"([["defender", "mine", "security"]])").as_array());
  EXPECT_FALSE(t.corresponds());
  t.ticket(R"({"labels": ["security", "x", "defender"]})");
  EXPECT_TRUE(t.corresponds());
  EXPECT_EQ(t.put(side::ticket).value, json(R"([["defender", "security", "x"]])").as_array());
}

constexpr auto table_rule = R"(  - incident: status
    ticket: state
    sync: both
    conflict: furthest
    values:
      - active        <-> "1"
      - inProgress    <-> "2"
      - awaitingAction -> "2"
      - resolved      <-> "6"
      - resolved      <-  "7"
      - park          <-  "8"
      - redirected     -> leave
      - otherwise: {to_ticket: park, to_incident: leave}
)";

TEST(ValueTable, TranslatesBothWays) {
  trial t{table_rule};
  t.incident(R"({"status": "active"})").ticket(R"({"state": "6"})");

  EXPECT_EQ(t.to_ticket(), "1");
  EXPECT_EQ(t.to_incident(), "resolved");
}

TEST(ValueTable, KeepsAValueThatAlreadySaysTheSame) {
  trial t{table_rule};
  t.incident(R"({"status": "resolved"})").ticket(R"({"state": "7"})");

  EXPECT_TRUE(t.corresponds());
  EXPECT_EQ(t.to_ticket(), "7");

  t.incident(R"({"status": "awaitingAction"})").ticket(R"({"state": "2"})");
  EXPECT_TRUE(t.corresponds());
  EXPECT_EQ(t.to_incident(), "awaitingAction");
}

TEST(ValueTable, DoesWhatItsRowsSayOfParkingAndLeaving) {
  trial t{table_rule};

  EXPECT_EQ(t.incident(R"({"status": "redirected"})").to_ticket(), "<leave>");
  EXPECT_EQ(t.incident(R"({"status": "unheard"})").to_ticket(), "<park>");
  EXPECT_EQ(t.ticket(R"({"state": "8"})").to_incident(), "<park>");
  EXPECT_EQ(t.ticket(R"({"state": "-5"})").to_incident(), "<leave>");
}

TEST(ValueTable, SaysWhichRowDecidedAndWhy) {
  trial t{table_rule};
  t.incident(R"({"status": "unheard"})");

  auto const w = t.put(side::ticket);

  EXPECT_EQ(w.where.file, "map.yaml");
  EXPECT_EQ(w.where.line, 24);
  EXPECT_EQ(w.reason, "no row says what becomes of unheard");
}

TEST(ValueTable, NumbersAndTextsAreTheSameValue) {
  trial t{table_rule};
  t.incident(R"({"status": "active"})").ticket(R"({"state": 1})");

  EXPECT_TRUE(t.corresponds());
}

TEST(ValueTable, RanksByTheOrderOfItsRowsInBothSidesWords) {
  trial t{table_rule};
  auto const rank = [&](side on, char const* v) { return t.the_rule().rank(on, {v}); };

  EXPECT_LT(rank(side::incident, "active"), rank(side::incident, "inProgress"));
  EXPECT_LT(rank(side::incident, "awaitingAction"), rank(side::ticket, "6"));
  EXPECT_EQ(rank(side::incident, "resolved"), rank(side::ticket, "7"));
  EXPECT_EQ(rank(side::incident, "unheard"), -1);
  EXPECT_EQ(rank(side::ticket, "unheard"), -1);
}

TEST(ValueTable, JoinsSeveralFieldsWithOne) {
  trial t{R"(  - incident: [classification, determination]
    ticket: close_code
    sync: both
    values:
      - truePositive, malware <-> Solution provided
      - truePositive, any      -> Known error
      - unset, any             -> unset
      - otherwise: park
)"};

  t.incident(R"({"classification": "truePositive", "determination": "malware"})");
  EXPECT_EQ(t.to_ticket(), "Solution provided");
  t.incident(R"({"classification": "truePositive", "determination": "phishing"})");
  EXPECT_EQ(t.to_ticket(), "Known error");
  t.incident("{}");
  EXPECT_EQ(t.to_ticket(), "unset");
  t.ticket(R"({"close_code": "Solution provided"})");
  EXPECT_EQ(t.put(side::incident).value, (core::group{"truePositive", "malware"}));
}

TEST(ValueTable, AWiderRowBelowDoesNotHideANarrowOne) {
  trial t{R"(  - incident: [classification, determination]
    ticket: close_code
    sync: to_ticket
    values:
      - truePositive, malware  -> Solution provided
      - truePositive, any      -> Known error
      - otherwise: park
)"};
  t.incident(R"({"classification": "truePositive", "determination": "malware"})")
      .ticket(R"({"close_code": "Known error"})");

  EXPECT_FALSE(t.corresponds());
  EXPECT_EQ(t.to_ticket(), "Solution provided");
}

TEST(ValueTable, ValuesMayHoldCommasAndArrowsInQuotes) {
  trial t{R"(  - incident: severity
    ticket: u_text
    sync: both
    values:
      - high <-> "a, b -> c"
      - low <-> 'it "is"'
      - 'medium <-> "x: y"'
      - otherwise: leave
)"};

  EXPECT_EQ(t.incident(R"({"severity": "high"})").to_ticket(), "a, b -> c");
  EXPECT_EQ(t.incident(R"({"severity": "low"})").to_ticket(), "it \"is\"");
  EXPECT_EQ(t.incident(R"({"severity": "medium"})").to_ticket(), "x: y");
}

TEST(DecisionTable, TheFirstLineThatHoldsDecides) {
  trial t{R"(  - ticket: [impact, urgency]
    sync: to_ticket
    choose:
      - {when: {assignedTo: customer, status: awaitingAction}, then: ["1", "1"]}
      - {when: {any: [{severity: high}, {priorityScore: {at_least: 86}}]}, then: ["1", "2"]}
      - {when: {severity: unset}, then: leave}
      - {when: {alerts.serviceSource: microsoftSentinel}, then: ["2", "2"]}
      - otherwise: ["3", "3"]
)"};
  auto const wants = [&](char const* incident) {
    t.incident(incident);
    auto const w = t.put(side::ticket);
    return w.what == wish::kind::leave ? core::group{} : w.value;
  };

  EXPECT_EQ(
      wants(R"({"assignedTo": "Customer", "status": "awaitingAction", "severity": "high"})"),
      (core::group{"1", "1"})
  );
  EXPECT_EQ(wants(R"({"severity": "high"})"), (core::group{"1", "2"}));
  EXPECT_EQ(wants(R"({"severity": "low", "priorityScore": 90})"), (core::group{"1", "2"}));
  EXPECT_EQ(wants(R"({"severity": "low", "priorityScore": 85})"), (core::group{"3", "3"}));
  EXPECT_EQ(wants("{}"), core::group{});
  EXPECT_EQ(
      wants(R"({"severity": "low", "alerts": [{"serviceSource": "microsoftSentinel"}]})"),
      (core::group{"2", "2"})
  );
}

TEST(DecisionTable, ReadsAsWhatItDecidedSoThatOnlyAnotherDecisionIsAChange) {
  trial t{R"(  - ticket: [impact, urgency]
    sync: to_ticket
    choose:
      - {when: {severity: high}, then: ["1", "2"]}
      - {when: {severity: low}, then: leave}
      - otherwise: park
)"};
  auto const reads = [&](char const* incident) {
    return t.the_rule().read(side::incident, object(incident));
  };

  EXPECT_EQ(t.the_rule().fields(side::incident), std::vector<std::string>{"severity"});
  EXPECT_EQ(reads(R"({"severity": "high", "status": "active"})"), (core::group{"1", "2"}));
  EXPECT_EQ(reads(R"({"severity": "high", "status": "inProgress"})"), (core::group{"1", "2"}));
  EXPECT_NE(reads(R"({"severity": "low"})"), reads(R"({"severity": "medium"})"));
  EXPECT_EQ(t.incident(R"({"severity": "low"})").to_ticket(), "<leave>");
  EXPECT_EQ(
      t.incident(R"({"severity": "medium"})").put(side::ticket).reason,
      "no line gives a value for medium"
  );
}

TEST(Lookup, ReadsATableFromAFileBesideTheMap) {
  memory_files files;
  files.with("queues.csv", "severity,queue\nhigh,\"SOC, urgent\"\nlow,SOC\n\n");
  trial t{
      "  - {incident: severity, ticket: u_queue, sync: both,\n"
      "     lookup: {file: queues.csv, incident: severity, ticket: queue, otherwise: leave}}\n",
      files};

  EXPECT_EQ(t.incident(R"({"severity": "high"})").to_ticket(), "SOC, urgent");
  EXPECT_EQ(t.incident(R"({"severity": "medium"})").to_ticket(), "<leave>");
  EXPECT_EQ(t.ticket(R"({"u_queue": "SOC"})").to_incident(), "low");
}

TEST(Lookup, ReadsYamlAndFindsRowsInLargeTables) {
  std::string text;
  for (int i = 0; i < 500; ++i) {
    text += "- {name: n" + std::to_string(i) + ", code: c" + std::to_string(i) + "}\n";
  }
  memory_files files;
  files.with("codes.yaml", text);
  trial t{
      "  - {incident: displayName, ticket: u_code, sync: to_ticket,\n"
      "     lookup: {file: codes.yaml, incident: name, ticket: code, otherwise: none}}\n",
      files};

  EXPECT_EQ(t.incident(R"({"displayName": "n0"})").to_ticket(), "c0");
  EXPECT_EQ(t.incident(R"({"displayName": "n499"})").to_ticket(), "c499");
  EXPECT_EQ(t.incident(R"({"displayName": "n500"})").to_ticket(), "none");
}

TEST(Lookup, AChangedFileChangesTheDigest) {
  auto const digest = [](std::string rows) {
    memory_files files;
    files.with("q.csv", "a,b\n" + rows);
    return rules(
               "  - {incident: displayName, ticket: u_q, sync: to_ticket,\n"
               "     lookup: {file: q.csv, incident: a, ticket: b, otherwise: leave}}\n",
               files
    )
        ->digest();
  };

  EXPECT_NE(digest("x,y\n"), digest("x,z\n"));
  EXPECT_EQ(digest("x,y\n"), digest("x,y\n"));
}

constexpr auto people_rule = R"(  - incident: assignedTo
    ticket: assigned_to
    sync: both
    people:
      by: email
      missing: hold
      names: {Customer: duty@contoso.com, Defender Experts: clear, Nobody: park}
      never_overwrite: Defender Experts
)";

TEST(People, AreAskedForOnce) {
  trial t{people_rule};
  t.incident(R"({"assignedTo": "Ann@Contoso.com"})");

  auto const w = t.put(side::ticket);

  ASSERT_EQ(w.what, wish::kind::ask);
  ASSERT_EQ(w.questions.size(), 1U);
  adapter::question const asked{"user", "email", "ann@contoso.com", "id"};
  EXPECT_EQ(w.questions.front().asked, asked);
  EXPECT_EQ(w.questions.front().in, side::ticket);
  EXPECT_FALSE(t.corresponds());
}

TEST(People, AreTranslatedBothWays) {
  trial t{people_rule};
  t.answer("user", "email", "ann@contoso.com", "u1");

  EXPECT_EQ(t.incident(R"({"assignedTo": "Ann@Contoso.com"})").to_ticket(), "u1");
  EXPECT_EQ(t.incident("{}").ticket(R"({"assigned_to": "u1"})").to_incident(), "ann@contoso.com");
  EXPECT_EQ(t.incident("{}").ticket("{}").to_ticket(), "unset");
}

TEST(People, AnAddressInOtherCaseIsTheSamePerson) {
  trial t{people_rule};
  t.answer("user", "email", "ann@contoso.com", "u1")
      .incident(R"({"assignedTo": "ANN@contoso.com"})")
      .ticket(R"({"assigned_to": "u1"})");

  EXPECT_TRUE(t.corresponds());
  EXPECT_EQ(t.to_incident(), "ANN@contoso.com");
}

TEST(People, AFailedLookupNeverTakesSomebodysTicketAway) {
  trial t{people_rule};
  t.incident(R"({"assignedTo": "gone@contoso.com"})").ticket(R"({"assigned_to": "u9"})");
  t.no_answer({"user", "email", "gone@contoso.com", "id"});

  auto const w = t.put(side::ticket);

  EXPECT_EQ(w.what, wish::kind::leave);
  EXPECT_EQ(w.reason, "no user with email 'gone@contoso.com'");
}

TEST(People, SeveralWithOneAddressAreNotGuessedAt) {
  trial t{people_rule};
  t.incident(R"({"assignedTo": "a@contoso.com"})");
  t.no_answer({"user", "email", "a@contoso.com", "id"}, true);

  EXPECT_EQ(t.put(side::ticket).reason, "several user with email 'a@contoso.com'");
}

TEST(People, SpecialNamesDoWhatTheMapSays) {
  trial t{people_rule};
  t.answer("user", "email", "duty@contoso.com", "u7").ticket(R"({"assigned_to": "u9"})");

  EXPECT_EQ(t.incident(R"({"assignedTo": "customer"})").to_ticket(), "u7");
  EXPECT_EQ(t.incident(R"({"assignedTo": "Defender Experts"})").to_ticket(), "unset");
  EXPECT_EQ(t.incident(R"({"assignedTo": "Nobody"})").to_ticket(), "<park>");
}

TEST(People, GuardedNamesAreNotOverwritten) {
  trial t{people_rule};
  t.answer("user", "email", "ann@contoso.com", "u1")
      .incident(R"({"assignedTo": "defender experts"})")
      .ticket(R"({"assigned_to": "u1"})");

  EXPECT_EQ(t.to_incident(), "<leave>");
  t.incident(R"({"assignedTo": "bob@contoso.com"})");
  EXPECT_EQ(t.to_incident(), "ann@contoso.com");
}

TEST(Reference, LooksUpWhatAnotherKindOfRuleSays) {
  trial t{
      "  - {ticket: assignment_group, sync: once, constant: SOC,\n"
      "     reference: {by: name, missing: Fallback}}\n"};

  EXPECT_EQ(t.to_ticket(), "<ask>");
  t.no_answer({"group", "name", "SOC", "id"});
  EXPECT_EQ(t.to_ticket(), "<ask>");
  t.answer("group", "name", "Fallback", "g2");
  EXPECT_EQ(t.to_ticket(), "g2");
  t.no_answer({"group", "name", "Fallback", "id"});
  EXPECT_EQ(t.to_ticket(), "<park>");
}

constexpr auto set_rule =
    "  - {incident: customTags, ticket: labels, sync: both, conflict: merge,\n"
    "     set: {prefix: \"mdx:\"}}\n";

TEST(Sets, OnlyOurOwnElementsMove) {
  trial t{set_rule};
  t.incident(R"({"customTags": ["VIP", "a"]})")
      .ticket(R"({"labels": ["mdx:a", "mdx:b", "theirs"]})");

  EXPECT_FALSE(t.corresponds());
  EXPECT_EQ(t.put(side::ticket).value, json(R"([["mdx:VIP", "mdx:a", "theirs"]])").as_array());
  EXPECT_EQ(t.put(side::incident).value, json(R"([["a", "b"]])").as_array());
}

TEST(Sets, OrderAndRepeatsDoNotMatter) {
  trial t{set_rule};
  t.incident(R"({"customTags": ["b", "a", "b"]})").ticket(R"({"labels": ["x", "mdx:a", "mdx:b"]})");

  EXPECT_TRUE(t.corresponds());
}

TEST(Sets, AThreeWayMergeAddsAndRemovesWhatEitherSideDid) {
  trial t{set_rule};
  t.incident(R"({"customTags": ["kept", "added here"]})")
      .ticket(R"({"labels": ["mdx:kept", "mdx:removed here", "mdx:added there"]})");
  auto const base_incident = json(R"([["kept", "removed here", "removed there"]])").as_array();
  auto const base_ticket =
      json(R"([["mdx:kept", "mdx:removed here", "mdx:removed there"]])").as_array();

  auto const merged = t.the_rule().merged(base_incident, base_ticket, t.now());

  ASSERT_TRUE(merged);
  EXPECT_EQ(*merged, json(R"([["added here", "added there", "kept"]])").as_array());
}

TEST(Sets, WithoutABaseNothingCountsAsRemoved) {
  trial t{set_rule};
  t.incident(R"({"customTags": ["a"]})").ticket(R"({"labels": ["mdx:b"]})");

  EXPECT_EQ(*t.the_rule().merged({}, {}, t.now()), json(R"([["a", "b"]])").as_array());
}

TEST(Sets, OnlyListedElementsTakePart) {
  trial t{"  - {incident: customTags, ticket: labels, sync: both, set: {only: [VIP, PCI]}}\n"};
  t.incident(R"({"customTags": ["VIP", "x"]})").ticket(R"({"labels": ["PCI", "y"]})");

  EXPECT_EQ(t.put(side::ticket).value, json(R"([["VIP", "y"]])").as_array());
  EXPECT_EQ(t.put(side::incident).value, json(R"([["PCI", "x"]])").as_array());
}

TEST(When, LooksAtEitherSide) {
  trial t{
      "  - {ticket: category, sync: to_ticket, constant: x,\n"
      "     when: {ticket: {state: [\"6\", \"7\"]}, incident: {not: {classification: unset}}}}\n"};
  auto const applies = [&](char const* incident, char const* ticket) {
    t.incident(incident).ticket(ticket);
    return t.the_rule().applies(t.now());
  };

  EXPECT_TRUE(applies(R"({"classification": "truePositive"})", R"({"state": "7"})"));
  EXPECT_FALSE(applies(R"({"classification": "truePositive"})", R"({"state": "2"})"));
  EXPECT_FALSE(applies("{}", R"({"state": "6"})"));
  EXPECT_FALSE(applies(R"({"classification": ""})", R"({"state": "6"})"));
}

TEST(Closed, TakesNoMoreChangesButStillReports) {
  auto const map =
      compile_text(
          "mapping: m\nversion: 1\nincident: defender\nticket: servicenow/incident\nopen: all\n"
          "rules:\n  - {ticket: category, sync: to_ticket, constant: x}\n"
          "closed: {when: {active: no}, changes: park}\n"
      )
          .map;
  ASSERT_TRUE(map);
  auto const put = [&](char const* ticket) {
    auto const t = object(ticket);
    return map->rules().front()->put(side::ticket, {{}, t, {}, {}});
  };

  EXPECT_EQ(put(R"({"active": "true"})").what, wish::kind::write);
  EXPECT_EQ(put(R"({"active": "false"})").what, wish::kind::park);
  EXPECT_EQ(put(R"({"active": "false", "category": "x"})").what, wish::kind::write)
      << "what it says already needs no change";
}

TEST(Closed, AsksForANewTicketUnlessTheIncidentIsFinished) {
  auto const map =
      compile_text(
          "mapping: m\nversion: 1\nincident: defender\nticket: servicenow/incident\nopen: all\n"
          "rules:\n  - {ticket: category, sync: to_ticket, constant: x}\n"
          "closed: {when: {active: no}, changes: new_ticket}\n"
      )
          .map;
  ASSERT_TRUE(map);
  auto const put = [&](char const* incident) {
    auto const i = object(incident);
    auto const t = object(R"({"active": "false"})");
    return map->rules().front()->put(side::ticket, {i, t, {}, {}});
  };

  EXPECT_TRUE(put(R"({"status": "active"})").new_ticket);
  EXPECT_EQ(put(R"({"status": "active"})").what, wish::kind::park);
  EXPECT_FALSE(put(R"({"status": "resolved"})").new_ticket);
  EXPECT_EQ(put(R"({"status": "resolved"})").what, wish::kind::park);
  EXPECT_EQ(map->fields(side::incident), (std::vector<std::string>{"status"}));
}

TEST(Direction, NeverMeansThatBothSidesAreRight) {
  trial t{"  - {incident: displayName, ticket: u_name, sync: never}\n"};
  t.incident(R"({"displayName": "a"})").ticket(R"({"u_name": "b"})");

  EXPECT_TRUE(t.corresponds());
}

TEST(Names, AreMadeFromTheFields) {
  auto const map = rules(
      "  - {incident: displayName, ticket: u_a, sync: once}\n"
      "  - {ticket: [impact, urgency], sync: once, constant: [\"1\", \"1\"]}\n"
      "  - {name: mine, ticket: category, sync: once, constant: x}\n"
  );

  EXPECT_EQ(map->rules()[0]->name(), "displayName/u_a");
  EXPECT_EQ(map->rules()[1]->name(), "impact+urgency");
  EXPECT_EQ(map->rules()[2]->name(), "mine");
}

TEST(Opening, SaysWhyInTheWordsOfTheMap) {
  auto const map =
      compile_text(
          "mapping: m\nversion: 1\nincident: defender\nticket: servicenow/incident\n"
          "open:\n  any:\n    - severity: [medium, high]\n    - assignedTo: Customer\nrules: []\n"
          "urgent:\n  - {assignedTo: Customer}\n  - {severity: high}\n"
      )
          .map;
  ASSERT_TRUE(map);

  auto const yes = map->opens(object(R"({"assignedTo": "Customer"})"));
  EXPECT_TRUE(yes.opens);
  EXPECT_EQ(yes.reason, "assignedTo is Customer");
  EXPECT_EQ(yes.where.line, 8);
  auto const no = map->opens(object(R"({"severity": "low"})"));
  EXPECT_FALSE(no.opens);
  EXPECT_EQ(no.reason, "tickets are made if severity is medium or high or assignedTo is Customer");
  EXPECT_EQ(map->lane(object(R"({"assignedTo": "customer"})")), 0);
  EXPECT_EQ(map->lane(object(R"({"severity": "high"})")), 1);
  EXPECT_EQ(map->lane({}), 2);
}

TEST(Fields, AreAllThatAnythingReads) {
  auto const map =
      compile_text(
          "mapping: m\nversion: 1\nincident: defender\nticket: servicenow/incident\n"
          "open: {alerts.title: {contains: x}}\nrules:\n"
          "  - {incident: displayName, ticket: u_a, sync: once, when: {ticket: {state: \"1\"}}}\n"
          "closed: {when: {active: no}, changes: leave}\n"
          "merged: {close: yes, write: {close_code: Duplicate}}\n"
      )
          .map;
  ASSERT_TRUE(map);

  EXPECT_EQ(map->fields(side::incident), (std::vector<std::string>{"alerts", "displayName"}));
  EXPECT_EQ(
      map->fields(side::ticket), (std::vector<std::string>{"active", "close_code", "state", "u_a"})
  );
}

TEST(Extension, AnInstancesOwnFieldsAndValuesAreDeclaredInTheMap) {
  auto const done = compile_text(
      "mapping: m\nversion: 1\nincident: defender\nticket: servicenow/incident\nopen: all\n"
      "fields:\n  ticket:\n    close_code: {values: [Fixed]}\n    u_risk: {type: integer}\nrules:\n"
      "  - {incident: classification, ticket: close_code, sync: to_ticket,\n"
      "     values: [truePositive -> Fixed, otherwise: leave]}\n"
      "  - {incident: priorityScore, ticket: u_risk, sync: to_ticket}\n"
  );

  EXPECT_TRUE(done.findings.empty()) << shown(done.findings);
}

}  // namespace
}  // namespace connector::mapping::test

#include <gtest/gtest.h>

#include "connector/mapping/map_test.hpp"
#include "test/mapping/support.hpp"

namespace connector::mapping::test {
namespace {

constexpr auto head = R"(mapping: m
version: 1
incident: defender
ticket: servicenow/incident
open: {severity: high}
rules:
  - incident: status
    ticket: state
    sync: both
    values:
      - active <-> "1"
      - resolved <-> "6"
      - otherwise: park
)";

test_report run(std::string const& tests, memory_files files = {}) {
  auto const done = compile_text(head + tests, files);
  EXPECT_TRUE(done.map) << shown(done.findings);
  return run_tests(done, files.reader());
}

TEST(MapTests, PassWhereTheMapDoesWhatTheySay) {
  auto const r = run(R"(tests:
  - {name: a, incident: {status: active, severity: high}, expect: {state: "1"}, opens: yes}
  - {name: b, incident: {status: active}, ticket: {state: "6"}, expect_incident: {status: resolved}}
  - {name: c, incident: {status: redirected}, parks: state, opens: no}
)");

  EXPECT_EQ(r.run, 3U);
  EXPECT_EQ(r.passed, 3U);
  EXPECT_TRUE(r.failures.empty());
}

TEST(MapTests, AFailureNamesThePlaceTheValueAndTheRule) {
  auto const r = run(R"(tests:
  - name: a
    incident: {status: active}
    expect: {state: "6"}
)");

  ASSERT_EQ(r.failures.size(), 1U);
  EXPECT_EQ(r.failures.front().where.line, 17);
  EXPECT_EQ(r.failures.front().where.column, 21);
  EXPECT_EQ(
      r.failures.front().text,
      "expected state = \"6\", got \"1\" from rule status/state (map.yaml:11:9)"
  );
}

TEST(MapTests, AParkedFieldFailsWithItsReason) {
  auto const r = run(R"(tests:
  - {name: a, incident: {status: redirected}, expect: {state: "6"}}
)");

  ASSERT_EQ(r.failures.size(), 1U);
  EXPECT_NE(
      r.failures.front().text.find("no row says what becomes of redirected"), std::string::npos
  );
}

TEST(MapTests, WhatWasNotParkedFails) {
  auto const r = run(R"(tests:
  - {name: a, incident: {status: active}, parks: state, opens: yes, lane: 3}
)");

  ASSERT_EQ(r.failures.size(), 3U);
  EXPECT_EQ(r.passed, 0U);
}

TEST(MapTests, RowsThatNoTestTouchesAreNamedWithTheirDirection) {
  auto const r = run(R"(tests:
  - {name: a, incident: {status: active}, ticket: {state: "6"}, expect_incident: {status: resolved}}
)");

  ASSERT_EQ(r.rows, 8U);
  std::string untouched;
  for (auto const& row : r.untouched) {
    untouched += std::to_string(row.where.line) + ": " + row.text + '\n';
  }
  EXPECT_EQ(
      untouched,
      "5: open, where it holds\n"
      "5: open, where it does not hold\n"
      "11: row of status/state, to the incident\n"
      "12: row of status/state, to the ticket\n"
      "13: otherwise of status/state, to the ticket\n"
      "13: otherwise of status/state, to the incident\n"
  );
}

TEST(MapTests, AFileBesideTheMapIsReadToo) {
  memory_files files;
  files.with(
      "map.test.yaml", "tests:\n  - {name: x, incident: {status: active}, expect: {state: \"9\"}}\n"
  );

  auto const r = run("", files);

  EXPECT_EQ(r.run, 1U);
  ASSERT_EQ(r.failures.size(), 1U);
  EXPECT_EQ(r.failures.front().where.file, "map.test.yaml");
  EXPECT_EQ(r.failures.front().where.line, 2);
}

TEST(MapTests, ABadFileBesideTheMapIsAFinding) {
  memory_files files;
  files.with("map.test.yaml", "tests:\n  - {name: x, incident: {statsu: active}, opens: yes}\n");

  auto const r = run("", files);

  ASSERT_EQ(r.findings.size(), 1U);
  EXPECT_EQ(r.findings.front().id, "M021");
  EXPECT_EQ(r.findings.front().at.file, "map.test.yaml");
}

TEST(MapTests, AValueThatIsOnlyThereBecauseTheChangeIsParkedFails) {
  auto const r = run(R"(tests:
  - {name: a, incident: {status: redirected}, ticket: {state: "1"}, expect: {state: "1"}}
)");

  ASSERT_EQ(r.failures.size(), 1U);
  EXPECT_NE(r.failures.front().text.find("only because the change is parked"), std::string::npos);
}

TEST(MapTests, StepsCarryEachEditOver) {
  auto const r = run(R"(tests:
  - name: there and back
    incident: {status: active, severity: high}
    steps:
      - expect: {state: "1"}
      - {incident: {status: resolved}, expect: {state: "6"}}
      - {ticket: {state: "1"}, expect_incident: {status: active}}
      - {incident: {status: redirected}, parks: state, expect: {state: "1"}}
)");

  EXPECT_EQ(r.run, 1U);
  for (auto const& f : r.failures) ADD_FAILURE() << f.text;
}

TEST(MapTests, AStepThatComesOutOtherwiseFailsAtItsPlace) {
  auto const r = run(R"(tests:
  - name: there and back
    incident: {status: active, severity: high}
    steps:
      - {incident: {status: resolved}, expect: {state: "6"}}
      - {incident: {status: active}, expect: {state: "6"}}
)");

  ASSERT_EQ(r.failures.size(), 1U);
  EXPECT_EQ(r.failures.front().where.line, 19);
}

TEST(MapTests, SayWhetherAnIncidentGoesOnInANewTicket) {
  auto const with = [](std::string const& changes, std::string const& expected) {
    return run(
        "closed: {when: {active: no}, changes: " + changes + "}\n" + R"(tests:
  - name: reopened
    incident: {status: active}
    ticket: {state: "6", active: no}
    new_ticket: )" +
        expected + '\n'
    );
  };

  EXPECT_TRUE(with("new_ticket", "yes").failures.empty());
  EXPECT_TRUE(with("park", "no").failures.empty());
  EXPECT_EQ(with("new_ticket", "no").failures.size(), 1U);
  EXPECT_EQ(with("park", "yes").failures.size(), 1U);
}

TEST(MapTests, WhatChangedOnBothSidesIsLeftToAPerson) {
  auto const r = run(R"(tests:
  - name: both
    incident: {status: resolved}
    ticket: {state: "6"}
    steps:
      - {incident: {status: active}, ticket: {state: "2"}, asks: state}
)");

  for (auto const& f : r.failures) ADD_FAILURE() << f.text;
}

TEST(MapTests, MoreFilesMayBeNamed) {
  memory_files files;
  files.with("more.test.yaml", "tests:\n  - {name: x, incident: {}, opens: no}\n");
  std::vector<std::string> const more{"more.test.yaml", "gone.test.yaml"};

  auto const r = run_tests(compile_text(head, files), files.reader(), more);

  EXPECT_EQ(r.run, 1U);
  ASSERT_EQ(r.findings.size(), 1U);
  EXPECT_EQ(r.findings.front().id, "M007");
}

std::string survivors(std::string const& tests) {
  auto const done = compile_text(head + tests);
  auto const report = run_mutants(done, memory_files{}.reader());
  std::string text;
  for (auto const& m : report.survivors) {
    text += std::to_string(m.where.line) + ": " + m.text + '\n';
  }
  return text;
}

TEST(Mutants, AreListedWhereNoTestNotices) {
  EXPECT_EQ(
      survivors(R"(tests:
  - {name: a, incident: {severity: high}, opens: yes}
  - {name: b, incident: {severity: low}, opens: no}
  - {name: c, incident: {status: active}, expect: {state: "1"}}
  - {name: d, incident: {status: resolved}, ticket: {state: "1"}, expect: {state: "6"}, expect_incident: {status: active}}
)"),
      "7: status/state: conflict: incident\n"
      "7: status/state: conflict: ticket\n"
      "12: status/state: without this row to the incident\n"
      "13: status/state: otherwise to the ticket: leave instead of park\n"
      "13: status/state: otherwise to the incident: leave instead of park\n"
  );
}

TEST(Mutants, AreAllNoticedByTestsThatSayEverything) {
  EXPECT_EQ(
      survivors(R"(tests:
  - {name: a, incident: {severity: high}, opens: yes}
  - {name: b, incident: {severity: low}, opens: no}
  - {name: c, incident: {status: active}, ticket: {state: "6"}, expect: {state: "1"}, expect_incident: {status: resolved}}
  - {name: d, incident: {status: resolved}, ticket: {state: "1"}, expect: {state: "6"}, expect_incident: {status: active}}
  - {name: e, incident: {status: redirected}, ticket: {state: "1"}, parks: state}
  - {name: f, incident: {status: active}, ticket: {state: "3"}, parks: status}
  - name: g
    incident: {status: active}
    ticket: {state: "1"}
    steps:
      - {incident: {status: resolved}, ticket: {state: "3"}, asks: state}
)"),
      ""
  );
}

constexpr auto policies = R"(comments: {sync: both, as: work_notes, prefix: "{author}: "}
merged: {close: yes, write: {state: "6", close_code: Duplicate}, comment: "Goes on in {into}."}
)";

/// The failures of one test of comments or of a merge, one per line.
std::string told(std::string const& test) {
  std::string text;
  for (auto const& f : run(policies + ("tests:\n  - name: a\n" + test)).failures) {
    text += std::to_string(f.where.line) + ": " + f.text + '\n';
  }
  return text;
}

TEST(MapTests, SayWhatBecomesOfCommentsAndOfAMergedIncidentsTicket) {
  EXPECT_EQ(
      told(R"(    comments:
      - {on: incident, author: Ann, text: Seen., copy: "Ann: Seen.", as: work_notes}
      - {on: ticket, text: Done., copy: {contains: Done}}
      - {on: ticket, public: yes, text: When., copy: none}
    ticket: {state: "2"}
    merged: {into: INC9, expect: {state: "6", close_code: Duplicate}, comment: Goes on in INC9.}
)"),
      ""
  );
}

TEST(MapTests, AnotherCopyThanExpectedFailsWithTheReason) {
  EXPECT_EQ(
      told(R"(    comments:
      - {on: incident, author: Ann, text: Seen., copy: Seen., as: comments}
      - {on: ticket, public: yes, text: When., copy: When.}
      - {on: ticket, text: Done., copy: none}
)"),
      "19: expected a copy on the ticket of 'Seen.', got 'Ann: Seen.'\n"
      "19: expected the copy in comments, got it in work_notes\n"
      "20: expected a copy on the incident, got none: the map does not carry public comments\n"
      "21: expected no copy on the incident, got 'somebody: Done.'\n"
  );
}

TEST(MapTests, AnotherEndOfAMergedTicketFails) {
  EXPECT_EQ(
      told(R"(    ticket: {state: "2"}
    merged: {expect: {state: "7"}, comment: none}
)"),
      "19: expected state = \"7\", got \"6\" from 'merged'\n"
      "19: expected no comment on it, got 'Goes on in TICKET2.'\n"
  );
}

TEST(MapTests, OfAMergeAloneTouchNoRow) {
  auto const tests =
      std::string{policies} +
      "tests:\n  - {name: a, ticket: {state: \"2\"}, merged: {expect: {state: \"6\"}}}\n";

  auto const r = run(tests);

  EXPECT_EQ(r.rows - r.untouched.size(), 1U) << "'merged' itself";
}

TEST(Mutants, AreBredFromCommentsAndMergedToo) {
  auto const done =
      compile_text(head + (policies + std::string{"tests:\n  - {name: a, opens: no}\n"}));

  std::string all;
  for (auto const& m : run_mutants(done, memory_files{}.reader()).survivors) all += m.text + '\n';

  for (auto const* one :
       {"comments: sync: never",
        "comments: sync: to_ticket",
        "comments: take_public the other way",
        "comments: without prefix",
        "comments: as: comments",
        "merged: close: no",
        "merged: without writing close_code",
        "merged: without comment"}) {
    EXPECT_NE(all.find(one), std::string::npos) << one << " is not in\n" << all;
  }
}

TEST(Mutants, AreNotTriedWhileATestFails) {
  auto const done = compile_text(head + std::string{"tests:\n  - {name: a, opens: yes}\n"});

  auto const report = run_mutants(done, memory_files{}.reader());

  EXPECT_FALSE(report.tests_pass);
  EXPECT_EQ(report.mutants, 0U);
}

TEST(ProposedTests, PassAndTouchWhatWasUntouched) {
  auto const done = compile_text(head);
  auto const before = run_tests(done, memory_files{}.reader());

  auto const proposed = propose_tests(done, before);
  auto const after = run("tests:\n" + proposed);

  EXPECT_EQ(before.untouched.size(), 8U);
  for (auto const& f : after.failures) ADD_FAILURE() << f.text << '\n' << proposed;
  EXPECT_EQ(after.untouched.size(), 2U) << proposed << "what opens is a person's to say";
}

}  // namespace
}  // namespace connector::mapping::test

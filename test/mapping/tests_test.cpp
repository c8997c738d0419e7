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

  ASSERT_EQ(r.rows, 6U);
  ASSERT_EQ(r.untouched.size(), 4U);
  EXPECT_EQ(r.untouched[0].where.line, 11);
  EXPECT_EQ(r.untouched[0].to, side::incident);
  EXPECT_EQ(r.untouched[1].where.line, 12);
  EXPECT_EQ(r.untouched[1].to, side::ticket);
  EXPECT_EQ(r.untouched[2].text, "otherwise of status/state");
}

TEST(MapTests, AFileBesideTheMapIsReadToo) {
  memory_files files;
  files.with(
      "map.tests.yaml",
      "tests:\n  - {name: x, incident: {status: active}, expect: {state: \"9\"}}\n"
  );

  auto const r = run("", files);

  EXPECT_EQ(r.run, 1U);
  ASSERT_EQ(r.failures.size(), 1U);
  EXPECT_EQ(r.failures.front().where.file, "map.tests.yaml");
  EXPECT_EQ(r.failures.front().where.line, 2);
}

TEST(MapTests, ABadFileBesideTheMapIsAFinding) {
  memory_files files;
  files.with("map.tests.yaml", "tests:\n  - {name: x, incident: {statsu: active}, opens: yes}\n");

  auto const r = run("", files);

  ASSERT_EQ(r.findings.size(), 1U);
  EXPECT_EQ(r.findings.front().id, "M021");
  EXPECT_EQ(r.findings.front().at.file, "map.tests.yaml");
}

}  // namespace
}  // namespace connector::mapping::test

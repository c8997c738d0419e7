#include <filesystem>
#include <gtest/gtest.h>
#include <sstream>

#include "test/mapping/support.hpp"

namespace connector::mapping::test {
namespace {

struct expectation {
  std::string id;
  int line = 0, column = 0;
  std::string words;
};

/// The comments at the top of a bad file: "# expect M021 9:13 did you mean 'state'?".
std::vector<expectation> expectations_in(std::string const& text) {
  std::vector<expectation> all;
  std::istringstream lines{text};
  std::string line;
  while (std::getline(lines, line) && line.starts_with("# expect ")) {
    expectation e;
    char colon = 0;
    std::istringstream words{line.substr(9)};
    words >> e.id >> e.line >> colon >> e.column >> std::ws;
    std::getline(words, e.words);
    all.push_back(std::move(e));
  }
  return all;
}

std::vector<std::filesystem::path> bad_files() {
  std::vector<std::filesystem::path> all;
  for (auto const& entry : std::filesystem::directory_iterator{PROJECT_DIR "/test/mapping/bad"}) {
    all.push_back(entry.path());
  }
  std::sort(all.begin(), all.end());
  return all;
}

TEST(Findings, EachBadFileIsFoundOutAtItsExactPlace) {
  for (auto const& path : bad_files()) {
    auto const text = disk_files()(path.string()).value();
    auto const expected = expectations_in(text);

    auto const done = compile_text(text);

    EXPECT_FALSE(expected.empty()) << path;
    ASSERT_EQ(done.findings.size(), expected.size()) << path << '\n' << shown(done.findings);
    for (std::size_t i = 0; i < expected.size(); ++i) {
      auto const& f = done.findings[i];
      EXPECT_EQ(f.id, expected[i].id) << path << '\n' << to_string(f);
      EXPECT_EQ(f.at.line, expected[i].line) << path << '\n' << to_string(f);
      EXPECT_EQ(f.at.column, expected[i].column) << path << '\n' << to_string(f);
      EXPECT_NE(to_string(f).find(expected[i].words), std::string::npos) << path << '\n'
                                                                         << to_string(f);
    }
  }
}

TEST(Findings, OnlyErrorsKeepAMapFromBeingUsed) {
  for (auto const& path : bad_files()) {
    auto const done = compile_text(disk_files()(path.string()).value());

    EXPECT_EQ(done.map == nullptr, has_errors(done.findings)) << path;
    EXPECT_EQ(done.as_data == nullptr, done.map == nullptr) << path;
  }
}

TEST(Findings, IdsAscendAndAreUnique) {
  auto const kinds = finding_kinds();
  for (std::size_t i = 1; i < kinds.size(); ++i) EXPECT_LT(kinds[i - 1].id, kinds[i].id);
}

TEST(Findings, AllOfThemAreShownAtOnceInTheOrderOfTheFile) {
  auto const done = compile_text(
      "mapping: m\nversion: 1\nincident: defender\nticket: servicenow/incident\nopen: {sverity: "
      "x}\n"
      "rules:\n  - {incident: stats, ticket: stat, sync: bth}\n"
  );

  std::string ids;
  for (auto const& f : done.findings) ids += f.id + ' ';
  EXPECT_EQ(ids, "M021 M021 M021 M013 ");
}

TEST(Findings, AWordFarFromAllOthersGetsNoGuess) {
  constexpr std::array<std::string_view, 2> known{"state", "urgency"};

  EXPECT_EQ(suggestion("stat", known), "did you mean 'state'?");
  EXPECT_EQ(suggestion("Urgnecy", known), "did you mean 'urgency'?");
  EXPECT_EQ(suggestion("colour", known), "known: state, urgency");
}

TEST(Findings, AMissingFileIsAFinding) {
  auto const done = compile("gone.yaml", models(), memory_files{}.reader());

  ASSERT_EQ(done.findings.size(), 1U);
  EXPECT_EQ(done.findings.front().id, "M007");
}

TEST(Findings, ABadLineOfALookupFileIsShownInThatFile) {
  memory_files files;
  files.with("m.csv", "severity,urgency\nhigh,1\nhihg,2\nlow\n");
  auto const done = compile_text(
      "mapping: m\nversion: 1\nincident: defender\nticket: servicenow/incident\nopen: all\nrules:\n"
      "  - {incident: severity, ticket: urgency, sync: to_ticket,\n"
      "     lookup: {file: m.csv, incident: severity, ticket: urgency, otherwise: leave}}\n",
      files
  );

  ASSERT_EQ(done.findings.size(), 2U) << shown(done.findings);
  EXPECT_EQ(
      to_string(done.findings[0]),
      "m.csv:3:1: error M022: 'severity' has no value 'hihg'; did you mean 'high'?"
  );
  EXPECT_EQ(done.findings[1].id, "M061");
  EXPECT_EQ(done.findings[1].at.line, 4);
}

}  // namespace
}  // namespace connector::mapping::test

#include <gtest/gtest.h>
#include <sstream>

#include "connector/mapping/grammar.hpp"
#include "connector/mapping/map_test.hpp"
#include "connector/mapping/reference.hpp"
#include "test/mapping/support.hpp"

/// The reference for people, mappings/README.md, holds what it shows.
namespace connector::mapping::test {
namespace {

std::string readme() { return disk_files()(PROJECT_DIR "/mappings/README.md").value(); }

std::vector<std::string> yaml_blocks() {
  std::vector<std::string> blocks;
  std::istringstream lines{readme()};
  std::string line, block;
  auto inside = false;
  while (std::getline(lines, line)) {
    if (line == "```yaml") {
      inside = true;
      block.clear();
    } else if (line == "```") {
      if (inside) blocks.push_back(block);
      inside = false;
    } else if (inside) {
      block += line + '\n';
    }
  }
  return blocks;
}

TEST(Readme, EveryExampleCompilesWithoutFindingsAndItsTestsPass) {
  std::size_t maps = 0;
  for (auto block : yaml_blocks()) {
    if (!block.starts_with("mapping:")) {
      block.insert(
          0,
          "mapping: m\nversion: 1\nincident: defender\nticket: servicenow/incident\nopen: all\n"
          "rules:\n"
      );
    }

    auto const done = compile_text(block);

    ASSERT_TRUE(done.findings.empty()) << block << shown(done.findings);
    for (auto const& f : run_tests(done, memory_files{}.reader()).failures) ADD_FAILURE() << f.text;
    ++maps;
  }
  EXPECT_GE(maps, 8U);
}

TEST(Reference, IsWhatTheCompilerReadsBy) {
  auto const page = disk_files()(PROJECT_DIR "/mappings/reference.md").value();

  EXPECT_TRUE(page == reference_page(models()))
      << "stale: itsm-connector schema reference > mappings/reference.md";
}

TEST(Readme, ListsEveryFinding) {
  auto const text = readme();
  for (auto const& kind : finding_kinds()) {
    auto const row = "| " + std::string{kind.id} + " | " + std::string{kind.summary};
    EXPECT_NE(text.find(row), std::string::npos) << row;
  }
}

TEST(Readme, NamesEveryKeyOfTheLanguage) {
  auto const text = readme();
  auto const check = [&](std::span<key_spec const> keys) {
    for (auto const& key : keys) {
      EXPECT_NE(text.find(key.name), std::string::npos) << key.name;
    }
  };
  check(grammar::map);
  check(grammar::rule);
  check(grammar::people);
  check(grammar::reference);
  check(grammar::lookup);
  check(grammar::set);
  check(grammar::table);
  check(grammar::comments);
  check(grammar::merged);
  check(grammar::closed);
  check(grammar::test);
}

}  // namespace
}  // namespace connector::mapping::test

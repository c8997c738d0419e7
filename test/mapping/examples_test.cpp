#include <filesystem>
#include <gtest/gtest.h>

#include "connector/mapping/map_test.hpp"
#include "test/mapping/support.hpp"

/// The overlays in examples/ are what people begin with: they run as they stand.
namespace connector::mapping::test {
namespace {

std::vector<std::string> examples() {
  std::vector<std::string> all;
  for (auto const& e :
       std::filesystem::recursive_directory_iterator{PROJECT_DIR "/examples/overlays"}) {
    auto const name = e.path().filename().string();
    if (e.path().extension() == ".yaml" && name != "connector.yaml") all.push_back(e.path());
  }
  std::sort(all.begin(), all.end());
  return all;
}

class Examples : public testing::TestWithParam<std::string> {};

TEST_P(Examples, HaveNoFindingsAndTestWhatTheyChange) {
  auto const done = compile(GetParam(), models(), disk_files());
  ASSERT_TRUE(done.findings.empty()) << shown(done.findings);

  auto const report = run_tests(done, disk_files());
  auto const mutants = run_mutants(done, disk_files());

  EXPECT_GT(report.run, 0U);
  for (auto const& f : report.failures) ADD_FAILURE() << f.where.line << ": " << f.text;
  for (auto const& row : report.untouched) ADD_FAILURE() << row.where.line << ": " << row.text;
  for (auto const& m : mutants.survivors) ADD_FAILURE() << m.where.line << ": " << m.text;
}

INSTANTIATE_TEST_SUITE_P(Overlays, Examples, testing::ValuesIn(examples()), [](auto const& of) {
  auto name = std::filesystem::path{of.param}.stem().string();
  std::erase(name, '-');
  return name;
});

}  // namespace
}  // namespace connector::mapping::test

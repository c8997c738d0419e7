#include <algorithm>
#include <filesystem>
#include <fstream>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <iterator>

#include "test/config/reading.hpp"

namespace connector::config {
namespace {

std::filesystem::path const folder = PROJECT_DIR "/test/config/bad";

std::vector<std::string> stems() {
  std::vector<std::string> all;
  for (auto const& entry : std::filesystem::directory_iterator{folder}) {
    if (entry.path().extension() == ".yaml") all.push_back(entry.path().stem().string());
  }
  std::sort(all.begin(), all.end());
  return all;
}

std::string content(std::string const& name) {
  auto in = std::ifstream{folder / name, std::ios::binary};
  EXPECT_TRUE(in) << name << " is missing";
  return {std::istreambuf_iterator<char>{in}, {}};
}

/// "two-words" as "TwoWords".
std::string camel_case(testing::TestParamInfo<std::string> const& info) {
  std::string name;
  auto is_start = true;
  for (auto const c : info.param) {
    if (c != '-') name += is_start ? static_cast<char>(std::toupper(c)) : c;
    is_start = c == '-';
  }
  return name;
}

/// bad/NAME.yaml must produce exactly the complaints in bad/NAME.expected, one a line.
class BadFile : public testing::TestWithParam<std::string> {};

TEST_P(BadFile, ProducesExactlyThisComplaint) {
  auto const expected = content(GetParam() + ".expected");
  auto const text = content(GetParam() + ".yaml");

  auto const references = make_fixed_references({{"GOOD", "hunter2"}});
  auto const found = load_text(text, "/etc/connector/connector.yaml", references, known_systems());

  auto actual = std::string{};
  for (auto const& line : lines_of(*found.complaints)) actual += line + "\n";
  EXPECT_EQ(actual, expected);
  EXPECT_EQ(actual.find("hunter2"), std::string::npos) << "a secret shows";
}

INSTANTIATE_TEST_SUITE_P(Config, BadFile, testing::ValuesIn(stems()), camel_case);

TEST(BadFiles, AllHaveTheirYaml) {
  for (auto const& entry : std::filesystem::directory_iterator{folder}) {
    auto yaml = entry.path();
    EXPECT_TRUE(std::filesystem::exists(yaml.replace_extension(".yaml"))) << entry.path();
  }
}

}  // namespace
}  // namespace connector::config

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "adapters/defender/listing.hpp"
#include "adapters/defender/wire.hpp"
#include "world.hpp"

namespace defender_test {
namespace {

using namespace adapters::defender;

/// Answers collected from vendor pages and public integrations. They are not part of the source;
/// DEFENDER_SAMPLES names their folder.
class Samples : public ::testing::Test {
 protected:
  void SetUp() override {
    auto const* const named = std::getenv("DEFENDER_SAMPLES");
    folder = named ? named : "";
    if (!std::filesystem::is_directory(folder)) {
      GTEST_SKIP() << "recorded answers are not part of the source; "
                      "DEFENDER_SAMPLES names no folder of them";
    }
  }

  core::value sample(std::string const& name) {
    std::ifstream in{folder / name, std::ios::binary};
    std::string const text{std::istreambuf_iterator<char>{in}, {}};
    auto parsed = reading.parse(text);
    EXPECT_TRUE(parsed) << name;
    return parsed ? std::move(*parsed) : core::value(nullptr);
  }

  std::filesystem::path folder;
  reader reading;
};

adapter::wants everything() {
  auto needs = with_alerts();
  needs.comments = true;
  return needs;
}

TEST_F(Samples, OfListsBecomePages) {
  std::size_t pages = 0;
  for (auto const& entry : std::filesystem::directory_iterator{folder}) {
    auto const name = entry.path().filename().string();
    if (!name.starts_with("graph_list_incidents")) continue;
    auto found = to_rows(sample(name));
    ASSERT_TRUE(found) << name;
    auto const page = page_of(std::move(*found), bookmark{}, std::nullopt, everything());
    ASSERT_TRUE(page) << name << ": " << page.error().detail;
    EXPECT_FALSE(page->rows.empty());
    for (auto const& row : page->rows) {
      EXPECT_NE(row.version, 0) << name;
      EXPECT_NE(row.created_at, core::time_point{}) << name;
      EXPECT_FALSE(row.fields.at("status").is_null()) << name;
    }
    ++pages;
  }
  EXPECT_GE(pages, 3u);
}

TEST_F(Samples, OfSingleIncidentsBecomeObjects) {
  for (auto const* name :
       {"graph_incident_resolved_lab_2026.json",
        "graph_patch_incident_response_docs_2026.json",
        "graph_patch_incident_response_docs_2021_pascalcase.json",
        "graph_patch_redirected_incident_xsoar_2024.json"}) {
    auto const one = to_object(sample(name), everything());
    ASSERT_TRUE(one) << name;
    EXPECT_NE(one->version, 0) << name;
  }
}

TEST_F(Samples, OfPascalCaseReadLikeAllOthers) {
  auto const one =
      to_object(sample("graph_patch_incident_response_docs_2021_pascalcase.json"), everything());

  EXPECT_EQ(one->fields.at("classification"), "truePositive");
  EXPECT_EQ(one->fields.at("determination"), "multiStagedAttack");
  EXPECT_EQ(one->fields.at("status"), "active");
  EXPECT_EQ(one->fields.at("severity"), "medium");
  EXPECT_EQ(one->comments->at(0).author, "DavidS@contoso.onmicrosoft.com");
}

TEST_F(Samples, OfOlderShapesKeepTagsAndExperts) {
  auto found = to_rows(sample("graph_incident_with_alert_docs_2021.json"));
  auto const one = to_object(std::move(found->values.at(0)), everything());

  EXPECT_EQ(one->fields.at("customTags"), parsed(R"(["Demo"])"));
  EXPECT_EQ(one->fields.at("systemTags"), parsed(R"(["Defender Experts"])"));
  EXPECT_FALSE(one->fields.at("alerts").as_array().empty());
}

TEST_F(Samples, OfARedirectedIncidentShowWhereItLivesOn) {
  auto const one = to_object(sample("graph_patch_redirected_incident_xsoar_2024.json"), {});

  EXPECT_EQ(one->presence, adapter::presence::merged);
  EXPECT_EQ(one->merged_into, "1234");
}

TEST_F(Samples, OfCommentAnswersFindOurOwn) {
  auto found = to_rows(sample("graph_create_comment_response_docs.json"));
  auto const comments = to_comments(core::value(std::move(found->values)));

  ASSERT_EQ(comments.size(), 2u);
  EXPECT_EQ(find_comment(comments, "Demo for docs"), comments[1].id);
}

}  // namespace
}  // namespace defender_test

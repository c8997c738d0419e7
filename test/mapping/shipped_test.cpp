#include <boost/json/parse.hpp>
#include <gtest/gtest.h>

#include "connector/mapping/map_test.hpp"
#include "connector/mapping/schema.hpp"
#include "test/mapping/support.hpp"

namespace connector::mapping::test {
namespace {

class Shipped : public testing::TestWithParam<char const*> {
 protected:
  [[nodiscard]] static compiled map() {
    return compile(std::string{PROJECT_DIR "/mappings/"} + GetParam(), models(), disk_files());
  }
};

TEST_P(Shipped, WritesNoPriorityOrStampsThatTheSystemWorksOut) {
  auto const done = map();

  for (auto const& r : done.as_data->rules) {
    if (!r.goes(side::ticket)) continue;
    for (auto const& f : r.ticket) EXPECT_TRUE(f.type->writable) << f.path;
  }
}

TEST_P(Shipped, KeepsOwnersAndVerdictsBackWhileAMergeIsLikely) {
  auto const done = map();
  auto const open = object(R"({"status": "inProgress"})");
  auto const finished = object(R"({"status": "resolved"})");
  std::string held;

  for (auto const& r : done.map->rules()) {
    if (r->hinders_merging(open)) held += r->name() + ' ';
    EXPECT_FALSE(r->hinders_merging(finished)) << r->name();
  }

  EXPECT_EQ(held, "classification+determination/close_code assignedTo/assigned_to ");
}

TEST_P(Shipped, CommentsGoWhereCustomersDoNotSeeThem) {
  auto const done = map();

  EXPECT_EQ(done.map->comments().place, "work_notes");
  EXPECT_FALSE(done.map->comments().take_public);
}

TEST_P(Shipped, AMergedIncidentsTicketGetsAllThatItsFinalStateNeeds) {
  auto const done = map();
  auto const& fields = done.map->merged().fields;

  EXPECT_TRUE(done.map->merged().close);
  for (auto const* name : {"state", "close_code", "close_notes"}) {
    EXPECT_FALSE(core::is_unset(core::field(fields, name))) << name;
  }
}

INSTANTIATE_TEST_SUITE_P(
    Maps, Shipped, testing::Values("servicenow-incident.yaml", "servicenow-sir.yaml")
);

/// What holds for every map in mappings/, whoever adds it.
class EveryMap : public testing::TestWithParam<std::string> {
 protected:
  [[nodiscard]] static compiled map() {
    return compile(
        std::string{PROJECT_DIR "/mappings/"} + GetParam() + ".yaml", models(), disk_files()
    );
  }
};

TEST_P(EveryMap, HasNoFindings) {
  auto const done = map();

  EXPECT_TRUE(done.findings.empty()) << shown(done.findings);
  EXPECT_TRUE(done.map);
}

TEST_P(EveryMap, PassesItsOwnTestsAndTheyTouchEveryRow) {
  auto const report = run_tests(map(), disk_files());

  EXPECT_GT(report.run, 10U);
  EXPECT_TRUE(report.findings.empty()) << shown(report.findings);
  for (auto const& f : report.failures) {
    ADD_FAILURE() << f.where.file << ":" << f.where.line << ": " << f.test << ": " << f.text;
  }
  for (auto const& row : report.untouched) {
    ADD_FAILURE() << row.where.file << ":" << row.where.line << ": " << row.text;
  }
}

TEST_P(EveryMap, HasATestForWhateverCouldBeChangedInIt) {
  auto const report = run_mutants(map(), disk_files());

  EXPECT_GT(report.mutants, 20U);
  for (auto const& m : report.survivors) {
    ADD_FAILURE() << m.where.file << ":" << m.where.line << ": no test notices: " << m.text;
  }
}

INSTANTIATE_TEST_SUITE_P(Maps, EveryMap, testing::ValuesIn(shipped_maps()), [](auto const& of) {
  auto name = of.param;
  std::erase(name, '-');
  return name;
});

TEST(Schema, IsJsonAndKnowsTheKeysOfTheCompiler) {
  auto const schema = boost::json::parse(language_schema()).as_object();

  auto const& rule = schema.at("$defs").at("rule").at("properties").as_object();
  EXPECT_TRUE(rule.contains("merge_risk"));
  auto const& whole = schema.at("$defs").at("map");
  EXPECT_EQ(whole.at("required").as_array().size(), 6U);
  EXPECT_FALSE(whole.at("additionalProperties").as_bool());
  auto const& overlay = schema.at("$defs").at("overlay_rule").at("properties").as_object();
  EXPECT_TRUE(overlay.contains("replace") && overlay.contains("values"));
}

TEST(Schema, RefersOnlyToWhatItDefines) {
  auto const text = language_schema();
  auto const defs = boost::json::parse(text).at("$defs").as_object();

  std::size_t seen = 0;
  for (auto at = text.find("#/$defs/"); at != std::string::npos;
       at = text.find("#/$defs/", at + 1)) {
    auto const name = text.substr(at + 8, text.find('"', at) - at - 8);
    EXPECT_TRUE(defs.contains(name)) << name;
    ++seen;
  }
  EXPECT_GT(seen, 40U);
}

}  // namespace
}  // namespace connector::mapping::test

#include "connector/mapping/sarif.hpp"

#include <gtest/gtest.h>

#include "connector/mapping/prove.hpp"
#include "test/mapping/support.hpp"

namespace connector::mapping::test {
namespace {

constexpr auto typo =
    "mapping: m\nversion: 1\nincident: defender\nticket: servicenow/incident\nopen: all\nrules:\n"
    "  - {incident: displayName, ticket: \"short_descripton\", sync: to_ticket}\n";

core::record log_of(std::vector<finding> const& all, std::string const& text) {
  sarif_context with;
  with.version = "1.2.3";
  with.pages = "https://docs.example/findings/";
  with.page = [](std::string_view id) { return id == "M021" ? "# M021" : std::string_view{}; };
  with.source = [&](std::string const&) { return std::optional{text}; };
  return sarif_log(all, with);
}

core::value const& at(core::value const& v, std::string_view pointer) {
  return v.at_pointer(pointer);
}

TEST(Sarif, EachFindingNamesItsRuleAndItsPlace) {
  auto const done = compile_text(typo);
  core::value const log = log_of(done.findings, typo);

  EXPECT_EQ(at(log, "/version"), "2.1.0");
  auto const& result = at(log, "/runs/0/results/0");
  EXPECT_EQ(at(result, "/ruleId"), "M021");
  EXPECT_EQ(at(result, "/level"), "error");
  auto const number = at(result, "/ruleIndex").to_number<std::size_t>();
  EXPECT_EQ(at(log, "/runs/0/tool/driver/rules").as_array()[number].at("id"), "M021");
  EXPECT_EQ(at(result, "/locations/0/physicalLocation/region/startLine"), 7);
  EXPECT_EQ(at(result, "/locations/0/physicalLocation/artifactLocation/uri"), "map.yaml");
}

TEST(Sarif, EveryFindingThatThereCanBeIsARuleWithItsPage) {
  core::value const log = log_of({}, "");
  auto const& rules = at(log, "/runs/0/tool/driver/rules").as_array();

  ASSERT_EQ(rules.size(), finding_kinds().size());
  for (auto const& rule : rules) {
    auto const id = std::string{at(rule, "/id").as_string()};
    EXPECT_EQ(at(rule, "/helpUri").as_string(), "https://docs.example/findings/" + id + ".md");
    EXPECT_FALSE(at(rule, "/shortDescription/text").as_string().empty());
    if (id == "M021") {
      EXPECT_EQ(at(rule, "/help/markdown"), "# M021");
    }
  }
}

TEST(Sarif, AMisspeltWordComesWithItsReplacement) {
  auto const done = compile_text(typo);
  core::value const log = log_of(done.findings, typo);

  auto const& replacement = at(log, "/runs/0/results/0/fixes/0/artifactChanges/0/replacements/0");
  auto const start = at(replacement, "/deletedRegion/startColumn").as_int64();
  auto const end = at(replacement, "/deletedRegion/endColumn").as_int64();
  auto const line =
      std::string{"  - {incident: displayName, ticket: \"short_descripton\", sync: to_ticket}"};
  EXPECT_EQ(
      line.substr(static_cast<std::size_t>(start) - 1, static_cast<std::size_t>(end - start)),
      "short_descripton"
  );
  EXPECT_EQ(at(replacement, "/insertedContent/text"), "short_description");
}

TEST(Sarif, AdviceThatIsNoReplacementStaysInTheMessage) {
  std::string const text =
      "mapping: m\nversion: 1\nincident: defender\nticket: servicenow/incident\nopen: all\nrules:\n"
      "  - {incident: displayName, ticket: category}\n";
  auto const done = compile_text(text);
  core::value const log = log_of(done.findings, text);

  auto const& result = at(log, "/runs/0/results/0");
  EXPECT_FALSE(result.as_object().contains("fixes"));
  EXPECT_NE(
      std::string{at(result, "/message/text").as_string()}.find("add 'sync:'"), std::string::npos
  );
}

TEST(Sarif, ATraceBecomesACodeFlowWithAPlaceForEachStep) {
  finding f = make_finding(found::ping_pong, {"a map.yaml", 12, 3}, "round and round");
  f.trace.push_back({{}, "somebody edits"});
  f.trace.push_back({{"a map.yaml", 14, 9}, "the connector writes"});
  core::value const log = log_of({f}, "");

  auto const& steps = at(log, "/runs/0/results/0/codeFlows/0/threadFlows/0/locations").as_array();
  ASSERT_EQ(steps.size(), 2U);
  EXPECT_EQ(at(steps[0], "/location/message/text"), "somebody edits");
  EXPECT_EQ(at(steps[0], "/location/physicalLocation/region/startLine"), 12);
  EXPECT_EQ(at(steps[1], "/location/physicalLocation/region/startLine"), 14);
  EXPECT_EQ(at(steps[1], "/location/physicalLocation/artifactLocation/uri"), "a%20map.yaml");
}

}  // namespace
}  // namespace connector::mapping::test

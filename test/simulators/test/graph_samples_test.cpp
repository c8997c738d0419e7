#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "test/simulators/samples.hpp"
#include "test/simulators/test/support.hpp"

namespace simulators::testing {
namespace {

/// Vendors' payloads are not part of the product; DEFENDER_SAMPLES names the folder that holds
/// them.
std::string samples_folder() {
  auto const* named = std::getenv("DEFENDER_SAMPLES");
  return named == nullptr ? std::string{} : std::string{named};
}

json::value read_sample(std::string const& name) {
  std::ifstream in{samples_folder() + "/" + name};
  std::stringstream all;
  all << in.rdbuf();
  return json::parse(all.str());
}

std::vector<std::string> names_of(json::object const& members) {
  std::vector<std::string> names;
  for (auto const& each : members) {
    if (each.key().find("@odata.") == each.key().npos) names.emplace_back(each.key());
  }
  std::sort(names.begin(), names.end());
  return names;
}

class GraphSamples : public ::testing::Test {
 protected:
  core::time_point now = at("2026-06-01T00:00:00Z");
  graph service;
  graph_client client{service, now};

  void SetUp() override {
    if (!std::filesystem::exists(samples_folder())) {
      GTEST_SKIP() << "recorded answers are not part of the source; "
                      "DEFENDER_SAMPLES names no folder of them";
    }
    service.settings().calls_per_minute = 0;
    service.settings().retention = {};
  }
};

TEST_F(GraphSamples, OfEveryGenerationAreListedAsTheyAre) {
  ASSERT_GE(load_samples(service, samples_folder()), 7U);

  auto const body =
      object_of(client.get("/security/incidents?$top=50&$orderby=lastUpdateDateTime&$count=true"));
  auto const& rows = body.at("value").as_array();
  EXPECT_EQ(body.at("@odata.count"), rows.size());
  EXPECT_EQ(rows.size(), service.incidents());
  for (auto const& row : rows) {
    auto const kept = service.incident(text_at(row.as_object(), "id"));
    EXPECT_EQ(row, *kept);
  }
  auto const filtered = client.get(
      "/security/incidents?$top=50&$filter=" + quote("classification eq 'truePositive'")
  );
  EXPECT_GE(ids_of(filtered).size(), 2U) << "PascalCase records are found too";
}

TEST_F(GraphSamples, HaveTheMembersOfSimulatedIncidents) {
  auto const recorded = read_sample("graph_list_incidents_docs_2026.json");
  auto const id = service.add_incident({}, now);

  EXPECT_EQ(
      names_of(recorded.at("value").as_array().at(0).as_object()), names_of(*service.incident(id))
  );
}

TEST_F(GraphSamples, HaveTheShapeOfSimulatedAnswers) {
  auto const id = service.add_incident({}, now);
  auto const patched =
      object_of(client.call("PATCH", "/security/incidents/" + id, R"({"severity":"low"})"));
  auto const commented =
      object_of(client.call("POST", "/security/incidents/" + id + "/comments", R"({"comment":"x"})")
      );
  auto const refused = object_of(client.get("/security/incidents?$top=100"));

  auto const recorded_patch = read_sample("graph_patch_incident_response_docs_2026.json");
  EXPECT_EQ(names_of(recorded_patch.as_object()), names_of(patched));
  EXPECT_EQ(
      text_at(recorded_patch.as_object(), "@odata.context"), text_at(patched, "@odata.context")
  );

  auto const recorded_comments = read_sample("graph_create_comment_response_docs.json");
  EXPECT_EQ(
      names_of(recorded_comments.at("value").as_array().at(0).as_object()),
      names_of(commented.at("value").as_array().at(0).as_object())
  );

  auto const recorded_error =
      read_sample("graph_error_400_top_exceeds_50_wazuh_2025.json").at("error").as_object();
  auto const error = refused.at("error").as_object();
  EXPECT_EQ(names_of(recorded_error), names_of(error));
  EXPECT_EQ(recorded_error.at("message"), error.at("message"));
  EXPECT_EQ(recorded_error.at("code"), error.at("code"));
  EXPECT_EQ(
      names_of(recorded_error.at("innerError").as_object()),
      names_of(error.at("innerError").as_object())
  );
}

}  // namespace
}  // namespace simulators::testing

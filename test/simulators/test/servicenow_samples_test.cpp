#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "test/simulators/test/support.hpp"

namespace simulators::testing {
namespace {

/// Recorded answers are not part of the product; SERVICENOW_SAMPLES names their folder.
class ServiceNowSamples : public ::testing::Test {
 protected:
  core::time_point now = at("2026-03-01T10:00:00Z");
  servicenow service{{}, now};
  servicenow_client client{service, now};
  std::filesystem::path folder;

  void SetUp() override {
    auto const* const named = std::getenv("SERVICENOW_SAMPLES");
    folder = named == nullptr ? "" : named;
    if (!std::filesystem::is_directory(folder)) {
      GTEST_SKIP() << "recorded answers are not part of the source; "
                      "SERVICENOW_SAMPLES names no folder of them";
    }
  }

  std::string text(std::string const& name) {
    std::ifstream in{folder / name, std::ios::binary};
    return {std::istreambuf_iterator<char>{in}, {}};
  }
  json::value sample(std::string const& name) { return json::parse(text(name)); }
};

TEST_F(ServiceNowSamples, NewIncidentsHaveTheColumnsAndValuesOfARecordedOne) {
  auto const recorded = sample("incident_create_201_xsoar_2020.json").at("result").as_object();
  auto const record = client.create({{"description", "creating a test ticket"}, {"severity", "2"}});

  for (auto const& [name, value] : recorded) {
    if (name.starts_with("u_")) continue;
    ASSERT_TRUE(record.contains(name)) << name;
    bool const differs_by_nature =
        name.starts_with("sys_") || name.starts_with("opened_") || name == "number";
    if (!differs_by_nature) {
      EXPECT_EQ(record.at(name), value) << name;
    }
    EXPECT_EQ(record.at(name).kind(), value.kind()) << name;
  }
}

TEST_F(ServiceNowSamples, SecurityIncidentsHaveTheColumnsOfARecordedOne) {
  auto const recorded = sample("sir_get_200_rapid7_2023.json").at("result").as_object();
  auto const body =
      object_of(client.call("POST", "/api/now/table/sn_si_incident", R"({"category":"x"})"));

  auto const& record = body.at("result").as_object();
  for (auto const& each : recorded) EXPECT_TRUE(record.contains(each.key())) << each.key();
}

TEST_F(ServiceNowSamples, ErrorsAndEmptyListsReadAsRecorded) {
  EXPECT_EQ(
      json::parse(client.get("/api/now/table/incident/" + std::string(32, 'a')).body),
      sample("error_404_no_record_rapid7.json")
  );
  EXPECT_EQ(
      json::parse(client.get("/api/now/table/incident").body), sample("list_empty_rapid7.json")
  );
  service.settings().journals = servicenow_settings::journal_access::forbidden;
  EXPECT_EQ(
      json::parse(client.get("/api/now/table/sys_journal_field").body),
      sample("error_403_journal_rights_rapid7.json")
  );
}

TEST_F(ServiceNowSamples, JournalEntriesHaveTheColumnsOfRecordedOnes) {
  auto const recorded = sample("sys_journal_field_list_rapid7.json");
  client.create({{"work_notes", "x"}});
  auto const body = object_of(client.get("/api/now/table/sys_journal_field"));

  auto const& record = body.at("result").as_array().at(0).as_object();
  for (auto const& each : recorded.at("result").as_array().at(0).as_object()) {
    EXPECT_TRUE(record.contains(each.key())) << each.key();
  }
}

TEST_F(ServiceNowSamples, BatchAnswersHaveTheMembersOfARecordedOne) {
  auto const body = text("batch_request_docs_australia.json");
  auto const answer = object_of(client.call("POST", "/api/now/v1/batch", body));
  auto const recorded = sample("batch_response_docs_australia.json").as_object();

  for (auto const& each : recorded) EXPECT_TRUE(answer.contains(each.key())) << each.key();
  auto const& item = answer.at("serviced_requests").as_array().at(1).as_object();
  for (auto const& each : recorded.at("serviced_requests").as_array().at(1).as_object()) {
    EXPECT_TRUE(item.contains(each.key())) << each.key();
  }
  EXPECT_EQ(item.at("status_code"), 200);
}

}  // namespace
}  // namespace simulators::testing

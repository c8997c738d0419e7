#include "test/simulators/test/support.hpp"

namespace simulators::testing {
namespace {

struct ServiceNowWrites : ::testing::Test {
  core::time_point now = at("2026-03-01T10:00:00.5Z");
  servicenow service{{}, now};
  servicenow_client client{service, now};
};

TEST_F(ServiceNowWrites, AnswersACreateWithTheWholeRecordAndItsPlace) {
  auto const answer = client.call(
      "POST", "/api/now/table/incident", R"({"short_description":"x","correlation_id":"k1"})"
  );

  EXPECT_EQ(answer.status, 201);
  auto const body = object_of(answer);
  auto const& record = body.at("result").as_object();
  EXPECT_EQ(text_at(record, "number"), "INC0010001");
  EXPECT_EQ(text_at(record, "priority"), "5");
  EXPECT_EQ(text_at(record, "active"), "true");
  EXPECT_EQ(text_at(record, "sys_created_on"), "2026-03-01 10:00:00");
  EXPECT_EQ(
      http::find(answer.headers, "Location"),
      "https://instance.service-now.com/api/now/table/incident/" + text_at(record, "sys_id")
  );
}

TEST_F(ServiceNowWrites, ComputesPriorityAndOverwritesTheOneSent) {
  auto const record = client.create({{"impact", "1"}, {"urgency", "2"}, {"priority", "5"}});

  EXPECT_EQ(text_at(record, "priority"), "2");
}

TEST_F(ServiceNowWrites, DemandsCloseFieldsToResolve) {
  auto const id = text_at(client.create({}), "sys_id");

  auto const refused = client.patch(id, {{"state", "6"}, {"close_code", "Duplicate"}}, 403);
  EXPECT_EQ(
      text_at(refused.at("error").as_object(), "detail"),
      "Data Policy Exception: The following fields are mandatory: Resolution notes"
  );

  auto const done =
      client.patch(id, {{"state", "6"}, {"close_code", "Duplicate"}, {"close_notes", "twin"}});
  EXPECT_EQ(text_at(done, "incident_state"), "6");
  EXPECT_EQ(text_at(done, "resolved_at"), "2026-03-01 10:00:00");
}

TEST_F(ServiceNowWrites, LeavesTheCounterAloneWhenNothingChanges) {
  auto const id = text_at(client.create({{"short_description", "x"}}), "sys_id");
  now += std::chrono::seconds{5};

  EXPECT_EQ(text_at(client.patch(id, {{"short_description", "x"}}), "sys_mod_count"), "0");
  auto const changed = client.patch(id, {{"short_description", "y"}});
  EXPECT_EQ(text_at(changed, "sys_mod_count"), "1");
  EXPECT_EQ(text_at(changed, "sys_updated_on"), "2026-03-01 10:00:05");
}

}  // namespace
}  // namespace simulators::testing

#include "test/simulators/test/support.hpp"

namespace simulators::testing {
namespace {

class ServiceNowWrites : public ::testing::Test {
 protected:
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

TEST_F(ServiceNowWrites, StampsBySeconds) {
  auto const id = text_at(client.create({}), "sys_id");
  now += std::chrono::milliseconds{900};

  EXPECT_EQ(text_at(client.patch(id, {{"impact", "1"}}), "sys_updated_on"), "2026-03-01 10:00:01");
}

TEST_F(ServiceNowWrites, CutsLongTextWithoutAWord) {
  auto const record = client.create({{"short_description", std::string(200, 'x')}});

  EXPECT_EQ(text_at(record, "short_description").size(), 160U);
}

TEST_F(ServiceNowWrites, CountsCharactersNotBytes) {
  std::string text;
  for (int i = 0; i < 161; ++i) text += "\xc3\xa4";

  EXPECT_EQ(
      text_at(client.create({{"short_description", text}}), "short_description").size(), 320U
  );
}

TEST_F(ServiceNowWrites, IgnoresUnknownAndReadOnlyColumns) {
  auto const record = client.create(
      {{"u_nonsense", "x"}, {"sys_mod_count", "9"}, {"resolved_at", "now"}, {"sys_id", "mine"}}
  );

  EXPECT_FALSE(record.contains("u_nonsense"));
  EXPECT_EQ(text_at(record, "sys_mod_count"), "0");
  EXPECT_EQ(text_at(record, "resolved_at"), "");
  EXPECT_EQ(text_at(record, "sys_id").size(), 32U);
}

TEST_F(ServiceNowWrites, StoresNumbersAndTruthAsText) {
  auto const record = client.create({{"impact", 2}, {"knowledge", true}, {"urgency", "1"}});

  EXPECT_EQ(record.at("impact"), "2");
  EXPECT_EQ(record.at("knowledge"), "true");
  EXPECT_EQ(record.at("priority"), "2");
}

TEST_F(ServiceNowWrites, StoresACloseCodeOutsideTheList) {
  auto const id = text_at(client.create({}), "sys_id");
  auto const done =
      client.patch(id, {{"state", "6"}, {"close_code", "Magic"}, {"close_notes", "x"}});

  EXPECT_EQ(text_at(done, "close_code"), "Magic");
}

TEST_F(ServiceNowWrites, MirrorsIncidentState) {
  auto const id = text_at(client.create({}), "sys_id");

  EXPECT_EQ(text_at(client.patch(id, {{"incident_state", "2"}}), "state"), "2");
  EXPECT_EQ(text_at(client.patch(id, {{"state", "1"}}), "incident_state"), "1");
}

TEST_F(ServiceNowWrites, DemandsACommentForAwaitingCaller) {
  auto const id = text_at(client.create({}), "sys_id");
  json::object const hold{{"state", "3"}, {"hold_reason", "1"}};

  client.patch(id, hold, 403);
  auto with_comment = hold;
  with_comment["comments"] = "Please answer.";
  EXPECT_EQ(text_at(client.patch(id, with_comment), "state"), "3");
  EXPECT_EQ(text_at(client.patch(id, {{"state", "2"}}), "hold_reason"), "") << "cleared on leaving";
}

TEST_F(ServiceNowWrites, LeavesAClosedIncidentAsItIs) {
  auto const id = text_at(client.create({{"short_description", "x"}}), "sys_id");
  service.resolve(id, "Duplicate", "twin", "beth.anglin", now);
  service.close(id, "beth.anglin", now);

  auto const silent = client.patch(id, {{"short_description", "y"}, {"work_notes", "late"}});
  EXPECT_EQ(text_at(silent, "short_description"), "x");
  EXPECT_TRUE(service.journal(id).empty());

  service.settings().aborted_write = servicenow_settings::abort_answer::forbidden;
  client.patch(id, {{"short_description", "y"}}, 403);
  service.settings().closed_takes_notes = true;
  client.patch(id, {{"work_notes", "late"}});
  EXPECT_EQ(service.journal(id).size(), 1U);
}

TEST_F(ServiceNowWrites, LetsOnlyItilAdminClose) {
  auto const id = text_at(client.create({}), "sys_id");
  json::object const close{{"state", "7"}, {"close_code", "Duplicate"}, {"close_notes", "x"}};

  EXPECT_EQ(text_at(client.patch(id, close), "state"), "1") << "aborted, and still 200";
  service.settings().roles.push_back("itil_admin");
  EXPECT_EQ(text_at(client.patch(id, close), "state"), "7");
}

TEST_F(ServiceNowWrites, CountsReopenings) {
  auto const id = text_at(client.create({}), "sys_id");
  client.patch(id, {{"state", "6"}, {"close_code", "Duplicate"}, {"close_notes", "x"}});

  auto const again = client.patch(id, {{"state", "2"}});
  EXPECT_EQ(text_at(again, "reopen_count"), "1");
  EXPECT_EQ(text_at(again, "resolved_at"), "");
}

TEST_F(ServiceNowWrites, AppendsEachNoteAndReadsItBackEmpty) {
  auto const id = text_at(client.create({}), "sys_id");
  client.patch(id, {{"work_notes", "one"}});
  auto const record = client.patch(id, {{"work_notes", "one"}});

  EXPECT_EQ(text_at(record, "work_notes"), "");
  EXPECT_EQ(service.journal(id).size(), 2U);
}

TEST_F(ServiceNowWrites, MovesTheStampForANoteOnlyIfToldSo) {
  auto const id = text_at(client.create({}), "sys_id");
  now += std::chrono::seconds{5};

  EXPECT_EQ(text_at(client.patch(id, {{"work_notes", "one"}}), "sys_mod_count"), "0");
  service.settings().journal_moves_stamp = true;
  auto const record = client.patch(id, {{"work_notes", "two"}});
  EXPECT_EQ(text_at(record, "sys_mod_count"), "1");
  EXPECT_EQ(text_at(record, "sys_updated_on"), "2026-03-01 10:00:05");
}

TEST_F(ServiceNowWrites, ChecksTheAssigneesGroup) {
  auto const joe = service.user("joe.employee");
  auto const operations = service.group("Security Operations");
  json::object const body{{"assigned_to", joe}, {"assignment_group", operations}};

  auto const answer = client.call("POST", "/api/now/table/incident", json::serialize(body));
  EXPECT_EQ(answer.status, 403);
  service.settings().assignee_must_be_member = false;
  client.create(body);
}

TEST_F(ServiceNowWrites, KeepsOrEmptiesAReferenceToNothing) {
  auto const nobody = std::string(32, 'a');
  auto const kept = client.create({{"assigned_to", nobody}});
  EXPECT_EQ(text_at(kept.at("assigned_to").as_object(), "value"), nobody);

  service.settings().references_to_nothing = servicenow_settings::bad_reference::emptied;
  EXPECT_EQ(text_at(client.create({{"assigned_to", nobody}}), "assigned_to"), "");
}

TEST_F(ServiceNowWrites, ResolvesNamesOnlyWhenAsked) {
  auto const path = "/api/now/table/incident?sysparm_input_display_value=true";
  auto const found = client.call("POST", path, R"({"assigned_to":"Beth Anglin"})");
  auto const missed = client.call("POST", path, R"({"assigned_to":"Nobody"})");

  EXPECT_NE(found.body.find(service.user("beth.anglin")), std::string::npos);
  EXPECT_NE(missed.body.find(R"("assigned_to":"")"), std::string::npos);
}

TEST_F(ServiceNowWrites, OverwritesTheGroupByAnAssignmentRule) {
  service.settings().assignment_rule_group = service.group("Service Desk");
  auto const record = client.create({{"assignment_group", service.group("Security Operations")}});

  EXPECT_EQ(
      text_at(record.at("assignment_group").as_object(), "value"), service.group("Service Desk")
  );
}

TEST_F(ServiceNowWrites, StepsSecurityIncidentsThroughTheirProcess) {
  auto const created =
      client.call("POST", "/api/now/table/sn_si_incident", R"({"short_description":"x"})");
  auto const id = text_at(object_of(created).at("result").as_object(), "sys_id");
  auto const move = [&](std::string const& state) {
    auto const answer = client.call(
        "PATCH", "/api/now/table/sn_si_incident/" + id, R"({"state":")" + state + R"("})"
    );
    return text_at(object_of(answer).at("result").as_object(), "state");
  };

  EXPECT_EQ(move("18"), "10") << "a jump is aborted";
  EXPECT_EQ(move("16"), "16");
  EXPECT_EQ(move("18"), "18");
  service.settings().stateful_security_process = false;
  EXPECT_EQ(move("100"), "100");
}

TEST_F(ServiceNowWrites, RefusesWithoutTheRoleAndForSystemTables) {
  EXPECT_EQ(client.call("POST", "/api/now/table/sys_user", R"({"name":"x"})").status, 403);
  service.settings().roles = {};
  EXPECT_EQ(client.call("POST", "/api/now/table/incident", "{}").status, 403);
}

TEST_F(ServiceNowWrites, DeletesOnlyForAdminAndThenKnowsNothing) {
  auto const path = "/api/now/table/incident/" + text_at(client.create({}), "sys_id");

  EXPECT_EQ(client.call("DELETE", path).status, 403);
  service.settings().roles.push_back("admin");
  EXPECT_EQ(client.call("DELETE", path).status, 204);
  EXPECT_EQ(client.get(path).status, 404);
}

TEST_F(ServiceNowWrites, ActsOnTheMethodOverride) {
  auto const id = text_at(client.create({}), "sys_id");
  client.headers.push_back({"X-HTTP-Method-Override", "PATCH"});

  auto const answer = client.call("POST", "/api/now/table/incident/" + id, R"({"impact":"1"})");
  EXPECT_EQ(answer.status, 200);
}

TEST_F(ServiceNowWrites, SaysNothingWhenAskedTo) {
  client.headers.push_back({"X-no-response-body", "true"});
  auto const answer = client.call("POST", "/api/now/table/incident", "{}");

  EXPECT_EQ(answer.status, 201);
  EXPECT_EQ(answer.body, "");
  EXPECT_FALSE(http::find(answer.headers, "Location").empty());
}

TEST_F(ServiceNowWrites, DemandsWhatADataPolicyDemandsOnCreate) {
  service.settings().mandatory_on_create = {"caller_id"};
  auto const answer = client.call("POST", "/api/now/table/incident", "{}");

  EXPECT_EQ(answer.status, 403);
  EXPECT_NE(answer.body.find("mandatory: Caller"), std::string::npos);
}

TEST_F(ServiceNowWrites, RefusesBodiesThatAreNoObject) {
  EXPECT_EQ(client.call("POST", "/api/now/table/incident", "[]").status, 400);
  EXPECT_EQ(client.call("POST", "/api/now/table/incident", "{'a':'b'}").status, 400);
}

TEST_F(ServiceNowWrites, AScriptChangesDataWithoutAStamp) {
  auto const id = text_at(client.create({}), "sys_id");
  service.script_edit(id, {{"category", "network"}}, now + std::chrono::hours{1});

  auto const record = *service.record(id);
  EXPECT_EQ(record.at("category"), "network");
  EXPECT_EQ(record.at("sys_mod_count"), "0");
  EXPECT_EQ(record.at("sys_updated_on"), "2026-03-01 10:00:00");
}

TEST_F(ServiceNowWrites, TheCallersCommentEndsTheWait) {
  auto const joe = service.user("joe.employee");
  auto const id = text_at(client.create({{"caller_id", joe}}), "sys_id");
  client.patch(id, {{"state", "3"}, {"hold_reason", "1"}, {"comments", "?"}});

  service.add_journal(id, "comments", "Here I am.", "joe.employee", now);

  auto const record = *service.record(id);
  EXPECT_EQ(record.at("state"), "2");
  EXPECT_EQ(record.at("hold_reason"), "");
}

}  // namespace
}  // namespace simulators::testing

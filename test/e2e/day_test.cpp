#include "connector/sync/marks.hpp"
#include "test/e2e/estate.hpp"

/// A day at work, piece by piece, over the production adapters.
namespace connector::e2e {
namespace {

using sync::without_marks;

boost::json::object ransomware() {
  return {
      {"displayName", "Ransomware activity on one endpoint"},
      {"severity", "high"},
      {"status", "active"},
      {"assignedTo", nullptr},
  };
}

class Day : public testing::TestWithParam<bool> {
 protected:
  estate::choices chosen() const {
    estate::choices all;
    if (GetParam()) {
      all.graph = {};
      all.servicenow = {};
    }
    all.graph.calls_per_minute = 0;
    if (GetParam()) {
      // The harder positions in which a comment alone moves no stamp are the sweep's business.
      all.graph.comment_moves_stamp = true;
      all.servicenow.journal_moves_stamp = true;
    }
    return all;
  }
  estate w{chosen()};
};

INSTANTIATE_TEST_SUITE_P(OpenPoints, Day, testing::Bool(), [](auto const& p) {
  return p.param ? "Hard" : "Observed";
});

TEST_P(Day, AnIncidentBecomesOneTicketAndThenThereIsSilence) {
  auto const id = w.open(ransomware());

  w.sync();
  auto const ticket = w.ticket_of(id);
  EXPECT_EQ(ticket.at("short_description"), "Ransomware activity on one endpoint");
  EXPECT_EQ(ticket.at("state"), "1");
  EXPECT_EQ(ticket.at("impact"), "1");
  EXPECT_EQ(ticket.at("priority"), "2") << "worked out by ServiceNow";
  EXPECT_EQ(ticket.at("correlation_id"), core::value(w.link_of(id).id));

  w.sync();
  auto const writes = w.writes();
  for (int i = 0; i < 5; ++i) w.sync();
  EXPECT_EQ(w.writes(), writes) << w.log();
  EXPECT_EQ(w.servicenow.records("incident"), 1u);
}

TEST_P(Day, TheTicketsNumberIsTaggedOnTheIncident) {
  auto const id = w.open(ransomware());
  w.graph.edit(id, {{"customTags", {"VIP"}}}, "analyst@contoso.com", w.now());

  w.sync();

  auto const tags = w.incident(id).at("customTags").as_array();
  EXPECT_NE(std::find(tags.begin(), tags.end(), "VIP"), tags.end());
  EXPECT_NE(std::find(tags.begin(), tags.end(), w.ticket_of(id).at("number")), tags.end())
      << w.log();
}

TEST_P(Day, TheSocChangesSeverityAndComments) {
  auto const id = w.open(ransomware());
  w.sync();

  w.graph.edit(id, {{"severity", "medium"}}, "analyst@contoso.com", w.now());
  w.graph.comment(id, "Host isolated & <b>imaged</b>.", "analyst@contoso.com", w.now());
  w.sync();
  for (int i = 0; i < 3; ++i) w.sync();

  EXPECT_EQ(w.ticket_of(id).at("impact"), "2");
  ASSERT_EQ(w.notes_of(id).size(), 1u) << w.log();
  EXPECT_NE(w.notes_of(id)[0].find("Host isolated"), std::string::npos);
  EXPECT_EQ(w.incident(id).at("comments").as_array().size(), 1u) << "no echo";
}

TEST_P(Day, SomebodyWorksTheTicketAndResolvesIt) {
  auto const id = w.open(ransomware());
  w.sync();
  auto const ticket = w.link_of(id).ticket_id;

  w.servicenow.edit(ticket, {{"state", "2"}}, "beth.anglin", w.now());
  w.servicenow.add_journal(ticket, "work_notes", "Called the user.", "beth.anglin", w.now());
  w.sync();
  EXPECT_EQ(w.incident(id).at("status"), "inProgress");
  ASSERT_EQ(w.incident(id).at("comments").as_array().size(), 1u) << w.log();

  w.servicenow.resolve(ticket, "Solution provided", "Reimaged the host.", "beth.anglin", w.now());
  w.sync();
  for (int i = 0; i < 3; ++i) w.sync();

  auto const incident = w.incident(id);
  EXPECT_EQ(incident.at("status"), "resolved") << w.log();
  EXPECT_EQ(incident.at("classification"), "truePositive");
  EXPECT_EQ(incident.at("determination"), "other");
  EXPECT_EQ(incident.at("resolvingComment"), "Reimaged the host.");
  EXPECT_EQ(w.ticket_of(id).at("state"), "6");
  EXPECT_EQ(w.ticket_of(id).at("close_code"), "Solution provided");
}

TEST_P(Day, TheIncidentIsResolvedAndTheTicketFollowsWithCodeAndNotes) {
  auto const id = w.open(ransomware());
  w.sync();

  w.graph.edit(
      id,
      {{"status", "resolved"},
       {"classification", "falsePositive"},
       {"determination", "notMalicious"},
       {"resolvingComment", "Scheduled backup."}},
      "analyst@contoso.com",
      w.now()
  );
  w.sync();

  EXPECT_EQ(w.ticket_of(id).at("state"), "6") << w.log();
  EXPECT_EQ(w.ticket_of(id).at("close_code"), "No resolution provided");
  EXPECT_EQ(w.ticket_of(id).at("close_notes"), "Scheduled backup.");
}

TEST_P(Day, DefenderExpertsHandAnIncidentToTheCustomer) {
  auto const id = w.open(ransomware());
  w.sync();
  w.graph.experts_take(id, w.now());
  w.sync();
  EXPECT_EQ(w.ticket_of(id).at("state"), "2");

  w.graph.experts_hand_over(id, "Isolate the host.", w.now());
  w.sync();
  for (int i = 0; i < 3; ++i) w.sync();

  EXPECT_EQ(w.ticket_of(id).at("state"), "2");
  EXPECT_EQ(w.ticket_of(id).at("urgency"), "1");
  EXPECT_EQ(w.ticket_of(id).at("priority"), "1");
  EXPECT_EQ(w.incident(id).at("status"), "awaitingAction") << "never written back";
  EXPECT_EQ(w.incident(id).at("assignedTo"), "Customer");
}

TEST_P(Day, AMergedIncidentsTicketIsClosedAsDuplicate) {
  auto const one = w.open(ransomware());
  auto const two = w.open(ransomware());
  w.sync();

  ASSERT_TRUE(w.graph.merge(two, one, w.now()));
  w.sync();
  for (int i = 0; i < 3; ++i) w.sync();

  EXPECT_EQ(w.ticket_of(two).at("state"), "6") << w.log();
  EXPECT_EQ(w.ticket_of(two).at("close_code"), "Duplicate");
  ASSERT_FALSE(w.notes_of(two).empty());
  EXPECT_NE(
      w.notes_of(two).back().find(std::string{w.ticket_of(one).at("number").as_string()}),
      std::string::npos
  );
  EXPECT_EQ(w.ticket_of(one).at("state"), "1");
}

TEST_P(Day, ALostAnswerToACreateLeavesOneTicket) {
  w.servicenow_faults.script({simulators::fault_kind::lost_reply}, "POST");
  auto const id = w.open(ransomware());

  w.sync(std::chrono::seconds{20});

  EXPECT_EQ(w.servicenow.records("incident"), 1u);
  EXPECT_EQ(w.link_of(id).state, store::link_state::linked) << w.log();
}

TEST_P(Day, EveryCallMayFailOnceAndNothingIsLostOrDoubled) {
  auto const id = w.open(ransomware());
  w.sync();
  for (auto* f : {&w.graph_faults, &w.servicenow_faults}) {
    f->rates = {
        {simulators::fault_kind::server_error, 0.1},
        {simulators::fault_kind::lost_reply, 0.1},
        {simulators::fault_kind::html_page, 0.05},
        {simulators::fault_kind::truncated_json, 0.05},
        {simulators::fault_kind::too_many_requests, 0.05}};
  }

  w.graph.edit(id, {{"severity", "medium"}}, "analyst@contoso.com", w.now());
  w.graph.comment(id, "Host isolated.", "analyst@contoso.com", w.now());
  auto const ticket = w.link_of(id).ticket_id;
  w.servicenow.edit(ticket, {{"state", "2"}}, "beth.anglin", w.now());
  w.servicenow.add_journal(ticket, "work_notes", "Called the user.", "beth.anglin", w.now());
  for (int i = 0; i < 10; ++i) (void)w.try_sync(std::chrono::seconds{60});
  w.graph_faults.off();
  w.servicenow_faults.off();
  for (int i = 0; i < 3; ++i) w.sync(std::chrono::seconds{1200});

  EXPECT_EQ(w.servicenow.records("incident"), 1u);
  EXPECT_EQ(w.ticket_of(id).at("impact"), "2") << w.log();
  EXPECT_EQ(w.incident(id).at("status"), "inProgress");
  EXPECT_EQ(w.notes_of(id).size(), 2u);
  EXPECT_EQ(w.incident(id).at("comments").as_array().size(), 2u);
}

TEST_P(Day, OneLookAtManyChangesCostsFewCalls) {
  std::vector<std::string> ids;
  for (int i = 0; i < 100; ++i) ids.push_back(w.open(ransomware()));
  w.sync();
  w.sync();
  w.wait(std::chrono::hours{2});
  w.sync();
  w.transport.forget_calls();

  for (auto const& id : ids) {
    w.graph.edit(id, {{"severity", "medium"}}, "analyst@contoso.com", w.now());
  }
  auto const before = w.counted().tickets_updated;
  w.sync();

  EXPECT_EQ(w.counted().tickets_updated, before + 100);
  EXPECT_LE(w.transport.calls("graph.microsoft.com"), 10u);
  EXPECT_LE(w.transport.calls("service-now.com"), 10u);
}

TEST_P(Day, AnEmptyPollIsOneCallPerConnection) {
  w.open(ransomware());
  w.sync();
  w.sync();
  w.wait(std::chrono::hours{1});
  w.sync();
  w.transport.forget_calls();

  w.sync();

  EXPECT_EQ(w.transport.calls("GET https://graph"), 1u);
  EXPECT_EQ(w.transport.calls("GET https://instance"), 1u);
}

}  // namespace
}  // namespace connector::e2e

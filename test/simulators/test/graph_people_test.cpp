#include "test/simulators/test/support.hpp"

namespace simulators::testing {
namespace {

class GraphPeople : public ::testing::Test {
 protected:
  core::time_point now = at("2026-03-01T10:00:00Z");
  graph service;

  std::string add(json::object record = {}) { return service.add_incident(std::move(record), now); }
  std::string member(std::string const& id, std::string_view name) {
    return text_at(*service.incident(id), name);
  }
};

TEST_F(GraphPeople, SignWithTheirNames) {
  auto const id = add();
  EXPECT_EQ(member(id, "lastModifiedBy"), "Microsoft 365 Defender-IncidentCreation");
  service.edit(id, {{"severity", "low"}}, "ann@contoso.com", now);
  EXPECT_EQ(member(id, "lastModifiedBy"), "User-ann@contoso.com");
}

TEST_F(GraphPeople, MergeMovesAlertsAndTagsButNotComments) {
  auto const source = add({{"customTags", json::array{"s"}}});
  auto const target = add({{"customTags", json::array{"t"}}});
  auto const alert = service.add_alert(source, {}, now);
  service.comment(source, "stays", "ann", now);

  ASSERT_TRUE(service.merge(source, target, now));

  EXPECT_EQ(member(source, "status"), "redirected");
  EXPECT_EQ(member(source, "redirectIncidentId"), target);
  EXPECT_EQ(member(target, "customTags"), R"(["t","s"])");
  EXPECT_EQ(member(target, "comments"), "[]");
  graph_client client{service, now};
  EXPECT_EQ(ids_of(client.get("/security/incidents/" + target + "/alerts")), std::vector{alert});
  EXPECT_TRUE(ids_of(client.get("/security/incidents/" + source + "/alerts")).empty());
}

TEST_F(GraphPeople, MergeIsBlockedByOwnersClassificationsAndResolution) {
  auto const one = add({{"assignedTo", "a"}});
  auto const two = add({{"assignedTo", "b"}});
  EXPECT_FALSE(service.merge(one, two, now));

  auto const real = add({{"classification", "truePositive"}});
  auto const wrong = add({{"classification", "falsePositive"}});
  EXPECT_FALSE(service.merge(real, wrong, now));

  auto const over = add({{"status", "resolved"}});
  EXPECT_FALSE(service.merge(over, add(), now));
  EXPECT_FALSE(service.merge(one, one, now));
}

TEST_F(GraphPeople, ExpertsTakeHandOverAndDismiss) {
  auto const id = add();
  service.experts_take(id, now);
  EXPECT_EQ(member(id, "status"), "inProgress");
  EXPECT_EQ(member(id, "assignedTo"), "Defender Experts");
  EXPECT_EQ(member(id, "systemTags"), R"(["Defender Experts"])");

  service.experts_hand_over(id, "Isolate the device.", now);
  EXPECT_EQ(member(id, "status"), "awaitingAction");
  EXPECT_EQ(member(id, "assignedTo"), "Customer");
  EXPECT_EQ(member(id, "summary"), "Isolate the device.");

  service.experts_dismiss(id, "falsePositive", "notMalicious", "Benign.", now);
  EXPECT_EQ(member(id, "status"), "resolved");
  EXPECT_EQ(member(id, "assignedTo"), "Unassigned");
  EXPECT_EQ(member(id, "systemTags"), R"(["Defender Experts"])");

  service.settings().experts_unassigned = "";
  service.experts_dismiss(id, "falsePositive", "notMalicious", "Benign.", now);
  EXPECT_EQ(member(id, "assignedTo"), "null");
}

TEST_F(GraphPeople, AlertsRaiseTheSeverity) {
  auto const id = add({{"severity", "low"}});
  service.add_alert(id, {{"severity", "high"}}, now);
  EXPECT_EQ(member(id, "severity"), "high");
  service.add_alert(id, {{"severity", "low"}}, now);
  EXPECT_EQ(member(id, "severity"), "high");
}

TEST_F(GraphPeople, ShowThePageEscaped) {
  add({{"displayName", "<script>alert(1)</script>"}});
  http::request call;
  call.url = "/";

  auto const page = service.handle(call, now);
  EXPECT_EQ(page.status, 200);
  EXPECT_EQ(page.body.find("<script>"), std::string::npos);
  EXPECT_NE(page.body.find("&lt;script&gt;"), std::string::npos);
}

TEST_F(GraphPeople, UnsetClassificationReadsAsTheSwitchSays) {
  EXPECT_EQ(member(add(), "classification"), "unknown");
  service.settings().unset_reads_unknown = false;
  EXPECT_EQ(member(add(), "classification"), "null");
}

}  // namespace
}  // namespace simulators::testing

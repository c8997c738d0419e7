#include "adapters/pagerduty/history.hpp"

#include <boost/json/parse.hpp>

#include "world.hpp"

namespace pagerduty_test {
namespace {

using pagerduty::changes_in;
using pagerduty::edits_replaced;
using pagerduty::past_change;

constexpr std::string_view beth = "PBETH", self = "PSELF";

json::object entry(std::string_view type, std::string_view more = "{}") {
  auto out = json::parse(more).as_object();
  out["type"] = type;
  out["created_at"] = "2026-03-01T12:00:05Z";
  out["agent"] = json::object{{"id", beth}, {"type", "user_reference"}, {"summary", "Beth Anglin"}};
  return out;
}

past_change only(json::object const& from) {
  auto all = changes_in(from);
  EXPECT_EQ(all.size(), 1u);
  return all.empty() ? past_change{} : all.front();
}

TEST(LogEntry, OfAStatusSaysItByItsType) {
  EXPECT_EQ(only(entry("acknowledge_log_entry")).value, core::value("acknowledged"));
  EXPECT_EQ(only(entry("unacknowledge_log_entry")).value, core::value("triggered"));
  EXPECT_EQ(only(entry("resolve_log_entry")).value, core::value("resolved"));
}

TEST(LogEntry, OfATriggerDoesNotSayWhatTheStatusBecame) {
  EXPECT_EQ(only(entry("trigger_log_entry")).field, "status");
  EXPECT_EQ(only(entry("trigger_log_entry")).value, std::nullopt);
}

TEST(LogEntry, OfAHandoverNamesThePersonUnlessSeveralAreCalled) {
  auto const one = only(entry("assign_log_entry", R"({"assignees": [{"id": "PANN"}]})"));
  EXPECT_EQ(one.field, "assigned_to");
  EXPECT_EQ(one.value, core::value("PANN"));

  auto const two =
      only(entry("escalate_log_entry", R"({"assignees": [{"id": "PANN"}, {"id": "PBOB"}]})"));
  EXPECT_EQ(two.value, std::nullopt);
}

TEST(LogEntry, OfFieldsNamesEachWithItsValue) {
  auto const all = changes_in(entry(
      "custom_field_value_change_log_entry", R"({"channel": {
    "type": "website", "changeset": {"customer_fields": [
      {"id": "P1", "name": "serial", "value": 130, "namespace": "incidents", "old_value": null},
      {"id": "P2", "name": "room", "value": null, "namespace": "incidents", "old_value": "West"}]}}})"
  ));
  ASSERT_EQ(all.size(), 2u);
  EXPECT_EQ(all[0].field, "cf_serial");
  EXPECT_EQ(all[0].value, core::value(130));
  EXPECT_EQ(all[1].value, core::value(nullptr));

  auto const service = only(entry("field_value_change_log_entry", R"({"channel": {
    "type": "website", "changeset": {"application_fields": [
      {"id": "PIJ90N7", "name": "service", "value": "PIZW265", "old_value": null}]}}})"));
  EXPECT_EQ(service.field, "service");
  EXPECT_EQ(service.value, core::value("PIZW265"));

  auto const priority = only(entry(
      "priority_change_log_entry",
      R"({"channel": {"type": "website", "new_priority": {"id": "PP1", "summary": "P1"}}})"
  ));
  EXPECT_EQ(priority.field, "priority");
  EXPECT_EQ(priority.value, core::value("PP1"));
}

TEST(LogEntry, OfNotificationsAndNotesChangesNoField) {
  EXPECT_TRUE(changes_in(entry("notify_log_entry")).empty());
  EXPECT_TRUE(changes_in(entry("annotate_log_entry")).empty());
  EXPECT_TRUE(changes_in(json::object{{"type", "resolve_log_entry"}}).empty()) << "without a time";
}

/// The edits that our write of the title at 12:00:10, decided from a reading at 12:00:00, replaced.
struct Replaced : testing::Test {
  static past_change change(int second, std::string_view who, std::string_view to) {
    past_change one;
    one.at = at("2026-03-01T12:00:00Z") + seconds{second};
    one.author = who;
    one.field = "title";
    one.value = core::value(to);
    return one;
  }
  std::vector<adapter::lost_edit> found() const {
    auto const seen = at("2026-03-01T12:00:00Z");
    return edits_replaced(all, self, seen, seen + seconds{12}, {{"title", "Ours"}});
  }
  std::vector<past_change> all{change(10, self, "Ours")};
};

TEST_F(Replaced, IsTheLastEditBetweenReadingAndWriting) {
  all.push_back(change(7, beth, "Second"));
  all.push_back(change(4, beth, "First"));

  ASSERT_EQ(found().size(), 1u);
  EXPECT_EQ(found()[0].field, "title");
  EXPECT_EQ(found()[0].value, core::value("Second"));
  EXPECT_EQ(found()[0].at, at("2026-03-01T12:00:07Z"));
}

TEST_F(Replaced, IsNothingFromBeforeTheReadingOrAfterTheWrite) {
  all.push_back(change(-1, beth, "Seen"));
  all.push_back(change(11, beth, "Later"));

  EXPECT_TRUE(found().empty());
}

TEST_F(Replaced, IsNothingThatSaysTheSameOrIsOurOwn) {
  all.push_back(change(3, self, "Earlier"));
  all.push_back(change(4, beth, "Ours"));

  EXPECT_TRUE(found().empty());
}

TEST_F(Replaced, IsNotOurOwnThatTheLogPutsDownToNobody) {
  all.front().author.clear();
  all.push_back(change(6, beth, "Theirs"));

  ASSERT_EQ(found().size(), 1u);
  EXPECT_EQ(found()[0].value, core::value("Theirs"));
}

TEST_F(Replaced, IsAnEditWithoutItsValueIfTheEntryDoesNotNameTheField) {
  auto untold = change(5, beth, "");
  untold.field = pagerduty::untold_field;
  untold.value.reset();
  all.push_back(untold);

  ASSERT_EQ(found().size(), 1u);
  EXPECT_EQ(found()[0].value, std::nullopt);
}

TEST_F(Replaced, IsNotReplacedByAChangeOfAnotherField) {
  auto other = change(5, beth, "x");
  other.field = "cf_room";
  all.push_back(other);

  EXPECT_TRUE(found().empty());
}

}  // namespace
}  // namespace pagerduty_test

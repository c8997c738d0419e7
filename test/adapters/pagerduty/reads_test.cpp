#include "adapters/pagerduty/reads.hpp"

#include "adapters/pagerduty/wire.hpp"
#include "world.hpp"

namespace pagerduty_test {
namespace {

using adapter::presence;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

struct Reads : testing::Test {
  account w;

  std::vector<adapter::keyed_object> find(std::vector<std::string> keys) {
    auto found = w.run(w.system->find(std::move(keys), w.needs));
    if (!found) throw std::runtime_error{found.error().detail};
    return *found;
  }
};

TEST_F(Reads, AnIncidentWithWhatWasAskedFor) {
  auto const id = w.open("key-1", {{"title", "Ransomware"}, {"urgency", "low"}});

  auto const found = w.read(id);

  EXPECT_EQ(found.presence, presence::present);
  EXPECT_EQ(found.label, "#1");
  EXPECT_THAT(found.url, HasSubstr("https://acme.pagerduty.com/incidents/"));
  EXPECT_EQ(text(found, "title"), "Ransomware");
  EXPECT_EQ(text(found, "status"), "triggered");
  EXPECT_EQ(text(found, "urgency"), "low");
  EXPECT_EQ(text(found, "escalation_policy"), w.service.policy("Security Operations"));
  EXPECT_TRUE(core::field(found.fields, "priority").is_null());
  EXPECT_FALSE(found.fields.contains("details")) << "not told is not empty";
}

TEST_F(Reads, WhatIsNotThereIsGone) {
  auto const id = w.open("key-1");
  w.service.hide(id, true);

  EXPECT_EQ(w.read(id, true).presence, presence::gone);
  EXPECT_EQ(w.read("QNOTHING").presence, presence::gone);
}

TEST_F(Reads, AMergedIncidentIsNotAResolvedOne) {
  auto const one = w.open("key-1");
  auto const two = w.open("key-2");
  ASSERT_TRUE(w.service.merge(one, two, "beth@acme.example", w.clock.wall));
  w.clock.pass(seconds{5});

  EXPECT_EQ(w.read(one).presence, presence::merged);
  EXPECT_EQ(w.read(one).merged_into, two);
  EXPECT_EQ(w.read(two).presence, presence::present);
  for (auto const& row : w.changes_since(w.clock.wall - seconds{60})) {
    EXPECT_EQ(row.presence == presence::merged, row.id == one);
  }
}

TEST_F(Reads, NobodyHasWhatSeveralAreCalledFor) {
  auto const id = w.open("key-1");
  w.service.edit(id, {{"escalation_policy", "Customer response"}}, "", w.clock.wall);
  EXPECT_TRUE(core::field(w.read(id).fields, "assigned_to").is_null());

  w.service.acknowledge(id, "carl@acme.example", w.clock.wall);

  EXPECT_EQ(text(w.read(id), "assigned_to"), w.service.user("carl@acme.example"));
}

TEST_F(Reads, NotesWithTheirTimesWhateverTheirZone) {
  auto const id = w.open("key-1");
  w.service.annotate(id, "First.", "beth@acme.example", w.clock.wall);
  w.clock.pass(seconds{60});
  w.service.annotate(id, "Second.", "carl@acme.example", w.clock.wall);

  auto const found = w.read(id, true);

  ASSERT_EQ(found.comments->size(), 2u);
  EXPECT_EQ((*found.comments)[0].text, "First.") << "oldest first";
  EXPECT_EQ((*found.comments)[0].author, "Beth Anglin");
  EXPECT_EQ((*found.comments)[1].at, w.clock.wall) << "the account shows -05:00";
  EXPECT_FALSE((*found.comments)[0].is_public);
}

TEST_F(Reads, RefusesAnIdThatWouldLeadElsewhere) {
  std::vector<std::string> ids{"../users"};
  EXPECT_EQ(w.run(w.system->read(ids, w.needs)).error().code, errc::invalid);
}

TEST_F(Reads, StopAtTheFirstRefusalForTheRate) {
  auto const id = w.open("key-1");
  w.connect([](auto& with) { with.calls_at_once = 1; });
  w.service.settings().calls_per_minute = 1;
  w.service.settings().limits_are_told = true;
  w.clock.pass(seconds{60});
  std::vector<std::string> ids{id, id, id, id, id};

  auto const found = w.run(w.system->read(ids, adapter::wants{}));

  ASSERT_FALSE(found);
  EXPECT_EQ(found.error().code, errc::rate_limited);
  EXPECT_TRUE(found.error().retry_after);
  EXPECT_EQ(w.calls("GET refused: 429"), 1u) << "the rest would only have been refused too";
}

TEST_F(Reads, HeedAThrottledQuestionAboutTheirOwnUserAndAskAgain) {
  simulators::fault throttled{fault_kind::too_many_requests};
  throttled.delay = seconds{20};
  throttled.retry_after = simulators::fault::wait::seconds;
  w.faults.script(throttled, "/users");
  adapter::change_query asked;
  asked.from = w.clock.wall - seconds{60};

  auto const refused = w.run(w.system->changes(asked));
  auto const again = w.run(w.system->changes(asked));

  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().retry_after, seconds{20});
  EXPECT_TRUE(again);
  EXPECT_EQ(w.calls("GET /users"), 1u) << "the first did not arrive";
}

TEST_F(Reads, FindsByTheKeyHoweverOldAndWhateverTheStatus) {
  auto const id = w.open("key-1", {{"details", "What happened."}});
  w.service.resolve(id, "beth@acme.example", w.clock.wall);
  w.clock.pass(std::chrono::hours{24 * 200});

  auto const found = find({"key-1", "key-2"});

  ASSERT_EQ(found.size(), 1u);
  EXPECT_EQ(found[0].key, "key-1");
  EXPECT_EQ(found[0].found.id, id);
  EXPECT_EQ(text(found[0].found, "details"), "What happened.") << "said for once, to compare";
}

TEST_F(Reads, FindsEveryIncidentThatHasTheKeyOldestFirst) {
  auto const first = w.open("key-1");
  w.service.resolve(first, "beth@acme.example", w.clock.wall);
  w.clock.pass(seconds{60});
  auto const second = w.open("key-1");

  auto const found = find({"key-1"});

  ASSERT_EQ(found.size(), 2u);
  EXPECT_EQ(found[0].found.id, first);
  EXPECT_EQ(found[1].found.id, second);
}

TEST_F(Reads, DoesNotTakeAnAlertsKeyForAnIncidents) {
  http::request event;
  event.method = "POST";
  event.url = "https://events.pagerduty.com/v2/enqueue";
  event.body = R"({"routing_key":")" + w.service.settings().routing_key +
               R"(","event_action":"trigger","dedup_key":"key-1",
                  "payload":{"summary":"Disk","source":"srv","severity":"info"}})";
  ASSERT_EQ(w.service.handle(event, w.clock.wall).status, 202);
  ASSERT_EQ(w.service.incidents(), 1u);

  EXPECT_THAT(find({"key-1"}), IsEmpty());
}

TEST_F(Reads, NeverAsksForAnEmptyKeyWhichWouldReturnEverything) {
  w.open("key-1");
  std::vector<std::string> keys{""};

  EXPECT_EQ(w.run(w.system->find(keys, w.needs)).error().code, errc::invalid);
}

TEST_F(Reads, CustomFieldsWhereTheyAreConfigured) {
  w.service.settings().log_embeds_incidents = true;
  w.connect([](auto& with) { with.custom_fields = {"defender_id"}; });
  auto const id = w.open("key-1");
  w.service.edit(id, {{"defender_id", "1042"}}, "beth@acme.example", w.clock.wall);
  w.needs.fields.emplace_back("cf_defender_id");
  w.clock.pass(seconds{60});

  EXPECT_EQ(text(w.read(id), "cf_defender_id"), "1042");
  auto rows = w.changes_since(w.clock.wall - seconds{90});
  EXPECT_FALSE(rows.front().fields.contains("cf_defender_id"));
  EXPECT_THAT(w.system->declared().fields_not_in_rows, testing::Contains("cf_defender_id"));
  auto const completed = w.run(w.system->complete(std::move(rows), w.needs));
  EXPECT_EQ(text(completed->front(), "cf_defender_id"), "1042");
}

TEST(Wire, RefusesAnIncidentWithoutWhatMakesIt) {
  std::vector<std::string> const none;
  auto const now = at("2026-03-01T12:00:00Z");
  EXPECT_FALSE(pagerduty::to_object({{"id", "PT4KHLK"}}, none, now));
  EXPECT_FALSE(pagerduty::to_object({{"created_at", "2026-03-01T12:00:00Z"}}, none, now));
  EXPECT_TRUE(
      pagerduty::to_object({{"id", "PT4KHLK"}, {"created_at", "2026-03-01T12:00:00Z"}}, none, now)
  );
}

TEST(Version, GrowsOnceTheSecondIsOverAndNeverBeyondTheNext) {
  auto const second = at("2026-03-01T12:00:00Z");
  auto const early = pagerduty::version_of(second, second + seconds{1});
  auto const late = pagerduty::version_of(second, second + seconds{60});
  auto const next = pagerduty::version_of(second + seconds{1}, second + seconds{1});

  EXPECT_LT(early, late);
  EXPECT_LT(late, next);
}

}  // namespace
}  // namespace pagerduty_test

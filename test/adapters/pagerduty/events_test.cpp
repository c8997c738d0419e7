#include "world.hpp"

namespace pagerduty_test {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

struct Events : testing::Test {
  Events() {
    transport.route("https://events.pagerduty.com", service, &faults);
    connect(service.settings().routing_key);
  }
  void connect(std::string const& key) {
    pagerduty::events_settings with;
    with.url = "https://events.pagerduty.com";
    with.routing_key = core::secret{key};
    adapter::surroundings around{"alerts", transport, clock, *random};
    system = pagerduty::make_events_system(std::move(with), around);
  }
  core::result<adapter::receipt> raise(std::string key, core::record more = {}) {
    adapter::creation one;
    one.key = std::move(key);
    one.fields = {{"summary", "Ransomware"}, {"severity", "critical"}, {"status", "triggered"}};
    for (auto const& [name, value] : more) one.fields[name] = value;
    std::vector<adapter::creation> all{one};
    return std::move(connector::support::run(system->create_all(all, {})).front());
  }
  core::result<adapter::receipt> update(std::string id, core::record fields) {
    adapter::update one;
    one.id = std::move(id);
    one.fields = std::move(fields);
    std::vector<adapter::update> all{one};
    return std::move(connector::support::run(system->update_all(all, {})).front());
  }
  std::vector<json::object> incidents() {
    std::vector<json::object> all;
    service.each_incident([&](json::object const& one) { all.push_back(one); });
    return all;
  }

  jumping_clock clock;
  simulators::pagerduty service;
  simulators::faults faults{1};
  simulators::simulated_transport transport{clock};
  std::unique_ptr<async::random> random = async::make_seeded_random(1);
  std::unique_ptr<adapter::system> system;
};

TEST_F(Events, RaiseAnAlertAcknowledgeAndResolveIt) {
  auto const raised = raise("key-1");
  ASSERT_TRUE(raised) << raised.error().detail;
  EXPECT_EQ(raised->stored.id, "key-1");
  ASSERT_EQ(incidents().size(), 1u);
  EXPECT_EQ(incidents().front().at("title"), "Ransomware");

  EXPECT_TRUE(update("key-1", {{"status", "acknowledged"}}));
  EXPECT_EQ(incidents().front().at("status"), "acknowledged");
  EXPECT_TRUE(update("key-1", {{"status", "resolved"}}));
  EXPECT_EQ(incidents().front().at("status"), "resolved");
}

TEST_F(Events, WhatIsWorkedOnAlreadyIsAcknowledged) {
  ASSERT_TRUE(raise("key-1", {{"status", "acknowledged"}}));

  EXPECT_EQ(incidents().front().at("status"), "acknowledged");
}

TEST_F(Events, ALostAnswerIsNoDoubtSinceSendingAgainDoesNoHarm) {
  faults.script({fault_kind::lost_reply}, "POST");
  auto const lost = raise("key-1");
  ASSERT_FALSE(lost);
  EXPECT_EQ(lost.error().effect, effect::none);

  EXPECT_TRUE(raise("key-1"));

  EXPECT_EQ(incidents().size(), 1u);
}

TEST_F(Events, RefuseWhatTheyCannotChange) {
  raise("key-1");
  for (auto const& [field, value] :
       core::record{{"summary", "New"}, {"severity", "info"}, {"status", "triggered"}}) {
    core::record one;
    one[field] = value;
    auto const done = update("key-1", one);
    ASSERT_FALSE(done) << field;
    EXPECT_EQ(done.error().code, errc::rejected);
    EXPECT_THAT(done.error().fields, ElementsAre(std::string{field}));
  }
  EXPECT_THAT(raise("key-2", {{"severity", nullptr}}).error().fields, ElementsAre("severity"));
}

TEST_F(Events, ShowNothingAndSaySo) {
  raise("key-1");

  EXPECT_TRUE(system->declared().one_way);
  EXPECT_THAT(connector::support::run(system->changes({}))->rows, IsEmpty());
  EXPECT_THAT(connector::support::run(system->find({"key-1"}, {})).value(), IsEmpty());
  auto const read = connector::support::run(system->read({"key-1"}, {}));
  EXPECT_THAT(read->front().fields, IsEmpty());
  std::vector<adapter::new_comment> note(1);
  EXPECT_FALSE(connector::support::run(system->comment_all(note, {})).front());
}

TEST_F(Events, StopAtTheLimit) {
  service.settings().events_per_minute = 2;
  std::vector<adapter::creation> all(5);
  for (std::size_t i = 0; i < all.size(); ++i) {
    all[i].key = "key-" + std::to_string(i);
    all[i].fields = {{"summary", "S"}, {"severity", "info"}};
  }

  auto const raised = connector::support::run(system->create_all(all, {}));

  EXPECT_TRUE(raised[1]);
  for (std::size_t i = 2; i < 5; ++i) {
    EXPECT_EQ(raised[i].error().code, errc::rate_limited);
    EXPECT_EQ(raised[i].error().retry_after, seconds{30});
  }
  EXPECT_EQ(service.operations().find("POST /v2/enqueue")->second, 3u);
}

TEST_F(Events, AWrongKeyIsTakenWithoutAWord) {
  connect(std::string(32, 'f'));

  EXPECT_TRUE(raise("key-1")) << "which is why doctor warns";
  EXPECT_THAT(incidents(), IsEmpty());
  auto const checks = connector::support::run(system->examine());
  EXPECT_EQ(checks.front().found, adapter::check::verdict::warning);
}

}  // namespace
}  // namespace pagerduty_test

#include "adapters/servicenow/settings.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <map>
#include <memory>

#include "adapters/servicenow/adapter.hpp"
#include "connector/config/references.hpp"
#include "connector/config/yaml.hpp"
#include "world.hpp"

namespace adapters::servicenow {
namespace {

TEST(BaseUrl, IsAnOriginOverHttps) {
  EXPECT_FALSE(complaint_about_base_url("https://dev1.service-now.com"));
  EXPECT_FALSE(complaint_about_base_url("https://itsm.example.com:8443"));
}

TEST(BaseUrl, MayBeHttpOnThisMachineAlone) {
  EXPECT_FALSE(complaint_about_base_url("http://127.0.0.1:8080"));
  EXPECT_FALSE(complaint_about_base_url("http://localhost:8080"));
  EXPECT_FALSE(complaint_about_base_url("http://[::1]:8080"));
  EXPECT_TRUE(complaint_about_base_url("http://dev1.service-now.com"));
  EXPECT_TRUE(complaint_about_base_url("http://127.0.0.1.example.com"));
  EXPECT_TRUE(complaint_about_base_url("http://127.evil.example"));
}

TEST(BaseUrl, HasNothingThatWouldEndUpInEveryCall) {
  for (auto const* bad :
       {"https://user:word@dev1.service-now.com",
        "https://dev1.service-now.com/api",
        "https://dev1.service-now.com/",
        "https://dev1.service-now.com?x=1",
        "https://dev1.service-now.com#x",
        "dev1.service-now.com",
        "ftp://dev1.service-now.com",
        ""}) {
    EXPECT_TRUE(complaint_about_base_url(bad)) << bad;
  }
}

TEST(Offset, ReadsUtcAndHoursAndMinutes) {
  using std::chrono::minutes;
  EXPECT_EQ(parse_offset("UTC"), minutes{0});
  EXPECT_EQ(parse_offset("GMT"), minutes{0});
  EXPECT_EQ(parse_offset("+02:00"), minutes{120});
  EXPECT_EQ(parse_offset("-0530"), minutes{-330});
  for (auto const* bad : {"", "Europe/Berlin", "+2", "+15:00", "02:00", "+02:60", "+0a:00"}) {
    EXPECT_FALSE(parse_offset(bad)) << bad;
  }
}

/// What `read_settings` makes of a text, and its complaints as "line: text".
struct reading {
  explicit reading(std::string const& text) {
    std::map<std::string, std::string> const environment{{"PASSWORD", "hunter2"}, {"KEY", "k3y"}};
    auto section = connector::config::parse_section(
        text, "c.yaml", connector::config::make_fixed_references(environment, {}), all
    );
    if (section) found = read_settings(std::move(*section));
    for (auto const& one : *all) {
      complaints.push_back(std::to_string(one.at.line) + ": " + one.text);
    }
  }

  std::shared_ptr<connector::config::complaints> all =
      std::make_shared<connector::config::complaints>();
  std::optional<settings> found;
  std::vector<std::string> complaints;
};

TEST(Settings, NeedAnInstanceAndACredential) {
  reading const got{
      "system: servicenow\n"
      "instance: dev12345\n"
      "basic: {user: sync, password: \"${env:PASSWORD}\"}\n"};
  ASSERT_TRUE(got.found) << testing::PrintToString(got.complaints);
  EXPECT_EQ(got.found->base_url, "https://dev12345.service-now.com");
  EXPECT_EQ(got.found->table, "incident");
  EXPECT_EQ(got.found->tag, "defender");
  EXPECT_TRUE(got.found->batch);
  EXPECT_EQ(got.found->calls_at_once, 4u);
  EXPECT_EQ(got.found->journal, journal_source::automatic);
  auto const& basic = std::get<basic_sign_in>(got.found->credential);
  EXPECT_EQ(basic.user, "sync");
  EXPECT_EQ(basic.password.reveal(), "hunter2");
}

TEST(Settings, SayEverythingThatCanBeSaid) {
  reading const got{
      "system: servicenow\n"
      "base_url: https://itsm.example.com\n"
      "table: sn_si_incident\n"
      "api_key: ${env:KEY}\n"
      "correlation_display: defender-prod\n"
      "batch: false\n"
      "calls_at_once: 2\n"
      "time_zone: \"+02:00\"\n"
      "journal: display\n"
      "webhook: {secret: \"${env:KEY}\", next_secret: \"${env:KEY}\"}\n"};
  ASSERT_TRUE(got.found) << testing::PrintToString(got.complaints);
  EXPECT_EQ(got.found->hook_secrets.size(), 2u);
  EXPECT_EQ(got.found->base_url, "https://itsm.example.com");
  EXPECT_EQ(got.found->table, "sn_si_incident");
  EXPECT_EQ(got.found->tag, "defender-prod");
  EXPECT_FALSE(got.found->batch);
  EXPECT_EQ(got.found->calls_at_once, 2u);
  EXPECT_EQ(got.found->display_offset, std::chrono::minutes{120});
  EXPECT_EQ(got.found->journal, journal_source::display);
  EXPECT_TRUE(std::holds_alternative<api_key_sign_in>(got.found->credential));
}

TEST(Settings, ReadClientCredentials) {
  reading const got{
      "system: servicenow\n"
      "instance: dev1\n"
      "oauth: {client_id: c1, client_secret: \"${env:KEY}\"}\n"};
  ASSERT_TRUE(got.found) << testing::PrintToString(got.complaints);
  EXPECT_EQ(std::get<oauth_sign_in>(got.found->credential).client_id, "c1");
}

TEST(Settings, AreComplainedAboutWhereTheyStand) {
  using testing::ElementsAre;
  using testing::StartsWith;
  reading const got{
      "system: servicenow\n"
      "instance: https://dev1.service-now.com\n"
      "basic: {user: sync, password: \"${env:PASSWORD}\"}\n"
      "api_key: ${env:KEY}\n"
      "correlation_display: my tag\n"
      "time_zone: Europe/Berlin\n"};
  EXPECT_FALSE(got.found);
  EXPECT_THAT(
      got.complaints,
      ElementsAre(
          StartsWith("2: an instance is the first part of its address"),
          StartsWith("1: give exactly one of basic, oauth and api_key"),
          StartsWith("5: up to 100 letters"),
          StartsWith("6: UTC or an offset")
      )
  );
}

TEST(Settings, RefusePlainHttp) {
  reading const got{
      "system: servicenow\n"
      "base_url: http://itsm.example.com\n"
      "api_key: ${env:KEY}\n"};
  EXPECT_FALSE(got.found);
  EXPECT_THAT(got.complaints, testing::ElementsAre(testing::StartsWith("2: must be https")));
}

TEST(Settings, MakeASystemOrNone) {
  servicenow_test::world w;
  auto const made = [&](std::string const& text) {
    auto all = std::make_shared<connector::config::complaints>();
    auto section = connector::config::parse_section(
        text, "c.yaml", connector::config::make_fixed_references({{"KEY", "k3y"}}, {}), all
    );
    connector::adapter::surroundings around{"itsm", w.transport, w.clock, *w.random};
    return make(std::move(*section), around);
  };
  auto const system = made("system: servicenow\ninstance: dev1\napi_key: ${env:KEY}\n");
  ASSERT_TRUE(system);
  EXPECT_EQ(system->declared().system, "servicenow/incident");
  EXPECT_EQ(system->declared().history, connector::adapter::edit_history::counter);
  EXPECT_EQ(system->declared().read_at_once, 100u);
  EXPECT_TRUE(system->declared().creates);
  EXPECT_FALSE(made("system: servicenow\ninstance: dev1\n"));
}

}  // namespace
}  // namespace adapters::servicenow

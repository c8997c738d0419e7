#include "adapters/pagerduty/settings.hpp"

#include <map>

#include "connector/config/references.hpp"
#include "connector/config/yaml.hpp"
#include "world.hpp"

namespace pagerduty_test {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

/// What `read_settings` makes of a text, and its complaints.
struct reading {
  explicit reading(std::string const& text) {
    std::map<std::string, std::string> const environment{{"KEY", "k3y"}, {"NEXT", "n3xt"}};
    auto section = connector::config::parse_section(
        text, "c.yaml", connector::config::make_fixed_references(environment, {}), all
    );
    found = pagerduty::read_settings(*section);
    for (auto const& one : *all) said.push_back(one.text);
  }
  std::shared_ptr<connector::config::complaints> all =
      std::make_shared<connector::config::complaints>();
  std::optional<pagerduty::settings> found;
  std::vector<std::string> said;
};

std::string const least =
    "system: pagerduty\nservice: PIJ90N7\nfrom: svc@example.com\napi_key: ${env:KEY}\n";

TEST(Settings, NeedLittle) {
  reading const read{least};

  ASSERT_TRUE(read.found) << testing::PrintToString(read.said);
  EXPECT_EQ(read.found->base_url, "https://api.pagerduty.com");
  EXPECT_EQ(read.found->service, "PIJ90N7");
  EXPECT_THAT(read.found->webhook_secrets, IsEmpty());
}

TEST(Settings, KnowTheRegion) {
  reading const read{least + "region: eu\n"};

  EXPECT_EQ(read.found->base_url, "https://api.eu.pagerduty.com");
  EXPECT_EQ(read.found->login_url, "https://identity.pagerduty.com");
}

TEST(Settings, TakeASecondWebhookSecretWhileTheyAreChanged) {
  reading const read{least + "webhook: {secret: \"${env:KEY}\", next_secret: \"${env:NEXT}\"}\n"};

  ASSERT_TRUE(read.found) << testing::PrintToString(read.said);
  EXPECT_EQ(read.found->webhook_secrets.size(), 2u);
}

TEST(Settings, TakeAnAppInPlaceOfAKey) {
  reading const read{
      "system: pagerduty\nservice: PIJ90N7\nfrom: svc@example.com\n"
      "oauth: {client_id: abc, client_secret: \"${env:KEY}\", subdomain: acme}\n"};

  EXPECT_TRUE(read.found) << testing::PrintToString(read.said);
}

TEST(Settings, SayWhatIsWrong) {
  auto const complaint = [](std::string const& text) {
    reading const read{text};
    EXPECT_FALSE(read.found) << text;
    return read.said.empty() ? std::string{} : read.said.front();
  };
  EXPECT_THAT(complaint("system: pagerduty\nservice: P1\nfrom: a@b.c\n"), HasSubstr("exactly one"));
  EXPECT_THAT(complaint(least + "region: asia\n"), HasSubstr("eu"));
  EXPECT_THAT(complaint(least + "base_url: http://api.example.com\n"), HasSubstr("https"));
  EXPECT_THAT(complaint(least + "base_url: https://api.example.com/v2\n"), HasSubstr("only the"));
  EXPECT_THAT(complaint(least + "custom_fields: [Defender Id]\n"), HasSubstr("lower-case"));
  EXPECT_THAT(complaint(least + "webhok: {}\n"), HasSubstr("webhook"));
  EXPECT_THAT(
      complaint("system: pagerduty\nservice: my service\nfrom: a@b.c\napi_key: ${env:KEY}\n"),
      HasSubstr("id")
  );
  EXPECT_THAT(
      complaint("system: pagerduty\nservice: P1\nfrom: Ann\napi_key: ${env:KEY}\n"),
      HasSubstr("address")
  );
}

TEST(Settings, NeedAKeyOfTheRightLengthForEvents) {
  auto const complaints_about = [](std::string const& key) {
    std::map<std::string, std::string> const environment{{"KEY", key}};
    auto said = std::make_shared<connector::config::complaints>();
    auto section = connector::config::parse_section(
        "system: pagerduty\nregion: eu\nevents: {routing_key: \"${env:KEY}\"}\n",
        "c.yaml",
        connector::config::make_fixed_references(environment, {}),
        said
    );
    auto const read = pagerduty::read_events_settings(*section);
    if (read) {
      EXPECT_EQ(read->url, "https://events.eu.pagerduty.com");
    }
    return said->size();
  };
  EXPECT_EQ(complaints_about(std::string(32, 'a')), 0u);
  EXPECT_EQ(complaints_about("short"), 1u);
}

TEST(Settings, KnowAnIdAFieldNameAndAnAddress) {
  EXPECT_TRUE(pagerduty::is_id("Q02JTSNZWHSEKV"));
  for (auto const* bad : {"", "P/1", "P 1", "../x", "P%41"}) EXPECT_FALSE(pagerduty::is_id(bad));
  EXPECT_TRUE(pagerduty::is_field_name("defender_id"));
  EXPECT_FALSE(pagerduty::is_field_name("Defender"));
  EXPECT_TRUE(pagerduty::is_address("a@b"));
  for (auto const* bad : {"", "a", "@b", "a@", "a@b@c", "a b@c", "a@b\r\nX: y"}) {
    EXPECT_FALSE(pagerduty::is_address(bad)) << bad;
  }
}

}  // namespace
}  // namespace pagerduty_test

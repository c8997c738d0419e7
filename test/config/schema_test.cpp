#include "connector/config/schema.hpp"

#include <boost/json.hpp>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <set>

#include "connector/config/settings.hpp"
#include "test/config/reading.hpp"

namespace connector::config {
namespace {

namespace json = boost::json;

std::set<std::string> keys(json::value const& properties) {
  std::set<std::string> all;
  for (auto const& [key, ignored] : properties.as_object()) all.emplace(key);
  return all;
}

/// The keys the loader knows, found out by asking it about each: a key that it does not know is an
/// unknown key.
std::set<std::string> unknown_to_loader(std::string const& text) {
  auto const found = load_text(text, "c.yaml", make_fixed_references({}), known_systems());
  std::set<std::string> all;
  for (auto const& c : *found.complaints) {
    auto const start = c.text.find("unknown key '");
    if (start != 0) continue;
    auto const name = c.text.substr(13);
    all.insert(name.substr(0, name.find('\'')));
  }
  return all;
}

std::string mapping_of(std::set<std::string> const& names) {
  auto text = std::string{"{"};
  for (auto const& name : names) text += name + ": x, ";
  return text + "not_in_the_schema: x}";
}

class Schema : public testing::Test {
 protected:
  json::value const schema = json::parse({config_schema().data(), config_schema().size()});

  json::value const& at(char const* pointer) const { return schema.at_pointer(pointer); }

  void expect_known(char const* pointer, std::string const& before, std::string const& after) {
    auto const known = keys(at(pointer));
    EXPECT_FALSE(known.empty());
    EXPECT_EQ(
        unknown_to_loader(before + mapping_of(known) + after),
        std::set<std::string>{"not_in_the_schema"}
    ) << pointer;
  }
};

TEST_F(Schema, KnowsNoKeyThatTheLoaderDoesNot) {
  expect_known("/properties", "", "");
  expect_known("/properties/store/oneOf/1/properties", "store: ", "");
  expect_known("/properties/log/properties", "log: ", "");
  expect_known("/properties/poll/properties", "poll: ", "");
  expect_known("/$defs/http/properties", "http: ", "");
  expect_known("/properties/routes/items/properties", "routes: [", "]");
}

/// The other direction: every key of a file that uses all of them is in the schema.
TEST_F(Schema, KnowsEveryKeyOfTheFullExample) {
  auto const top = keys(at("/properties"));

  EXPECT_THAT(
      top,
      testing::ElementsAre(
          "connections",
          "hooks",
          "http",
          "listen",
          "log",
          "on_finding",
          "poll",
          "routes",
          "store",
          "validate_every"
      )
  );
  EXPECT_THAT(
      keys(at("/$defs/http/properties")),
      testing::ElementsAre(
          "ca_file",
          "client_certificate",
          "client_key",
          "client_key_password",
          "no_proxy",
          "proxy",
          "proxy_password",
          "proxy_user"
      )
  );
  EXPECT_THAT(
      keys(at("/properties/routes/items/properties")),
      testing::ElementsAre("from", "mapping", "name", "on_finding", "to", "validate_every")
  );
  EXPECT_THAT(keys(at("/properties/log/properties")), testing::ElementsAre("format", "level"));
  EXPECT_THAT(
      keys(at("/properties/poll/properties")), testing::ElementsAre("every", "lookback", "sweep")
  );
}

TEST_F(Schema, RequiresWhatTheLoaderRequires) {
  auto const found = load_text("", "c.yaml", make_fixed_references({}), known_systems());
  auto text = std::string{};
  for (auto const& c : *found.complaints) text += c.text + "\n";

  for (auto const& name : at("/required").as_array()) {
    EXPECT_THAT(text, testing::HasSubstr("'" + std::string{name.as_string()} + "' is missing"));
  }
  EXPECT_EQ(found.complaints->size(), at("/required").as_array().size());
}

TEST_F(Schema, GivesTheDefaultsOfTheSettings) {
  auto const d = settings{};

  EXPECT_EQ(
      at("/properties/listen/default").as_string(),
      d.listen.address + ":" + std::to_string(d.listen.port)
  );
  EXPECT_EQ(at("/properties/log/properties/level/default").as_string(), d.log.level);
  EXPECT_EQ(at("/properties/log/properties/format/default").as_string(), "text");
  EXPECT_EQ(d.log.format, log_format::text);
  EXPECT_EQ(at("/properties/poll/properties/every/default").as_string(), "60s");
  EXPECT_EQ(d.poll.every, std::chrono::seconds{60});
  EXPECT_EQ(at("/properties/poll/properties/lookback/default").as_string(), "1h");
  EXPECT_EQ(d.poll.lookback, std::chrono::hours{1});
}

TEST_F(Schema, RefersOnlyToWhatItDefines) {
  auto const text = json::serialize(schema);
  constexpr auto mark = std::string_view{"\"#/$defs/"};
  for (auto i = text.find(mark); i != std::string::npos; i = text.find(mark, i + 1)) {
    auto const start = i + mark.size();
    auto const name = text.substr(start, text.find('"', start) - start);
    EXPECT_TRUE(at("/$defs").as_object().contains(name)) << name;
  }
}

}  // namespace
}  // namespace connector::config

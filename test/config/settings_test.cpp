#include "connector/config/settings.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "test/config/reading.hpp"

namespace connector::config {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

constexpr auto small = R"(
store: links.db
connections:
  a: {system: defender, tenant_id: t}
  b: {system: servicenow}
routes:
  - {name: a-to-b, from: a, to: b, mapping: maps/a.yaml}
)";

loaded load_small(std::string const& more = "", std::map<std::string, std::string> files = {}) {
  return load_text(
      small + more,
      "/etc/connector/connector.yaml",
      make_fixed_references({}, std::move(files)),
      known_systems()
  );
}

std::vector<std::string> complaints_about(std::string const& more) {
  return lines_of(*load_small(more).complaints);
}

TEST(Settings, HaveQuietDefaults) {
  auto const found = load_small();

  ASSERT_TRUE(found.good()) << lines_of(*found.complaints).front();
  EXPECT_EQ(found.settings.listen.address, "127.0.0.1");
  EXPECT_EQ(found.settings.listen.port, 8080);
  EXPECT_EQ(found.settings.log.level, "info");
  EXPECT_EQ(found.settings.log.format, log_format::text);
  EXPECT_EQ(found.settings.poll.every, 60s);
  EXPECT_EQ(found.settings.poll.lookback, 1h);
  EXPECT_EQ(found.settings.connections.at(0).http, http_settings{});
}

TEST(Settings, CompareTheMapsEverySixHoursAndOnlyWarn) {
  auto const found = load_small();

  EXPECT_EQ(found.settings.routes.at(0).validation.every, 6h);
  EXPECT_THAT(found.settings.routes.at(0).validation.choices, IsEmpty());
  EXPECT_FALSE(found.settings.hooks.taken);
}

TEST(Settings, ARoutesOwnWordOnFindingsComesAfterTheFiles) {
  auto const found = load_text(
      "store: links.db\nvalidate_every: 1h\non_finding: {M102: hold rule, M110: hold route}\n"
      "connections: {a: {system: defender}, b: {system: servicenow}}\n"
      "routes:\n"
      "  - {name: x, from: a, to: b, mapping: m.yaml, validate_every: 0s, on_finding: {M102: "
      "warn}}\n"
      "  - {name: y, from: a, to: b, mapping: n.yaml}\n",
      "connector.yaml",
      make_fixed_references({}),
      known_systems()
  );

  ASSERT_TRUE(found.good()) << lines_of(*found.complaints).front();
  auto const& x = found.settings.routes.at(0).validation;
  EXPECT_EQ(x.every, 0s);
  ASSERT_EQ(x.choices.size(), 3u);
  EXPECT_EQ(x.choices[2].id, "M102");
  EXPECT_EQ(x.choices[2].action, on_finding::warn);
  auto const& y = found.settings.routes.at(1).validation;
  EXPECT_EQ(y.every, 1h);
  ASSERT_EQ(y.choices.size(), 2u);
  EXPECT_EQ(y.choices[0].action, on_finding::hold_rule);
  EXPECT_EQ(y.choices[1].action, on_finding::hold_route);
}

TEST(Settings, TakeWebhooksOnTheServicesAddressOrOnOneOfTheirOwn) {
  auto const same = load_small("hooks: listen\n");
  EXPECT_TRUE(same.settings.hooks.taken);
  EXPECT_FALSE(same.settings.hooks.listen);

  auto const own = load_small("hooks: 0.0.0.0:8081\n");
  ASSERT_TRUE(own.settings.hooks.listen);
  EXPECT_EQ(own.settings.hooks.listen->port, 8081);
}

TEST(Settings, TakePathsRelativeToTheirFile) {
  auto const found = load_small();

  EXPECT_EQ(found.settings.store, "/etc/connector/links.db");
  EXPECT_EQ(found.settings.routes.at(0).mapping, "/etc/connector/maps/a.yaml");
  EXPECT_EQ(found.settings.routes.at(0).mapping_at.line, 7);
}

TEST(Settings, NameTheStoreInEitherWay) {
  auto const found = load_text(
      "store: {sqlite: /var/lib/x.db}\nconnections: {a: {system: defender}, b: {system: "
      "servicenow}}\nroutes: [{name: r, from: a, to: b, mapping: m.yaml}]\n",
      "c.yaml",
      make_fixed_references({}),
      known_systems()
  );

  ASSERT_TRUE(found.good());
  EXPECT_EQ(found.settings.store, "/var/lib/x.db");
  EXPECT_EQ(found.settings.routes.at(0).mapping, "m.yaml");
}

TEST(Settings, LeaveTheRestOfAConnectionToItsAdapter) {
  auto const found = load_small();

  auto const* a = found.settings.find_connection("a");
  ASSERT_NE(a, nullptr);
  auto in = a->settings;
  EXPECT_EQ(in.text("tenant_id"), "t");
  in.finish();
  EXPECT_TRUE(found.good()) << "system and http are known already";
  in.complain(in.at(), "the adapter's own");
  EXPECT_FALSE(found.good());
  EXPECT_EQ(found.settings.find_connection("c"), nullptr);
}

TEST(Settings, ReadEveryKey) {
  auto const found = load_text(
      R"(
store: /s.db
listen: "[::]:9"
log: {level: debug, format: json}
http: {ca_file: ca.pem, client_certificate: c.pem, client_key: k.pem, client_key_password: "${env:KP}", proxy: "http://p:3128", proxy_user: u, proxy_password: "${env:PP}", no_proxy: [x, .y]}
poll: {every: 5s, lookback: 2d}
connections:
  a: {system: defender, http: {proxy: "http://q:3128/", no_proxy: z}}
  b: {system: servicenow}
routes:
  - {name: r, from: a, to: b, mapping: /m.yaml}
)",
      "/c/c.yaml",
      make_fixed_references(
          {{"KP", "k"}, {"PP", "p"}}, {{"/c/ca.pem", ""}, {"/c/c.pem", ""}, {"/c/k.pem", ""}}
      ),
      known_systems()
  );

  ASSERT_THAT(lines_of(*found.complaints), IsEmpty());
  auto const& s = found.settings;
  EXPECT_EQ(s.listen.address, "::");
  EXPECT_EQ(s.listen.port, 9);
  EXPECT_EQ(s.log.level, "debug");
  EXPECT_EQ(s.log.format, log_format::json);
  EXPECT_EQ(s.poll.every, 5s);
  EXPECT_EQ(s.poll.lookback, 48h);
  auto const shared = http_settings{
      "/c/ca.pem",
      "/c/c.pem",
      "/c/k.pem",
      core::secret{"k"},
      "http://p:3128",
      "u",
      core::secret{"p"},
      {"x", ".y"}};
  EXPECT_EQ(s.connections.at(1).http, shared);
  auto own = shared;
  own.proxy = "http://q:3128";
  own.no_proxy = {"z"};
  EXPECT_EQ(s.connections.at(0).http, own);
  EXPECT_EQ(s.routes.at(0).at, (position{"/c/c.yaml", 11, 5}));
}

TEST(HttpSettings, DifferInTheirSecretsToo) {
  auto a = http_settings{};
  auto b = a;
  EXPECT_EQ(a, b);

  b.proxy_password = core::secret{"x"};
  EXPECT_NE(a, b);
}

TEST(Settings, ListenOnAddressesOnly) {
  for (auto const* good : {"0.0.0.0:0", "'[::1]:65535'", "127.0.0.1:9090"}) {
    EXPECT_THAT(complaints_about("listen: " + std::string{good} + "\n"), IsEmpty()) << good;
  }
  for (auto const* bad :
       {"8080",
        "':8080'",
        "localhost:8080",
        "127.0.0.1",
        "127.0.0.1:65536",
        "127.0.0.1:-1",
        "'::1:8080'",
        "'[127.0.0.1]:8080'",
        "127.0.0.1:http",
        "'[]:1'",
        "'*:8080'"}) {
    EXPECT_THAT(complaints_about("listen: " + std::string{bad} + "\n"), SizeIs(1)) << bad;
  }
}

TEST(Settings, PollNeitherTooOftenNorTooSeldom) {
  for (auto const* good : {"100ms", "60s", "1d"}) {
    EXPECT_THAT(complaints_about("poll: {every: " + std::string{good} + "}\n"), IsEmpty()) << good;
  }
  for (auto const* bad : {"99ms", "25h", "0s"}) {
    EXPECT_THAT(complaints_about("poll: {every: " + std::string{bad} + "}\n"), SizeIs(1)) << bad;
  }
}

TEST(Settings, KeepNamesPlainAndShort) {
  auto const named = [](std::string const& name) {
    return complaints_about("  - {name: '" + name + "', from: b, to: a, mapping: m.yaml}\n");
  };
  for (auto const& good : {std::string{"a"}, std::string{"0_b-c"}, std::string(63, 'x')}) {
    EXPECT_THAT(named(good), IsEmpty()) << good;
  }
  for (auto const& bad :
       {std::string{"A"},
        std::string{"-a"},
        std::string{"a b"},
        std::string{"a.b"},
        std::string{"ä"},
        std::string(64, 'x')}) {
    EXPECT_THAT(named(bad), SizeIs(1)) << bad;
  }
}

TEST(Settings, ComplainInTheOrderOfTheFile) {
  EXPECT_THAT(
      complaints_about("zzz: 1\npoll: {every: x}\nlisten: y\n"),
      ElementsAre(
          "8:1: unknown key 'zzz'",
          "9:15: 'every' needs a time such as 500ms, 30s, 5m, 2h or 7d, not 'x'",
          "10:9: 'listen' needs an IP address and a port: 127.0.0.1:8080 for this machine alone, "
          "0.0.0.0:8080 or [::]:8080 for every network it is in"
      )
  );
}

TEST(Settings, ComeFromAFileOfThatName) {
  auto const found = load("/nowhere/c.yaml", make_fixed_references({}), known_systems());

  EXPECT_THAT(lines_of(*found.complaints), ElementsAre("1:1: no such file"));
  EXPECT_EQ(found.complaints->front().at.file, "/nowhere/c.yaml");
}

}  // namespace
}  // namespace connector::config

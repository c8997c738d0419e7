#include "adapters/defender/settings.hpp"

#include <map>

#include "adapters/defender/adapter.hpp"
#include "certificates.hpp"
#include "connector/config/references.hpp"
#include "connector/config/yaml.hpp"
#include "world.hpp"

namespace defender_test {
namespace {

using namespace adapters::defender;
namespace config = connector::config;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

struct reading {
  std::optional<settings> chosen;
  std::string complaints;
};

std::map<std::string, std::string> const environment_of_process{{"SECRET", "hush-canary"}};

config::section section_of(std::string const& yaml, std::shared_ptr<config::complaints> to) {
  auto references = config::make_fixed_references(environment_of_process);
  return config::parse_section(yaml, "/etc/connector/config.yaml", references, to).value();
}

reading read(std::string const& yaml, std::map<std::string, std::string> variables = {}) {
  auto complaints = std::make_shared<config::complaints>();
  auto from = section_of(yaml, complaints);
  auto const find = [&](std::string const& name) -> std::optional<std::string> {
    auto const found = variables.find(name);
    if (found == variables.end()) return std::nullopt;
    return found->second;
  };
  reading out{read_settings(from, find), ""};
  for (auto const& c : *complaints)
    out.complaints += config::to_string(c.at) + ": " + c.text + "\n";
  return out;
}

auto const with_secret = std::string{
    "system: defender\ntenant_id: contoso.example\nclient_id: app\n"
    "client_secret: ${env:SECRET}\n"};
auto const app = std::string{"tenant_id: contoso.example\nclient_id: app\n"};

TEST(Settings, OfASecretNeedLittle) {
  auto const got = read(with_secret);

  EXPECT_THAT(got.complaints, IsEmpty());
  ASSERT_TRUE(got.chosen);
  EXPECT_EQ(got.chosen->tenant_id, "contoso.example");
  EXPECT_EQ(std::get<by_secret>(got.chosen->method).secret.reveal(), "hush-canary");
  EXPECT_EQ(got.chosen->login_url, "https://login.microsoftonline.com");
  EXPECT_EQ(got.chosen->base_url, "https://graph.microsoft.com/v1.0");
  EXPECT_EQ(got.chosen->resource, "https://graph.microsoft.com");
  EXPECT_EQ(got.chosen->calls_at_once, 4u);
}

TEST(Settings, FindEveryCloud) {
  struct {
    char const* cloud;
    char const* login;
    char const* graph;
  } const cases[] = {
      {"global", "https://login.microsoftonline.com", "https://graph.microsoft.com"},
      {"gcc", "https://login.microsoftonline.com", "https://graph.microsoft.com"},
      {"gcc-high", "https://login.microsoftonline.us", "https://graph.microsoft.us"},
      {"dod", "https://login.microsoftonline.us", "https://dod-graph.microsoft.us"},
      {"china",
       "https://login.partner.microsoftonline.cn",
       "https://microsoftgraph.chinacloudapi.cn"},
  };
  for (auto const& c : cases) {
    auto const got = read(with_secret + "cloud: " + c.cloud + "\n");
    ASSERT_TRUE(got.chosen) << got.complaints;
    EXPECT_EQ(got.chosen->login_url, c.login);
    EXPECT_EQ(got.chosen->base_url, std::string{c.graph} + "/v1.0");
    EXPECT_EQ(got.chosen->resource, c.graph);
  }
}

TEST(Settings, TakeACertificateBesideTheFile) {
  auto const got =
      read(app + "certificate: {certificate_file: own.crt, key_file: /run/secrets/own.key}\n");

  ASSERT_TRUE(got.chosen) << got.complaints;
  auto const& method = std::get<by_certificate>(got.chosen->method);
  EXPECT_EQ(method.certificate_file, "/etc/connector/own.crt");
  EXPECT_EQ(method.key_file, "/run/secrets/own.key");
}

TEST(Settings, TakeAManagedIdentityWithoutTenantOrClient) {
  auto const got = read("managed_identity: true\n");

  ASSERT_TRUE(got.chosen) << got.complaints;
  EXPECT_EQ(std::get<by_managed_identity>(got.chosen->method).client_id, "");
  EXPECT_EQ(got.chosen->identity_url, "http://169.254.169.254/metadata/identity/oauth2/token");
}

TEST(Settings, TakeAManagedIdentityWhereAppServiceSaysSo) {
  auto const got = read(
      "managed_identity: true\nclient_id: mine\n",
      {{"IDENTITY_ENDPOINT", "http://127.0.0.1:41/msi/token"}, {"IDENTITY_HEADER", "h"}}
  );

  ASSERT_TRUE(got.chosen) << got.complaints;
  auto const& method = std::get<by_managed_identity>(got.chosen->method);
  EXPECT_EQ(method.client_id, "mine");
  EXPECT_EQ(method.app_service_header.reveal(), "h");
  EXPECT_EQ(got.chosen->identity_url, "http://127.0.0.1:41/msi/token");
}

TEST(Settings, TakeAWorkloadIdentity) {
  auto const named = read(app + "workload_identity: {token_file: /var/run/token}\n");
  auto const usual =
      read(app + "workload_identity: {}\n", {{"AZURE_FEDERATED_TOKEN_FILE", "/from/env"}});

  ASSERT_TRUE(named.chosen) << named.complaints;
  ASSERT_TRUE(usual.chosen) << usual.complaints;
  EXPECT_EQ(std::get<by_workload_identity>(named.chosen->method).token_file, "/var/run/token");
  EXPECT_EQ(std::get<by_workload_identity>(usual.chosen->method).token_file, "/from/env");
}

TEST(Settings, ComplainAboutWhatCannotBeUsed) {
  struct {
    std::string yaml;
    char const* words;
  } const cases[] = {
      {app, "no way to sign in"},
      {with_secret + "managed_identity: true\n", "only one of"},
      {app + "client_secret: plain\n", "is a secret"},
      {"client_id: a\nclient_secret: ${env:SECRET}\n", "'tenant_id' is missing"},
      {"tenant_id: common\nclient_id: a\nclient_secret: ${env:SECRET}\n", "of one tenant"},
      {"tenant_id: a/b\nclient_id: a\nclient_secret: ${env:SECRET}\n", "of one tenant"},
      {with_secret + "cloud: moon\n", "global"},
      {with_secret + "base_url: http://graph.example\n", "https is required"},
      {with_secret + "login_url: ftp://x\n", "login_url"},
      {with_secret + "identity_url: http://10.0.0.1/x\n", "https is required"},
      {with_secret + "calls_at_once: 0\n", "calls_at_once"},
      {with_secret + "page_rows: 51\n", "page_rows"},
      {with_secret + "client_secrets: x\n", "unknown key"},
      {app + "workload_identity: {}\n", "AZURE_FEDERATED_TOKEN_FILE"},
      {app + "certificate: {certificate_file: x}\n", "'key_file' is missing"},
  };
  for (auto const& c : cases) {
    auto const got = read(c.yaml);
    EXPECT_FALSE(got.chosen) << c.yaml;
    EXPECT_THAT(got.complaints, HasSubstr(c.words)) << c.yaml;
    EXPECT_THAT(got.complaints, ::testing::Not(HasSubstr("canary")));
  }
}

TEST(Settings, MayPointToThisMachine) {
  auto const got = read(
      with_secret +
      "base_url: http://127.0.0.1:8080\nlogin_url: http://localhost:8081\n"
      "identity_url: http://[::1]:8082/token\n"
  );

  ASSERT_TRUE(got.chosen) << got.complaints;
  EXPECT_EQ(got.chosen->base_url, "http://127.0.0.1:8080/v1.0");
  EXPECT_EQ(got.chosen->resource, "https://graph.microsoft.com");
}

TEST(Urls, OfThisMachineAloneMayBePlain) {
  EXPECT_TRUE(is_acceptable_url("https://graph.microsoft.com"));
  EXPECT_TRUE(is_acceptable_url("http://127.0.0.1:1"));
  EXPECT_FALSE(is_acceptable_url("http://127.0.0.1.evil.example"));
  EXPECT_FALSE(is_acceptable_url("http://localhost.evil.example"));
  EXPECT_FALSE(is_acceptable_url("http://127.evil.example.com"));
  EXPECT_FALSE(is_acceptable_url("http://localhost@evil.example"));
  EXPECT_FALSE(is_acceptable_url("http://169.254.169.254/x"));
  EXPECT_TRUE(is_acceptable_identity_url("http://169.254.169.254/x"));
  EXPECT_FALSE(is_acceptable_identity_url("http://169.254.evil.example/x"));
  EXPECT_FALSE(is_acceptable_url("https:///x"));
  EXPECT_FALSE(is_acceptable_url("graph.microsoft.com"));
}

struct making {
  std::unique_ptr<adapter::system> system;
  std::string complaints;
};

making make_from(std::string const& yaml) {
  static scripted_transport transport;
  static still_clock clock;
  static auto const random = connector::async::make_seeded_random(1);
  auto complaints = std::make_shared<config::complaints>();
  adapter::surroundings const around{"soc", transport, clock, *random};
  making out{make(section_of(yaml, complaints), around), ""};
  for (auto const& c : *complaints) out.complaints += c.text + "\n";
  return out;
}

TEST(Make, GivesAConnectionForGoodSettings) {
  auto const got = make_from(with_secret);

  ASSERT_TRUE(got.system) << got.complaints;
  EXPECT_EQ(got.system->declared().system, "defender");
}

TEST(Make, ComplainsAtStartAboutACertificateThatCannotBeUsed) {
  auto const files = make_certificate_files();
  auto const others = make_certificate_files();
  auto yaml = [&](std::string const& key) {
    return app + "certificate: {certificate_file: " + files.certificate + ", key_file: " + key +
           "}\n";
  };

  EXPECT_TRUE(make_from(yaml(files.key)).system);
  auto const wrong = make_from(yaml(others.key));
  EXPECT_FALSE(wrong.system);
  EXPECT_THAT(wrong.complaints, HasSubstr("is not the key of"));
}

}  // namespace
}  // namespace defender_test

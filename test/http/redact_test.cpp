#include "connector/http/redact.hpp"

#include <gtest/gtest.h>
#include <string>

namespace connector::http {
namespace {

std::string const json_type = "application/json; charset=utf-8";
std::string const form_type = "application/x-www-form-urlencoded";

TEST(Redact, KnowsNamesWithoutCase) {
  for (auto const* name :
       {"Authorization",
        "COOKIE",
        "set-cookie",
        "x-sn-apikey",
        "client_secret",
        "client_assertion",
        "password",
        "access_token",
        "refresh_token",
        "sig",
        "routing_key"}) {
    EXPECT_TRUE(names_secret(name)) << name;
  }
  for (auto const* name :
       {"sysparm_fields", "sysparm_query", "state", "content-type", "tokens", ""}) {
    EXPECT_FALSE(names_secret(name)) << name;
  }
}

TEST(Redact, KeepsTheSchemeOfAnAuthorization) {
  EXPECT_EQ(redact_header("Authorization", "Bearer abc.def"), "Bearer redacted");
  EXPECT_EQ(redact_header("authorization", "abc"), "redacted");
  EXPECT_EQ(redact_header("Cookie", "a=b; c=d"), "redacted");
  EXPECT_EQ(redact_header("Accept", "a b"), "a b");
}

TEST(Redact, KeepsTheFormOfAKey) {
  EXPECT_EQ(redact_value("0123456789abcdef"), "0000000000000000");
  EXPECT_EQ(
      redact_value("81fa766e-69df-4b68-bf18-19a0dcdd6bcb"), "00000000-0000-0000-0000-000000000000"
  );
  EXPECT_EQ(redact_value("hunter2"), "redacted");
}

TEST(Redact, ReplacesQueryParametersAndNothingElse) {
  EXPECT_EQ(
      redact_url("https://h/p?sysparm_query=a%3Db&sig=SECRET&Access_Token=S%20T&x"),
      "https://h/p?sysparm_query=a%3Db&sig=redacted&Access_Token=redacted&x"
  );
  EXPECT_EQ(redact_url("https://h/p;sig=x"), "https://h/p;sig=x");
}

TEST(Redact, ReplacesFormFields) {
  EXPECT_EQ(
      redact_body("grant_type=password&client%5Fsecret=a%26b&password=x+y&scope=a+b", form_type),
      "grant_type=password&client%5Fsecret=redacted&password=redacted&scope=a+b"
  );
}

TEST(Redact, ReplacesJsonMembersKeepingTheirTypes) {
  EXPECT_EQ(
      redact_body(
          R"({"a":1,"password":"p","token":5,"secret":{"k":["s",true,null,1.25]},"n":{"client_secret":"x"}})",
          json_type
      ),
      R"({"a":1,"password":"redacted","token":0,"secret":{"k":["redacted",false,null,5E-1]},)"
      R"("n":{"client_secret":"redacted"}})"
  );
}

TEST(Redact, ReplacesHeadersInsideABatch) {
  EXPECT_EQ(
      redact_body(
          R"([{"headers":[{"name":"Authorization","value":"Bearer x"},{"name":"A","value":"b"}]}])",
          json_type
      ),
      R"([{"headers":[{"name":"Authorization","value":"redacted"},{"name":"A","value":"b"}]}])"
  );
}

TEST(Redact, ReplacesParametersOfUrlsInHeadersAndJson) {
  EXPECT_EQ(redact_header("Location", "https://h/?sig=x&a=b"), "https://h/?sig=redacted&a=b");
  EXPECT_EQ(
      redact_body(R"({"trigger":"https://h/?sig=x&a=b","why":"sig=x"})", json_type),
      R"({"trigger":"https://h/?sig=redacted&a=b","why":"sig=x"})"
  );
}

TEST(Redact, LeavesOtherBodiesAsTheyAre) {
  std::string const spaced = "{ \"a\" : 1.10 ,\n\"b\": [ ] }";

  EXPECT_EQ(redact_body(spaced, json_type), spaced);
  EXPECT_EQ(redact_body("<p>password</p>", "text/html"), "<p>password</p>");
}

TEST(Redact, WithholdsBrokenJsonThatMayHoldASecret) {
  EXPECT_EQ(redact_body(R"({"password":"canary")", json_type).find("canary"), std::string::npos);
  EXPECT_EQ(redact_body(R"({"password":"canary")", "text/plain").find("canary"), std::string::npos);
  EXPECT_EQ(redact_body(R"({"a":"b")", json_type), R"({"a":"b")");
}

TEST(Redact, WithholdsWhatIsNestedTooDeeply) {
  std::string deep;
  for (int i = 0; i < 100; ++i) deep += R"({"a":)";
  deep += R"({"x":"canary"})" + std::string(100, '}');

  EXPECT_EQ(redact_body(deep, json_type).find("canary"), std::string::npos);
}

TEST(Utf8, IsToldFromOtherBytes) {
  for (auto const* good :
       {"", "plain", "\xc3\xa4", "\xe2\x82\xac", "\xf0\x9f\x98\x80", "\xef\xbf\xbf"}) {
    EXPECT_TRUE(is_utf8(good)) << good;
  }
  for (auto const* bad :
       {"\x80",
        "\xc3",
        "\xc0\xaf",
        "\xe0\x80\x80",
        "\xed\xa0\x80",
        "\xf4\x90\x80\x80",
        "\xff",
        "\xf0\x80\x80\x80",
        "a\xc3z"}) {
    EXPECT_FALSE(is_utf8(bad));
  }
}

}  // namespace
}  // namespace connector::http

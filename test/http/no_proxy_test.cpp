#include "connector/http/no_proxy.hpp"

#include <gtest/gtest.h>
#include <stdexcept>

namespace connector::http {
namespace {

bool direct(std::string const& rule, std::string const& url) {
  return no_proxy{{rule}}.matches(split(url)->origin);
}

TEST(NoProxy, MatchesAHostAndAllBelowIt) {
  EXPECT_TRUE(direct("example.com", "https://example.com/"));
  EXPECT_TRUE(direct("Example.COM", "https://api.EXAMPLE.com/"));
  EXPECT_FALSE(direct("example.com", "https://badexample.com/"));
  EXPECT_FALSE(direct("example.com", "https://example.com.evil/"));
}

TEST(NoProxy, MatchesOnlyBelowALeadingDot) {
  EXPECT_TRUE(direct(".example.com", "https://api.example.com/"));
  EXPECT_TRUE(direct("*.example.com", "https://api.example.com/"));
  EXPECT_FALSE(direct(".example.com", "https://example.com/"));
}

TEST(NoProxy, MayNameAPort) {
  EXPECT_TRUE(direct("example.com:8443", "https://example.com:8443/"));
  EXPECT_FALSE(direct("example.com:8443", "https://example.com/"));
  EXPECT_TRUE(direct("10.0.0.1:80", "http://10.0.0.1/"));
  EXPECT_TRUE(direct("[::1]:8080", "http://[::1]:8080/"));
  EXPECT_FALSE(direct("[::1]:8080", "http://[::1]/"));
}

TEST(NoProxy, MatchesAddressesAndBlocks) {
  EXPECT_TRUE(direct("127.0.0.1", "http://127.0.0.1:9000/"));
  EXPECT_TRUE(direct("::1", "http://[::1]/"));
  EXPECT_TRUE(direct("10.0.0.0/8", "http://10.255.1.2/"));
  EXPECT_TRUE(direct("10.1.2.3/8", "http://10.255.1.2/"));
  EXPECT_FALSE(direct("10.0.0.0/8", "http://11.0.0.1/"));
  EXPECT_FALSE(direct("10.0.0.0/8", "http://ten.example/"));
  EXPECT_TRUE(direct("fd00::/8", "http://[fd12::1]/"));
  EXPECT_FALSE(direct("fd00::/8", "http://[fe80::1]/"));
}

TEST(NoProxy, StarMatchesAll) {
  EXPECT_TRUE(direct("*", "https://anything/"));
  EXPECT_TRUE(direct("*", "http://[::1]/"));
}

TEST(NoProxy, WithoutRulesMatchesNothing) {
  EXPECT_FALSE(no_proxy{{}}.matches(split("http://host/")->origin));
  EXPECT_FALSE(direct(" ", "http://host/"));
}

TEST(NoProxy, RefusesWhatIsNoRule) {
  for (auto const* rule :
       {"10.0.0.0/33", "ho st", "host:port", "host:0", "http://host/", "a/b", ":80"}) {
    EXPECT_THROW(no_proxy{{rule}}, std::runtime_error) << rule;
  }
}

}  // namespace
}  // namespace connector::http

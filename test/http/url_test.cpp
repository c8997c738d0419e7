#include "connector/http/url.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace connector::http {
namespace {

using testing::ElementsAre;
using testing::Pair;

TEST(Url, IsSplitIntoOriginAndTarget) {
  auto const got = split("https://Graph.Microsoft.com/v1.0/security?$top=5#part");

  ASSERT_TRUE(got.has_value());
  EXPECT_TRUE(got->origin.secure);
  EXPECT_EQ(got->origin.host, "graph.microsoft.com");
  EXPECT_EQ(got->origin.port, 443);
  EXPECT_EQ(got->target, "/v1.0/security?$top=5");
}

TEST(Url, MayLackAPath) {
  EXPECT_EQ(split("http://host")->target, "/");
  EXPECT_EQ(split("http://host?a=b")->target, "/?a=b");
  EXPECT_EQ(split("http://host:8080/")->origin.port, 8080);
}

TEST(Url, TakesAddressesAsHosts) {
  auto const six = split("http://[::1]:8080/x");

  ASSERT_TRUE(six.has_value());
  EXPECT_EQ(six->origin.host, "::1");
  EXPECT_EQ(authority(six->origin), "[::1]:8080");
  EXPECT_EQ(to_string(split("https://10.0.0.1:443/")->origin), "https://10.0.0.1");
}

TEST(Url, IsRefusedIfItCannotBeCalled) {
  for (auto const* url :
       {"",
        "/path",
        "host/path",
        "ftp://host/",
        "http://",
        "http:///x",
        "http://user@host/",
        "http://user:password@host/",
        "http://host:0/",
        "http://host:65536/",
        "http://host/a b",
        "http://host/\r\nX: y",
        "http://ho st/"}) {
    EXPECT_FALSE(split(url).has_value()) << url;
  }
}

TEST(Url, ResolvesReferencesAgainstABase) {
  EXPECT_EQ(*resolve("http://h/a/b?c", "d"), "http://h/a/d");
  EXPECT_EQ(*resolve("http://h/a/b?c", "/d?e"), "http://h/d?e");
  EXPECT_EQ(*resolve("http://h/a", "https://other/x#y"), "https://other/x");
}

TEST(Url, KnowsWhetherTwoShareAnOrigin) {
  EXPECT_TRUE(same_origin("https://host/a", "https://HOST:443/b"));
  EXPECT_FALSE(same_origin("https://host/a", "http://host/a"));
  EXPECT_FALSE(same_origin("https://host/a", "https://host:8443/a"));
  EXPECT_FALSE(same_origin("https://host/a", "https://host.evil/a"));
  EXPECT_FALSE(same_origin("https://host/a", "not a url"));
}

TEST(Query, EncodesEverythingThatIsNotUnreserved) {
  EXPECT_EQ(percent_encode("a-B_0.~"), "a-B_0.~");
  EXPECT_EQ(percent_encode("a b&c=d/e?\n\xc3\xa4"), "a%20b%26c%3Dd%2Fe%3F%0A%C3%A4");
  EXPECT_EQ(make_query({{"q", "a=b^c"}, {"n", "1 2"}}), "q=a%3Db%5Ec&n=1%202");
  EXPECT_EQ(form_encode({{"q", "1 2+3"}}), "q=1+2%2B3");
}

TEST(Query, IsReadBack) {
  EXPECT_THAT(
      parse_query("/path?a=1&b=x%20y+z&c&=v&d=%zz#e"),
      ElementsAre(
          Pair("a", "1"), Pair("b", "x y z"), Pair("c", ""), Pair("", "v"), Pair("d", "%zz")
      )
  );
  EXPECT_TRUE(parse_query("/path").empty());
  EXPECT_TRUE(parse_query("https://host/path").empty());
  EXPECT_THAT(parse_query("a=1&&b=2"), ElementsAre(Pair("a", "1"), Pair("b", "2")));
}

TEST(Query, SurvivesARoundTripOfAnyByte) {
  std::string all;
  for (int i = 0; i < 256; ++i) all.push_back(static_cast<char>(i));

  EXPECT_EQ(percent_decode(percent_encode(all)), all);
  EXPECT_THAT(form_decode(form_encode({{all, all}})), ElementsAre(Pair(all, all)));
  EXPECT_FALSE(percent_decode("%4"));
  EXPECT_FALSE(percent_decode("%"));
  EXPECT_FALSE(percent_decode("%4g"));
}

}  // namespace
}  // namespace connector::http

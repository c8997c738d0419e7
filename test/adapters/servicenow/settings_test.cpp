#include "adapters/servicenow/settings.hpp"

#include <gtest/gtest.h>

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

}  // namespace
}  // namespace adapters::servicenow

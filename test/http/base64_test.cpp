#include "connector/http/base64.hpp"

#include <gtest/gtest.h>
#include <string>

namespace connector::http {
namespace {

TEST(Base64, EncodesTheVectorsOfRfc4648) {
  EXPECT_EQ(base64(""), "");
  EXPECT_EQ(base64("f"), "Zg==");
  EXPECT_EQ(base64("fo"), "Zm8=");
  EXPECT_EQ(base64("foo"), "Zm9v");
  EXPECT_EQ(base64("foob"), "Zm9vYg==");
  EXPECT_EQ(base64("fooba"), "Zm9vYmE=");
  EXPECT_EQ(base64("foobar"), "Zm9vYmFy");
}

TEST(Base64, HasAUrlSafeFormWithoutPadding) {
  EXPECT_EQ(base64("\xfb\xff\xfe"), "+//+");
  EXPECT_EQ(base64url("\xfb\xff\xfe"), "-__-");
  EXPECT_EQ(base64url("f"), "Zg");
}

TEST(Base64, DecodesEveryByteAgain) {
  std::string all;
  for (int i = 0; i < 256; ++i) all.push_back(static_cast<char>(i));
  for (std::size_t size = 0; size <= all.size(); ++size) {
    auto const bytes = all.substr(0, size);
    EXPECT_EQ(from_base64(base64(bytes)), bytes);
    EXPECT_EQ(from_base64url(base64url(bytes)), bytes);
  }
}

TEST(Base64, RefusesWhatNoEncoderWrites) {
  for (auto const* text :
       {"Zg", "Zg=", "Z===", "Zh==", "Zm9=", "Zm9v!", "Zm 9v", "====", "Zg==Zg=="}) {
    EXPECT_FALSE(from_base64(text)) << text;
  }
  for (auto const* text : {"Z", "Zh", "+//+", "Zg=g"}) {
    EXPECT_FALSE(from_base64url(text)) << text;
  }
  EXPECT_EQ(from_base64url("Zg=="), "f");
}

}  // namespace
}  // namespace connector::http

#include "connector/core/digest.hpp"

#include <gtest/gtest.h>

namespace connector::core {
namespace {

TEST(Sha256, AgreesWithThePublishedVector) {
  EXPECT_EQ(sha256_hex("abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}

TEST(ShortKey, HasTwentySixSafeCharacters) {
  auto const key = short_key("anything");

  EXPECT_EQ(key.size(), 26u);
  EXPECT_EQ(key.find_first_not_of("abcdefghijklmnopqrstuvwxyz234567"), std::string::npos);
  EXPECT_NE(key, short_key("anything else"));
}

}  // namespace
}  // namespace connector::core

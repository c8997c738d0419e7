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

TEST(KeyedMark, DependsOnKeyAndText) {
  EXPECT_EQ(keyed_mark("k", "t", 20).size(), 20u);
  EXPECT_NE(keyed_mark("k", "t", 20), keyed_mark("l", "t", 20));
  EXPECT_NE(keyed_mark("k", "t", 20), keyed_mark("k", "u", 20));
}

}  // namespace
}  // namespace connector::core

#include "connector/core/value.hpp"

#include <boost/json/serialize.hpp>
#include <gtest/gtest.h>
#include <string>

namespace connector::core {
namespace {

TEST(Field, PrefersANameWithDotsOverAPath) {
  record const r{{"caller.email", "a@b"}, {"caller", record{{"email", "c@d"}}}};

  EXPECT_EQ(field(r, "caller.email"), value("a@b"));
}

TEST(Field, FollowsAPathThroughObjects) {
  record const r{{"close", record{{"code", "x"}}}};

  EXPECT_EQ(field(r, "close.code"), value("x"));
  EXPECT_TRUE(field(r, "close.code.deeper").is_null());
  EXPECT_TRUE(field(r, "absent").is_null());
}

TEST(Unset, IsNullEmptyTextAndEmptyList) {
  EXPECT_TRUE(is_unset(value(nullptr)));
  EXPECT_TRUE(is_unset(value("")));
  EXPECT_TRUE(is_unset(value(boost::json::array{})));
  EXPECT_FALSE(is_unset(value(0)));
  EXPECT_FALSE(is_unset(value(false)));
}

TEST(Abridged, KeepsShortValuesAsTheyAre) {
  group const g{"active", nullptr, 3};

  EXPECT_EQ(abridged(g), g);
  EXPECT_TRUE(same_as_kept(g, abridged(g)));
}

TEST(Abridged, TellsLongTextsApartByDigest) {
  std::string const text(4000, 'x');
  auto other = text;
  other.back() = 'y';
  auto const kept = abridged(group{text});

  EXPECT_LT(boost::json::serialize(kept).size(), 120u);
  EXPECT_TRUE(same_as_kept(group{text}, kept));
  EXPECT_FALSE(same_as_kept(group{other}, kept));
}

TEST(Abridged, TwiceIsAbridgedOnce) {
  group const g{std::string(4000, 'x'), record{{"kind", "doc"}}};

  EXPECT_EQ(abridged(abridged(g)), abridged(g));
}

TEST(Abridged, DoesNotTakeAShortValueForALongOne) {
  auto const kept = abridged(group{std::string(4000, 'x')});

  EXPECT_FALSE(same_as_kept(group{"x"}, kept));
  EXPECT_FALSE(same_as_kept(group{nullptr}, kept));
}

}  // namespace
}  // namespace connector::core

#include "connector/config/suggest.hpp"

#include <gtest/gtest.h>
#include <vector>

namespace connector::config {
namespace {

auto const words = std::vector<std::string>{"instance", "connections", "routes", "to"};

TEST(EditDistance, CountsOneForEachSlipOfTheFingers) {
  EXPECT_EQ(edit_distance("routes", "routes"), 0u);
  EXPECT_EQ(edit_distance("route", "routes"), 1u);
  EXPECT_EQ(edit_distance("rouutes", "routes"), 1u);
  EXPECT_EQ(edit_distance("roites", "routes"), 1u);
  EXPECT_EQ(edit_distance("ruotes", "routes"), 1u);
}

TEST(EditDistance, IsSymmetric) {
  EXPECT_EQ(edit_distance("kitten", "sitting"), 3u);
  EXPECT_EQ(edit_distance("sitting", "kitten"), 3u);
}

TEST(EditDistance, OfTheEmptyWordIsTheOthersLength) {
  EXPECT_EQ(edit_distance("", "abc"), 3u);
  EXPECT_EQ(edit_distance("abc", ""), 3u);
  EXPECT_EQ(edit_distance("", ""), 0u);
}

TEST(Nearest, FindsTheWordThatWasMeant) {
  EXPECT_EQ(nearest("instnace", words), "instance");
  EXPECT_EQ(nearest("conections", words), "connections");
  EXPECT_EQ(nearest("ot", words), "to");
}

TEST(Nearest, DoesNotMindCase) { EXPECT_EQ(nearest("Instance", words), "instance"); }

TEST(Nearest, DoesNotGuess) {
  EXPECT_EQ(nearest("password", words), std::nullopt);
  EXPECT_EQ(nearest("x", words), std::nullopt);
  EXPECT_EQ(nearest("", words), std::nullopt);
  EXPECT_EQ(nearest("routes", {}), std::nullopt);
}

TEST(Nearest, LeavesLongTextsAlone) {
  auto const known = std::vector<std::string>{std::string(65, 'a')};

  EXPECT_EQ(nearest(std::string(65, 'a'), known), std::nullopt);
}

TEST(DidYouMean, SaysNothingWithoutASuggestion) {
  EXPECT_EQ(did_you_mean("password", words), "");
  EXPECT_EQ(did_you_mean("rotues", words), "; did you mean 'routes'?");
}

}  // namespace
}  // namespace connector::config

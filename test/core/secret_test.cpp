#include "connector/core/secret.hpp"

#include <gtest/gtest.h>
#include <sstream>

namespace connector::core {
namespace {

TEST(Secret, PrintsAsThatOneIsThere) {
  std::ostringstream out;
  out << secret{"hunter22"};
  EXPECT_EQ(out.str(), "<secret>");
}

TEST(Secret, IsConcealedWhereverAServerRepeatsIt) {
  EXPECT_EQ(
      conceal("no hunter22 here, hunter22", {secret{"hunter22"}, secret{"key-1"}}),
      "no <secret> here, <secret>"
  );
  EXPECT_EQ(
      conceal("x=key-1,hunter22", {secret{"hunter22"}, secret{"key-1"}}), "x=<secret>,<secret>"
  );
}

TEST(Secret, ThatIsPartOfItsOwnReplacementEnds) {
  EXPECT_EQ(conceal("a secret", {secret{"secret"}}), "a <secret>");
}

TEST(Secret, OfThreeLettersDoesNotGarbleOtherWords) {
  EXPECT_EQ(conceal("the cat", {secret{"the"}, secret{}}), "the cat");
}

}  // namespace
}  // namespace connector::core

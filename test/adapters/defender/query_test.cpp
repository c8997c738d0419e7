#include "adapters/defender/query.hpp"

#include "world.hpp"

namespace defender_test {
namespace {

using namespace adapters::defender;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

TEST(Bookmark, SurvivesBeingWrittenDown) {
  bookmark mark;
  mark.stamp = "2026-03-01T10:00:00.4733333Z";
  mark.seen = {"1", "2"};
  mark.link = "https://graph.microsoft.com/v1.0/x?a=\"b\"";
  mark.links_followed = 3;

  auto const read = bookmark_from(to_text(mark));

  ASSERT_TRUE(read);
  EXPECT_EQ(*read, mark);
}

TEST(Rounds, PutADozenKeysIntoFullCalls) {
  EXPECT_THAT(
      rounds_of({"a", "b", "c", "d", "e"}, 2),
      ElementsAre(ElementsAre(ElementsAre(0, 1), ElementsAre(2, 3), ElementsAre(4)))
  );
  EXPECT_THAT(rounds_of({}, 2), IsEmpty());
}

TEST(Rounds, KeepTheOrderOfOneKey) {
  EXPECT_THAT(
      rounds_of({"a", "a", "b", "a"}, 20),
      ElementsAre(
          ElementsAre(ElementsAre(0, 2)), ElementsAre(ElementsAre(1)), ElementsAre(ElementsAre(3))
      )
  );
}

TEST(PatchFields, NamesEveryFieldItRefuses) {
  auto const refused =
      patch_fields(parsed(R"({"status":"resolved","id":"1","alerts":[]})").as_object());

  EXPECT_EQ(refused.error().code, errc::rejected);
  EXPECT_THAT(refused.error().fields, ElementsAre("id", "alerts"));
}

TEST(PatchFields, RefusesAnEmptyChange) {
  EXPECT_EQ(patch_fields({}).error().code, errc::rejected);
}

}  // namespace
}  // namespace defender_test

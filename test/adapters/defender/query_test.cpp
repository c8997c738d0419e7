#include "adapters/defender/query.hpp"

#include "world.hpp"

namespace defender_test {
namespace {

using namespace adapters::defender;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

TEST(Encode, LeavesOnlyWhatIsSafeEverywhere) {
  EXPECT_EQ(encode("aZ09-._~"), "aZ09-._~");
  EXPECT_EQ(encode("a b+c/%&?#:'\""), "a%20b%2Bc%2F%25%26%3F%23%3A%27%22");
  EXPECT_EQ(encode("\xc3\xa4"), "%C3%A4");
}

TEST(SameOrigin, ComparesSchemeHostAndPort) {
  auto const base = "https://graph.microsoft.com/v1.0";
  EXPECT_TRUE(is_same_origin("https://graph.microsoft.com/v1.0/x?$skip=1", base));
  EXPECT_TRUE(is_same_origin("https://GRAPH.microsoft.com:443/x", base));
  EXPECT_FALSE(is_same_origin("http://graph.microsoft.com/x", base));
  EXPECT_FALSE(is_same_origin("https://graph.microsoft.com:8443/x", base));
  EXPECT_FALSE(is_same_origin("https://graph.microsoft.com.evil.example/x", base));
  EXPECT_FALSE(is_same_origin("https://graph.microsoft.com@evil.example/x", base));
  EXPECT_FALSE(is_same_origin("https://graph.microsoft.com\\@evil.example/x", base));
  EXPECT_FALSE(is_same_origin("https://graph.microsoft.com/x\r\nHost: evil", base));
  EXPECT_FALSE(is_same_origin("/v1.0/x", base));
  EXPECT_FALSE(is_same_origin("", base));
}

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

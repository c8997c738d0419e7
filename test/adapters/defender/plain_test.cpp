#include "adapters/defender/plain.hpp"

#include "world.hpp"

namespace defender_test {
namespace {

using adapters::defender::plain_text;

TEST(PlainText, LeavesATextThatIsNoHtmlAsItIs) {
  for (auto const* text :
       {"",
        "hello",
        "a < b && c > d",
        "use <b>bold</b> here",
        "<script>",
        " two  spaces \r\n",
        "<unknown>x</unknown>",
        "</p> x >",
        "<",
        "Anna wrote:\n<p>hello</p>\n[mark:abc]",
        "<p>cut off",
        "AT&T &amp; others",
        "a &lt; b > c"}) {
    EXPECT_EQ(plain_text(text), text);
  }
}

TEST(PlainText, MakesLinesOfBlocks) {
  EXPECT_EQ(plain_text("<p>one</p><p>two</p>"), "one\ntwo");
  EXPECT_EQ(plain_text("<div>one<br/>two</div>"), "one\ntwo");
  EXPECT_EQ(plain_text("<ul>\n  <li>one</li>\n  <li>two</li>\n</ul>"), "one\ntwo");
  EXPECT_EQ(plain_text("<P CLASS=\"x\">a <b>bold</b> word</P>"), "a bold word");
}

TEST(PlainText, ResolvesCharacterReferencesOnce) {
  EXPECT_EQ(
      plain_text("<p>a &lt; b &amp;&amp; &quot;c&quot;&nbsp;&#39;d&#x27;</p>"), "a < b && \"c\" 'd'"
  );
  EXPECT_EQ(plain_text("<p>&amp;lt;</p>"), "&lt;");
  EXPECT_EQ(
      plain_text("<p>&unknown; & &#; &#xzz; &#55296;</p>"), "&unknown; & &#; &#xzz; \xef\xbf\xbd"
  );
  EXPECT_EQ(plain_text("<p>&#228;&#8364;&#128512;</p>"), "\xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80");
}

TEST(PlainText, ReadsATextThatWasEscapedWhole) {
  EXPECT_EQ(plain_text("a &lt; b &amp;&amp; c\n  d &gt; e"), "a < b && c\n  d > e");
  EXPECT_EQ(plain_text("&amp;"), "&");
}

TEST(PlainText, DropsCommentsAndUnfinishedTags) {
  EXPECT_EQ(plain_text("<p>a<!-- hidden -->b</p>"), "ab");
  EXPECT_EQ(plain_text("<p>a<b c>"), "a");
}

}  // namespace
}  // namespace defender_test

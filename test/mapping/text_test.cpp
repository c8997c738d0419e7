#include "connector/mapping/text.hpp"

#include <gtest/gtest.h>
#include <rapidcheck.h>

namespace connector::mapping {
namespace {

std::string cut_to(std::string_view text, std::size_t units) { return cut(text, units); }

TEST(Cut, LeavesWhatFits) {
  EXPECT_EQ(cut_to("abc", 3), "abc");
  EXPECT_EQ(cut_to("", 0), "");
  EXPECT_EQ(cut_to("äöü", 3), "äöü");
}

TEST(Cut, EndsAfterAWordAndMarksIt) {
  EXPECT_EQ(cut_to("one two three four", 12), "one two…");
  EXPECT_EQ(cut_to("a because", 8), "a becau…") << "the last space is too far back";
  EXPECT_EQ(cut_to("one two", 5), "one…");
}

TEST(Cut, CountsLikeTheSystemsThatCountInUtf16) {
  EXPECT_EQ(length_of("😀"), 2U);
  EXPECT_EQ(cut_to("😀😀😀", 5), "😀😀…");
  EXPECT_EQ(cut_to("😀😀😀", 4), "😀…");
}

TEST(Cut, NeverSplitsWhatAReaderSeesAsOneCharacter) {
  EXPECT_EQ(cut_to("ae\u0301x", 3), "a…") << "a letter and its accent";
  EXPECT_EQ(cut_to("a👩\u200d👩\u200d👧b", 5), "a…") << "a family of three";
  EXPECT_EQ(cut_to("🇩🇪🇫🇷", 5), "🇩🇪…") << "a flag";
  EXPECT_EQ(cut_to("🇩🇪🇫🇷", 7), "🇩🇪…");
  EXPECT_EQ(cut_to("👍🏽👍🏽", 6), "👍🏽…") << "a skin tone";
}

TEST(Cut, SurvivesBrokenUtf8) {
  EXPECT_LE(length_of(cut_to("\xff\xff\xff\xff", 2)), 2U);
  EXPECT_EQ(cut_to("\xe2\x82", 5), "\xe2\x82");
}

TEST(Cut, IsNeverLongerThanAskedAndStableWhenRepeated) {
  EXPECT_TRUE(rc::check([](std::string const& raw) {
    auto const text = repaired_utf8(raw);
    auto const units = *rc::gen::inRange<std::size_t>(0, 40);

    auto const once = cut(text, units);

    RC_ASSERT(length_of(once) <= units);
    RC_ASSERT(cut(once, units) == once);
    RC_ASSERT(first_bad_utf8(once) == once.size());
  }));
}

TEST(Tidied, IsStableWhenRepeated) {
  EXPECT_TRUE(rc::check([](std::string const& raw) {
    auto const once = tidied(raw);
    RC_ASSERT(tidied(once) == once);
    RC_ASSERT(first_bad_utf8(once) == once.size());

    auto const line = single_line(raw);
    RC_ASSERT(single_line(line) == line);
    RC_ASSERT(tidied(line) == line);
  }));
}

TEST(Tidied, DropsWhatNobodySees) {
  EXPECT_EQ(tidied("  a\r\nb\r \x01\x1b[2J "), "a\nb\n [2J");
  EXPECT_EQ(tidied("abc\u202etxt.exe"), "abctxt.exe") << "text direction cannot disguise a name";
  EXPECT_EQ(single_line("a\n\t b\u00a0c"), "a b c");
}

TEST(Escaped, HtmlShowsWhatWasWritten) {
  EXPECT_EQ(escaped("<b a='1'>&\"", markup::html), "&lt;b a=&#39;1&#39;&gt;&amp;&quot;");
  EXPECT_EQ(escaped("a\nb", markup::html), "a<br>b");
}

TEST(Escaped, HtmlHasNoLiveCharacterLeft) {
  EXPECT_TRUE(rc::check([](std::string const& raw) {
    auto const text = escaped(raw, markup::html);
    for (std::size_t at = text.find('<'); at != std::string::npos; at = text.find('<', at + 1)) {
      RC_ASSERT(text.compare(at, 4, "<br>") == 0);
    }
    RC_ASSERT(text.find('"') == std::string::npos);
  }));
}

TEST(Escaped, MarkdownShowsWhatWasWritten) {
  EXPECT_EQ(escaped("[x](y) *b* # <i>", markup::markdown), "\\[x\\]\\(y\\) \\*b\\* \\# \\<i\\>");
}

TEST(Escaped, WikiShowsWhatWasWritten) {
  EXPECT_EQ(escaped("h1. x\nbq. y a.b", markup::wiki), "h1\\. x\nbq\\. y a.b");
  EXPECT_EQ(escaped("|a|[b](c)!d!", markup::wiki), "\\|a\\|\\[b\\]\\(c\\)\\!d\\!");
}

TEST(Escaped, IsReadBackAsItWas) {
  EXPECT_TRUE(rc::check([](std::string const& raw) {
    auto const text = tidied(raw);
    RC_ASSERT(text_of(escaped(text, markup::markdown), markup::markdown) == text);
    RC_ASSERT(text_of(escaped(text, markup::wiki), markup::wiki) == text);
  }));
  EXPECT_EQ(text_of(escaped("C:\\a_b &amp; @x", markup::wiki), markup::wiki), "C:\\a_b &amp; @x");
}

TEST(Escaped, MentionsReachNobody) {
  EXPECT_EQ(escaped("@here a@b.c", markup::html), "@\u200bhere a@b.c");
  EXPECT_EQ(escaped("(@all)", markup::markdown), "\\(@\u200ball\\)");
}

TEST(Defused, SequencesWithAMeaningAreBroken) {
  std::vector<std::string> const sequences{"[code]", "[/code]"};

  EXPECT_EQ(
      defused("a [CODE]<script>[/code] b", sequences), "a [\u200bCODE]<script>[\u200b/code] b"
  );
  EXPECT_EQ(defused("nothing", sequences), "nothing");
  EXPECT_EQ(defused("[code][code]", sequences), "[\u200bcode][\u200bcode]");
}

TEST(TextOfHtml, IsWhatAReaderSees) {
  EXPECT_EQ(text_of_html("<p>a &amp; <b>b</b></p><p>c</p>"), "a & b\nc");
  EXPECT_EQ(text_of_html("x<script>alert(1)</script>y<style>p{}</style>"), "xy");
  EXPECT_EQ(text_of_html("1 < 2"), "1 < 2");
  EXPECT_EQ(text_of_html("plain"), "plain");
}

TEST(Utf8, FindsTheFirstBadByte) {
  EXPECT_EQ(first_bad_utf8("aä"), 3U);
  EXPECT_EQ(first_bad_utf8("a\xc0\xaf"), 1U) << "overlong";
  EXPECT_EQ(first_bad_utf8("\xed\xa0\x80"), 0U) << "surrogate";
  EXPECT_EQ(first_bad_utf8("\xf4\x90\x80\x80"), 0U) << "beyond Unicode";
  EXPECT_EQ(first_bad_utf8(std::string_view{"a\0b", 3}), 1U);
}

}  // namespace
}  // namespace connector::mapping

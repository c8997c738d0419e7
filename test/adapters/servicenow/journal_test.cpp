#include "adapters/servicenow/journal.hpp"

#include <fstream>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <random>

#include "adapters/servicenow/markup.hpp"

namespace adapters::servicenow {
namespace {

using std::chrono::minutes;
using testing::ElementsAre;

std::vector<std::string> texts(core::result<std::vector<adapter::comment>> const& from) {
  std::vector<std::string> all;
  if (!from) return {"error: " + from.error().detail};
  for (auto const& one : *from) all.push_back(one.text);
  return all;
}

TEST(TakeApart, FindsEntriesOldestFirstWithBlankLinesInThem) {
  auto const got = take_apart(
      "2026-09-04 09:12:33 - System Administrator (Additional comments)\nRRN:x\n\n"
      "2026-09-03 08:00:00 - Joe Employee (Additional comments)\nFirst line\n\nSecond\n\n",
      "comments",
      minutes{0}
  );

  ASSERT_TRUE(got);
  EXPECT_THAT(texts(got), ElementsAre("First line\n\nSecond", "RRN:x"));
  EXPECT_EQ(got->at(0).author, "Joe Employee");
  EXPECT_EQ(got->at(0).at, *core::parse_time("2026-09-03 08:00:00"));
  EXPECT_TRUE(got->at(0).is_public);
  EXPECT_EQ(got->at(1).author, "System Administrator");
}

TEST(TakeApart, TakesTheOffsetOfTheUsersZoneOff) {
  auto const got =
      take_apart("2026-09-04 09:12:33 - A (Work notes)\nx\n\n", "work_notes", minutes{120});
  ASSERT_TRUE(got);
  EXPECT_EQ(got->at(0).at, *core::parse_time("2026-09-04 07:12:33"));
  EXPECT_FALSE(got->at(0).is_public);
}

TEST(TakeApart, OfNothingIsNothing) {
  EXPECT_THAT(texts(take_apart("", "work_notes", minutes{0})), ElementsAre());
  EXPECT_THAT(texts(take_apart("\n\n", "work_notes", minutes{0})), ElementsAre());
}

TEST(TakeApart, ReadsAuthorsWithDashesAndBrackets) {
  auto const got =
      take_apart("2026-09-04 09:12:33 - A - B (Ext) (Work notes)\nx", "work_notes", minutes{0});
  ASSERT_TRUE(got);
  EXPECT_EQ(got->at(0).author, "A - B (Ext)");
}

TEST(TakeApart, ReadsWindowsLineEnds) {
  EXPECT_THAT(
      texts(take_apart(
          "2026-09-04 09:12:33 - A (Work notes)\r\none\r\ntwo\r\n\r\n"
          "2026-09-03 09:12:33 - A (Work notes)\r\nzero\r\n\r\n",
          "work_notes",
          minutes{0}
      )),
      ElementsAre("zero", "one\ntwo")
  );
}

TEST(TakeApart, RefusesFormatsItDoesNotKnow) {
  for (auto const* display :
       {"04.09.2026 09:12:33 - A (Work notes)\nx", "just a text", "2026-09-04 09:12:33 A\nx"}) {
    auto const got = take_apart(display, "work_notes", minutes{0});
    ASSERT_FALSE(got) << display;
    EXPECT_EQ(got.error().code, core::errc::malformed);
    EXPECT_THAT(got.error().detail, testing::HasSubstr("date format"));
  }
}

TEST(TakeApart, IsNotFooledByAHeaderWithoutAnEmptyLineBefore) {
  EXPECT_THAT(
      texts(take_apart(
          "2026-09-04 09:12:33 - A (Work notes)\nquote:\n2026-09-03 00:00:00 - Boss (Work notes)\n"
          "do it\n\n",
          "work_notes",
          minutes{0}
      )),
      ElementsAre("quote:\n2026-09-03 00:00:00 - Boss (Work notes)\ndo it")
  );
}

TEST(TakeApart, IsNotFooledByAHeaderOfAnotherKind) {
  auto const got = take_apart(
      "2026-09-04 09:12:33 - A (Work notes)\nx\n\n2026-09-03 00:00:00 - Boss (Additional "
      "comments)\n"
      "do it\n\n",
      "work_notes",
      minutes{0}
  );
  ASSERT_TRUE(got);
  EXPECT_EQ(got->size(), 1u);
}

TEST(TakeApart, IsNotFooledByAHeaderFromTheFuture) {
  auto const got = take_apart(
      "2026-09-04 09:00:00 - A (Work notes)\nx\n\n2026-09-05 00:00:00 - Boss (Work notes)\ndo "
      "it\n\n"
      "2026-09-03 09:00:00 - B (Work notes)\ny\n\n",
      "work_notes",
      minutes{0}
  );
  EXPECT_THAT(texts(got), ElementsAre("y", "x\n\n2026-09-05 00:00:00 - Boss (Work notes)\ndo it"));
}

TEST(TakeApart, IsNotFooledByAHeaderOlderThanTheNotesBelow) {
  auto const got = take_apart(
      "2026-09-04 09:00:00 - A (Work notes)\nx\n\n2001-01-01 00:00:00 - Boss (Work notes)\ndo "
      "it\n\n"
      "2026-09-03 09:00:00 - B (Work notes)\ny\n\n2026-09-02 09:00:00 - C (Work notes)\nz\n\n",
      "work_notes",
      minutes{0}
  );
  EXPECT_THAT(
      texts(got), ElementsAre("z", "y", "x\n\n2001-01-01 00:00:00 - Boss (Work notes)\ndo it")
  );
}

TEST(TakeApart, KeepsTheHostOfAForgedHeaderThatBecomesPlausibleLater) {
  // Forged by A at nine o'clock for twelve; at one o'clock a newer note makes twelve possible.
  auto const got = take_apart(
      "2026-09-04 13:00:00 - N (Work notes)\nnew\n\n"
      "2026-09-04 09:00:00 - A (Work notes)\nx\n\n2026-09-04 12:00:00 - Boss (Work notes)\ndo "
      "it\n\n",
      "work_notes",
      minutes{0}
  );
  EXPECT_THAT(
      texts(got), ElementsAre("x\n\n2026-09-04 12:00:00 - Boss (Work notes)\ndo it", "new")
  );
}

TEST(TakeApart, SurvivesHundredsOfThousandsOfHeaders) {
  std::string hostile = "2026-09-04 09:00:00 - A (Work notes)\nx\n\n";
  for (int i = 0; i < 200'000; ++i) {
    hostile += i % 2 ? "2026-09-01 09:00:00 - A (Work notes)\n\n"
                     : "2026-08-01 09:00:00 - A (Work notes)\n\n";
  }
  auto const got = take_apart(hostile, "work_notes", minutes{0});
  ASSERT_TRUE(got);
  EXPECT_GT(got->size(), 100'000u);
}

TEST(TakeApart, NeverLosesAByteOfText) {
  // Whatever the texts are, headers and texts together are the display again.
  std::mt19937 random{7};
  std::vector<std::string> const pieces{
      "\n",
      "\n\n",
      "text",
      "2026-09-04 09:00:00 - A (Work notes)",
      "2026-09-05 01:02:03 - B (Work notes)",
      "2001-01-01 00:00:00 - C (Work notes)",
      " - ",
      "(",
      ")",
      "2026-09-04"};
  for (int round = 0; round < 2000; ++round) {
    std::string display = "2026-09-04 12:00:00 - A (Work notes)\n";
    for (auto n = random() % 12; n > 0; --n) display += pieces[random() % pieces.size()];
    auto const got = take_apart(display, "work_notes", minutes{0});
    ASSERT_TRUE(got) << display;
    std::string again;
    for (auto at = got->size(); at-- > 0;) {
      auto const& one = (*got)[at];
      again += core::format_time_seconds(one.at) + " - " + one.author + " (Work notes)" + one.text;
    }
    std::erase(again, '\n');
    std::erase(display, '\n');
    EXPECT_EQ(again, display);
  }
}

row journal_row(std::string sys_id, std::string at, std::string text) {
  return {
      {"sys_id", sys_id},
      {"sys_created_on", at},
      {"sys_created_by", "joe"},
      {"element_id", "j1"},
      {"element", "work_notes"},
      {"value", text}};
}

TEST(JournalEntry, IsReadFromItsRow) {
  auto const got = journal_entry(journal_row("s1", "2019-09-26 21:19:11", "Looking into it."));
  ASSERT_TRUE(got);
  EXPECT_EQ(got->author, "joe");
  EXPECT_EQ(got->text, "Looking into it.");
  EXPECT_EQ(got->place, "work_notes");
  EXPECT_EQ(got->at, *core::parse_time("2019-09-26 21:19:11"));
}

TEST(Identify, GivesTheSameIdsWhereverACommentWasRead) {
  std::vector<adapter::comment> from_table{
      *journal_entry(journal_row("s1", "2026-09-03 08:00:00", "First\r\n\r\nSecond\r\n")),
      *journal_entry(journal_row("s2", "2026-09-04 09:12:33", "Third"))};
  auto displayed = *take_apart(
      "2026-09-04 11:12:33 - Joe Employee (Work notes)\nThird\n\n"
      "2026-09-03 10:00:00 - Joe Employee (Work notes)\nFirst\n\nSecond\n\n",
      "work_notes",
      minutes{120}
  );

  identify(from_table);
  identify(displayed);

  ASSERT_EQ(displayed.size(), 2u);
  EXPECT_EQ(from_table[0].id, displayed[0].id);
  EXPECT_EQ(from_table[1].id, displayed[1].id);
  EXPECT_NE(displayed[0].id, displayed[1].id);
}

TEST(Identify, TellsEqualsApartAndKeepsIdsWhenNewOnesCome) {
  auto const same = *journal_entry(journal_row("s1", "2026-09-03 08:00:00", "ok"));
  std::vector<adapter::comment> two{same, same};
  identify(two);
  std::vector<adapter::comment> three{
      *journal_entry(journal_row("s3", "2026-09-03 08:00:01", "ok")), same, same};
  identify(three);

  EXPECT_NE(two[0].id, two[1].id);
  EXPECT_EQ(three[0].id, two[0].id);
  EXPECT_EQ(three[1].id, two[1].id);
  EXPECT_NE(three[2].id, two[0].id);
}

TEST(Markup, InHumanTextIsBroken) {
  auto const safe = defused("see [code]<script>alert(1)</script>[/code] and [CODE]");
  EXPECT_EQ(safe.find("[code]"), std::string::npos);
  EXPECT_EQ(safe.find("[/code]"), std::string::npos);
  EXPECT_EQ(safe.find("[CODE]"), std::string::npos);
  EXPECT_EQ(plain_text(safe), "see [code]<script>alert(1)</script>[/code] and [CODE]");
}

TEST(Markup, RestoresEveryTextExactly) {
  std::mt19937 random{11};
  std::vector<std::string> const pieces{
      "[", "]", "/", "code]", "CODE]", "\xE2\x80\x8B", "[code]", "[/code]", "x", "\xE2\x80", "\n"};
  for (int round = 0; round < 5000; ++round) {
    std::string text;
    for (auto n = random() % 14; n > 0; --n) text += pieces[random() % pieces.size()];
    auto const safe = defused(text);
    EXPECT_EQ(safe.find("[code]"), std::string::npos);
    EXPECT_EQ(safe.find("[/code]"), std::string::npos);
    EXPECT_EQ(restored(safe), text);
    EXPECT_EQ(plain_text(safe), text);
  }
}

TEST(Markup, OfANoteWrittenAsHtmlIsTakenOff) {
  EXPECT_EQ(
      plain_text("Hi [code]<b>bold</b><br/>a &lt; b &amp;amp; c[/code] end"),
      "Hi bold\na < b &amp; c end"
  );
  EXPECT_EQ(plain_text("[code]<a href='x'"), "<a href='x'");
  EXPECT_EQ(plain_text("a\r\nb\rc"), "a\nb\nc");
}

}  // namespace
}  // namespace adapters::servicenow

#include "connector/config/section.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "test/config/reading.hpp"

namespace connector::config {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::IsEmpty;

TEST(Section, ReadsTextsAsWritten) {
  auto in = reading{"plain: a b\nquoted: \"5\"\nnumber: 007\nflag: yes\nblock: |\n  x\n  y\n"};

  EXPECT_EQ(in.top->text("plain"), "a b");
  EXPECT_EQ(in.top->text("quoted"), "5");
  EXPECT_EQ(in.top->text("number"), "007");
  EXPECT_EQ(in.top->text("flag"), "yes");
  EXPECT_EQ(in.top->text("block"), "x\ny\n");
  in.top->finish();
  EXPECT_THAT(in.complaints(), IsEmpty());
  EXPECT_TRUE(in.top->clean());
}

TEST(Section, FallsBackOnlyWhereAKeyIsAbsent) {
  auto in = reading{"empty: ''\n"};

  EXPECT_EQ(in.top->text_or("empty", "x"), "");
  EXPECT_EQ(in.top->text_or("absent", "x"), "x");
  EXPECT_EQ(in.top->text_if("absent"), std::nullopt);
  EXPECT_EQ(in.top->url_or("absent", "https://x"), "https://x");
  EXPECT_EQ(in.top->flag_or("absent", true), true);
  EXPECT_EQ(in.top->number_or("absent", 7, 0, 9), 7);
  EXPECT_EQ(in.top->span_or("absent", 3s), 3s);
  EXPECT_EQ(in.top->one_of("absent", {"a", "b"}, "b"), "b");
  EXPECT_THAT(in.top->texts("absent"), IsEmpty());
  EXPECT_EQ(in.top->sub("absent"), std::nullopt);
  EXPECT_THAT(in.top->list("absent"), IsEmpty());
  EXPECT_THAT(in.top->named("absent"), IsEmpty());
  EXPECT_FALSE(in.top->has("absent"));
  EXPECT_THAT(in.complaints(), IsEmpty());
}

TEST(Section, DemandsRequiredTexts) {
  auto in = reading{"\nempty: ''\n"};

  EXPECT_EQ(in.top->text("absent"), "");
  EXPECT_EQ(in.top->text("empty"), "");
  EXPECT_THAT(in.complaints(), ElementsAre("2:1: 'absent' is missing", "2:8: 'empty' is empty"));
}

TEST(Section, WantsNoValueLeftOut) {
  auto in = reading{"a:\nb: ~\nc: null\n"};

  in.top->text_or("a", "");
  in.top->sub("b");
  in.top->texts("c");
  EXPECT_THAT(
      in.complaints(),
      ElementsAre(
          "1:1: 'a' has no value; give it one or leave the key out",
          "2:1: 'b' has no value; give it one or leave the key out",
          "3:1: 'c' has no value; give it one or leave the key out"
      )
  );
}

TEST(Section, NamesTheKindItNeeds) {
  auto in = reading{"a: [x]\nb: {x: y}\nc: x\nd: [x, [y]]\ne: [{a: b}, x]\n"};

  in.top->text("a");
  in.top->texts("b");
  in.top->sub("c");
  EXPECT_THAT(in.top->texts("d"), ElementsAre("x"));
  EXPECT_EQ(in.top->list("e").size(), 1u);
  EXPECT_THAT(
      in.complaints(),
      ElementsAre(
          "1:4: 'a' needs a text, not a list",
          "2:4: 'b' needs a list, not a mapping",
          "3:4: 'c' needs a mapping, not a text",
          "4:8: 'd' needs a text, not a list",
          "5:13: 'e' needs a mapping, not a text"
      )
  );
}

TEST(Section, ReadsFlagsStrictly) {
  auto in = reading{"a: true\nb: false\nc: yes\nd: 'true'\n"};

  EXPECT_TRUE(in.top->flag_or("a", false));
  EXPECT_FALSE(in.top->flag_or("b", true));
  EXPECT_FALSE(in.top->flag_or("c", false));
  EXPECT_TRUE(in.top->flag_or("d", false));
  EXPECT_THAT(in.complaints(), ElementsAre("3:4: 'c' needs true or false, not 'yes'"));
}

TEST(Section, KeepsNumbersInTheirRange) {
  auto in = reading{"a: 1\nb: 9\nc: 0\nd: 10\ne: 1.5\nf: '3'\n"};

  EXPECT_EQ(in.top->number_or("a", 5, 1, 9), 1);
  EXPECT_EQ(in.top->number_or("b", 5, 1, 9), 9);
  EXPECT_EQ(in.top->number_or("c", 5, 1, 9), 5);
  EXPECT_EQ(in.top->number_or("d", 5, 1, 9), 5);
  EXPECT_EQ(in.top->number_or("e", 5, 1, 9), 5);
  EXPECT_EQ(in.top->number_or("f", 5, 1, 9), 3);
  EXPECT_THAT(
      in.complaints(),
      ElementsAre(
          "3:4: 'c' needs a whole number from 1 to 9, not '0'",
          "4:4: 'd' needs a whole number from 1 to 9, not '10'",
          "5:4: 'e' needs a whole number from 1 to 9, not '1.5'"
      )
  );
}

TEST(Section, ReadsSpans) {
  auto in = reading{"a: 90s\nb: 60\n"};

  EXPECT_EQ(in.top->span_or("a", 1s), 90s);
  EXPECT_EQ(in.top->span_or("b", 1s), 1s);
  EXPECT_THAT(
      in.complaints(),
      ElementsAre("2:4: 'b' needs a time such as 500ms, 30s, 5m, 2h or 7d, not '60'")
  );
}

TEST(Section, SuggestsTheAllowedWord) {
  auto in = reading{"a: debgu\nb: nonsense\n"};

  EXPECT_EQ(in.top->one_of("a", {"debug", "info"}, "info"), "info");
  EXPECT_EQ(in.top->one_of("b", {"debug", "info"}, "info"), "info");
  EXPECT_THAT(
      in.complaints(),
      ElementsAre(
          "1:4: 'a' needs one of debug, info, not 'debgu'; did you mean 'debug'?",
          "2:4: 'b' needs one of debug, info, not 'nonsense'"
      )
  );
}

TEST(Section, CutsTheSlashAtTheEndOfAddresses) {
  auto in = reading{"a: https://example.com/api//\n"};

  EXPECT_EQ(in.top->url_or("a", ""), "https://example.com/api");
}

TEST(Section, TakesOneTextForAList) {
  auto in = reading{"one: a\nseveral: [a, \"${env:B}\"]\nnone: []\n", {{"B", "b"}}};

  EXPECT_THAT(in.top->texts("one"), ElementsAre("a"));
  EXPECT_THAT(in.top->texts("several"), ElementsAre("a", "b"));
  EXPECT_THAT(in.top->texts("none"), IsEmpty());
  EXPECT_THAT(in.complaints(), IsEmpty());
}

TEST(Section, NestsInTheOrderOfTheFile) {
  auto in = reading{"named: {z: {k: 1}, a: {k: 2}}\nlist: [{k: 3}, {k: 4}]\n"};

  auto named = in.top->named("named");
  auto list = in.top->list("list");

  ASSERT_EQ(named.size(), 2u);
  EXPECT_EQ(named[0].first, "z");
  EXPECT_EQ(named[0].second.text("k"), "1");
  EXPECT_EQ(named[1].second.text("k"), "2");
  ASSERT_EQ(list.size(), 2u);
  EXPECT_EQ(list[1].text("k"), "4");
  EXPECT_THAT(in.top->keys(), ElementsAre("named", "list"));
}

TEST(Section, FinishesWithTheKeysNobodyAskedFor) {
  auto in = reading{"instance: a\ninstnace: b\nodd: c\n"};

  in.top->text("instance");
  in.top->finish();
  EXPECT_THAT(
      in.complaints(),
      ElementsAre("2:1: unknown key 'instnace'; did you mean 'instance'?", "3:1: unknown key 'odd'")
  );
  EXPECT_FALSE(in.top->clean());
}

TEST(Section, SuggestsKeysThatAreAbsentToo) {
  auto in = reading{"lookbak: 1h\n"};

  in.top->span_or("lookback", 1h);
  in.top->finish();
  EXPECT_THAT(in.complaints(), ElementsAre("1:1: unknown key 'lookbak'; did you mean 'lookback'?"));
}

TEST(Section, CopiesShareTheirComplaintsButNotTheKeysRead) {
  auto in = reading{"a: 1\n"};
  auto copy = *in.top;

  in.top->text("a");
  copy.finish();
  EXPECT_THAT(in.complaints(), ElementsAre("1:1: unknown key 'a'"));
  EXPECT_FALSE(in.top->clean());
}

TEST(Section, CountsColumnsInCharacters) {
  auto in = reading{"äöü: {ß: x}\n"};

  EXPECT_EQ(in.top->at("äöü").column, 6);
  EXPECT_EQ(in.top->sub("äöü")->at("ß").column, 10);
}

TEST(Section, KnowsWhereItIs) {
  auto in = reading{"a:\n  b: x\n"};

  auto const a = *in.top->sub("a");

  EXPECT_EQ(to_string(a.at()), "/etc/connector/connector.yaml:2:3");
  EXPECT_EQ(to_string(a.at("b")), "/etc/connector/connector.yaml:2:6");
  EXPECT_EQ(a.at("absent"), a.at());
}

TEST(Section, OutlivesWhatItWasReadFrom) {
  auto kept = std::optional<section>{};
  {
    auto in = reading{"a: {b: \"${env:X}\"}\n", {{"X", "x"}}};
    kept = in.top->sub("a");
  }
  EXPECT_EQ(kept->text("b"), "x");
}

}  // namespace
}  // namespace connector::config

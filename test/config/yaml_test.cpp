#include "connector/config/yaml.hpp"

#include <chrono>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <random>

#include "test/config/reading.hpp"

namespace connector::config {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

std::string repeated(std::string_view text, std::size_t times) {
  std::string all;
  for (std::size_t i = 0; i < times; ++i) all += text;
  return all;
}

std::vector<std::string> complaints_about(std::string_view text) {
  auto found = complaints{};
  read_yaml(text, "f.yaml", found);
  return lines_of(found);
}

TEST(Yaml, KeepsKindsPlacesAndQuotes) {
  auto found = complaints{};

  auto const root = read_yaml("a: '5'\nb: [5, ~]\n", "f.yaml", found);

  ASSERT_THAT(found, IsEmpty());
  ASSERT_EQ(root->what, yaml_node::kind::map);
  EXPECT_TRUE(root->find("a")->value->quoted);
  auto const& list = *root->find("b")->value;
  EXPECT_EQ(list.what, yaml_node::kind::list);
  EXPECT_FALSE(list.items.at(0)->quoted);
  EXPECT_EQ(list.items.at(0)->at, (position{"f.yaml", 2, 5}));
  EXPECT_EQ(list.items.at(1)->what, yaml_node::kind::null);
  EXPECT_EQ(root->find("b")->at, (position{"f.yaml", 2, 1}));
  EXPECT_EQ(root->find("c"), nullptr);
}

TEST(Yaml, TakesAnEmptyDocumentForAnEmptyMapping) {
  for (auto const* text : {"", "\n\n", "# a comment\n", "---\n", "---\n...\n", "~\n"}) {
    auto found = complaints{};
    auto const root = read_yaml(text, "f.yaml", found);
    ASSERT_TRUE(root) << text;
    EXPECT_EQ(root->what, yaml_node::kind::map) << text;
    EXPECT_THAT(root->entries, IsEmpty()) << text;
    EXPECT_THAT(found, IsEmpty()) << text;
  }
}

TEST(Yaml, SkipsAByteOrderMark) {
  auto found = complaints{};
  auto const root = read_yaml(
      "\xEF\xBB\xBF"
      "a: b\n",
      "f.yaml",
      found
  );

  ASSERT_TRUE(root);
  EXPECT_EQ(root->find("a")->at.column, 1);
}

TEST(Yaml, ReadsWindowsLineEnds) {
  auto found = complaints{};
  auto const root = read_yaml("a: b\r\nc: d\r\n", "f.yaml", found);

  ASSERT_TRUE(root);
  EXPECT_EQ(root->find("a")->value->text, "b");
  EXPECT_EQ(root->find("c")->at, (position{"f.yaml", 2, 1}));
}

TEST(Yaml, SharesAliases) {
  auto found = complaints{};
  auto const root = read_yaml("a: &x {k: v}\nb: *x\n", "f.yaml", found);

  ASSERT_TRUE(root);
  EXPECT_EQ(root->find("a")->value, root->find("b")->value);
}

TEST(Yaml, KeepsTheFirstOfTwoEqualKeysAndTellsOfEachOther) {
  auto found = complaints{};
  auto const root = read_yaml("a: 1\nb: {c: 1, c: 2}\na: 2\na: 3\n", "f.yaml", found);

  ASSERT_TRUE(root);
  EXPECT_EQ(root->find("a")->value->text, "1");
  EXPECT_THAT(
      lines_of(found),
      ElementsAre(
          "2:11: 'c' is here twice; the first is on line 2",
          "3:1: 'a' is here twice; the first is on line 1",
          "4:1: 'a' is here twice; the first is on line 1"
      )
  );
}

TEST(Yaml, RefusesAnAliasInsideItsOwnValue) {
  EXPECT_THAT(
      complaints_about("a: &x\n  b: *x\n"),
      ElementsAre("2:6: an alias inside the value it stands for")
  );
  EXPECT_THAT(
      complaints_about("&x [a, [*x]]\n"),
      ElementsAre("1:9: an alias inside the value it stands for")
  );
}

TEST(Yaml, RefusesAliasesThatGrowWithoutMeasure) {
  auto text = std::string{"a: &a0 [x, x, x, x, x, x, x, x, x, x]\n"};
  for (int i = 1; i < 12; ++i) {
    auto const before = "*a" + std::to_string(i - 1);
    text += "k" + std::to_string(i) + ": &a" + std::to_string(i) + " [" + before +
            repeated(", " + before, 9) + "]\n";
  }

  EXPECT_THAT(
      complaints_about(text),
      ElementsAre(HasSubstr("more than 200000 values, aliases counted each time"))
  );
}

TEST(Yaml, CountsTheDepthBehindAnAlias) {
  auto const deep = "a: &x " + repeated("[", 30) + repeated("]", 30) + "\n";

  EXPECT_THAT(complaints_about(deep + "b: [*x]\n"), IsEmpty());
  EXPECT_THAT(complaints_about(deep + "b: [[*x]]\n"), ElementsAre("2:6: nested more than 32 deep"));
}

TEST(Yaml, IsAtMost32Deep) {
  EXPECT_THAT(complaints_about(repeated("[", 32) + repeated("]", 32)), IsEmpty());
  EXPECT_THAT(
      complaints_about(repeated("[", 33) + repeated("]", 33)),
      ElementsAre("1:33: nested more than 32 deep")
  );
}

TEST(Yaml, IsAtMostOneMebibyteLong) {
  constexpr std::size_t largest = 1u << 20;

  EXPECT_THAT(complaints_about("a: b\n#" + std::string(largest - 6, 'x')), IsEmpty());
  EXPECT_THAT(
      complaints_about("a: b\n#" + std::string(largest - 5, 'x')),
      ElementsAre("1:1: larger than 1 MiB")
  );
}

TEST(Yaml, HoldsOneDocument) {
  EXPECT_THAT(
      complaints_about("a: b\n---\nc: d\n"),
      ElementsAre(HasSubstr("a second document; one file holds one"))
  );
}

TEST(Yaml, HasOnlyTextsForKeys) {
  EXPECT_THAT(complaints_about("[a]: b\n"), ElementsAre("1:1: a key must be a text"));
  EXPECT_THAT(complaints_about("? {a: b}\n: c\n"), ElementsAre("1:3: a key must be a text"));
  EXPECT_THAT(complaints_about("~: b\n"), ElementsAre("1:1: a key must be a text"));
}

TEST(Yaml, IsUtf8) {
  struct {
    std::string text;
    std::string expected;
  } const cases[] = {
      {"a: \xFF\n", "1:4: not UTF-8; save the file as UTF-8"},
      {"\n  a: \xC3(\n", "2:6: not UTF-8; save the file as UTF-8"},
      {"a: \xC0\xAF\n", "1:4: not UTF-8; save the file as UTF-8"},          // overlong
      {"a: \xE0\x80\xAF\n", "1:4: not UTF-8; save the file as UTF-8"},      // overlong
      {"a: \xED\xA0\x80\n", "1:4: not UTF-8; save the file as UTF-8"},      // a surrogate
      {"a: \xF4\x90\x80\x80\n", "1:4: not UTF-8; save the file as UTF-8"},  // beyond Unicode
      {"a: \xE2\x82", "1:4: not UTF-8; save the file as UTF-8"},            // cut short
      {"\xFF\xFE"
       "a",
       "1:1: not UTF-8; save the file as UTF-8"},  // UTF-16
      {{"a\0:\0", 4}, "1:2: a control character, which YAML does not allow"},
      {"a: \x04\n", "1:4: a control character, which YAML does not allow"},
      {"a: \x1B[0m\n", "1:4: a control character, which YAML does not allow"},
  };
  for (auto const& c : cases) {
    EXPECT_THAT(complaints_about(c.text), ElementsAre(c.expected));
  }
  EXPECT_THAT(complaints_about("a: ä€😀\xF4\x8F\xBF\xBF\n"), IsEmpty());
}

TEST(Yaml, IsReadQuicklyHoweverHostile) {
  constexpr std::size_t large = 1'000'000;
  auto const texts = std::vector<std::string>{
      repeated("[", large),
      repeated("{", large),
      repeated("- ", large / 2),
      repeated("{a: ", large / 4),
      repeated("? ", large / 2),
      repeated("a: \n ", large / 6),
      repeated("\"", large),
      repeated("'", large),
      repeated("&a ", large / 3),
      repeated("*a ", large / 3),
      repeated("!", large),
      repeated("%", large),
      repeated("[a,", large / 3),
      repeated("|\n", large / 2),
      repeated(": ", large / 2),
      repeated("a: b\n", large / 5),
      repeated("- a\n", large / 4),
      "[" + repeated("a,", 150'000) + "]",
      "{" + repeated("\"a\": 1,", 100'000) + "}",

  };
  for (auto const& text : texts) {
    auto found = complaints{};
    auto const began = std::chrono::steady_clock::now();
    read_yaml(text, "f.yaml", found);
    auto const took = std::chrono::steady_clock::now() - began;
    EXPECT_LT(took, std::chrono::seconds{20}) << text.substr(0, 20);
  }
}

/// Seeded damage to a good file: whatever comes out, it is a tree or exactly one complaint that
/// ends the reading, never an exception.
TEST(Yaml, SurvivesAnyDamage) {
  auto const good = std::string{
      "store: &a x\nlog: {level: info, format: \"json\"}\nconnections:\n  a: {system: 'd', k: *a}\n"
      "routes:\n  - name: >-\n      folded\n    from: a # comment\n  - [x, ~, |]\n"};
  constexpr auto alphabet = std::string_view{"&*!|>'\"%@`{}[],:-#?~ \n\t\\ax0\xC3\xA9\x01"};
  auto random = std::mt19937{20261122};
  for (int round = 0; round < 20'000; ++round) {
    auto text = good;
    for (auto edits = 1 + random() % 8; edits > 0; --edits) {
      auto const at = random() % text.size();
      auto const c = alphabet[random() % alphabet.size()];
      switch (random() % 3) {
        case 0:
          text[at] = c;
          break;
        case 1:
          text.insert(at, 1, c);
          break;
        default:
          text.erase(at, 1 + random() % 5);
      }
    }
    auto found = complaints{};
    auto const root = read_yaml(text, "f.yaml", found);
    ASSERT_TRUE(root || found.size() == 1) << text;
  }
}

TEST(YamlFile, TellsWhyItCannotBeRead) {
  auto found = complaints{};

  EXPECT_EQ(read_yaml_file("/nowhere/f.yaml", found), nullptr);
  EXPECT_EQ(read_yaml_file("/", found), nullptr);
  EXPECT_THAT(lines_of(found), ElementsAre("1:1: no such file", "1:1: a folder, not a file"));
}

}  // namespace
}  // namespace connector::config

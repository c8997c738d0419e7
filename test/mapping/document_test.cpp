#include "connector/mapping/document.hpp"

#include <gtest/gtest.h>

#include "test/mapping/support.hpp"

namespace connector::mapping::test {
namespace {

struct reading {
  std::optional<node> root;
  std::vector<finding> findings;
};

reading read(std::string_view text) {
  reading r;
  reporter to{"f.yaml", r.findings};
  r.root = read_document(text, to);
  return r;
}

TEST(Document, EveryValueIsTheWordItIs) {
  auto const r = read("a: no\nb: 1\nc: \"1\"\nd: ~\n");

  ASSERT_TRUE(r.root);
  EXPECT_EQ(r.root->find("a")->text, "no");
  EXPECT_FALSE(r.root->find("b")->quoted);
  EXPECT_TRUE(r.root->find("c")->quoted);
  EXPECT_EQ(r.root->find("d")->what, node::kind::empty);
}

TEST(Document, PlacesCountFromOne) {
  auto const r = read("a:\n  - b: c\n");

  auto const& c = r.root->find("a")->items.front().entries.front().value;
  EXPECT_EQ(c.at.line, 2);
  EXPECT_EQ(c.at.column, 8);
}

TEST(Document, AFileOverOneMebibyteIsRefused) {
  auto const r = read(std::string((1 << 20) + 1, ' '));

  EXPECT_FALSE(r.root);
  ASSERT_EQ(r.findings.size(), 1U);
  EXPECT_EQ(r.findings.front().id, "M001");
}

TEST(Document, TheFirstByteThatIsNoUtf8IsShown) {
  auto const r = read("a: b\nc: \xff\n");

  EXPECT_FALSE(r.root);
  ASSERT_EQ(r.findings.size(), 1U);
  EXPECT_EQ(r.findings.front().id, "M002");
  EXPECT_EQ(r.findings.front().at.line, 2);
  EXPECT_EQ(r.findings.front().at.column, 4);
}

TEST(Document, TheFirstOfTwoEqualKeysIsKept) {
  auto const r = read("a: 1\na: 2\n");

  ASSERT_TRUE(r.root);
  EXPECT_EQ(r.root->entries.size(), 1U);
  EXPECT_EQ(r.root->find("a")->text, "1");
  ASSERT_EQ(r.findings.size(), 1U);
  EXPECT_EQ(r.findings.front().id, "M006");
}

TEST(Document, ASecondDocumentIsRefused) {
  auto const r = read("a: 1\n---\nb: 2\n");

  EXPECT_FALSE(r.root);
  ASSERT_EQ(r.findings.size(), 1U);
  EXPECT_EQ(r.findings.front().id, "M003");
}

TEST(Document, AKeyThatIsAListIsRefused) {
  auto const r = read("? [a, b]\n: c\nd: e\n");

  ASSERT_EQ(r.findings.size(), 1U);
  EXPECT_EQ(r.findings.front().id, "M012");
}

TEST(Document, AnEmptyFileIsNothing) {
  auto const r = read("");

  ASSERT_TRUE(r.root);
  EXPECT_EQ(r.root->what, node::kind::empty);
  EXPECT_TRUE(r.findings.empty());
}

TEST(Document, ManyBracketsEndQuickly) {
  auto const r = read(std::string(1 << 20, '['));

  EXPECT_FALSE(r.root);
  EXPECT_EQ(r.findings.size(), 1U);
}

TEST(Document, SettingsStandWhereTheirNamesStood) {
  auto r = read("a: [\"${x}-${y}\", plain]\n");
  reporter to{"f.yaml", r.findings};

  fill_in_settings(*r.root, {{"x", "1"}, {"y", "${x}"}}, to);

  EXPECT_TRUE(r.findings.empty());
  EXPECT_EQ(r.root->find("a")->items.front().text, "1-${x}")
      << "a setting's text is not read again";
}

}  // namespace
}  // namespace connector::mapping::test

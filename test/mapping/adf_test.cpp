#include "connector/mapping/adf.hpp"

#include <boost/json/serialize.hpp>
#include <gtest/gtest.h>
#include <rapidcheck.h>

#include "connector/mapping/text.hpp"
#include "test/mapping/support.hpp"

namespace connector::mapping::test {
namespace {

core::value text(std::string_view t) { return core::value(boost::json::string(t)); }

TEST(Adf, ATextBecomesParagraphsAndLines) {
  EXPECT_EQ(adf_document(text("a\nb\n\n\nc")), json(R"({"type": "doc", "version": 1, "content": [
    {"type": "paragraph", "content": [
      {"type": "text", "text": "a"}, {"type": "hardBreak"}, {"type": "text", "text": "b"}]},
    {"type": "paragraph", "content": [{"type": "text", "text": "c"}]}]})"));
}

TEST(Adf, ATextIsReadBack) {
  EXPECT_EQ(
      text_of_adf(adf_document(text("a\nb \n\n  c @d [x|http://y]"))), "a\nb\n\n  c @d [x|http://y]"
  );
  EXPECT_TRUE(rc::check([](std::string const& raw) {
    auto const once = adf_document(text(tidied(raw)));
    auto const again = adf_document(text(text_of_adf(once)));
    RC_ASSERT(text_of_adf(once) == text_of_adf(again));
    RC_ASSERT(adf_document(once) == once);
  }));
}

TEST(Adf, NothingIsNoDocument) {
  EXPECT_TRUE(adf_document(text(" \n")).is_null());
  EXPECT_TRUE(adf_document(json(R"({"type": "doc", "version": 1, "content": []})")).is_null());
  EXPECT_TRUE(adf_document(json(R"({"type": "doc", "version": 1, "content": [
    {"type": "paragraph"}]})"))
                  .is_null());
  EXPECT_TRUE(adf_document(json(R"({"some": "object"})")).is_null());
  EXPECT_TRUE(adf_document(json("[1]")).is_null());
}

TEST(Adf, WhatAnEditorAddsMakesNoDifference) {
  auto const ours = adf_document(text("a b"));

  auto const theirs = adf_document(json(R"({"version": 1, "type": "doc", "content": [
    {"type": "paragraph", "attrs": {"localId": "7"}, "content": [
      {"text": "a", "type": "text"}, {"type": "text", "text": " b", "marks": []}]},
    {"type": "paragraph", "content": []}]})"));

  EXPECT_EQ(boost::json::serialize(theirs), boost::json::serialize(ours))
      << "also as text, since a base may be kept as its digest";
}

TEST(Adf, PeopleWriteMoreThanWeDo) {
  EXPECT_EQ(
      text_of_adf(json(R"({"type": "doc", "version": 1, "content": [
    {"type": "heading", "attrs": {"level": 2}, "content": [{"type": "text", "text": "Done"}]},
    {"type": "bulletList", "content": [
      {"type": "listItem", "content": [{"type": "paragraph", "content": [
        {"type": "mention", "attrs": {"id": "1", "text": "@Ann"}}, {"type": "text", "text": " did"}]}]},
      {"type": "listItem", "content": [{"type": "paragraph", "content": [
        {"type": "emoji", "attrs": {"shortName": ":ok:"}}]}]}]},
    {"type": "table", "content": [{"type": "tableRow", "content": [
      {"type": "tableCell", "content": [{"type": "paragraph", "content": [{"type": "text", "text": "x"}]}]},
      {"type": "tableCell", "content": [{"type": "paragraph", "content": [{"type": "text", "text": "y"}]}]}]}]},
    {"type": "unheardOf", "content": [{"type": "text", "text": "z"}]}]})")),
      "Done\n\n@Ann did\n:ok:\n\nx | y\n\nz"
  );
}

TEST(Adf, NestingIsBounded) {
  core::value deep = json(R"({"type": "text", "text": "x"})");
  for (int i = 0; i < 1000; ++i) {
    boost::json::array one;
    one.push_back(std::move(deep));
    deep = core::record{{"type", "blockquote"}, {"content", std::move(one)}};
  }
  boost::json::array one;
  one.push_back(std::move(deep));
  core::value const doc = core::record{{"type", "doc"}, {"content", std::move(one)}};

  EXPECT_LT(boost::json::serialize(adf_document(doc)).size(), 2000U);
  EXPECT_EQ(text_of_adf(doc), "");
}

TEST(Adf, OnlyWebAddressesBecomeLinks) {
  adf_writer w;
  w.link("javascript:alert(1)");

  EXPECT_EQ(w.finish(), adf_document(text("javascript:alert(1)")));
}

TEST(AdfField, IsCopiedBothWaysAsWhatItSays) {
  trial t{"  - {incident: resolvingComment, ticket: adf, sync: both}\n"};
  t.incident(R"({"resolvingComment": "one\ntwo"})").ticket(R"({"adf": null})");
  EXPECT_EQ(json(t.to_ticket()), adf_document(text("one\ntwo")));

  t.ticket(R"({"adf": {"type": "doc", "version": 1, "content": [
    {"type": "paragraph", "content": [{"type": "text", "text": "three", "marks": [{"type": "em"}]}]}]}})"
  );
  EXPECT_FALSE(t.corresponds());
  EXPECT_EQ(t.to_incident(), "three");
}

}  // namespace
}  // namespace connector::mapping::test

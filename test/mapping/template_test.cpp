#include <gtest/gtest.h>

#include "connector/mapping/preview.hpp"
#include "test/mapping/support.hpp"

namespace connector::mapping::test {
namespace {

std::string filled(
    std::string const& text, char const* incident, std::string const& field = "u_text"
) {
  trial t{"  - {ticket: " + field + ", sync: to_ticket, template: '" + text + "'}\n"};
  t.incident(incident).label("INC1");
  return t.to_ticket();
}

TEST(Template, FillsInFieldsAndLinks) {
  EXPECT_EQ(
      filled(
          "{displayName} ({severity:label}) {ticket.label}",
          R"({"displayName": "A", "severity": "high"})"
      ),
      "A (High) INC1"
  );
}

TEST(Template, SaysSomethingElseWhereNothingIsSet) {
  EXPECT_EQ(
      filled("{assignedTo|nobody}, {customTags|no tags}, {ticket.url|no link}", "{}"),
      "nobody, no tags, no link"
  );
}

TEST(Template, JoinsListsAndCountsThem) {
  EXPECT_EQ(
      filled(
          "{customTags}: {alerts:count} {customTags:count}",
          R"({"customTags": ["b", "a"], "alerts": [{}, {}]})"
      ),
      "a, b: 2 2"
  );
}

TEST(Template, ShowsTimesInUtcSeconds) {
  EXPECT_EQ(
      filled("{createdDateTime:time}", R"({"createdDateTime": "2026-01-22T12:09:23.1433333Z"})"),
      "2026-01-22 12:09:23 UTC"
  );
}

TEST(Template, DoubledBracesAreBraces) {
  EXPECT_EQ(filled("{{{severity}}}", R"({"severity": "low"})"), "{low}");
}

TEST(Template, ValuesCannotBringMarkup) {
  auto const* const incident = R"({"displayName": "<img src=x> **b** @here"})";

  EXPECT_EQ(
      filled("<p>{displayName}</p>", incident, "html"), "<p>&lt;img src=x&gt; **b** @\u200bhere</p>"
  );
  EXPECT_EQ(
      filled("**{displayName}**", incident, "markdown"),
      "**\\<img src=x\\> \\*\\*b\\*\\* @\u200bhere**"
  );
}

TEST(Template, WikiTextCannotBringMarkup) {
  auto const* const incident = R"({"displayName": "{code} [~bob] h1. *b* C:\\tmp &#91;"})";

  EXPECT_EQ(
      filled("*{displayName}*", incident, "wiki"),
      "*\\{code\\} \\[\\~bob\\] h1. \\*b\\* C\\:&#92;tmp &amp;\\#91;*"
  );
}

TEST(Template, ADocumentIsBuiltFromTextNodes) {
  trial t{
      "  - ticket: adf\n    sync: to_ticket\n    template: \"{displayName}\\n{severity:label}\\n\\n"
      "{ticket.url}\"\n"};
  t.incident(R"({"displayName": "[~bob] <b> @ann", "severity": "high"})");
  facts known;
  known.ticket_url = "https://x.example/1";
  core::record const none;
  auto const incident = object(R"({"displayName": "[~bob] <b> @ann", "severity": "high"})");

  auto const w = t.the_rule().put(side::ticket, {incident, none, {}, known});

  EXPECT_EQ(w.value.front(), json(R"({"type": "doc", "version": 1, "content": [
    {"type": "paragraph", "content": [
      {"type": "text", "text": "[~bob] <b> @ann"}, {"type": "hardBreak"},
      {"type": "text", "text": "High"}]},
    {"type": "paragraph", "content": [
      {"type": "text", "text": "https://x.example/1",
       "marks": [{"type": "link", "attrs": {"href": "https://x.example/1"}}]}]}]})"));
}

TEST(Template, ADocumentThatIsTooLongIsShortenedByItsTexts) {
  trial t{"  - {ticket: adf, sync: to_ticket, fit: 200, template: 'A: {displayName}'}\n"};
  t.incident(R"({"displayName": ")" + std::string(500, 'x') + R"("})");

  auto const text = t.to_ticket();

  EXPECT_TRUE(text.ends_with("x…\"}]}]}")) << text;
  EXPECT_LE(text.size(), 202U);
}

TEST(Template, ServiceNowCodeBlocksAreBroken) {
  trial t{"  - {ticket: work_notes, sync: once, template: '{displayName}'}\n"};
  t.incident(R"({"displayName": "[code]<script>alert(1)</script>[/code]"})");

  EXPECT_EQ(t.to_ticket(), "[\u200bcode]<script>alert(1)</script>[\u200b/code]");
}

TEST(Template, HtmlThatIsTooLongIsShortenedWhereItDoesNoHarm) {
  trial t{"  - {ticket: html, sync: to_ticket, fit: 60, template: '<b>{displayName}</b>'}\n"};
  t.incident(R"({"displayName": ")" + std::string(500, '<') + R"("})");

  auto const text = t.to_ticket();

  EXPECT_TRUE(text.starts_with("<b>&lt;"));
  EXPECT_TRUE(text.ends_with("&lt;…</b>")) << text;
  EXPECT_LE(text.size(), 63U);
}

TEST(Template, ReadsOnlyFinishedTextsSoThatTheGroupStaysSmall) {
  trial t{"  - {ticket: u_text, sync: to_ticket, template: '{severity:label} {alerts:count}'}\n"};

  EXPECT_EQ(
      t.the_rule().read(side::incident, object(R"({"severity": "high", "alerts": [{}]})")),
      (core::group{"High", "1"})
  );
}

TEST(Template, OnlyLinksReadsAsAConstantSoThatItIsNotTakenForNothing) {
  trial t{"  - {incident: customTags, sync: to_incident, template: '{ticket.label}'}\n"};
  t.label("INC7").incident(R"({"customTags": ["VIP"]})");

  EXPECT_FALSE(core::is_unset(t.the_rule().read(side::ticket, {})));
  EXPECT_EQ(t.put(side::incident).value, json(R"([["INC7", "VIP"]])").as_array());
  EXPECT_FALSE(t.corresponds());
}

constexpr auto table_rule = R"(  - ticket: FIELD
    sync: once
    template: "{alerts:table|none}"
    tables:
      alerts:
        rows: 2
        width: 12
        columns:
          Alert: title
          What: [evidence.deviceDnsName, category]
)";

std::string table_in(std::string const& field, char const* alerts) {
  std::string rule{table_rule};
  rule.replace(rule.find("FIELD"), 5, field);
  trial t{rule};
  t.incident(std::string{R"({"alerts": )"} + alerts + "}");
  return t.to_ticket();
}

TEST(Table, ShowsItsRowsAndSaysHowManyMore) {
  EXPECT_EQ(
      table_in("u_text", R"([{"title": "A", "category": "C"}, {"title": "B long enough to cut"},
                                   {"title": "A", "category": "C"}, {"title": "D"}])"),
      "Alert | What A | C B long… | - ... and 1 more"
  ) << "one line in a one-line field";
}

TEST(Table, IsATableInHtmlAndMarkdown) {
  auto const* const alerts = R"([{"title": "a|b<", "evidence": [{"deviceDnsName": "d1"}]}])";

  EXPECT_EQ(
      table_in("html", alerts),
      "<table><tr><th>Alert</th><th>What</th></tr>"
      "<tr><td>a|b&lt;</td><td>d1</td></tr></table>"
  );
  EXPECT_EQ(table_in("markdown", alerts), "| Alert | What |\n| --- | --- |\n| a\\|b\\< | d1 |");
}

TEST(Table, IsATableInWikiText) {
  EXPECT_EQ(table_in("wiki", R"([{"title": "a|b"}])"), "||Alert||What||\n|a\\|b| |");
}

TEST(Table, IsATableNodeInADocument) {
  auto const* const alerts = R"([{"title": "a|b"}, {"title": "c"}, {"title": "d"}])";

  EXPECT_EQ(json(table_in("adf", alerts)), json(R"({"type": "doc", "version": 1, "content": [
    {"type": "table", "content": [
      {"type": "tableRow", "content": [
        {"type": "tableHeader", "content": [
          {"type": "paragraph", "content": [{"type": "text", "text": "Alert"}]}]},
        {"type": "tableHeader", "content": [
          {"type": "paragraph", "content": [{"type": "text", "text": "What"}]}]}]},
      {"type": "tableRow", "content": [
        {"type": "tableCell", "content": [
          {"type": "paragraph", "content": [{"type": "text", "text": "a|b"}]}]},
        {"type": "tableCell", "content": [{"type": "paragraph"}]}]},
      {"type": "tableRow", "content": [
        {"type": "tableCell", "content": [
          {"type": "paragraph", "content": [{"type": "text", "text": "c"}]}]},
        {"type": "tableCell", "content": [{"type": "paragraph"}]}]}]},
    {"type": "paragraph", "content": [{"type": "text", "text": "... and 1 more"}]}]})"));
}

TEST(Table, WithoutRowsShowsWhatTheTemplateSays) {
  EXPECT_EQ(table_in("u_text", "[]"), "none");
  EXPECT_EQ(table_in("u_text", "null"), "none");
  EXPECT_EQ(table_in("u_text", R"(["not a row", 3])"), "none");
}

TEST(Preview, ShowsEachFieldWithTheRowBehindIt) {
  auto const map = rules(R"(  - incident: status
    ticket: state
    sync: both
    values:
      - active <-> "1"
      - resolved <-> "6"
      - otherwise: park
  - {ticket: category, sync: once, constant: x}
)");
  auto const incident = object(R"({"status": "resolved"})");

  auto const fresh = preview(*map, incident, std::nullopt, {}, {});
  auto const linked = preview(*map, incident, object(R"({"state": "1"})"), {}, {});

  ASSERT_EQ(fresh.ticket.size(), 2U);
  EXPECT_EQ(fresh.ticket[0].after, "6");
  EXPECT_EQ(fresh.ticket[0].where.line, 17);
  ASSERT_EQ(linked.ticket.size(), 1U) << "a rule that counts once does not count again";
  EXPECT_EQ(linked.ticket[0].before, "1");
  ASSERT_EQ(linked.incident.size(), 1U);
  EXPECT_EQ(linked.incident[0].after, "active");
  EXPECT_NE(
      to_text(linked).find("state: \"1\" -> \"6\"  (status/state, map.yaml:17:9)"),
      std::string::npos
  ) << to_text(linked);
}

}  // namespace
}  // namespace connector::mapping::test

#include "connector/mapping/overlay.hpp"

#include <gtest/gtest.h>

#include "connector/mapping/map_test.hpp"
#include "connector/mapping/yaml_text.hpp"
#include "test/mapping/support.hpp"

namespace connector::mapping::test {
namespace {

constexpr auto base_map = R"(mapping: base
version: 1
incident: defender
ticket: servicenow/incident
settings: {group: SOC}
open: all
rules:
  - incident: status
    ticket: state
    sync: both
    conflict: incident
    values:
      - active <-> "1"
      - resolved <-> "6"
      - otherwise: leave
  - {ticket: category, sync: once, constant: "${group}"}
  - {ticket: short_description, sync: to_ticket, fit: 160, template: "{displayName|none}"}
comments: {sync: both, as: work_notes, take_public: no}
tests:
  - name: belongs to the base
    incident: {status: active}
    expect: {category: SOC}
)";

compiled overlaid(std::string const& text) {
  memory_files files;
  files.with("base.yaml", base_map);
  return compile_text("mapping: ours\nversion: 1\nbase: base.yaml\n" + text, files);
}

std::string rule_names(compiled const& done) {
  std::string names;
  for (auto const& r : done.map->rules()) names += r->name() + ' ';
  return names;
}

std::string place_text(config::position const& at) {
  return at.file + ':' + std::to_string(at.line) + ':' + std::to_string(at.column);
}

TEST(Overlay, ThatSaysNothingIsItsBase) {
  auto const done = overlaid("");

  ASSERT_TRUE(done.map) << shown(done.findings);
  EXPECT_EQ(done.map->name(), "ours");
  EXPECT_EQ(rule_names(done), "status/state category short_description ");
  EXPECT_TRUE(done.as_data->tests.empty()) << "the base's tests hold for the base";
}

TEST(Overlay, SettingsOfTheBaseGetOtherTexts) {
  auto const done = overlaid("settings: {group: Desk}\n");

  auto const to = done.map->rules()[1]->put(side::ticket, {{}, {}, {}, {}});

  EXPECT_EQ(to.value.front(), "Desk");
}

TEST(Overlay, RulesAreAddedReplacedChangedAndRemovedByName) {
  auto const done = overlaid(R"(rules:
  - remove: category
  - {replace: short_description, ticket: short_description, sync: once, constant: x}
  - {change: status/state, sync: to_ticket, conflict: ticket}
  - {after: status/state, ticket: urgency, sync: once, constant: "1"}
  - {ticket: impact, sync: once, constant: "1"}
)");

  ASSERT_TRUE(done.map) << shown(done.findings);
  EXPECT_EQ(rule_names(done), "status/state urgency short_description impact ");
  EXPECT_EQ(done.map->rules()[0]->direction(), direction::to_ticket);
  EXPECT_EQ(done.map->rules()[2]->direction(), direction::once);
}

TEST(Overlay, AChangedSourceOfTheValueTakesThePlaceOfTheOldOne) {
  auto const done = overlaid("rules:\n  - {change: category, template: \"{displayName}\"}\n");

  ASSERT_TRUE(done.map) << shown(done.findings);
  auto const incident = object(R"({"displayName": "A"})");
  EXPECT_EQ(done.map->rules()[1]->put(side::ticket, {incident, {}, {}, {}}).value.front(), "A");
}

TEST(Overlay, CommentsAreMergedKeyByKey) {
  auto const done = overlaid("comments: {sync: to_ticket}\n");

  ASSERT_TRUE(done.map) << shown(done.findings);
  EXPECT_EQ(done.map->comments().direction, direction::to_ticket);
  EXPECT_EQ(done.map->comments().place, "work_notes");
}

TEST(Overlay, PlacesPointIntoTheFileThatSaysIt) {
  auto const done = overlaid("rules:\n  - {ticket: impact, sync: once, constant: \"1\"}\n");

  EXPECT_EQ(place_text(done.map->rules()[0]->where()), "base.yaml:8:5");
  EXPECT_EQ(place_text(done.map->rules()[3]->where()), "map.yaml:5:5");
  auto const incident = object(R"({"status": "active"})");
  auto const w = done.map->rules()[0]->put(side::ticket, {incident, {}, {}, {}});
  EXPECT_EQ(place_text(w.where), "base.yaml:13:9");
}

TEST(Overlay, FindingsOfTheBasePointIntoTheBase) {
  memory_files files;
  files.with("lib/base.yaml", std::string{base_map} + "surprise: 1\n");

  auto const done = compile_text("mapping: m\nversion: 1\nbase: lib/base.yaml\n", files);

  ASSERT_EQ(done.findings.size(), 1U) << shown(done.findings);
  EXPECT_EQ(place_text(done.findings.front().at), "lib/base.yaml:23:1");
}

TEST(Overlay, LookUpFilesOfTheBaseLieBesideTheBase) {
  memory_files files;
  files.with("lib/base.yaml", R"(mapping: base
version: 1
incident: defender
ticket: servicenow/incident
open: all
rules:
  - {incident: severity, ticket: urgency, sync: to_ticket,
     lookup: {file: m.csv, incident: severity, ticket: urgency, otherwise: leave}}
)");
  files.with("lib/m.csv", "severity,urgency\nhigh,1\n");

  auto const done = compile_text("mapping: m\nversion: 1\nbase: lib/base.yaml\n", files);

  EXPECT_TRUE(done.map) << shown(done.findings);
}

TEST(Overlay, AMapThatIsItsOwnBaseIsFoundOut) {
  auto const done = compile_text("mapping: m\nversion: 1\nbase: map.yaml\n");

  ASSERT_EQ(done.findings.size(), 1U) << shown(done.findings);
  EXPECT_EQ(done.findings.front().id, "M016");
}

TEST(Overlay, TheDigestIsOfTheMergedMap) {
  auto const plain = overlaid("");
  auto const other = overlaid("settings: {group: Desk}\n");
  memory_files files;
  auto changed = std::string{base_map};
  changed.replace(changed.find("fit: 160"), 8, "fit: 150");
  files.with("base.yaml", changed);
  auto const below = compile_text("mapping: ours\nversion: 1\nbase: base.yaml\n", files);

  EXPECT_NE(plain.map->digest(), other.map->digest());
  EXPECT_NE(plain.map->digest(), below.map->digest()) << "the base changed below the overlay";
  EXPECT_EQ(plain.map->digest(), overlaid("# a remark\n").map->digest());
}

TEST(Overlay, ShippedMapsAreNamedWithoutAPath) {
  auto const done = compile_text(
      "mapping: m\nversion: 1\nbase: servicenow-incident\nsettings: {soc_group: Tier 1}\n"
  );

  ASSERT_TRUE(done.findings.empty()) << shown(done.findings);
  EXPECT_EQ(done.map->rules().front()->where().file, "<shipped>/servicenow-incident.yaml");
}

TEST(MergedText, SaysWhereEachRuleStands) {
  memory_files files;
  files.with("base.yaml", base_map);
  files.with(
      "map.yaml",
      "mapping: ours\nversion: 1\nbase: base.yaml\nrules:\n  - remove: category\n"
      "  - {ticket: impact, sync: once, constant: \"1\"}\n"
  );
  std::vector<finding> findings;

  auto const text = merged_text("map.yaml", models(), files.reader(), findings);

  EXPECT_TRUE(findings.empty());
  EXPECT_EQ(text, R"(mapping: ours
version: 1
incident: defender
ticket: servicenow/incident
settings: {group: SOC}
open: all
rules:
  # base.yaml:8:5
  - incident: status
    ticket: state
    sync: both
    conflict: incident
    values:
      - active <-> "1"
      - resolved <-> "6"
      - otherwise: leave
  # base.yaml:17:5
  - ticket: short_description
    sync: to_ticket
    fit: 160
    template: "{displayName|none}"
  # map.yaml:6:5
  - {ticket: impact, sync: once, constant: "1"}
comments: {sync: both, as: work_notes, take_public: no}
)");
}

bool same_text(node const& a, node const& b) {
  if (a.what != b.what || a.text != b.text || a.quoted != b.quoted ||
      a.items.size() != b.items.size() || a.entries.size() != b.entries.size()) {
    return false;
  }
  for (std::size_t i = 0; i < a.items.size(); ++i) {
    if (!same_text(a.items[i], b.items[i])) return false;
  }
  for (std::size_t i = 0; i < a.entries.size(); ++i) {
    if (a.entries[i].key.text != b.entries[i].key.text) return false;
    if (!same_text(a.entries[i].value, b.entries[i].value)) return false;
  }
  return true;
}

void expect_to_read_back(std::string const& text) {
  std::vector<finding> findings;
  reporter to{"x.yaml", findings};
  auto const root = read_document(text, to);
  if (!root) return;
  auto const printed = to_yaml(*root);

  auto const again = read_document(printed, to);

  ASSERT_TRUE(again) << printed << shown(findings);
  EXPECT_TRUE(same_text(*root, *again)) << text << "---\n" << printed;
}

TEST(Yaml, IsReadBackAsItWas) {
  for (auto const* name : {"servicenow-incident", "servicenow-sir"}) {
    expect_to_read_back(*models().base_map(name));
  }
  for (auto const* text :
       {"a: 'it''s'\nb: \"x\\ty\"\nc: -5\nd: -\n",
        "- []\n- {}\n- [[a, 'b,c'], {x: y}]\n- ''\n- ~\n",
        "a: |\n  one\n\n  two\nb: |-\n  x\n  y\nc: >\n  folded\n",
        "a: {b: {c: ['']}}\n",
        "'a: b': c\n",
        "- - - x\n    - y\n- a: - b\n",
        "a: yes\nb: \"yes\"\nc: 'x # y'\nd: x #y\n",
        "just text\n",
        ""}) {
    expect_to_read_back(text);
  }
}

}  // namespace
}  // namespace connector::mapping::test

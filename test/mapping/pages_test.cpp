#include <filesystem>
#include <gtest/gtest.h>
#include <set>
#include <sstream>

#include "connector/mapping/prove.hpp"
#include "test/mapping/support.hpp"

/// mappings/findings has a page for each finding; its examples are what they say they are.
namespace connector::mapping::test {
namespace {

std::string const folder = PROJECT_DIR "/mappings/findings/";

struct example {
  std::string text;  ///< the map, or a part of one; empty: the page has none
  memory_files files;
};

/// The code blocks below "## Bad" or "## Good". "```csv urgency.csv" is a file beside the map.
example example_in(std::string const& page, std::string_view heading) {
  example out;
  std::istringstream lines{page};
  std::string line, block, info;
  auto here = false, inside = false;
  while (std::getline(lines, line)) {
    if (!inside && line.starts_with("## ")) here = line == "## " + std::string{heading};
    if (!here) continue;
    if (!inside && line.starts_with("```")) {
      inside = true;
      info = line.substr(3);
      block.clear();
    } else if (inside && line == "```") {
      inside = false;
      auto const space = info.find(' ');
      if (space == std::string::npos) {
        out.text = block;
      } else {
        out.files.with(info.substr(space + 1), block);
      }
    } else if (inside) {
      block += line + '\n';
    }
  }
  return out;
}

/// A whole map, made from a list of rules or from some of a map's keys.
std::string whole_map(std::string const& part) {
  if (part.starts_with("mapping:")) return part;
  auto const rules = part.starts_with("- ");
  auto const has = [&](std::string const& key) {
    return part.starts_with(key) || part.find('\n' + key) != std::string::npos;
  };
  std::string map;
  for (std::string const key :
       {"mapping: m",
        "version: 1",
        "incident: defender",
        "ticket: servicenow/incident",
        "open: all"}) {
    if (rules || !has(key.substr(0, key.find(':') + 1))) map += key + '\n';
  }
  if (rules) return map + "rules:\n" + part;
  if (!has("rules:")) map += "rules: [{ticket: category, sync: once, constant: Security}]\n";
  return map + part;
}

std::vector<finding> findings_of(example const& e) {
  auto done = compile_text(whole_map(e.text), e.files);
  if (done.as_data) {
    auto proof = prove(done.as_data);
    done.findings.insert(done.findings.end(), proof.findings.begin(), proof.findings.end());
  }
  return done.findings;
}

bool has(std::vector<finding> const& all, std::string_view id) {
  return std::any_of(all.begin(), all.end(), [&](finding const& f) { return f.id == id; });
}

class Page : public testing::TestWithParam<finding_kind> {};

TEST_P(Page, SaysWhatItIsAbout) {
  auto const id = std::string{GetParam().id};
  auto const page = disk_files()(folder + id + ".md");

  ASSERT_TRUE(page) << "no page for " << id;
  EXPECT_TRUE(page->starts_with("# " + id + ": " + std::string{GetParam().summary} + '\n'));
  auto severity_word = std::string{name(GetParam().severity)};
  severity_word.front() = static_cast<char>(severity_word.front() - 'a' + 'A');
  EXPECT_NE(page->find("\n" + severity_word + ". "), std::string::npos);
}

TEST_P(Page, ItsBadExampleIsFoundAndItsGoodOneIsClean) {
  auto const id = std::string{GetParam().id};
  auto const file = disk_files()(folder + id + ".md");
  ASSERT_TRUE(file) << "no page for " << id;
  auto const& page = *file;
  auto const bad = example_in(page, "Bad");
  auto const good = example_in(page, "Good");

  // What only a comparison with a real system shows has no example that is a map alone; see Live.
  if (is_live(GetParam())) return;
  // Too large a file, and one that is not UTF-8, cannot stand in a page; see Document.
  if (id != "M001" && id != "M002") {
    auto const found = findings_of(bad);
    EXPECT_TRUE(has(found, id)) << shown(found) << whole_map(bad.text);
  }
  ASSERT_FALSE(good.text.empty());
  auto const clean = findings_of(good);
  EXPECT_FALSE(has(clean, id)) << shown(clean);
  for (auto const& f : clean) EXPECT_EQ(f.severity, severity::note) << to_string(f);
}

std::string id_of(testing::TestParamInfo<finding_kind> const& info) {
  return std::string{info.param.id};
}

INSTANTIATE_TEST_SUITE_P(
    Findings, Page, testing::ValuesIn(finding_kinds().begin(), finding_kinds().end()), id_of
);

TEST(Pages, AreOnlyAboutWhatCanBeFound) {
  std::set<std::string> ids;
  for (auto const& kind : finding_kinds()) ids.insert(std::string{kind.id});

  for (auto const& file : std::filesystem::directory_iterator{folder}) {
    EXPECT_TRUE(ids.contains(file.path().stem().string())) << file.path();
  }
}

}  // namespace
}  // namespace connector::mapping::test

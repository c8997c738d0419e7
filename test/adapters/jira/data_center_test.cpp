#include <functional>
#include <gtest/gtest.h>
#include <set>

#include "test/adapters/jira/world.hpp"

/// What Data Center does otherwise than Cloud.
namespace jira_test {
namespace {

jira_settings data_center() {
  jira_settings site;
  site.edition = jira_settings::edition::data_center;
  return site;
}

/// An issue of ours, made by hand at this very instant.
std::string issue_now(world& w, std::string_view key) {
  boost::json::array const labels{"defender-sync", "defender-sync." + std::string{key}};
  return w.site.create_issue({{"summary", key}, {"labels", labels}}, "Bob Desk", w.now());
}

/// The ids of a whole listing by pages of one row, as the sync asks for them; `between` comes after
/// the first page.
std::set<std::string> listed(
    world& w, core::time_point from, std::function<void()> const& between
) {
  adapter::change_query query;
  query.from = from;
  query.rows_max = 1;
  std::set<std::string> ids;
  for (int pages = 0; pages < 20; ++pages) {
    auto const page = w.run(w.system->changes(query));
    EXPECT_TRUE(page) << page.error().detail;
    if (!page) break;
    for (auto const& row : page->rows) ids.insert(row.id);
    if (pages == 0) between();
    if (!page->rows.empty()) query.from = std::max(query.from, page->rows.back().changed_at);
    if (page->continuation.empty()) break;
    query.continuation = page->continuation;
  }
  return ids;
}

TEST(JiraDataCenter, AnIssueThatChangesWhileItsInstantIsListedTakesNobodysPlace) {
  world w{data_center()};
  auto const from = w.now();
  std::set<std::string> made;
  for (auto const* key : {"a", "b", "c"}) made.insert(issue_now(w, key));
  w.wait(std::chrono::seconds{60});

  // The first one moves to the end of the list, and all others a place ahead.
  auto const seen = listed(w, from, [&] {
    w.site.edit(*made.begin(), {{"summary", "x"}}, "Bob Desk", w.now());
  });

  EXPECT_EQ(seen, made);
}

TEST(JiraDataCenter, ARowThatComesTwiceHidesNoOther) {
  world w{data_center()};
  auto const from = w.now();
  std::set<std::string> made;
  for (auto const* key : {"a", "b"}) made.insert(issue_now(w, key));
  w.wait(std::chrono::seconds{60});
  w.site.conditions.duplicate_rows = true;

  auto const seen = listed(w, from, [&] { w.site.conditions.duplicate_rows = false; });

  EXPECT_EQ(seen, made);
}

TEST(JiraDataCenter, WithinASecondTheOrderOfTheIndexHidesNobody) {
  world w{data_center()};
  auto const from = w.now();
  std::set<std::string> made{issue_now(w, "a")};
  w.wait(std::chrono::milliseconds{100});
  made.insert(issue_now(w, "b"));
  w.wait(std::chrono::milliseconds{500});
  w.site.edit(*made.begin(), {{"summary", "x"}}, "Bob Desk", w.now());
  w.wait(std::chrono::seconds{60});

  // The first by key, although it is the last by time.
  auto const seen = listed(w, from, [] {});

  EXPECT_EQ(seen, made);
}

TEST(JiraDataCenter, WhatJiraForbidsUsToSeeIsGoneAndHoldsUpNoOther) {
  world w{data_center()};
  auto const hidden = w.issue({}, "a");
  auto const other = w.issue({}, "b");
  w.site.hide(hidden, true, w.now());

  std::vector<std::string> const both{hidden, other};
  auto const read = w.run(w.system->read(both, {}));
  auto const written = w.update(hidden, {{"summary", "x"}});

  ASSERT_TRUE(read) << read.error().detail;
  EXPECT_EQ(read->at(0).presence, adapter::presence::gone);
  EXPECT_EQ(read->at(1).presence, adapter::presence::present);
  ASSERT_FALSE(written);
  EXPECT_EQ(written.error().code, core::errc::not_found);
}

}  // namespace
}  // namespace jira_test

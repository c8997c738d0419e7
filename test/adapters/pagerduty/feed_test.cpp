// What changed, from a log that has no "changed since": the port's promise of ascending rows.
#include "adapters/pagerduty/feed.hpp"

#include <algorithm>
#include <set>

#include "world.hpp"

namespace pagerduty_test {
namespace {

using pagerduty::walk;
using testing::ElementsAre;
using testing::IsEmpty;

std::vector<std::string> ids_of(std::vector<adapter::object> const& rows) {
  std::vector<std::string> ids;
  for (auto const& row : rows) ids.push_back(row.id);
  return ids;
}

class Feed : public testing::TestWithParam<bool> {
 protected:
  Feed() : w{settings()} {}

  static pagerduty_settings settings() {
    auto s = account::unhurried();
    s.log_embeds_incidents = GetParam();
    return s;
  }
  account w;
};

INSTANTIATE_TEST_SUITE_P(Log, Feed, testing::Bool(), [](auto const& p) {
  return p.param ? "EmbedsIncidents" : "HasReferences";
});

TEST_P(Feed, ListsWhatChangedInTheOrderOfTheLastChange) {
  auto const one = w.open("key-1");
  w.clock.pass(seconds{10});
  auto const two = w.open("key-2");
  w.clock.pass(seconds{10});
  auto const from = w.clock.wall;
  w.service.acknowledge(two, "beth@acme.example", w.clock.wall);
  w.clock.pass(seconds{10});
  w.service.edit(one, {{"title", "Another"}}, "beth@acme.example", w.clock.wall);
  w.clock.pass(seconds{10});

  auto const rows = w.changes_since(from);

  EXPECT_THAT(ids_of(rows), ElementsAre(two, one));
  EXPECT_EQ(text(rows[0], "status"), "acknowledged");
  EXPECT_EQ(text(rows[1], "title"), "Another");
  EXPECT_EQ(rows[1].changed_at, from + seconds{10});
}

TEST_P(Feed, CostsOneCallWhenNothingChanged) {
  w.changes_since(w.clock.wall);
  w.service.forget_operations();

  EXPECT_THAT(w.changes_since(w.clock.wall + seconds{60}), IsEmpty());

  EXPECT_EQ(w.calls("GET /log_entries"), 1u);
  EXPECT_EQ(w.service.operations().size(), 1u);
}

TEST_P(Feed, DoesNotListWhoWasOnlyNotified) {
  auto const id = w.open("key-1");
  w.clock.pass(seconds{60});
  w.service.notify(id, w.clock.wall);

  EXPECT_THAT(w.changes_since(w.clock.wall - seconds{5}), IsEmpty());
}

TEST_P(Feed, SeesANoteThatMovesNoStamp) {
  auto const id = w.open("key-1");
  w.clock.pass(seconds{60});
  auto const before = w.read(id).version;
  w.service.annotate(id, "Called the user.", "beth@acme.example", w.clock.wall);
  w.clock.pass(seconds{60});

  auto const rows = w.changes_since(w.clock.wall - seconds{90});

  ASSERT_THAT(ids_of(rows), ElementsAre(id));
  EXPECT_GT(rows[0].version, before);
}

TEST_P(Feed, SeesASecondChangeWithinASecond) {
  auto const id = w.open("key-1");
  w.clock.pass(seconds{60});
  auto const from = w.clock.wall;
  w.service.edit(id, {{"title", "First"}}, "beth@acme.example", w.clock.wall);
  auto const first = w.read(id).version;

  w.clock.pass(std::chrono::milliseconds{300});
  w.service.edit(id, {{"title", "Second"}}, "beth@acme.example", w.clock.wall);

  EXPECT_GT(w.changes_since(from).front().version, first) << "at once, by what the log counts";
  w.clock.pass(seconds{10});
  EXPECT_GT(w.changes_since(from).front().version, first) << "and later, as the second is over";
  EXPECT_GT(w.read(id).version, first);
}

TEST_P(Feed, TakesOurOwnWritesForNoNews) {
  auto const id = w.open("key-1");
  w.clock.pass(seconds{60});
  auto const receipt = w.update(id, {{"title", "Ours"}});
  w.clock.pass(seconds{60});

  auto const rows = w.changes_since(w.clock.wall - seconds{90});

  ASSERT_THAT(ids_of(rows), ElementsAre(id));
  EXPECT_EQ(rows[0].version, receipt->stored.version) << "what the answer showed is all there is";
}

TEST_P(Feed, SeesWhatSomebodyDidInTheSecondOfOurWrite) {
  auto const id = w.open("key-1");
  w.clock.pass(seconds{60});
  auto const receipt = w.update(id, {{"title", "Ours"}});
  w.service.edit(id, {{"urgency", "low"}}, "beth@acme.example", w.clock.wall);
  w.clock.pass(seconds{60});

  auto const rows = w.changes_since(w.clock.wall - seconds{90});

  EXPECT_GT(rows.front().version, receipt->stored.version);
}

TEST_P(Feed, KeepsVersionsOfRowsAndReadingsComparable) {
  auto const id = w.open("key-1");
  w.clock.pass(seconds{60});
  w.service.annotate(id, "A note.", "beth@acme.example", w.clock.wall);
  w.clock.pass(seconds{60});
  auto rows = w.changes_since(w.clock.wall - seconds{90});

  auto const completed = w.run(w.system->complete(std::move(rows), w.needs));

  EXPECT_LE(completed->front().version, w.read(id).version)
      << "else every reading from now on would count as stale";
}

TEST_P(Feed, PagesByKeyWhileIncidentsChange) {
  std::set<std::string> all;
  auto const from = w.clock.wall;
  for (int i = 0; i < 40; ++i) {
    all.insert(w.open("key-" + std::to_string(i)));
    if (i % 3 == 0) w.clock.pass(seconds{1});  // several share a second
  }
  w.clock.pass(seconds{60});

  adapter::change_query asked;
  asked.from = from;
  asked.rows_max = 7;
  std::set<std::string> seen;
  core::time_point last{};
  for (int n = 0; n < 100; ++n) {
    auto const page = w.page(asked);
    for (auto const& row : page.rows) {
      EXPECT_GE(row.changed_at, last);
      last = row.changed_at;
      seen.insert(row.id);
    }
    if (page.continuation.empty()) break;
    asked.continuation = page.continuation;
    // Every turn somebody touches an incident that has been listed and one that has not.
    w.service.edit(*all.begin(), {{"title", "T" + std::to_string(n)}}, "", w.clock.wall);
    w.service.edit(*all.rbegin(), {{"title", "T" + std::to_string(n)}}, "", w.clock.wall);
    w.clock.pass(seconds{1});
  }
  EXPECT_EQ(seen, all);
}

TEST_P(Feed, TakesALongLogPieceByPiece) {
  std::set<std::string> all;
  auto const from = w.clock.wall;
  for (int i = 0; i < 60; ++i) {
    auto const id = w.open("key-" + std::to_string(i));
    all.insert(id);
    for (int k = 0; k < 50; ++k) {
      w.service.edit(id, {{"title", "T" + std::to_string(k)}}, "beth@acme.example", w.clock.wall);
      w.clock.pass(seconds{1});
    }
  }
  adapter::change_query asked;
  asked.from = from;
  auto const first = w.page(asked);
  EXPECT_FALSE(first.continuation.empty());
  EXPECT_LT(first.rows.size(), 60u);
  EXPECT_GT(first.left.value_or(0), 1000u);

  auto const rows = w.changes_since(from);

  std::set<std::string> seen;
  for (auto const& row : rows) seen.insert(row.id);
  EXPECT_EQ(seen, all);
  EXPECT_TRUE(std::ranges::is_sorted(rows, {}, &adapter::object::changed_at));
}

TEST_P(Feed, TakesSlicesOfTime) {
  auto const from = w.clock.wall;
  std::vector<std::string> ids;
  for (int i = 0; i < 10; ++i) {
    ids.push_back(w.open("key-" + std::to_string(i)));
    w.clock.pass(seconds{10});
  }
  adapter::change_query asked;
  asked.from = from + seconds{20};
  asked.to = from + seconds{50};

  EXPECT_THAT(ids_of(w.page(asked).rows), ElementsAre(ids[2], ids[3], ids[4], ids[5]));
}

TEST_P(Feed, ListsEveryEntryWhateverTheOrderOfTheLog) {
  w.service.settings().newest_first = false;
  auto const from = w.clock.wall;
  for (int i = 0; i < 300; ++i) w.open("key-" + std::to_string(i));

  EXPECT_EQ(w.changes_since(from).size(), 300u);
}

TEST_P(Feed, RefusesAForeignContinuation) {
  adapter::change_query asked;
  asked.continuation = "page 2";
  EXPECT_EQ(w.run(w.system->changes(asked)).error().code, errc::invalid);
  asked.continuation = "2026-03-01T12:00:00Z|../..";
  EXPECT_EQ(w.run(w.system->changes(asked)).error().code, errc::invalid);
}

TEST(FeedDensity, SaysWhenOneSecondHoldsMoreThanCanBeListed) {
  account w;
  auto const id = w.open("key-1");
  w.clock.pass(seconds{60});
  auto const from = w.clock.wall;
  for (int i = 0; i < 10'100; ++i) w.service.annotate(id, "x", "", w.clock.wall);
  adapter::change_query asked;
  asked.from = from;

  auto const page = w.run(w.system->changes(asked));

  ASSERT_FALSE(page);
  EXPECT_EQ(page.error().code, errc::malformed);
}

TEST(Walk, NarrowsByProportionAndGoesOnBehind) {
  adapter::change_query asked;
  asked.from = at("2026-03-01T12:00:00Z");
  auto const now = at("2026-03-01T13:00:00Z");
  auto walk = pagerduty::walk::from(asked, now).value();

  ASSERT_TRUE(walk.narrow(8000, now));

  EXPECT_EQ(walk.ahead().until, at("2026-03-01T12:06:00Z"));
  EXPECT_EQ(walk.next(nullptr), "2026-03-01T12:06:01Z|");
}

TEST(Walk, CannotNarrowASecond) {
  adapter::change_query asked;
  asked.from = asked.to.emplace(at("2026-03-01T12:00:00Z"));
  auto walk = pagerduty::walk::from(asked, at("2026-03-01T13:00:00Z")).value();

  EXPECT_FALSE(walk.narrow(8000, at("2026-03-01T13:00:00Z")));
}

}  // namespace
}  // namespace pagerduty_test

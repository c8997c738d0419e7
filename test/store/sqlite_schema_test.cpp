#include "connector/store/sqlite_schema.hpp"

#include <random>
#include <sqlite3.h>

#include "connector/store/sqlite_tables.hpp"
#include "support.hpp"

namespace connector::store::sqlite {
namespace {

using testing::HasSubstr;

class SqliteSchema : public testing::Test {
 protected:
  core::result<std::unique_ptr<database>> open(std::span<migration const> known) {
    sqlite_settings settings;
    settings.path = folder.file();
    return open_database(settings, known);
  }

  scratch_folder folder;
};

std::vector<migration> with(std::vector<migration> more) {
  std::vector<migration> all(migrations().begin(), migrations().end());
  all.insert(all.end(), more.begin(), more.end());
  return all;
}

int const next = static_cast<int>(migrations().size()) + 1;

TEST_F(SqliteSchema, NumbersItsMigrationsFromOne) {
  int expected = 1;
  for (auto const& step : migrations()) EXPECT_EQ(step.version, expected++);
}

TEST_F(SqliteSchema, BringsAnOlderStoreUpToDateAndKeepsItsRows) {
  {
    tables old{good(open(migrations()))};
    changes const all = with_links({simple_link("1")});
    ASSERT_TRUE(old.write({&all}).has_value());
  }

  auto const known = with(
      {{next, "more", "ALTER TABLE link ADD COLUMN more TEXT"},
       {next + 1, "fill", "UPDATE link SET more = 'filled'"}}
  );
  auto const db = good(open(known));

  EXPECT_EQ(db->ask("SELECT id || more FROM link"), "id-1filled");
  EXPECT_EQ(db->ask("PRAGMA user_version"), std::to_string(next + 1));
}

TEST_F(SqliteSchema, MovesWhatWasAboutToBeSentIntoTheOutbox) {
  good(open(migrations().first(1)))
      ->script(
          "INSERT INTO link VALUES ('id-1', 'r', 'c', 'i', 't', '', '', 'linked', 0, 70, 1, 0, 0, "
          "'{\"incident_version\":7,\"outstanding\":{\"fields\":{\"state\":\"6\"},\"attempts\":2}}'"
          ")"
      );

  tables in{good(open(migrations()))};

  auto const found = good(in.links({"id-1"}));
  ASSERT_EQ(found.size(), 1U);
  ASSERT_TRUE(found[0].outstanding);
  EXPECT_EQ(found[0].outstanding->fields, (core::record{{"state", "6"}}));
  EXPECT_EQ(found[0].outstanding->attempts, 2);
  EXPECT_EQ(found[0].incident_version, 7);
  EXPECT_EQ(found[0].due, core::time_point{core::ticks{70}});
  EXPECT_EQ(good(in.count()).outstanding, 1U);
}

TEST_F(SqliteSchema, UndoesAMigrationThatFailsAndKeepsTheOnesBefore) {
  auto const known = with(
      {{next, "good", "CREATE TABLE good (a)"},
       {next + 1, "bad", "CREATE TABLE half (a); SELECT * FROM missing"}}
  );

  auto const failed = open(known);

  ASSERT_FALSE(failed.has_value());
  EXPECT_THAT(
      failed.error().detail,
      HasSubstr("schema change " + std::to_string(next + 1) + " (bad) was undone")
  );
  EXPECT_THAT(failed.error().detail, HasSubstr("no such table: missing"));
  auto const db = good(open(with({{next, "good", "CREATE TABLE good (a)"}})));
  EXPECT_EQ(db->ask("SELECT count(*) FROM sqlite_schema WHERE name IN ('good', 'half')"), "1");
}

TEST_F(SqliteSchema, RefusesToReadAnOlderStoreWithoutWriting) {
  good(open(migrations()));
  sqlite_settings settings;
  settings.path = folder.file();
  settings.read_only = true;

  auto const refused = open_database(settings, with({{next, "more", "CREATE TABLE more (a)"}}));

  ASSERT_FALSE(refused.has_value());
  EXPECT_THAT(refused.error().detail, HasSubstr("has an older schema; start the service once"));
}

TEST_F(SqliteSchema, IsSetUpForDurabilityAndLittleMemory) {
  auto const db = good(open(migrations()));
  EXPECT_EQ(db->ask("PRAGMA journal_mode"), "wal");
  EXPECT_EQ(db->ask("PRAGMA synchronous"), "2");
  EXPECT_EQ(db->ask("PRAGMA locking_mode"), "exclusive");
  EXPECT_EQ(db->ask("PRAGMA mmap_size"), "0");
  EXPECT_EQ(db->ask("PRAGMA cache_size"), "-4096");
  EXPECT_EQ(db->ask("PRAGMA wal_autocheckpoint"), "4096");
  EXPECT_FALSE(std::filesystem::exists(folder.file() + "-shm"));
}

/// Every statement that the tables keep prepared, as SQLite would run it.
TEST_F(SqliteSchema, AnswersEveryQuestionFromAnIndex) {
  std::vector<std::string> statements;
  auto opened = good(open(migrations()));
  auto* const db = opened.get();
  tables all{std::move(opened)};
  changes one = with_links({full_link("1")});
  one.comments.emplace_back();
  one.cursors.emplace_back();
  one.settings["a"] = "b";
  one.journal.emplace_back();
  ASSERT_TRUE(all.write({&one}).has_value());
  all.links({"a"});
  all.links_by_incident("a", {"b"});
  all.links_by_ticket("a", {"b"});
  all.links_due(at(9999), 10);
  all.next_due();
  all.comments({"a"});
  all.read_cursor("a");
  all.setting("a");
  all.journal("", 10, 10);
  all.journal("a", 10, 10);
  all.journal_after(10, 10);
  all.trim_journal(at(0), 100, 10);
  for (int mask = 0; mask < 32; ++mask) {
    link_filter filter;
    if (mask & 1) filter.route = "a";
    if (mask & 2) filter.state = link_state::gone;
    filter.parked_only = mask & 4;
    filter.conflicts_only = mask & 8;
    if (mask & 16) filter.text = "a";
    all.list_links(filter, "", 10);
  }
  statements = db->kept_statements();
  EXPECT_GT(statements.size(), 45U);

  for (auto const& sql : statements) {
    if (sql == "BEGIN IMMEDIATE" || sql == "COMMIT") continue;
    auto plan = db->query("EXPLAIN QUERY PLAN " + sql);
    while (plan.next()) {
      std::string const step{plan.text(3)};
      // The tally has one row, and trimming reads the journal from its beginning up to a limit.
      // What is about to be sent is counted; that is what is under way just now.
      auto const meant = step == "SCAN tally" || step == "SCAN outbox" ||
                         step == "SCAN outbox USING COVERING INDEX outbox_due" ||
                         (step == "SCAN journal" && sql.ends_with("LIMIT ?1"));
      EXPECT_TRUE(meant || !step.starts_with("SCAN")) << step << "\n" << sql;
      // By name, the few that match are sorted; all else comes in order, so that LIMIT can stop.
      auto const by_name = sql.find("incident_id = ?4") != sql.npos;
      EXPECT_TRUE(by_name || step.find("TEMP B-TREE") == step.npos) << sql;
      // Walking along all ids is only right if the filter lets most links through.
      auto const walks = step == "SEARCH l USING INDEX sqlite_autoindex_link_1 (id>?)";
      EXPECT_TRUE(!walks || sql.ends_with("WHERE l.id > ?1 ORDER BY l.id LIMIT ?5")) << sql;
    }
  }
  EXPECT_TRUE(db->outcome().has_value());
}

TEST_F(SqliteSchema, KeepsItsTallyEqualToAFullCount) {
  auto opened = good(open(migrations()));
  auto* const db = opened.get();
  tables all{std::move(opened)};
  std::mt19937 random{3};
  for (int round = 0; round < 200; ++round) {
    changes some;
    for (int i = 0; i < 5; ++i) {
      auto const key = std::to_string(random() % 40);
      auto l = random() % 2 ? full_link(key) : simple_link(key);
      l.state = static_cast<link_state>(random() % 4);
      if (random() % 2) l.outstanding.reset();
      if (random() % 2) l.parked.clear();
      if (random() % 2) l.conflicts.clear();
      some.links.push_back(l);
      comment_entry c;
      c.link = key;
      c.state = static_cast<comment_state>(random() % 5);
      some.comments.push_back(c);
    }
    if (random() % 5 == 0) some.links.back().ticket_id = "ticket-" + std::to_string(random() % 40);
    (void)all.write({&some});
  }

  EXPECT_EQ(
      db->ask("SELECT opening || ' ' || linked || ' ' || merged || ' ' || gone || ' ' || "
              "parked || ' ' || conflicts FROM tally"),
      db->ask("SELECT sum(state = 'opening') || ' ' || sum(state = 'linked') || ' ' || "
              "sum(state = 'merged') || ' ' || sum(state = 'gone') || ' ' || "
              "sum(has_parked) || ' ' || sum(has_conflicts) "
              "FROM link")
  );
  EXPECT_EQ(
      db->ask("SELECT comments_waiting FROM tally"),
      db->ask("SELECT count(*) FROM comment WHERE state IN ('pending', 'in_doubt')")
  );
}

}  // namespace
}  // namespace connector::store::sqlite

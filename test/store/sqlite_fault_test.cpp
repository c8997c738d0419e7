// Disks that fail, fill up and lose power, at every kind of change SQLite makes to them.
#include <atomic>
#include <fstream>
#include <random>
#include <sqlite3.h>

#include "connector/store/journal_chain.hpp"
#include "connector/store/sqlite.hpp"
#include "fault_disk.hpp"
#include "support.hpp"

namespace connector::store {
namespace {

using testing::HasSubstr;

constexpr int links_at_once = 20;

std::unique_ptr<store> open_at(std::string const& path) {
  sqlite_settings settings;
  settings.path = path;
  settings.log_bytes_max = 256 << 10;  // so that it is worked into the file often
  return good(open_sqlite(settings));
}

/// Commit number n sets every link and a setting to n and adds one journal line.
changes commit_number(int n) {
  changes all;
  for (int i = 0; i < links_at_once; ++i) {
    auto l = full_link(std::to_string(i));
    l.failures = n;
    l.state = n % 2 == 0 ? link_state::linked : link_state::merged;
    l.due = at(n * 7 % 5);
    all.links.push_back(l);
  }
  all.settings["n"] = std::to_string(n);
  all.journal = {{0, at(n), "", "sent", {{"n", n}}, ""}};
  return all;
}

/// The number of the last commit, after making sure that all of it is there and nothing else.
int whole_commit(store& in) {
  auto const n = std::stoi(good(run(in.setting("n"))).value_or("0"));
  if (n == 0) {
    EXPECT_EQ(good(run(in.count())).links, 0U);
    return 0;
  }
  auto const all = good(run(in.list_links({}, "", 1000)));
  EXPECT_EQ(all.size(), static_cast<std::size_t>(links_at_once));
  for (auto const& l : all) EXPECT_EQ(l.failures, n);
  auto const counted = good(run(in.count()));
  EXPECT_EQ(n % 2 == 0 ? counted.linked : counted.merged, static_cast<std::size_t>(links_at_once));
  EXPECT_EQ(counted.links, static_cast<std::size_t>(links_at_once));
  EXPECT_EQ(good(run(in.links_due(at(5), 1000))).size(), static_cast<std::size_t>(links_at_once));
  EXPECT_EQ(good(run(verify_journal(in))), static_cast<std::size_t>(n));
  return n;
}

class SqliteFault : public testing::TestWithParam<int> {};

std::string name_of(testing::TestParamInfo<int> const& code) {
  return code.param == SQLITE_FULL          ? "DiskFull"
         : code.param == SQLITE_IOERR_FSYNC ? "SyncFails"
                                            : "WriteFails";
}
INSTANTIATE_TEST_SUITE_P(
    Sqlite,
    SqliteFault,
    testing::Values(SQLITE_FULL, SQLITE_IOERR_WRITE, SQLITE_IOERR_FSYNC),
    name_of
);

TEST_P(SqliteFault, LeavesNothingHalfWrittenAndGoesOnOnceHealed) {
  scratch_folder folder;
  fault_disk disk;
  auto in = open_at(folder.file());
  put(*in, commit_number(1));
  std::mt19937 random{7};
  int last = 1;
  int failed = 0;
  // Long enough that checkpoints are among the changes that fail.
  for (int round = 0; round < 150; ++round) {
    disk.fail_after(random() % 60, GetParam());
    auto const done = run(in->commit(commit_number(last + 1)));
    if (done) {
      ++last;
    } else {
      ++failed;
      EXPECT_EQ(done.error().code, core::errc::storage);
      EXPECT_THAT(
          done.error().detail,
          HasSubstr(GetParam() == SQLITE_FULL ? "the disk is full" : "the disk failed")
      );
    }
    disk.heal();
    ASSERT_EQ(whole_commit(*in), last) << "round " << round;
    if (round % 10 == 9) {
      in.reset();
      in = open_at(folder.file());
      ASSERT_EQ(whole_commit(*in), last) << "after a restart, round " << round;
    }
  }
  EXPECT_GT(failed, 50);
  EXPECT_GT(last, 20);
}

TEST_P(SqliteFault, FailsToOpenWithWordsAndOpensOnceHealed) {
  for (std::size_t change = 0; change < 40; ++change) {
    scratch_folder folder;
    fault_disk disk;
    disk.fail_after(change, GetParam());
    sqlite_settings settings;
    settings.path = folder.file();
    auto opened = open_sqlite(settings);
    if (!opened) {
      EXPECT_THAT(opened.error().detail, HasSubstr("the disk"));
    } else {
      opened->reset();
    }
    disk.heal();
    auto const in = open_at(folder.file());
    put(*in, commit_number(1));
    ASSERT_EQ(whole_commit(*in), 1) << "change " << change;
  }
}

TEST(SqlitePowerCut, KeepsEveryAnsweredCommitAndNoHalfOne) {
  int const cuts = times("STORE_CUTS", 100);
  constexpr int commits = 60;
  std::size_t changes_in_all = 0;
  {
    scratch_folder folder;
    fault_disk disk;
    auto in = open_at(folder.file());
    disk.count();
    for (int n = 1; n <= commits; ++n) put(*in, commit_number(n));
    changes_in_all = disk.count();
  }
  std::mt19937_64 random{20260122};
  int had_more = 0;
  for (int round = 0; round < cuts; ++round) {
    auto const seed = random();
    scratch_folder after;
    std::atomic<int> answered = 0;
    int answered_at_the_cut = 0;
    {
      scratch_folder before;
      fault_disk disk;
      auto in = open_at(before.file());
      disk.cut_after(seed % changes_in_all, seed, [&] { answered_at_the_cut = answered; });
      for (int n = 1; n <= commits && !disk.was_cut(); ++n) {
        if (run(in->commit(commit_number(n)))) ++answered;
      }
      ASSERT_TRUE(disk.was_cut());
      in.reset();
      for (auto const& [name, bytes] : disk.after_the_cut()) {
        if (bytes.empty()) continue;
        std::ofstream{after.file(name), std::ios::binary} << bytes;
      }
    }

    auto const in = open_at(after.file());
    ASSERT_TRUE(in) << "seed " << seed;
    auto const n = whole_commit(*in);
    ASSERT_TRUE(n == answered_at_the_cut || n == answered_at_the_cut + 1)
        << n << " of " << answered_at_the_cut << ", seed " << seed;
    had_more += n == answered_at_the_cut + 1;
    put(*in, commit_number(n + 1));
    ASSERT_EQ(whole_commit(*in), n + 1) << "seed " << seed;
  }
  // Both sides of a commit's moment were hit.
  EXPECT_GT(had_more, 0);
  EXPECT_LT(had_more, cuts);
}

}  // namespace
}  // namespace connector::store

// A process killed at any instant: what was answered is there, what is there is whole.
#include <random>
#include <thread>

#include "child.hpp"
#include "connector/store/journal_chain.hpp"
#include "connector/store/sqlite.hpp"
#include "support.hpp"

namespace connector::store {
namespace {

constexpr int links_at_once = 20;

std::unique_ptr<store> open_at(std::string const& path) {
  sqlite_settings settings;
  settings.path = path;
  settings.log_bytes_max = 256 << 10;
  return good(open_sqlite(settings));
}

/// Commit number n sets every link, the cursor and a setting to n and adds one journal line.
changes commit_number(int n) {
  changes all;
  for (int i = 0; i < links_at_once; ++i) {
    auto l = full_link(std::to_string(i));
    l.failures = n;
    all.links.push_back(l);
  }
  all.cursors = {{"defender", at(n)}};
  all.settings["n"] = std::to_string(n);
  all.journal = {{0, at(n), "", "sent", {{"n", n}}, ""}};
  return all;
}

TEST(SqliteKill, KeepsEveryAnsweredCommitAndNoHalfOne) {
  scratch_folder folder;
  std::mt19937 random{20260122};
  int const kills = times("STORE_KILLS", 50);
  int answered = 0;
  for (int round = 0; round < kills; ++round) {
    {
      child writer{[&](pipe_end& to_parent) {
        auto const in = open_at(folder.file());
        for (int n = answered + 1;; ++n) {
          put(*in, commit_number(n));
          to_parent.say('c');
        }
      }};
      // The kill falls somewhere into the commits after this many.
      auto const wait_for = 1 + random() % 12;
      int heard = 0;
      while (heard < static_cast<int>(wait_for) && writer.next() == 'c') ++heard;
      std::this_thread::yield();
      for (auto spin = random() % 200'000; spin > 0; --spin) asm volatile("");
      writer.kill();
      while (writer.next() == 'c') ++heard;
      ASSERT_GE(heard, static_cast<int>(wait_for)) << "round " << round;
      answered += heard;
    }

    auto const in = open_at(folder.file());
    auto const n = std::stoi(good(run(in->setting("n"))).value_or("0"));
    // At most the one that was under way may be there too.
    ASSERT_TRUE(n == answered || n == answered + 1) << n << " of " << answered;
    answered = n;
    auto const all = good(run(in->list_links({}, "", 1000)));
    ASSERT_EQ(all.size(), static_cast<std::size_t>(links_at_once));
    for (auto const& l : all) ASSERT_EQ(l.failures, n);
    ASSERT_EQ(good(run(in->read_cursor("defender"))).value().position, at(n));
    ASSERT_EQ(good(run(in->journal("", n + 10, 1))).at(0).seq, n);
    ASSERT_EQ(good(run(verify_journal(*in))), static_cast<std::size_t>(n));
    ASSERT_EQ(good(run(in->count())).merged, static_cast<std::size_t>(links_at_once));
  }
}

}  // namespace
}  // namespace connector::store

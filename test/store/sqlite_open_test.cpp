// Opening a SQLite store: what is refused, in which words, and what is made.
#include <csignal>
#include <fstream>
#include <sqlite3.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "child.hpp"
#include "connector/store/journal_chain.hpp"
#include "connector/store/sqlite.hpp"
#include "connector/store/sqlite_schema.hpp"
#include "support.hpp"

namespace connector::store {
namespace {

using testing::HasSubstr;

core::result<std::unique_ptr<store>> open_at(std::string const& path, bool read_only = false) {
  sqlite_settings settings;
  settings.path = path;
  settings.read_only = read_only;
  return open_sqlite(settings);
}

/// What opening `path` complains of; "opened" if it does not.
std::string complaint(std::string const& path, bool read_only = false) {
  auto const opened = open_at(path, read_only);
  if (opened) return "opened";
  EXPECT_EQ(opened.error().code, core::errc::storage);
  return opened.error().detail;
}

void sql(std::string const& path, std::string const& statements) {
  sqlite3* db = nullptr;
  ASSERT_EQ(sqlite3_open(path.c_str(), &db), SQLITE_OK);
  EXPECT_EQ(sqlite3_exec(db, statements.c_str(), nullptr, nullptr, nullptr), SQLITE_OK)
      << sqlite3_errmsg(db);
  sqlite3_close(db);
}

/// A store with enough in it to have inner pages, closed.
void fill(std::string const& path) {
  auto const in = good(open_at(path));
  changes all;
  for (int i = 0; i < 2000; ++i) {
    all.links.push_back(full_link(std::to_string(i)));
    all.journal.push_back({0, at(i), "", "sent", {{"n", i}}, ""});
  }
  put(*in, std::move(all));
}

TEST(SqliteOpen, MakesAFileThatOnlyItsOwnerCanRead) {
  scratch_folder folder;
  auto const in = good(open_at(folder.file()));
  put(*in, with_links({simple_link("1")}));

  for (auto const* end : {"", "-wal"}) {
    struct stat found {};
    ASSERT_EQ(::stat((folder.file() + end).c_str(), &found), 0) << end;
    EXPECT_EQ(found.st_mode & 0777, 0600U) << end;
  }
}

TEST(SqliteOpen, LeavesOneFileAfterACleanStop) {
  scratch_folder folder;
  fill(folder.file());

  auto const files = std::distance(std::filesystem::directory_iterator{folder.path()}, {});
  EXPECT_EQ(files, 1);
}

TEST(SqliteOpen, SaysThatTheFolderIsMissing) {
  scratch_folder folder;
  EXPECT_THAT(
      complaint(folder.file("no/such/store.db")),
      HasSubstr("no/such does not exist; create it or correct the path")
  );
}

TEST(SqliteOpen, SaysThatThePathIsEmpty) { EXPECT_THAT(complaint(""), HasSubstr("has no path")); }

TEST(SqliteOpen, SaysThatThePathIsAFolder) {
  scratch_folder folder;
  EXPECT_THAT(complaint(folder.path().string()), HasSubstr("is a folder; name a file in it"));
}

TEST(SqliteOpen, SaysThatTheFoldersPlaceIsTakenByAFile) {
  scratch_folder folder;
  std::ofstream{folder.file("file")} << "text";
  EXPECT_THAT(complaint(folder.file("file/store.db")), HasSubstr("is not a folder"));
}

TEST(SqliteOpen, SaysThatAnotherProcessUsesTheStore) {
  scratch_folder folder;
  child holder{[&](pipe_end& to_parent) {
    auto const in = good(open_at(folder.file()));
    to_parent.say('r');
    ::pause();
  }};
  holder.wait_for('r');

  EXPECT_EQ(
      complaint(folder.file()),
      "store " + folder.file() +
          " is in use by another process; stop it or give this one its own store"
  );
  EXPECT_THAT(complaint(folder.file(), true), HasSubstr("is in use by another process"));

  holder.kill();
  EXPECT_EQ(complaint(folder.file()), "opened");
}

TEST(SqliteOpen, RefusesASecondStoreInTheSameProcess) {
  scratch_folder folder;
  auto const in = good(open_at(folder.file()));

  EXPECT_THAT(complaint(folder.file()), HasSubstr("is in use by another process"));
  put(*in, with_links({simple_link("1")}));
}

/// Permissions do not bind root, so a child gives that up first.
std::string complaint_of_nobody(std::string const& path) {
  child asker{[&](pipe_end& to_parent) {
    if (::geteuid() == 0 && (::setegid(65534) != 0 || ::seteuid(65534) != 0)) std::_Exit(1);
    to_parent.say(complaint(path));
  }};
  return asker.hear();
}

TEST(SqliteOpen, SaysThatTheFolderCannotBeWritten) {
  scratch_folder folder;
  fill(folder.file());
  std::filesystem::permissions(folder.file(), std::filesystem::perms{0666});
  std::filesystem::permissions(folder.path(), std::filesystem::perms{0555});

  EXPECT_THAT(
      complaint_of_nobody(folder.file()),
      HasSubstr("cannot be written: folder " + folder.path().string() + ": Permission denied")
  );
  std::filesystem::permissions(folder.path(), std::filesystem::perms{0755});
}

TEST(SqliteOpen, SaysThatTheFileCannotBeWritten) {
  scratch_folder folder;
  fill(folder.file());
  std::filesystem::permissions(folder.path(), std::filesystem::perms{0777});
  std::filesystem::permissions(folder.file(), std::filesystem::perms{0444});

  EXPECT_THAT(
      complaint_of_nobody(folder.file()),
      HasSubstr("cannot be read and written: Permission denied; correct the permissions")
  );
}

TEST(SqliteOpen, SaysThatTheFileIsNoDatabase) {
  scratch_folder folder;
  std::ofstream{folder.file()} << "links: none, but enough text to be longer than a file's header,"
                                  " which is a hundred bytes in all";
  EXPECT_THAT(complaint(folder.file()), HasSubstr("is not a database"));
}

TEST(SqliteOpen, LeavesAnotherProgramsDatabaseAlone) {
  scratch_folder folder;
  sql(folder.file(), "CREATE TABLE theirs (a); PRAGMA application_id = 7; PRAGMA user_version = 1");

  EXPECT_THAT(complaint(folder.file()), HasSubstr("is another program's database"));
  sql(folder.file(), "SELECT * FROM theirs");
}

TEST(SqliteOpen, RefusesAStoreOfANewerVersion) {
  scratch_folder folder;
  fill(folder.file());
  sql(folder.file(), "PRAGMA user_version = 99");

  EXPECT_THAT(
      complaint(folder.file()),
      HasSubstr("was written by a newer version of this program (its schema is 99")
  );
}

TEST(SqliteOpen, ChecksTheFileAfterAnUncleanStopOnly) {
  scratch_folder folder;
  std::vector<std::string> notices;
  sqlite_settings settings;
  settings.path = folder.file();
  settings.on_notice = [&](std::string const& words) { notices.push_back(words); };

  good(open_sqlite(settings));
  ASSERT_FALSE(notices.empty());
  EXPECT_THAT(notices[0], HasSubstr("is now at schema 1"));
  notices.clear();
  good(open_sqlite(settings));
  EXPECT_TRUE(notices.empty());

  child victim{[&](pipe_end& to_parent) {
    auto const in = good(open_at(folder.file()));
    put(*in, with_links({simple_link("1")}));
    to_parent.say('r');
    ::pause();
  }};
  victim.wait_for('r');
  victim.kill();
  auto in = good(open_sqlite(settings));

  ASSERT_EQ(notices.size(), 1U);
  EXPECT_THAT(notices[0], HasSubstr("was not closed cleanly; it was checked and is whole"));
  EXPECT_EQ(good(run(in->count())).links, 1U);

  in.reset();
  good(open_sqlite(settings));
  EXPECT_EQ(notices.size(), 1U);
}

/// Overwrites part of a file's page, from 1, with nonsense.
void damage(std::string const& path, std::size_t page) {
  std::fstream file{path, std::ios::in | std::ios::out | std::ios::binary};
  file.seekp(static_cast<std::streamoff>((page - 1) * 4096));
  for (int i = 0; i < 4096; ++i) file.put(static_cast<char>(i * 37));
}

TEST(SqliteOpen, FindsDamageAfterAnUncleanStop) {
  scratch_folder folder;
  fill(folder.file());
  damage(folder.file(), 40);
  std::ofstream{folder.file() + "-wal"} << "left behind";

  EXPECT_THAT(complaint(folder.file()), HasSubstr("is damaged"));
  EXPECT_THAT(complaint(folder.file()), HasSubstr("restore it from a backup"));
}

TEST(SqliteOpen, SaysThatTheFirstPageIsDamaged) {
  scratch_folder folder;
  fill(folder.file());
  damage(folder.file(), 1);

  EXPECT_THAT(complaint(folder.file()), HasSubstr("is not a database, or its first page is"));
}

TEST(SqliteOpen, NeverCrashesOnADamagedPage) {
  scratch_folder folder;
  fill(folder.file("whole.db"));
  auto const pages = std::filesystem::file_size(folder.file("whole.db")) / 4096;
  std::size_t noticed = 0;
  for (std::size_t page = 2; page <= pages; page += 1 + pages / 60) {
    std::filesystem::copy_file(
        folder.file("whole.db"), folder.file(), std::filesystem::copy_options::overwrite_existing
    );
    damage(folder.file(), page);
    auto const opened = open_at(folder.file());
    if (!opened) {
      ++noticed;
      continue;
    }
    auto const listed = run((*opened)->list_links({}, "", 5000));
    auto const chain = run(verify_journal(**opened));
    auto const counted = run((*opened)->count());
    auto const written = run((*opened)->commit(with_links({simple_link("new")})));
    noticed += !listed || !chain || !counted || !written;
    for (auto const& text :
         {listed ? "" : listed.error().detail,
          chain ? "" : chain.error().detail,
          written ? "" : written.error().detail}) {
      if (!text.empty()) {
        EXPECT_THAT(text, HasSubstr("damaged")) << page;
      }
    }
  }
  // Pages of indexes that none of these questions uses, and free ones, may go unnoticed.
  EXPECT_GT(noticed, 25U);
}

TEST(SqliteOpen, ReadsAStoreWithoutWritingToIt) {
  scratch_folder folder;
  fill(folder.file());
  auto const in = good(open_at(folder.file(), true));

  EXPECT_EQ(good(run(in->count())).links, 2000U);
  auto const done = run(in->commit(with_links({simple_link("1")})));
  ASSERT_FALSE(done.has_value());
  EXPECT_THAT(done.error().detail, HasSubstr("cannot be written"));
}

TEST(SqliteOpen, DoesNotMakeAStoreThatIsToBeReadOnly) {
  scratch_folder folder;
  EXPECT_THAT(complaint(folder.file(), true), HasSubstr("does not exist; correct the path"));
  EXPECT_FALSE(std::filesystem::exists(folder.file()));
}

TEST(SqliteOpen, SaysHowFarAFailedDiskWriteGotAndGoesOn) {
  scratch_folder folder;
  child writer{[&](pipe_end& to_parent) {
    auto const in = good(open_at(folder.file()));
    put(*in, with_links({simple_link("1")}));
    std::signal(SIGXFSZ, SIG_IGN);
    rlimit const small{64UL * 1024, RLIM_INFINITY};
    ::setrlimit(RLIMIT_FSIZE, &small);
    changes large;
    for (int i = 0; i < 500; ++i) large.links.push_back(full_link(std::to_string(i)));
    auto const failed = run(in->commit(large));
    rlimit const free{RLIM_INFINITY, RLIM_INFINITY};
    ::setrlimit(RLIMIT_FSIZE, &free);
    auto const links = good(run(in->count())).links;
    auto const done = run(in->commit(large));
    to_parent.say(
        (failed ? "?" : failed.error().detail) + "|" + std::to_string(links) + "|" +
        (done ? "went on" : done.error().detail)
    );
  }};

  auto const heard = writer.hear();

  EXPECT_THAT(heard, HasSubstr("the disk failed (File too large)"));
  EXPECT_THAT(heard, HasSubstr("|1|went on"));
  EXPECT_EQ(good(run(good(open_at(folder.file()))->count())).links, 500U);
}

}  // namespace
}  // namespace connector::store

#include "connector/store/sqlite_schema.hpp"

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <fcntl.h>
#include <filesystem>
#include <system_error>
#include <unistd.h>

namespace connector::store::sqlite {
namespace {

namespace fs = std::filesystem;

/// "ITSC", in the file's header: tells our files from other programs' databases.
constexpr int application_id = 0x49545343;

core::error refuse(std::string const& path, std::string const& words) {
  return {core::errc::storage, "store " + path + " " + words};
}

std::string words_of(int os_error) { return std::generic_category().message(os_error); }

bool may(fs::path const& what, int mode) {
  return ::faccessat(AT_FDCWD, what.c_str(), mode, AT_EACCESS) == 0;
}

/// SQLite reports a missing folder, a forbidden one and a folder in the file's place all as "unable
/// to open database file".
core::result<void> check_place(std::string const& path, bool read_only) {
  if (path.empty()) return core::error{core::errc::storage, "the store has no path; name a file"};
  auto folder = fs::path{path}.parent_path();
  if (folder.empty()) folder = ".";
  std::error_code ec;
  auto const folder_status = fs::status(folder, ec);
  if (folder_status.type() == fs::file_type::not_found) {
    return refuse(
        path,
        "has no place: folder " + folder.string() + " does not exist; create it or correct the path"
    );
  }
  if (folder_status.type() != fs::file_type::directory) {
    auto const why = ec ? " (" + ec.message() + ")" : std::string{};
    return refuse(
        path,
        "has no place: " + folder.string() +
            " is not a folder that this user "
            "may enter" +
            why + "; correct the path or the permissions"
    );
  }
  auto const file_status = fs::status(path, ec);
  if (file_status.type() == fs::file_type::directory) {
    return refuse(path, "is a folder; name a file in it");
  }
  auto const exists = file_status.type() != fs::file_type::not_found;
  if (read_only) {
    if (!exists) return refuse(path, "does not exist; correct the path");
    if (!may(path, R_OK)) {
      return refuse(path, "cannot be read: " + words_of(errno) + "; correct the permissions");
    }
    return {};
  }
  if (!may(folder, W_OK | X_OK)) {
    return refuse(
        path,
        "cannot be written: folder " + folder.string() + ": " + words_of(errno) +
            "; SQLite keeps its log beside the file, so give this user the folder, "
            "or mount the disk for writing"
    );
  }
  if (exists && !may(path, R_OK | W_OK)) {
    return refuse(
        path,
        "cannot be read and written: " + words_of(errno) + "; correct the permissions or the mount"
    );
  }
  return {};
}

/// Incidents and tickets are nobody else's business. SQLite gives its log the same permissions.
core::result<void> create_private(std::string const& path) {
  int const file = ::open(path.c_str(), O_CREAT | O_EXCL | O_RDWR | O_CLOEXEC, 0600);
  if (file < 0 && errno != EEXIST) {
    return refuse(path, "cannot be created: " + words_of(errno) + "; correct the path");
  }
  if (file >= 0) ::close(file);
  return {};
}

/// A clean stop empties and removes the log.
bool log_left_behind(std::string const& path) {
  std::error_code ec;
  auto const bytes = fs::file_size(path + "-wal", ec);
  return !ec && bytes > 0;
}

core::result<void> check_integrity(database& db) {
  auto const found = db.ask("PRAGMA quick_check(1)");
  if (auto done = db.outcome(); !done) return done;
  if (found == "ok") return {};
  return refuse(db.path(), "is damaged (" + found + "); " + std::string{way_out_of_damage});
}

core::result<void> check_owner(database& db) {
  auto const owner = db.ask("PRAGMA application_id");
  auto const tables = db.ask("SELECT count(*) FROM sqlite_schema");
  if (auto done = db.outcome(); !done) return done;
  if (owner == std::to_string(application_id) || (owner == "0" && tables == "0")) return {};
  return refuse(db.path(), "is another program's database; correct the path");
}

core::result<int> version_of(database& db, std::span<migration const> known) {
  auto const answer = db.ask("PRAGMA user_version");
  if (auto done = db.outcome(); !done) return done.error();
  auto const version = std::stoi(answer);
  auto const newest = known.back().version;
  if (version <= newest) return version;
  return refuse(
      db.path(),
      "was written by a newer version of this program (its schema is " + answer +
          ", this one knows up to " + std::to_string(newest) +
          "); run that version, or restore the backup made before the upgrade"
  );
}

core::result<void> migrate(database& db, migration const& step) {
  db.begin();
  db.script(step.sql);
  db.script("PRAGMA application_id=" + std::to_string(application_id));
  db.script("PRAGMA user_version=" + std::to_string(step.version));
  if (auto done = db.end(); !done) {
    auto what = done.error();
    what.detail = "schema change " + std::to_string(step.version) + " (" + step.name +
                  ") was undone: " + what.detail;
    return what;
  }
  return {};
}

core::result<void> set_up_for_reading(database& db, sqlite_settings const& settings) {
  // First of all, since setting the cache's size already reads the file: the log's index lives in
  // this process's memory then, and no other process can look in.
  if (!settings.read_only) db.script("PRAGMA locking_mode=EXCLUSIVE");
  db.script("PRAGMA cache_size=-" + std::to_string(settings.cache_bytes / 1024));
  db.script("PRAGMA mmap_size=0");
  db.script("PRAGMA temp_store=MEMORY");
  db.script("PRAGMA cell_size_check=ON");
  db.script("PRAGMA trusted_schema=OFF");
  return db.outcome();
}

core::result<void> set_up_for_writing(database& db, sqlite_settings const& settings) {
  auto const mode = db.ask("PRAGMA journal_mode=WAL");
  db.script("PRAGMA synchronous=FULL");
  auto const page_bytes = db.ask("PRAGMA page_size");
  if (auto done = db.outcome(); !done) return done;
  auto const pages = settings.log_bytes_max / std::stoul(page_bytes);
  db.script("PRAGMA wal_autocheckpoint=" + std::to_string(std::max<std::size_t>(pages, 1)));
  // One large transaction may still make it larger; then it is cut back afterwards.
  db.script("PRAGMA journal_size_limit=" + std::to_string(settings.log_bytes_max));
  if (auto done = db.outcome(); !done) return done;
  if (mode == "wal") return {};
  return refuse(db.path(), "cannot keep a write-ahead log on this disk; use a local file system");
}

}  // namespace

core::result<std::unique_ptr<database>> open_database(
    sqlite_settings const& settings, std::span<migration const> known
) {
  auto const& path = settings.path;
  auto const tell = [&](std::string const& words) {
    if (settings.on_notice) settings.on_notice("store " + path + " " + words);
  };

  if (auto fine = check_place(path, settings.read_only); !fine) return fine.error();
  if (!settings.read_only) {
    if (auto made = create_private(path); !made) return made.error();
  }
  auto const unclean = log_left_behind(path);
  auto opened = database::open(path, settings.read_only);
  if (!opened) return opened.error();
  auto& db = **opened;
  // The log is what tells that a check is due: it stays until the file has passed one.
  db.keep_log_on_close(unclean);

  if (auto done = set_up_for_reading(db, settings); !done) return done.error();
  if (auto done = check_owner(db); !done) return done.error();
  auto const version = version_of(db, known);
  if (!version) return version.error();
  if (unclean) {
    auto const start = std::chrono::steady_clock::now();
    if (auto done = check_integrity(db); !done) return done.error();
    db.keep_log_on_close(false);
    auto const took = std::chrono::duration_cast<std::chrono::milliseconds>(
        std::chrono::steady_clock::now() - start
    );
    tell(
        "was not closed cleanly; it was checked and is whole (" + std::to_string(took.count()) +
        " ms)"
    );
  }
  if (settings.read_only) {
    if (*version == known.back().version) return opened;
    return refuse(path, "has an older schema; start the service once, which brings it up to date");
  }
  if (auto done = set_up_for_writing(db, settings); !done) return done.error();
  for (auto const& step : known) {
    if (step.version <= *version) continue;
    if (auto done = migrate(db, step); !done) return done.error();
    tell("is now at schema " + std::to_string(step.version) + " (" + step.name + ")");
  }
  return opened;
}

}  // namespace connector::store::sqlite

#include "connector/store/sqlite_db.hpp"

#include <cerrno>
#include <sqlite3.h>
#include <system_error>

namespace connector::store::sqlite {
namespace {

std::string os_words(int os_error) {
  return os_error == 0 ? std::string{} : " (" + std::generic_category().message(os_error) + ")";
}

}  // namespace

std::string explain(std::string const& path, int code, std::string_view sqlite_says, int os_error) {
  auto const store = "store " + path;
  auto const says = std::string{sqlite_says};
  switch (code & 0xff) {
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
      return store + " is in use by another process; stop it or give this one its own store";
    case SQLITE_FULL:
      return store + " cannot grow: the disk is full; free some space and it goes on by itself";
    case SQLITE_READONLY:
      if (code == SQLITE_READONLY_DBMOVED) {
        return store + " was moved or deleted while in use; put it back and restart";
      }
      return store +
             " cannot be written: its file, folder or disk is read-only for this user; "
             "correct the permissions or the mount";
    case SQLITE_PERM:
    case SQLITE_AUTH:
    case SQLITE_CANTOPEN:
      return store + " cannot be opened" + os_words(os_error) +
             "; check that this user may read and write its file and folder";
    case SQLITE_NOTADB:
      return store +
             " is not a database, or its first page is damaged; correct the path, or "
             "restore the file from a backup";
    case SQLITE_CORRUPT:
      return store + " is damaged (" + says + "); " + std::string{way_out_of_damage};
    case SQLITE_IOERR:
      return store + ": the disk failed" + os_words(os_error) + " (" + says +
             "); check the disk, its quota and its mount, then restart";
    case SQLITE_CONSTRAINT:
      return store + " refuses a change: " + says;
    default:
      return store + ": " + says;
  }
}

rows::~rows() {
  if (!statement_) return;
  sqlite3_reset(statement_);
  sqlite3_clear_bindings(statement_);
}

bool rows::next() {
  if (!statement_) return false;
  errno = 0;
  int const code = sqlite3_step(statement_);
  if (code == SQLITE_ROW) return true;
  if (code != SQLITE_DONE) db_->note(code);
  return false;
}

std::string_view rows::text(int column) const {
  auto const* begin = reinterpret_cast<char const*>(sqlite3_column_text(statement_, column));
  auto const size = sqlite3_column_bytes(statement_, column);
  return begin ? std::string_view{begin, static_cast<std::size_t>(size)} : std::string_view{};
}

std::int64_t rows::integer(int column) const { return sqlite3_column_int64(statement_, column); }

core::time_point rows::time(int column) const {
  return core::time_point{core::ticks{integer(column)}};
}

std::optional<core::time_point> rows::optional_time(int column) const {
  if (sqlite3_column_type(statement_, column) == SQLITE_NULL) return std::nullopt;
  return time(column);
}

core::result<std::unique_ptr<database>> database::open(std::string path, bool read_only) {
  std::unique_ptr<database> opened{new database{std::move(path)}};
  int const flags = (read_only ? SQLITE_OPEN_READONLY : SQLITE_OPEN_READWRITE) |
                    SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE;
  int const code = sqlite3_open_v2(opened->path_.c_str(), &opened->handle_, flags, nullptr);
  if (code != SQLITE_OK) {
    opened->note(code);
    return opened->outcome().error();
  }
  return opened;
}

database::~database() {
  for (auto const& [sql, statement] : statements_) sqlite3_finalize(statement);
  sqlite3_close(handle_);
}

sqlite3_stmt* database::prepared(std::string_view sql) {
  if (!good()) return nullptr;
  if (auto const known = statements_.find(sql); known != statements_.end()) return known->second;
  // Its place comes first, so that running out of memory cannot lose a statement.
  auto const place = statements_.try_emplace(std::string{sql}, nullptr).first;
  note(sqlite3_prepare_v3(
      handle_,
      sql.data(),
      static_cast<int>(sql.size()),
      SQLITE_PREPARE_PERSISTENT,
      &place->second,
      nullptr
  ));
  auto* const statement = place->second;
  if (!statement) statements_.erase(place);
  return statement;
}

void database::bind(sqlite3_stmt* statement, int column, std::string_view text) {
  if (!good()) return;
  // A null pointer would bind NULL, which is not the empty text.
  auto const* begin = text.data() ? text.data() : "";
  note(sqlite3_bind_text64(statement, column, begin, text.size(), SQLITE_STATIC, SQLITE_UTF8));
}

void database::bind(sqlite3_stmt* statement, int column, std::int64_t number) {
  if (good()) note(sqlite3_bind_int64(statement, column, number));
}

void database::script(std::string const& sql) {
  if (good()) note(sqlite3_exec(handle_, sql.c_str(), nullptr, nullptr, nullptr));
}

std::string database::ask(std::string const& sql) {
  if (!good()) return {};
  sqlite3_stmt* statement = nullptr;
  note(sqlite3_prepare_v2(handle_, sql.c_str(), -1, &statement, nullptr));
  std::string answer;
  if (good()) {
    rows found{*this, statement};
    if (found.next()) answer = found.text(0);
  }
  sqlite3_finalize(statement);
  return answer;
}

void database::note(int code) {
  if (code == SQLITE_OK || !good()) return;
  // SQLite keeps the system's word for most failures, but not for that of a commit.
  int const last = errno;
  int const kept = handle_ ? sqlite3_system_errno(handle_) : 0;
  code_ = code;
  words_ = explain(
      path_, code, handle_ ? sqlite3_errmsg(handle_) : sqlite3_errstr(code), kept ? kept : last
  );
}

void database::fail(std::string const& words) {
  if (!good()) return;
  code_ = SQLITE_CORRUPT;
  words_ = explain(path_, code_, words, 0);
}

core::result<void> database::outcome() {
  if (good()) return {};
  core::error what{core::errc::storage, std::move(words_)};
  code_ = 0;
  words_.clear();
  return what;
}

std::vector<std::string> database::kept_statements() const {
  std::vector<std::string> all;
  for (auto const& [sql, statement] : statements_) all.push_back(sql);
  return all;
}

bool database::broke_a_rule() const { return (code_ & 0xff) == SQLITE_CONSTRAINT; }

std::int64_t database::changed() const { return sqlite3_changes64(handle_); }

bool database::read_only() const { return sqlite3_db_readonly(handle_, "main") == 1; }

void database::keep_log_on_close(bool keep) {
  sqlite3_db_config(handle_, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, keep ? 1 : 0, nullptr);
}

void database::begin() { execute("BEGIN IMMEDIATE"); }

core::result<void> database::end() {
  execute("COMMIT");
  auto done = outcome();
  if (!done) undo();
  return done;
}

void database::undo() {
  (void)outcome();
  // Some failures have rolled back already; then a ROLLBACK would be a failure of its own.
  if (sqlite3_get_autocommit(handle_) == 0) {
    sqlite3_exec(handle_, "ROLLBACK", nullptr, nullptr, nullptr);
  }
}

}  // namespace connector::store::sqlite

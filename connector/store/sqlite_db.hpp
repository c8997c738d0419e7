#pragma once

#include <concepts>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "connector/core/error.hpp"
#include "connector/core/time.hpp"

struct sqlite3;
struct sqlite3_stmt;

/// A thin layer over the sqlite3 C API: prepared statements are kept, values are bound by type, and
/// failures stick, as in a stream: after one, everything does nothing until `outcome` is asked.
/// Used by one thread at a time.
namespace connector::store::sqlite {

/// The rows of a query. The statement goes back when this is destroyed.
class rows {
 public:
  rows(class database& db, sqlite3_stmt* statement) : db_{&db}, statement_{statement} {}
  rows(rows const&) = delete;
  rows& operator=(rows const&) = delete;
  ~rows();

  /// Steps to the next row; false at the end and after a failure.
  bool next();

  /// Columns of the row, from 0. A text view lasts until the next step.
  [[nodiscard]] std::string_view text(int column) const;
  [[nodiscard]] std::int64_t integer(int column) const;
  [[nodiscard]] core::time_point time(int column) const;
  [[nodiscard]] std::optional<core::time_point> optional_time(int column) const;

 private:
  database* db_;
  sqlite3_stmt* statement_;  ///< null if preparing or binding failed
};

class database {
 public:
  /// Opens the file and nothing more; SQLite looks at it only when first asked something.
  static core::result<std::unique_ptr<database>> open(std::string path, bool read_only);
  ~database();
  database(database const&) = delete;
  database& operator=(database const&) = delete;

  /// Runs one statement that gives no rows. Arguments bind to ?1, ?2, ...: text, integers,
  /// booleans, times, and optional times.
  template <class... Args>
  void execute(std::string_view sql, Args const&... args) {
    auto one = query(sql, args...);
    one.next();
  }

  /// Arguments must outlive the rows.
  template <class... Args>
  [[nodiscard]] rows query(std::string_view sql, Args const&... args) {
    auto* statement = prepared(sql);
    int column = 0;
    (bind(statement, ++column, args), ...);
    return {*this, good() ? statement : nullptr};
  }

  /// Runs statements that are not worth keeping.
  void script(std::string const& sql);

  /// The first column of the first row, as text; empty if there is none.
  std::string ask(std::string const& sql);

  [[nodiscard]] bool good() const { return code_ == 0; }
  /// A row that was read makes no sense.
  void fail(std::string const& words);
  /// What happened since last asked, in words that say what to do; forgets it.
  core::result<void> outcome();
  /// The first failure was a rule of the schema (a key taken twice), not the disk.
  [[nodiscard]] bool broke_a_rule() const;
  /// Rows that the last statement wrote.
  [[nodiscard]] std::int64_t changed() const;
  [[nodiscard]] bool read_only() const;

  /// While set, closing leaves the write-ahead log where it is, as a crash would.
  void keep_log_on_close(bool keep);

  void begin();
  /// Makes durable what was done since `begin`, or undoes it all after a failure.
  core::result<void> end();
  /// Undoes what was done since `begin` and forgets any failure.
  void undo();

  [[nodiscard]] std::string const& path() const { return path_; }
  /// The text of every statement prepared so far; so that a test can ask for their plans.
  [[nodiscard]] std::vector<std::string> kept_statements() const;

 private:
  friend class rows;
  explicit database(std::string path) : path_{std::move(path)} {}

  sqlite3_stmt* prepared(std::string_view sql);
  void bind(sqlite3_stmt* statement, int column, std::string_view text);
  void bind(sqlite3_stmt* statement, int column, std::int64_t number);
  void bind(sqlite3_stmt* statement, int column, std::integral auto number) {
    bind(statement, column, static_cast<std::int64_t>(number));
  }
  void bind(sqlite3_stmt* statement, int column, core::time_point at) {
    bind(statement, column, static_cast<std::int64_t>(at.time_since_epoch().count()));
  }
  void bind(sqlite3_stmt* statement, int column, std::optional<core::time_point> at) {
    if (at) bind(statement, column, *at);  // else NULL, as every statement starts
  }
  void note(int code);

  std::string path_;
  sqlite3* handle_ = nullptr;
  struct text_hash {
    using is_transparent = void;
    std::size_t operator()(std::string_view text) const {
      return std::hash<std::string_view>{}(text);
    }
  };
  std::unordered_map<std::string, sqlite3_stmt*, text_hash, std::equal_to<>> statements_;
  int code_ = 0;
  std::string words_;
};

/// What to do about a damaged file.
inline constexpr std::string_view way_out_of_damage =
    "restore it from a backup, or move it and its -wal away: a new store finds the tickets again "
    "by "
    "their keys";

/// What a result code means for the store at `path` and what to do about it.
std::string explain(std::string const& path, int code, std::string_view sqlite_says, int os_error);

}  // namespace connector::store::sqlite

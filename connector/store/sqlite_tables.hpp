#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "connector/store/sqlite_db.hpp"
#include "connector/store/store.hpp"

namespace connector::store::sqlite {

/// The store's calls, blocking, on one database. Used by one thread at a time.
class tables {
 public:
  explicit tables(std::unique_ptr<database> db);

  /// Reads the journal's head; to be called once before anything else.
  core::result<void> load();

  /// Writes all of them as one transaction with one flush; all or none. A rule of the schema that
  /// is broken half-way but holds in the end (two links that swap an incident) is no failure.
  core::result<void> write(std::vector<changes const*> const& together);

  core::result<std::vector<link>> links(std::vector<std::string> ids);
  core::result<std::vector<link>> links_by_incident(
      std::string const& connection, std::vector<std::string> incident_ids
  );
  core::result<std::vector<link>> links_by_ticket(
      std::string const& connection, std::vector<std::string> ticket_ids
  );
  core::result<std::vector<link>> links_due(core::time_point now, std::size_t rows_max);
  core::result<std::optional<core::time_point>> next_due();
  core::result<std::vector<link>> list_links(
      link_filter const& filter, std::string const& after_id, std::size_t rows_max
  );
  core::result<std::vector<comment_entry>> comments(std::vector<std::string> link_ids);
  core::result<std::optional<cursor>> read_cursor(std::string const& name);
  core::result<std::optional<std::string>> setting(std::string const& name);
  core::result<std::vector<journal_entry>> journal(
      std::string const& link, std::int64_t before_seq, std::size_t rows_max
  );
  core::result<std::vector<journal_entry>> journal_after(std::int64_t seq, std::size_t rows_max);
  /// Drops at most `at_once` entries; fewer than that were left to drop if it gives fewer.
  core::result<std::size_t> trim_journal(
      core::time_point before, std::size_t rows_max, std::size_t at_once
  );
  core::result<counts> count();

 private:
  struct head {
    std::int64_t seq = 0;
    std::string chain;
  };

  core::result<void> write_once(std::vector<changes const*> const& together, bool vacate);
  void write(changes const& one, bool vacate);
  void write(link const& one);
  void write(outbox_entry const& one);
  void put_outbox(
      std::string const& link, std::optional<core::time_point> due, outstanding const& what
  );
  void write(comment_entry const& one);
  void write(cursor const& one);
  void append(journal_entry const& one);
  void set(std::string_view name, std::string_view value);
  std::vector<int> lanes();
  struct due_link {
    int lane = 0;
    core::time_point due{};
    std::string id;
    friend auto operator<=>(due_link const&, due_link const&) = default;
  };
  void read_links(rows found, std::vector<link>& into);
  void read_journal(rows found, std::vector<journal_entry>& into);
  template <class T>
  core::result<T> answer(T found);

  std::unique_ptr<database> db_;
  head head_;
  bool broke_a_rule_ = false;  ///< of the last transaction
};

}  // namespace connector::store::sqlite

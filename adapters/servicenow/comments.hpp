#pragma once

#include <boost/asio/awaitable.hpp>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "adapters/servicenow/client.hpp"
#include "adapters/servicenow/journal.hpp"

namespace adapters::servicenow {

/// Reads comments and work notes, from sys_journal_field or from display values.
///
/// `automatic` decides once per connection. Many instances keep sys_journal_field from everybody
/// but administrators, some by 403 and some by returning no rows, which looks like "no comments".
/// So the same records are read both ways, the display values first: a journal column whose display
/// value holds text had an entry before the table was read, so a table that then has none for it
/// is hidden. The first entry seen in the table without such a contradiction decides for the table.
/// Until there is either, the comments known are none, and both ways say so.
class comment_reader {
 public:
  comment_reader(client& by, settings const& with);

  /// Display values have to be read along with the records and given to `add`.
  [[nodiscard]] bool needs_display() const { return source_ != journal_source::table; }

  [[nodiscard]] journal_source source() const { return source_; }

  /// Fills in the comments of `objects`. `records`: their rows read with display values, after
  /// needs_display() said so; an object without a row there is left as it is.
  boost::asio::awaitable<core::result<void>> add(
      std::vector<adapter::object>& objects, std::map<std::string, row> records
  );

 private:
  using by_record = std::map<std::string, std::vector<adapter::comment>>;

  boost::asio::awaitable<core::result<by_record>> read_table(std::vector<std::string> ids);
  core::result<void> add_displayed(
      std::vector<adapter::object>& objects, std::map<std::string, row> const& records
  ) const;

  client& client_;
  std::chrono::minutes offset_;
  journal_source source_;
};

/// The columns that hold display values of the journal.
std::vector<std::string> journal_columns();

}  // namespace adapters::servicenow

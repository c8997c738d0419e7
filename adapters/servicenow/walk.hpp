#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "adapters/servicenow/query.hpp"
#include "adapters/servicenow/wire.hpp"
#include "connector/adapter/adapter.hpp"

namespace adapters::servicenow {

/// What a poll asks, page by page. Rows ascend by (sys_updated_on, sys_id); a page goes on after
/// the last row of the page before. A page whose rows are all hidden from the user has no last row;
/// then the next one skips it, which is as exact as long as hidden rows do not change.
class change_walk {
 public:
  /// `invalid` if the continuation is not one that `continuation` wrote.
  static core::result<change_walk> from(adapter::change_query const& asked, std::string tag);

  [[nodiscard]] query what() const;
  [[nodiscard]] std::size_t skip() const { return skip_; }

  /// An instance drops conditions that it cannot understand and returns more rows. `malformed` if
  /// a row does not satisfy what was asked, or the rows are not in order.
  [[nodiscard]] core::result<void> check(std::span<row const> rows) const;

  /// Where the page after one of at most `rows_max` rows, of which `rows` could be seen, begins.
  [[nodiscard]] std::string continuation(std::span<row const> rows, std::size_t rows_max) const;

 private:
  core::time_point from_{};
  std::optional<core::time_point> to_;
  std::string tag_;
  std::string after_time_;
  std::string after_id_;
  std::size_t skip_ = 0;
};

/// Without the rows that came before: an id shows one state of a record, however often it is there.
std::vector<row> without_repeats(std::vector<row> rows);

}  // namespace adapters::servicenow

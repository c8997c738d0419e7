#pragma once

#include <string>
#include <vector>

#include "adapters/jira/client.hpp"
#include "connector/adapter/adapter.hpp"

namespace adapters::jira {

/// What a poll asks, page by page. A page begins where the last row of the page before stood, by
/// time, so that issues that change meanwhile and move to the end take nobody's place; rows of that
/// very time come again. Only where a page ends at the time it began, it goes on otherwise: on
/// Cloud by Jira's own token, on Data Center by the number of rows before it. There a page begins
/// with the last row of the page before, and where it does not, rows have moved, and that time is
/// listed anew.
class change_walk {
 public:
  /// `invalid` if the continuation is not one that `page` wrote.
  static core::result<change_walk> from(adapter::change_query const& asked, settings const& with);

  [[nodiscard]] search what(std::vector<std::string> fields, std::size_t rows_max) const;

  /// The page that these rows are, as the search gave them. Searches compare times by the minute at
  /// worst: what is outside of the bounds is dropped, and the rest put in order.
  [[nodiscard]] adapter::change_page page(
      std::vector<adapter::object> rows, found_issues const& found
  ) const;

 private:
  core::time_point from_{};   ///< of the query
  core::time_point since_{};  ///< of this page
  std::optional<core::time_point> to_;
  std::string label_;
  jira::edition edition_ = edition::cloud;
  std::size_t skip_ = 0;  ///< rows of this time on pages before
  std::string tail_;      ///< of the page before: Cloud's token, or the id of the last row

  [[nodiscard]] bool overlaps() const { return edition_ == edition::data_center && skip_ > 0; }
};

}  // namespace adapters::jira

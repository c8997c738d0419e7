#pragma once

#include <string>
#include <vector>

#include "adapters/jira/client.hpp"
#include "connector/adapter/adapter.hpp"

namespace adapters::jira {

/// What a poll asks, page by page. A page begins where the last row of the page before stood, by
/// time, so that issues that change meanwhile and move to the end take nobody's place; rows of that
/// very time come again. Only where a page ends at the time it began, Jira's own token goes on.
class change_walk {
 public:
  /// `invalid` if the continuation is not one that `continuation` wrote.
  static core::result<change_walk> from(adapter::change_query const& asked, std::string label);

  [[nodiscard]] search what(std::vector<std::string> fields, std::size_t rows_max) const;

  /// Searches compare times by the minute at worst: drops rows outside of the bounds, and puts the
  /// rest in order. `malformed` if rows were not of ours.
  [[nodiscard]] std::vector<adapter::object> kept(std::vector<adapter::object> rows) const;

  /// Where the page after this one begins; `rows` as the search gave them. Empty: this was the
  /// last.
  [[nodiscard]] std::string continuation(
      std::vector<adapter::object> const& rows, found_issues const& page
  ) const;

 private:
  core::time_point from_{};   ///< of the query
  core::time_point since_{};  ///< of this page
  std::optional<core::time_point> to_;
  std::string label_;
  std::string token_;
  std::size_t skip_ = 0;
};

}  // namespace adapters::jira

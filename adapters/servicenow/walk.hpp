#pragma once

#include <optional>
#include <span>
#include <string>

#include "adapters/servicenow/query.hpp"
#include "adapters/servicenow/wire.hpp"
#include "connector/adapter/adapter.hpp"

namespace adapters::servicenow {

/// What a poll asks, page by page. Rows ascend by (sys_updated_on, sys_id); a page goes on after
/// the last row of the page before.
class change_walk {
 public:
  /// `continuation` as `continuation_after` wrote it; `malformed` if it is not of that kind.
  static core::result<change_walk> from(adapter::change_query const& asked, std::string tag);

  [[nodiscard]] query what() const;

  /// An instance drops conditions that it cannot understand and returns more rows. `malformed` if
  /// a row does not satisfy what was asked, or the rows are not in order.
  [[nodiscard]] core::result<void> check(std::span<row const> rows) const;

  static std::string continuation_after(row const& last);

 private:
  core::time_point from_{};
  std::optional<core::time_point> to_;
  std::string tag_;
  std::string after_time_;
  std::string after_id_;
};

}  // namespace adapters::servicenow

#pragma once

#include <map>
#include <string>
#include <vector>

#include "connector/mapping/preview.hpp"
#include "connector/store/store.hpp"

/// The journal's history through another map: what would have come out differently. Pure.
namespace connector::sync {

/// Feed it the journals of one route's links, one link after the other and each oldest line first,
/// and then ask. What it holds does not grow with the number of links. For each decision on record
/// it compares what the two maps want of both sides, given the two sides as they were seen then.
class plan {
 public:
  /// Both maps must outlive the plan. They must be of the same two systems.
  plan(mapping::field_map const& old_map, mapping::field_map const& new_map);
  ~plan();

  void take(store::journal_entry const& line);

  struct difference {
    std::string link;
    mapping::side on = mapping::side::ticket;
    std::string field;
    core::value before, after;  ///< what the old map wants, what the new one wants
    std::string reason;         ///< why one of them wants nothing, if so
    config::position where;     ///< in the new map, or in the old one if only that speaks
    core::time_point at{};      ///< of the last decision at which they differ
    std::size_t times = 0;
  };

  /// One per link and field, the last one seen of each, by field and then by link.
  [[nodiscard]] std::vector<difference> differences() const;
  /// Links that the one map opens and the other does not, with the reason in its words.
  [[nodiscard]] std::map<std::string, std::string> const& opened() const { return opened_; }
  [[nodiscard]] std::map<std::string, std::string> const& not_opened() const { return not_opened_; }

  [[nodiscard]] std::size_t decisions() const { return decisions_; }
  [[nodiscard]] std::size_t links() const { return links_; }
  /// Fields that the new map reads and the journal does not have, since the old one did not read
  /// them.
  [[nodiscard]] std::vector<std::string> const& unknown_fields() const { return unknown_; }

 private:
  struct sides {
    std::optional<core::record> incident, ticket;
  };
  void compare(std::string const& link, sides const& now, core::time_point at);
  void compare(
      std::string const& link,
      mapping::side on,
      std::vector<mapping::field_change> const& was,
      std::vector<mapping::field_change> const& will,
      core::time_point at
  );

  mapping::field_map const& old_;
  mapping::field_map const& new_;
  std::string link_;  ///< whose lines come now
  sides seen_;
  std::size_t links_ = 0;
  std::map<std::tuple<std::string, std::string, mapping::side>, difference> found_;
  std::map<std::string, std::string> opened_, not_opened_;
  std::vector<std::string> unknown_;
  std::size_t decisions_ = 0;
};

}  // namespace connector::sync

#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "connector/mapping/map.hpp"
#include "connector/store/store.hpp"

/// Decides once more what the journal says was decided, from what it says was seen. The same map
/// must come to the same lines, byte for byte; where it does not, the journal or the program is
/// another than it was. Pure.
namespace connector::sync {

class replay {
 public:
  /// One link's history under a map, which outlives this.
  replay(mapping::field_map const& map, std::string link);

  /// The link's journal lines, oldest first. A beginning may be missing: decisions are replayed
  /// from where both sides' observations are on record.
  void take(store::journal_entry const& line);

  struct difference {
    std::int64_t seq = 0;  ///< of the decision's last line
    core::time_point at{};
    std::string link;
    std::string recorded, again;  ///< the first line that differs, as JSON; empty: there is none
    /// Where in the line ("/rules/0/to"), and what stands there on either side, as JSON.
    std::string where, recorded_there, again_there;
  };

  struct outcome {
    std::size_t equal = 0, differing = 0;
    std::vector<difference> first;  ///< of each link at most one
    /// Decisions that cannot be replayed, by reason, in words for people.
    std::map<std::string, std::size_t> left_out;
    /// Of those by another map, by its digest.
    std::map<std::string, std::size_t> other_maps;

    [[nodiscard]] std::size_t decisions() const;
    outcome& operator+=(outcome other);
  };
  [[nodiscard]] outcome const& found() const { return found_; }

 private:
  using side = mapping::side;

  void see(side of, core::value const* observed);
  void decide_again(store::journal_entry const& line, core::record const& data);
  void compare(store::journal_entry const& line, std::vector<store::journal_entry> const& again);
  std::optional<adapter::object> object(side of, std::int64_t version, core::record const& whole)
      const;
  void leave_out(std::string why) { ++found_.left_out[std::move(why)]; }

  mapping::field_map const& map_;
  std::string link_;
  /// The last observations of each side, newest last: what is decided from may be older than the
  /// newest one.
  std::map<side, std::vector<adapter::object>> seen_;
  std::optional<mapping::facts> names_;
  std::vector<store::journal_entry> before_;  ///< lines of the decision whose end has not come yet
  outcome found_;
};

}  // namespace connector::sync

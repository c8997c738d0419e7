#pragma once

#include <cstdint>
#include <ext/pb_ds/assoc_container.hpp>
#include <ext/pb_ds/tree_policy.hpp>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "test/simulators/servicenow/dictionary.hpp"
#include "test/simulators/servicenow/encoded_query.hpp"
#include "test/simulators/wire.hpp"

namespace simulators {

/// One version of a record. Only values that differ from the column's initial one take space.
class row {
 public:
  [[nodiscard]] std::string_view get(dictionary const& columns, std::uint16_t position) const;
  void set(dictionary const& columns, std::uint16_t position, std::string value);

  /// Equal in every column.
  [[nodiscard]] bool same_values(row const& other) const { return cells_ == other.cells_; }

  bool hidden = false;         ///< an ACL keeps it from the integration user
  std::uint64_t revision = 0;  ///< grows with every version of any record

 private:
  std::vector<std::pair<std::uint16_t, std::string>> cells_;
};

/// A table's records, twice: as they are, and as queries see them, which may lag behind.
class table {
 public:
  using snapshot = std::shared_ptr<row const>;

  explicit table(std::shared_ptr<dictionary const> columns);

  [[nodiscard]] dictionary const& columns() const { return columns_; }
  [[nodiscard]] std::size_t size() const { return count_; }

  /// Null if there is none, or it was deleted.
  [[nodiscard]] snapshot current(std::string_view sys_id) const;
  [[nodiscard]] snapshot listed(std::string_view sys_id) const;

  /// Stores a version under its sys_id; queries see it from `visible_at` on, at once by default.
  void put(row next, core::time_point visible_at = {});
  void remove(std::string_view sys_id, core::time_point visible_at = {});
  void publish(core::time_point now);

  [[nodiscard]] std::string text(row const& of, std::string_view column) const;

  /// Visits all current records in the order of (sys_updated_on, sys_id) as listed.
  void each(std::function<void(row const&)> const& visit) const;

  /// Records as they are now whose indexed column has this value.
  [[nodiscard]] std::vector<snapshot> with(std::string_view column, std::string_view value) const;

  /// Answers whether a condition whose column is not of this table (a dot-walk) holds.
  using walker = std::function<bool(row const&, encoded_query::term const&)>;

  struct search {
    encoded_query::query query;  ///< without terms on unknown columns
    std::size_t offset = 0;
    std::size_t limit = 10'000;
    bool counted = true;  ///< total wanted
    core::time_point now{};
    walker walk;
  };
  struct result {
    std::vector<snapshot> rows;
    std::size_t total = 0;
    bool more = false;
  };
  [[nodiscard]] result find(search const& wanted) const;

 private:
  struct slot {
    snapshot current;
    snapshot listed;
  };
  struct key {
    std::string_view stamp;  ///< into the record's own text
    std::string_view id;
    friend auto operator<=>(key const&, key const&) = default;
  };
  using index = __gnu_pbds::tree<
      key,
      snapshot,
      std::less<key>,
      __gnu_pbds::rb_tree_tag,
      __gnu_pbds::tree_order_statistics_node_update>;
  struct hash {
    using is_transparent = void;
    std::size_t operator()(std::string_view text) const {
      return std::hash<std::string_view>{}(text);
    }
  };
  template <class Value>
  using by_text = std::unordered_map<std::string, Value, hash, std::equal_to<>>;

  struct publication {
    std::string sys_id;
    std::uint64_t revision = 0;
    snapshot version;  ///< null: deleted
  };

  void show(slot& of, std::string_view sys_id, snapshot version, std::uint64_t revision);
  [[nodiscard]] key key_of(row const& of) const;
  [[nodiscard]] bool holds(row const& of, encoded_query::branch const& all, search const&) const;
  [[nodiscard]] bool holds(row const& of, encoded_query::term const& one, search const&) const;

  /// The condition that names records by a column with a hash index; null if there is none.
  [[nodiscard]] encoded_query::term const* keys_named(encoded_query::branch const& all) const;

  /// The part of the index by stamp that a branch can be in.
  struct window {
    std::string low;
    std::string low_id;  ///< greater than this at the low stamp
    std::string high = "~";
  };
  [[nodiscard]] window window_of(encoded_query::branch const& all) const;

  /// Visits what may satisfy a branch, by stamp unless keys are named, until told to stop.
  using visitor = std::function<bool(snapshot const&)>;
  void candidates(encoded_query::branch const& all, bool descending, visitor const& visit) const;

  std::shared_ptr<dictionary const> kept_columns_;
  dictionary const& columns_;
  std::uint16_t id_;
  std::uint16_t stamp_;
  by_text<slot> slots_;
  std::size_t count_ = 0;
  index by_stamp_;
  /// For each indexed column, value to the slots that listed records have it in.
  std::map<std::uint16_t, std::unordered_multimap<std::string, slot*>> hashed_;
  std::multimap<core::time_point, publication> pending_;
  std::uint64_t revision_ = 0;
};

}  // namespace simulators

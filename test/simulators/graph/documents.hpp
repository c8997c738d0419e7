#pragma once

#include <boost/json/object.hpp>
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

#include "test/simulators/graph/odata.hpp"
#include "test/simulators/wire.hpp"

namespace simulators {

/// One version of an incident or alert. The JSON text is the state; the members beside it are what
/// filters and orders look at.
struct document : odata::row {
  bool is_alert = false;
  bool is_gated = false;       ///< holds a member that the Prefer header gates
  std::uint64_t number = 0;    ///< the order of arrival; the id itself for incidents
  std::uint64_t revision = 0;  ///< grows with every version of any document
  core::time_point created{};
  core::time_point updated{};
  std::string id;
  std::string wire;  ///< a JSON object without the `alerts` relation
  std::string_view status, severity, classification, determination, service_source;
  std::optional<std::string> assigned_to;
  std::string redirected_to;        ///< an incident's id
  std::string incident_id;          ///< of an alert
  std::vector<std::string> alerts;  ///< of an incident, in order of arrival

  [[nodiscard]] odata::literal property(std::string_view name) const override;
  [[nodiscard]] json::object members() const;
  /// Takes `members` as the new state: the text and everything beside it but id and number.
  void assign(json::object const& members);
};

/// `members` as a reader without the Prefer header gets them.
json::object without_gated(json::object members, bool is_alert);

/// All documents of one kind, twice: as they are, and as lists show them, which may lag behind.
class documents {
 public:
  using snapshot = std::shared_ptr<document const>;
  using key = std::pair<core::time_point, std::uint64_t>;
  using index = __gnu_pbds::tree<
      key,
      snapshot,
      std::less<key>,
      __gnu_pbds::rb_tree_tag,
      __gnu_pbds::tree_order_statistics_node_update>;

  /// Null if there is none.
  [[nodiscard]] snapshot current(std::string_view id) const;
  [[nodiscard]] snapshot listed(std::string_view id) const;

  /// Stores a version; lists show it from `visible_at` on.
  void put(document next, core::time_point visible_at);

  /// Lets lists see what is due by `now`.
  void publish(core::time_point now);

  [[nodiscard]] index const& by_updated() const { return by_updated_; }
  [[nodiscard]] index const& by_created() const { return by_created_; }
  [[nodiscard]] std::size_t size() const { return slots_.size(); }

 private:
  struct slot {
    snapshot current;
    snapshot listed;
  };
  struct hash {
    using is_transparent = void;
    std::size_t operator()(std::string_view text) const {
      return std::hash<std::string_view>{}(text);
    }
  };

  void show(slot& of, snapshot const& version);

  std::unordered_map<std::string, slot, hash, std::equal_to<>> slots_;
  std::multimap<core::time_point, snapshot> pending_;
  index by_updated_;
  index by_created_;
  std::uint64_t revision_ = 0;
};

}  // namespace simulators

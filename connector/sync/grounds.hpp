#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "connector/adapter/adapter.hpp"
#include "connector/mapping/map.hpp"
#include "connector/store/store.hpp"

/// What a decision stood on beside the two records, as its journal line keeps it: with the last
/// observations of both sides it is all that is needed to decide once more. What those tell anyway
/// is left out (most bases are what both sides say), so that most decisions need nothing here.
namespace connector::sync {

/// Collected while a decision is made. Takes no part in it.
class grounds {
 public:
  /// The link before the decision. A create looks at no base.
  explicit grounds(store::link const& before);

  /// The rule's base is not what both sides say now; null: there is none.
  void note_base(mapping::rule const& r, store::base const* base);
  void note_held(mapping::rule const& r, std::string const& why) { held_[r.name()] = why; }
  void note_due(std::optional<core::time_point> due) { due_ = due; }
  /// The rule's values were looked at, and not only found to be those of its base.
  void note_values(mapping::rule const& r);
  /// Look-ups found answered go here.
  mapping::answers::uses& answered() { return answered_; }

  /// For the journal line. `names_link` marks the link's names as recorded if they go into it.
  [[nodiscard]] core::record as_record(
      boost::json::array const& written_rules,
      mapping::answers const& known,
      adapter::object const& incident,
      adapter::object const* ticket,
      store::link& names_link,
      core::time_point now
  ) const;

 private:
  std::map<std::string, std::optional<store::base>> bases_;
  std::vector<store::parked> parked_;
  std::vector<store::conflict> conflicts_;
  std::vector<store::kept_value> kept_;
  std::map<std::string, std::string> held_;
  std::optional<core::time_point> due_;
  mapping::answers::uses answered_;
  std::set<std::pair<mapping::side, std::string>> fields_;
};

/// What a journal line's grounds say, and the records in whole where observations keep digests.
struct recalled {
  std::map<std::string, std::optional<store::base>> bases;
  std::vector<store::parked> parked;
  std::vector<store::conflict> conflicts;
  std::vector<store::kept_value> kept;
  std::map<std::string, std::string> held;
  std::optional<core::time_point> due;
  mapping::answers known;
  core::record whole_incident, whole_ticket;
  std::optional<mapping::facts> names;  ///< of the link, where this line brings them
};
recalled recall(core::record const& written);

}  // namespace connector::sync

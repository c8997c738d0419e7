#pragma once

#include <boost/json/array.hpp>
#include <map>
#include <optional>
#include <string>

#include "connector/adapter/adapter.hpp"
#include "connector/mapping/map.hpp"
#include "connector/store/store.hpp"

namespace connector::sync {

/// What a decision is about to write, while its rules are gone through in order: later ones see
/// both sides as they will be. Pure.
class draft {
 public:
  /// All outlive it. `ticket` is null as long as there is none.
  draft(
      adapter::object const& incident,
      adapter::object const* ticket,
      mapping::answers const& known,
      mapping::facts const& facts
  )
      : incident_{incident}, ticket_{ticket}, known_{known}, facts_{facts} {}

  /// The writes to one side.
  struct part {
    core::record fields;
    std::map<std::string, core::group> derived;  ///< per rule: what it came from, as bases keep it
    boost::json::array notes;                    ///< per rule, for the journal
    std::optional<core::record> side_then;       ///< none: as it is
  };

  /// `from`: the other side's value. `base`: what was last agreed, if anything was.
  void add(
      mapping::rule const& r,
      mapping::side to,
      mapping::wish const& wanted,
      core::group const& from,
      store::base const* base
  );

  [[nodiscard]] part& to(mapping::side s) {
    return s == mapping::side::ticket ? ticket_part_ : incident_part_;
  }
  [[nodiscard]] bool writes_to(mapping::side s) const;
  [[nodiscard]] bool is_empty() const;

  /// As they are.
  [[nodiscard]] mapping::view now() const;
  /// As they will be. What agrees only so is put on record when that is there: it may never be.
  [[nodiscard]] mapping::view then() const;

  /// Whether the rule applies to both sides as they are, and wants the same of them.
  [[nodiscard]] bool is_wanted_already(
      mapping::rule const& r, mapping::side to, mapping::wish const& wanted
  ) const;

  /// The side on which what is being written makes the rule apply: what a state needs on the way in
  /// (a close code) has to come with it, although nobody changed it.
  [[nodiscard]] std::optional<mapping::side> begins_to_apply(mapping::rule const& r) const;

 private:
  adapter::object const& incident_;
  adapter::object const* ticket_;
  mapping::answers const& known_;
  mapping::facts const& facts_;
  part ticket_part_, incident_part_;
};

}  // namespace connector::sync

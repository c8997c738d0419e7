#pragma once

#include <span>

#include "connector/mapping/program.hpp"

namespace connector::mapping {

/// A value that stands for all those that the map treats like it.
struct stand_in {
  core::value value;              ///< canonical
  std::vector<std::string> also;  ///< values of the model that it stands for besides itself
  bool others = false;            ///< and for values that nobody listed
  bool made_up = false;           ///< it is one of those itself
};

/// "low", "unset", "malware (or any other)", "anything else".
std::string shown(stand_in const& s);

/// Finds the values of one field that a map can tell apart. Values that no row and no condition
/// names behave alike, so one of them (or `fresh` of them, where rules copy) stands for the rest.
class domain_builder {
 public:
  explicit domain_builder(field_ref const& field) : field_{field} {}

  void add(core::value const& v);
  void add(condition const& test);
  void add_long_text(std::size_t longer_than);
  [[nodiscard]] std::vector<stand_in> finish(std::size_t fresh) const;

 private:
  [[nodiscard]] bool has(core::value const& v) const;

  field_ref field_;
  std::vector<core::value> named_;
  bool compares_order_ = false;
};

/// The values of a field that the rules `by`, their conditions and `closed` can tell apart.
std::vector<stand_in> values_told_apart(
    program const& p,
    std::span<std::size_t const> by,
    side on,
    field_ref const& field,
    std::size_t fresh
);

/// Puts a value where read_field finds it.
void place_value(core::record& into, field_ref const& field, core::value const& v);

/// A condition has a record that it holds on. True also where there are too many to try.
bool can_hold(condition const& c);

}  // namespace connector::mapping

#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "test/simulators/servicenow/settings.hpp"
#include "test/simulators/servicenow/table.hpp"

namespace simulators {

/// Who writes.
struct actor {
  std::string user_name;
  std::string sys_id;
  std::vector<std::string> roles;
  bool uses_form = false;  ///< a person at a form: data policies were met there

  [[nodiscard]] bool has(std::string_view role) const;
};

/// A text for a journal column.
struct note_text {
  std::string element;
  std::string text;
};

/// What an instance's rules say of a write.
struct verdict {
  enum class kind { pass, refused, aborted };
  verdict::kind kind = verdict::kind::pass;
  std::string detail;  ///< as in the error body of a 403
};

/// A write on its way through the rules. `next` is changed by them.
struct write {
  table const& of;
  row const* before;  ///< null: a new record
  row& next;
  std::vector<note_text> const& notes;
  actor const& who;
  core::time_point now;
  std::function<bool(std::string_view user, std::string_view group)> is_member;
};

/// The business rules and data policies of incident and sn_si_incident.
verdict apply_rules(write& what, servicenow_settings const& settings);

/// Priority from impact and urgency; empty if one is none of 1, 2, 3.
std::string priority_of(std::string_view impact, std::string_view urgency);

}  // namespace simulators

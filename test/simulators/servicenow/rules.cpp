#include "test/simulators/servicenow/rules.hpp"

#include <algorithm>
#include <array>

namespace simulators {
namespace {

constexpr std::string_view new_state = "1";
constexpr std::string_view in_progress = "2";
constexpr std::string_view on_hold = "3";
constexpr std::string_view resolved = "6";
constexpr std::string_view closed = "7";
constexpr std::string_view canceled = "8";
constexpr std::string_view awaiting_caller = "1";

/// Reads and sets columns of the write by name.
class columns {
 public:
  explicit columns(write& what) : what_{what} {}

  [[nodiscard]] std::string now(std::string_view name) const {
    return what_.of.text(what_.next, name);
  }
  [[nodiscard]] std::string before(std::string_view name) const {
    return what_.before == nullptr ? std::string{} : what_.of.text(*what_.before, name);
  }
  [[nodiscard]] bool changes(std::string_view name) const {
    if (what_.before == nullptr) return false;
    return now(name) != before(name);
  }
  void set(std::string_view name, std::string_view value) {
    auto const position = what_.of.columns().find(name);
    if (position) what_.next.set(what_.of.columns(), *position, std::string{value});
  }
  void count_up(std::string_view name) {
    auto const text = now(name);
    set(name, std::to_string(text.empty() ? 1 : std::stoul(text) + 1));
  }
  [[nodiscard]] std::string label(std::string_view name) const {
    auto const position = what_.of.columns().find(name);
    return position ? what_.of.columns().at(*position).label : std::string{name};
  }

 private:
  write& what_;
};

verdict aborted(write const& what, std::string_view rule) {
  std::string const name{rule};
  return {
      verdict::kind::aborted,
      "Operation against file '" + what.of.columns().name() + "' was aborted by Business Rule '" +
          name + "^" + hex_id(77, name.size()) + "'. Business Rule Stack:" + name,
  };
}

verdict mandatory(std::string const& labels) {
  return {
      verdict::kind::refused,
      "Data Policy Exception: The following fields are mandatory: " + labels,
  };
}

bool has_note(write const& what, std::string_view element) {
  return std::any_of(what.notes.begin(), what.notes.end(), [element](note_text const& note) {
    return note.element == element && !note.text.empty();
  });
}

/// The labels of those columns that are empty, joined.
std::string missing(columns const& has, std::initializer_list<std::string_view> names) {
  std::string out;
  for (auto const name : names) {
    if (!has.now(name).empty()) continue;
    if (!out.empty()) out += ", ";
    out += has.label(name);
  }
  return out;
}

bool may_close(actor const& who) { return who.has("admin") || who.has("itil_admin"); }

verdict incident_rules(write& what, servicenow_settings const& settings) {
  columns has{what};
  auto const was = has.before("state");
  if (was == closed && !what.who.has("admin")) {
    bool const only_notes = what.next.same_values(*what.before) && !what.notes.empty();
    bool const allowed = only_notes && settings.closed_takes_notes;
    if (!allowed) return aborted(what, "Closed incidents are read only");
    return {};
  }

  // Each mirrors the other; a change of state wins over one of incident_state.
  bool const by_mirror =
      what.before == nullptr
          ? has.now("incident_state") != new_state && has.now("state") == new_state
          : has.changes("incident_state") && !has.changes("state");
  if (by_mirror) {
    has.set("state", has.now("incident_state"));
  } else {
    has.set("incident_state", has.now("state"));
  }
  auto const state = has.now("state");
  bool const moves = state != was;

  if (moves && state == closed && !may_close(what.who)) {
    return aborted(what, "Only itil_admin closes incidents");
  }
  auto const priority = priority_of(has.now("impact"), has.now("urgency"));
  has.set("priority", priority.empty() ? has.before("priority") : priority);

  bool const done = state == resolved || state == closed;
  if (done && settings.resolve_needs_close_fields && !what.who.uses_form) {
    auto const labels = missing(has, {"close_code", "close_notes"});
    if (!labels.empty()) return mandatory(labels);
  }
  if (state == on_hold && !what.who.uses_form) {
    auto const reason = has.now("hold_reason");
    if (moves && reason == awaiting_caller && settings.awaiting_caller_needs_comment &&
        !has_note(what, "comments")) {
      return mandatory(has.label("comments"));
    }
  }
  if (state != on_hold) has.set("hold_reason", "");

  auto const assignee = has.now("assigned_to");
  auto const group = has.now("assignment_group");
  bool const assigns = has.changes("assigned_to") || has.changes("assignment_group") ||
                       (what.before == nullptr && !assignee.empty());
  if (settings.assignee_must_be_member && !what.who.uses_form && assigns && !assignee.empty() &&
      !group.empty() && !what.is_member(assignee, group)) {
    return aborted(what, "Assigned to must be in the assignment group");
  }
  if (has.changes("assignment_group")) has.count_up("reassignment_count");

  if (!moves) return {};
  auto const stamp = core::format_time_seconds(what.now);
  if (state == resolved) {
    has.set("resolved_at", stamp);
    has.set("resolved_by", what.who.sys_id);
  }
  if (state == closed) {
    has.set("closed_at", stamp);
    has.set("closed_by", what.who.sys_id);
    if (has.now("resolved_at").empty()) {
      has.set("resolved_at", stamp);
      has.set("resolved_by", what.who.sys_id);
    }
  }
  has.set("active", state == closed || state == canceled ? "false" : "true");
  bool const reopens = (was == resolved || was == closed) && !done && state != canceled;
  if (reopens) {
    has.count_up("reopen_count");
    has.set("reopened_time", stamp);
    has.set("reopened_by", what.who.sys_id);
    for (auto const* name : {"resolved_at", "resolved_by", "closed_at", "closed_by"}) {
      has.set(name, "");
    }
  }
  return {};
}

/// NIST Stateful: one step at a time, and Cancelled from every open state.
bool is_next_state(std::string_view from, std::string_view to) {
  static constexpr std::array<std::string_view, 7> steps{"10", "16", "18", "19", "20", "100", "3"};
  if (to == "7") return from != "3";
  auto const at = std::find(steps.begin(), steps.end(), from);
  return at != steps.end() && at + 1 != steps.end() && *(at + 1) == to;
}

verdict security_incident_rules(write& what, servicenow_settings const& settings) {
  columns has{what};
  auto const was = has.before("state");
  auto const state = has.now("state");
  bool const moves = what.before != nullptr && was != state;
  bool const is_over = was == "3" || was == "7";
  if (is_over && !what.who.has("admin")) {
    bool const only_notes = what.next.same_values(*what.before) && !what.notes.empty();
    if (!only_notes || !settings.closed_takes_notes) {
      return aborted(what, "Closed security incidents are read only");
    }
    return {};
  }
  if (moves && settings.stateful_security_process && !what.who.uses_form &&
      !is_next_state(was, state)) {
    return aborted(what, "Enforce process definition NIST Stateful");
  }
  if (state == "3" && settings.resolve_needs_close_fields && !what.who.uses_form) {
    auto const labels = missing(has, {"close_code", "close_notes"});
    if (!labels.empty()) return mandatory(labels);
  }
  if (has.now("priority").empty()) has.set("priority", "4");
  if (has.changes("assignment_group")) has.count_up("reassignment_count");
  if (moves && (state == "3" || state == "7")) {
    has.set("closed_at", core::format_time_seconds(what.now));
    has.set("closed_by", what.who.sys_id);
    has.set("active", "false");
  } else if (moves && is_over) {
    has.set("closed_at", "");
    has.set("closed_by", "");
    has.set("active", "true");
  }
  return {};
}

}  // namespace

bool actor::has(std::string_view role) const {
  return std::find(roles.begin(), roles.end(), role) != roles.end();
}

std::string priority_of(std::string_view impact, std::string_view urgency) {
  auto const rank = [](std::string_view text) {
    return text.size() == 1 && text[0] >= '1' && text[0] <= '3' ? text[0] - '0' : 0;
  };
  int const i = rank(impact);
  int const u = rank(urgency);
  if (i == 0 || u == 0) return {};
  return std::to_string(i + u - 1);
}

verdict apply_rules(write& what, servicenow_settings const& settings) {
  if (what.before == nullptr && !what.who.uses_form && !settings.mandatory_on_create.empty()) {
    columns const has{what};
    std::string labels;
    for (auto const& name : settings.mandatory_on_create) {
      if (!what.of.columns().find(name) || !has.now(name).empty()) continue;
      if (!labels.empty()) labels += ", ";
      labels += has.label(name);
    }
    if (!labels.empty()) return mandatory(labels);
  }
  auto const& name = what.of.columns().name();
  if (name == "incident") return incident_rules(what, settings);
  if (name == "sn_si_incident") return security_incident_rules(what, settings);
  return {};
}

}  // namespace simulators

#include <algorithm>
#include <map>
#include <set>

#include "connector/mapping/live_parts.hpp"

/// States: what each step demands, and which can be reached from where.
namespace connector::mapping {

namespace {

using step = adapter::description::step;

class walking {
 public:
  walking(program const& map, side on, adapter::description const& real, live_report& to)
      : map_{map}, on_{on}, real_{real}, out_{to} {}

  void check() {
    auto const targets = asked_values(map_, on_, real_.workflow_field);
    for (auto const& target : targets) {
      if (!contains(real_.states, target.value)) {
        complain_no_state(target);
        continue;
      }
      check_demands(target);
      check_reach(target);
    }
    check_merge();
  }

 private:
  static std::string quoted(std::string_view text) { return '\'' + std::string{text} + '\''; }

  std::string subject() const { return quoted(real_.workflow_field); }

  bool exits_seen(std::string const& state) const { return !contains(real_.exits_unseen, state); }

  bool leads(step const& s, std::string const& from) const {
    if (s.to == from) return false;
    return s.from == from || (s.from.empty() && exits_seen(from));
  }

  /// The map leaves tickets in this state alone.
  bool is_closed(std::string const& state) const {
    if (!map_.closed) return false;
    auto const v = core::value(boost::json::string(state));
    return possible(map_.closed->when, on_, real_.workflow_field, v) == possibility::yes;
  }

  std::vector<std::string> unsupplied(std::vector<std::string> const& fields, step const& s) const {
    std::vector<std::string> out;
    for (auto const& field : fields) {
      if (field == real_.workflow_field) continue;
      if (!supplies(map_, on_, field, real_.workflow_field, s.to)) out.push_back(field);
    }
    return out;
  }

  void complain_no_state(asked_value const& target) {
    // Where the field's choices are listed too, the value was complained about with its rule.
    auto const* field = find_field(real_, real_.workflow_field);
    if (real_.states.empty() || (field && field->choices)) return;
    // Behind exits that were not seen there may be more states.
    if (!real_.exits_unseen.empty()) return;
    std::vector<std::string_view> const known{real_.states.begin(), real_.states.end()};
    out_.add(
        found::no_choice_there,
        target.at,
        target.rule,
        "there is no state " + quoted(target.value) + " in the ticket's system",
        suggestion(target.value, known)
    );
  }

  std::string way_into(step const& s) const {
    return s.from.empty() ? "the way into " + quoted(s.to)
                          : "the step from " + quoted(s.from) + " to " + quoted(s.to);
  }

  void check_demands(asked_value const& target) {
    for (auto const& s : real_.steps) {
      if (s.to != target.value || (!s.from.empty() && is_closed(s.from))) continue;
      for (auto const& field : unsupplied(s.demands, s)) {
        out_.add(
            found::step_demands,
            target.at,
            target.rule,
            way_into(s) + " of " + subject() + " does not do without " + quoted(field) +
                ", and no rule writes that then: the write is refused",
            "add a rule for " + quoted(field) + " that applies when " + real_.workflow_field +
                " is " + quoted(s.to)
        );
      }
      for (auto const& field : unsupplied(s.expects, s)) {
        out_.add(
            found::step_expects,
            target.at,
            target.rule,
            "people cannot leave " + quoted(field) + " empty on " + way_into(s) + " of " +
                subject() + ", and no rule writes it: whoever edits the ticket next has to",
            "add a rule for " + quoted(field) + " that applies when " + real_.workflow_field +
                " is " + quoted(s.to)
        );
      }
    }
  }

  /// A merged incident's ticket gets exactly the fields that the map lists for it.
  void check_merge() {
    if (on_ != side::ticket || !map_.merged.close) return;
    auto const* state = map_.merged.fields.if_contains(real_.workflow_field);
    if (!state) return;
    auto const to = core::text_of(*state);
    std::set<std::string> reported;
    for (auto const& s : real_.steps) {
      if (s.to != to) continue;
      for (auto const& field : s.demands) {
        if (map_.merged.fields.contains(field) || !reported.insert(field).second) continue;
        out_.add(
            found::step_demands,
            map_.merged.where,
            {},
            way_into(s) + " of " + subject() + " does not do without " + quoted(field) +
                ", and 'merged' does not write it",
            "add " + quoted(field) + " under 'write'"
        );
      }
    }
  }

  /// The states from which `target` is reached; with `ours`, by steps whose demands are supplied.
  std::set<std::string> reaching(std::string const& target, bool ours) const {
    std::set<std::string> reached{target};
    for (bool grows = true; grows;) {
      grows = false;
      for (auto const& from : real_.states) {
        if (reached.contains(from)) continue;
        auto const goes = std::ranges::any_of(real_.steps, [&](step const& s) {
          if (!leads(s, from) || !reached.contains(s.to)) return false;
          // What the last step demands is reported by itself.
          return !ours || s.to == target || unsupplied(s.demands, s).empty();
        });
        if (goes) grows = reached.insert(from).second;
      }
    }
    return reached;
  }

  void check_reach(asked_value const& target) {
    if (real_.steps.empty()) return;
    auto const can = reaching(target.value, true);
    auto const could = reaching(target.value, false);
    std::vector<std::string> never, lacking;
    for (auto const& from : real_.states) {
      if (can.contains(from) || is_closed(from) || !leads_to_seen(from)) continue;
      (could.contains(from) ? lacking : never).push_back(from);
    }
    if (!never.empty()) {
      out_.add(
          found::unreachable_state,
          target.at,
          target.rule,
          "no steps lead to " + quoted(target.value) + " of " + subject() + " from " +
              listed(never) + ": a ticket there never gets what this asks for",
          "add a step there, ask for a state that can be reached, or say under 'closed:' that "
          "tickets in " +
              listed(never) + " are left alone"
      );
    }
    if (!lacking.empty()) {
      out_.add(
          found::unreachable_state,
          target.at,
          target.rule,
          quoted(target.value) + " of " + subject() + " is reached from " + listed(lacking) +
              " only by steps that demand what no rule supplies: " + listed(demands_before(target)),
          "add rules for these fields"
      );
    }
  }

  /// False if this state, or one that it leads to, has ways out that could not be seen.
  bool leads_to_seen(std::string const& from) const {
    std::set<std::string> seen{from};
    for (bool grows = true; grows;) {
      grows = false;
      for (auto const& s : real_.steps) {
        for (auto const& at : std::set<std::string>{seen}) {
          if (leads(s, at)) grows = seen.insert(s.to).second || grows;
        }
      }
    }
    return std::ranges::all_of(seen, [&](std::string const& one) { return exits_seen(one); });
  }

  std::vector<std::string> demands_before(asked_value const& target) const {
    std::vector<std::string> all;
    for (auto const& s : real_.steps) {
      if (s.to == target.value) continue;
      for (auto& field : unsupplied(s.demands, s)) {
        if (!contains(all, field)) all.push_back(std::move(field));
      }
    }
    return all;
  }

  program const& map_;
  side on_;
  adapter::description const& real_;
  live_report& out_;
};

}  // namespace

void compare_workflow(
    program const& map, side on, adapter::description const& real, live_report& to
) {
  if (real.workflow_field.empty()) return;
  walking{map, on, real, to}.check();
}

}  // namespace connector::mapping

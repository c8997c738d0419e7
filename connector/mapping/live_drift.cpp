#include <algorithm>
#include <map>
#include <set>

#include "connector/mapping/live_parts.hpp"

/// What changed between two descriptions, in the map's words.
namespace connector::mapping {

namespace {

using described = adapter::description::field;
using step = adapter::description::step;

std::string quoted(std::string_view text) { return '\'' + std::string{text} + '\''; }

/// What is in `all` and not in `than`.
std::vector<std::string> beyond(
    std::vector<std::string> const& all, std::vector<std::string> const& than
) {
  std::vector<std::string> out;
  for (auto const& one : all) {
    if (!contains(than, one)) out.push_back(one);
  }
  return out;
}

class drifting {
 public:
  drifting(
      program const& map,
      side on,
      adapter::description const& before,
      adapter::description const& after
  )
      : map_{map}, on_{on}, before_{before}, after_{after} {}

  std::vector<live_finding> done() {
    // What could not be read this time or last time did not change for all that is known.
    if (!before_.fields.empty() && !after_.fields.empty()) {
      for (auto const& was : before_.fields) {
        if (auto const* is = find_field(after_, was.name)) {
          compare_field(was, *is);
        } else {
          vanished(was.name);
        }
      }
      for (auto const& is : after_.fields) {
        if (!find_field(before_, is.name)) appeared(is);
      }
    }
    compare_steps();
    return std::move(out_).sorted();
  }

 private:
  std::vector<rule_data const*> writers(std::string const& field) const {
    std::vector<rule_data const*> all;
    for (auto const& r : map_.rules) {
      auto const& fields = written_fields(r, on_);
      auto const hit =
          std::ranges::any_of(fields, [&](auto const& f) { return top_name(f) == field; });
      if (hit) all.push_back(&r);
    }
    return all;
  }

  /// Rules that read or write the field, or look at it in their conditions.
  std::vector<rule_data const*> touching(std::string const& field) const {
    std::vector<rule_data const*> all;
    for (auto const& r : map_.rules) {
      auto hit =
          std::ranges::any_of(r.on(on_), [&](auto const& f) { return top_name(f) == field; });
      each_test(r.when, [&](condition const& test) {
        hit = hit || (test.on == on_ && top_name(test.field) == field);
      });
      if (hit) all.push_back(&r);
    }
    return all;
  }

  /// One finding per rule touched; one without a rule if there is none.
  void say(
      std::vector<rule_data const*> const& rules,
      std::string const& change,
      std::string const& consequence
  ) {
    if (rules.empty()) {
      out_.add(found::changed_elsewhere, head_of(map_), {}, change + "; no rule looks at it");
      return;
    }
    for (auto const* r : rules) {
      auto text = change + ": ";
      text += consequence;
      out_.add(found::drifted, r->where, r->name, std::move(text));
    }
  }

  std::string subject(std::string_view field) const {
    return std::string{name(on_)} + " field " + quoted(field);
  }

  void vanished(std::string const& field) {
    say(touching(field),
        subject(field) + " vanished since the last look",
        "what this rule writes there is refused or lost, and what it reads there is empty");
  }

  void appeared(described const& is) {
    if (!is.mandatory && !is.expected) {
      say({}, subject(is.name) + " is new", {});
      return;
    }
    auto const by = writers(is.name);
    if (by.empty()) {
      out_.add(
          found::drifted,
          head_of(map_),
          {},
          subject(is.name) + " is new and must be filled in: " +
              (is.mandatory ? "tickets without it are refused, and no rule supplies it"
                            : "no rule supplies it, so whoever edits a ticket next has to")
      );
    } else {
      say(by, subject(is.name) + " is new", "this rule can write it now");
    }
  }

  void compare_field(described const& was, described const& is) {
    auto const field = subject(is.name);
    if (was.type != is.type || was.kind != is.kind) {
      say(touching(is.name),
          field + " was " + quoted(was.type) + " and is now " + quoted(is.type),
          "values that fitted before may be refused");
    }
    compare_demand(was, is);
    if (was.writable && !is.writable) {
      say(writers(is.name),
          field + " became read-only",
          "what this rule writes is refused or ignored from now on");
    } else if (!was.writable && is.writable) {
      say(touching(is.name), field + " became writable", "this rule's writes take effect now");
    }
    compare_length(was, is);
    compare_choices(was, is);
  }

  void compare_demand(described const& was, described const& is) {
    auto const field = subject(is.name);
    if (is.mandatory && !was.mandatory) {
      if (auto const by = writers(is.name); !by.empty()) {
        say(by, field + " became mandatory", "writes are refused where this rule leaves it empty");
      } else {
        out_.add(
            found::drifted,
            head_of(map_),
            {},
            field + " became mandatory: no rule supplies it, so new tickets are refused"
        );
      }
    } else if (is.expected && !was.expected) {
      say(writers(is.name), field + " became mandatory for people", "this rule supplies it");
    } else if (was.mandatory && !is.mandatory) {
      say(touching(is.name), field + " is no longer mandatory", "nothing is refused for it");
    }
  }

  void compare_length(described const& was, described const& is) {
    if (was.length == is.length || !is.length) return;
    auto const change = subject(is.name) + " held " +
                        (was.length ? std::to_string(*was.length) : std::string{"any number of"}) +
                        " characters and now holds " + std::to_string(*is.length);
    auto const shrank = !was.length || *is.length < *was.length;
    say(shrank ? writers(is.name) : touching(is.name),
        change,
        shrank ? "longer texts of this rule are cut or refused" : "this rule may write more");
  }

  void compare_choices(described const& was, described const& is) {
    if (!was.choices || !is.choices) return;
    for (auto const& gone : beyond(*was.choices, *is.choices)) {
      choice_gone(is.name, gone);
    }
    for (auto const& fresh : beyond(*is.choices, *was.choices)) {
      choice_new(is.name, fresh);
    }
  }

  void choice_gone(std::string const& field, std::string const& value) {
    auto const change = "choice " + quoted(value) + " of " + subject(field) + " is gone";
    bool asked_for = false;
    for (auto const& one : asked_values(map_, on_, field)) {
      if (one.value != value) continue;
      asked_for = true;
      out_.add(
          found::drifted,
          one.at,
          one.rule,
          change +
              ": this asks for it, and the system refuses it or shows a value that nobody knows",
          "ask for a choice that is there"
      );
    }
    if (!asked_for) say(touching(field), change, "this rule never writes it; tickets keep it");
  }

  void choice_new(std::string const& field, std::string const& value) {
    auto const change = "choice " + quoted(value) + " of " + subject(field) + " is new";
    auto const readers = touching(field);
    if (readers.empty()) {
      say({}, change, {});
      return;
    }
    for (auto const* r : readers) {
      out_.add(found::drifted, r->where, r->name, change + ": " + fate_of(*r, field, value));
    }
  }

  /// What a rule makes of a value that somebody over there chooses.
  std::string fate_of(rule_data const& r, std::string const& field, std::string const& value)
      const {
    if (!r.goes(other(on_))) return "this rule does not carry that side's choices over";
    auto const* table = std::get_if<value_table>(&r.body);
    if (!table) return "this rule carries it over as it is";
    auto const& fields = r.on(on_);
    auto const at = std::ranges::find_if(fields, [&](auto const& f) { return f.path == field; });
    if (at == fields.end()) return "this rule only looks at it in its condition";
    auto const index = static_cast<std::size_t>(at - fields.begin());
    for (auto const& row : table->rows) {
      auto const& cells = on_ == side::ticket ? row.ticket : row.incident;
      if (!row.leads(other(on_)) || index >= cells.size()) continue;
      if (cells[index].any || core::text_of(cells[index].value) == value) {
        return "a row of this rule has it already (line " + std::to_string(row.at.line) + ")";
      }
    }
    auto const& otherwise =
        on_ == side::ticket ? table->otherwise_incident : table->otherwise_ticket;
    switch (otherwise.what) {
      case outcome::kind::park:
        return "no row of this rule has it, so whoever chooses it waits for a person "
               "(otherwise: park)";
      case outcome::kind::leave:
        return "no row of this rule has it, so choosing it changes nothing on the other side "
               "(otherwise: leave)";
      case outcome::kind::value:
        return "no row of this rule has it, so it counts as " +
               quoted(core::text_of(core::value(otherwise.value))) + " (otherwise)";
    }
    return {};
  }

  static std::string shown(step const& s) {
    return s.from.empty() ? "the way into " + quoted(s.to)
                          : "the step from " + quoted(s.from) + " to " + quoted(s.to);
  }

  /// Rules that ask for the state to which the step leads.
  std::vector<rule_data const*> asking_for(std::string const& state) const {
    std::vector<rule_data const*> all;
    for (auto const& one : asked_values(map_, on_, after_.workflow_field)) {
      if (one.value != state) continue;
      for (auto const& r : map_.rules) {
        if (r.name == one.rule) all.push_back(&r);
      }
    }
    return all;
  }

  void compare_steps() {
    if (before_.workflow_field != after_.workflow_field || after_.workflow_field.empty()) return;
    auto const find = [](adapter::description const& in, step const& s) {
      return std::ranges::find_if(in.steps, [&](step const& other) {
        return other.from == s.from && other.to == s.to;
      });
    };
    for (auto const& was : before_.steps) {
      if (find(after_, was) != after_.steps.end()) continue;
      if (!contains(after_.states, was.to)) continue;  // said of the choice
      say(asking_for(was.to),
          shown(was) + " of " + quoted(after_.workflow_field) + " is gone",
          "what this rule asks for may not be reachable any more");
    }
    for (auto const& is : after_.steps) {
      auto const was = find(before_, is);
      if (was == before_.steps.end()) {
        if (!contains(before_.states, is.to)) continue;
        say(asking_for(is.to),
            shown(is) + " of " + quoted(after_.workflow_field) + " is new",
            "what this rule asks for can be reached that way");
        continue;
      }
      for (auto const& field : beyond(is.demands, was->demands)) {
        auto const supplied = supplies(map_, on_, field, after_.workflow_field, is.to);
        say(asking_for(is.to),
            shown(is) + " of " + quoted(after_.workflow_field) + " now demands " + quoted(field),
            supplied ? "another rule supplies it"
                     : "no rule supplies it, so what this rule asks for is refused");
      }
      for (auto const& field : beyond(was->demands, is.demands)) {
        say({}, shown(is) + " no longer demands " + quoted(field), {});
      }
    }
  }

  program const& map_;
  side on_;
  adapter::description const& before_;
  adapter::description const& after_;
  live_report out_;
};

}  // namespace

std::vector<live_finding> drift(
    program const& map,
    side on,
    adapter::description const& before,
    adapter::description const& after
) {
  return drifting{map, on, before, after}.done();
}

}  // namespace connector::mapping

#include "connector/mapping/prove_checks.hpp"

#include <algorithm>
#include <set>

#include "connector/mapping/prove_domain.hpp"

namespace connector::mapping {
namespace {

/// A group of values that a rule may write to one side, and where it stands.
struct written {
  core::group values;
  place at;
};

std::vector<written> writes_of(rule_data const& r, side to) {
  std::vector<written> all;
  auto const add = [&](outcome const& o) {
    if (o.what == outcome::kind::value) all.push_back({o.value, o.at});
  };
  if (!r.goes(to)) return all;
  if (auto const* table = std::get_if<value_table>(&r.body)) {
    for (auto const& row : table->rows) {
      if (!row.leads(to)) continue;
      if (row.way != table_row::arrow::both) {
        add(row.result);
        continue;
      }
      written w;
      w.at = row.at;
      for (auto const& c : to == side::ticket ? row.ticket : row.incident) {
        w.values.push_back(c.value);
      }
      all.push_back(std::move(w));
    }
    add(to == side::ticket ? table->otherwise_ticket : table->otherwise_incident);
  }
  if (auto const* lines = std::get_if<decision_table>(&r.body); lines && to == side::ticket) {
    for (auto const& line : lines->lines) add(line.then);
    add(lines->otherwise);
  }
  if (auto const* constant = std::get_if<constant_body>(&r.body); constant && r.target == to) {
    all.push_back({constant->value, r.at});
  }
  return all;
}

choice_value const* listed(field_ref const& field, core::value const& v) {
  auto const* text = v.if_string();
  return text ? field.type->find_value(*text) : nullptr;
}

/// `when` can hold once `field` has the value `v`.
bool holds_with(condition const& when, field_ref const& field, core::value const& v) {
  condition is;
  is.what = condition::kind::test;
  is.on = side::ticket;
  is.field = field;
  is.values = {v};
  condition both;
  both.what = condition::kind::all;
  both.parts = {when, is};
  return can_hold(both);
}

/// The rule always has something to write to its target.
bool always_gives(rule_data const& r) {
  auto const* copy = std::get_if<copy_body>(&r.body);
  if (!copy || !core::is_unset(copy->otherwise)) return true;
  return r.incident.front().type->required;
}

enum class supply { none, sometimes, always };

supply supply_of(
    program const& p, std::string const& needed, field_ref const& state, core::value const& v
) {
  auto best = supply::none;
  for (auto const& r : p.rules) {
    auto const writes = r.goes(side::ticket) &&
                        std::any_of(r.ticket.begin(), r.ticket.end(), [&](field_ref const& f) {
                          return f.path == needed;
                        });
    if (!writes || !holds_with(r.when, state, v)) continue;
    if (always_gives(r)) return supply::always;
    best = supply::sometimes;
  }
  return best;
}

void check_state(
    program const& p,
    field_ref const& field,
    core::value const& v,
    place at,
    std::set<std::string>& said,
    std::vector<finding>& to
) {
  auto const* state = listed(field, v);
  if (!state) return;
  for (auto const& needed : state->needs) {
    auto const given = supply_of(p, needed, field, v);
    if (given == supply::always || !said.insert(state->value + '\n' + needed).second) continue;
    to.push_back(make_finding(
        found::state_needs,
        p.position(at),
        "'" + field.path + "' " + state->value + " (" + state->label + ") is refused without '" +
            needed + "', and " +
            (given == supply::none ? "no rule writes that then"
                                   : "the rule that writes it may have nothing to write"),
        given == supply::none ? "add a rule for it: 'ticket: " + needed + "', 'when: {ticket: {" +
                                    field.path + ": \"" + state->value + "\"}}'"
                              : "add a 'default' to that rule"
    ));
  }
}

}  // namespace

void check_conditions(program const& p, std::vector<finding>& to) {
  auto const check = [&](condition const& c, std::string_view what) {
    if (c.what == condition::kind::always || c.what == condition::kind::never || can_hold(c))
      return;
    to.push_back(make_finding(
        found::holds_never,
        p.position(c.at),
        std::string{what} + " can never hold: " + describe(c),
        "no value of the fields makes it true; remove it or change a part"
    ));
  };
  if (p.open.what != condition::kind::never && !can_hold(p.open)) {
    to.push_back(make_finding(
        found::opens_never,
        p.position(p.open_at),
        "no incident can get a ticket: " + describe(p.open) + " can never hold",
        "name alternatives under 'any:'; write 'open: none' if no tickets are wanted"
    ));
  }
  for (auto const& c : p.urgent) check(c, "this");
  for (auto const& r : p.rules) {
    check(r.when, "'when'");
    auto const* lines = std::get_if<decision_table>(&r.body);
    if (!lines) continue;
    for (auto const& line : lines->lines) check(line.when, "this line");
  }
}

void check_needs(program const& p, std::vector<finding>& to) {
  std::set<std::string> said;
  for (auto const& r : p.rules) {
    for (auto const& w : writes_of(r, side::ticket)) {
      for (std::size_t i = 0; i < r.ticket.size() && i < w.values.size(); ++i) {
        check_state(p, r.ticket[i], w.values[i], w.at, said, to);
      }
    }
  }
  for (auto const& [name, v] : p.merged.fields) {
    auto const field = refer(*p.ticket, name);
    auto const* state = field ? listed(*field, v) : nullptr;
    if (!state) continue;
    for (auto const& needed : state->needs) {
      auto const hit = p.merged.fields.find(needed);
      if (hit != p.merged.fields.end() && !core::is_unset(hit->value())) continue;
      to.push_back(make_finding(
          found::state_needs,
          p.merged.where,
          "'" + field->path + "' " + state->value + " (" + state->label + ") is refused without '" +
              needed + "', and 'merged' does not write that",
          "add '" + needed + "' under 'write'"
      ));
    }
  }
}

void check_companions(program const& p, std::vector<finding>& to) {
  for (auto const& r : p.rules) {
    for (auto const on : {side::incident, side::ticket}) {
      auto const& fields = r.on(on);
      for (auto const& w : writes_of(r, on)) {
        for (std::size_t i = 0; i < fields.size() && i < w.values.size(); ++i) {
          auto const* v = listed(fields[i], w.values[i]);
          if (!v) continue;
          for (auto const& with : v->goes_with) {
            auto const other = std::find_if(fields.begin(), fields.end(), [&](auto const& f) {
              return f.path == with.field;
            });
            if (other == fields.end()) continue;
            auto const& there = w.values[static_cast<std::size_t>(other - fields.begin())];
            auto const text = core::is_unset(there) ? std::string{"unset"} : core::text_of(there);
            if (std::find(with.values.begin(), with.values.end(), text) != with.values.end()) {
              continue;
            }
            std::string allowed;
            for (auto const& one : with.values) allowed += (allowed.empty() ? "" : " or ") + one;
            to.push_back(make_finding(
                found::unusual_pair,
                p.position(w.at),
                "'" + fields[i].path + "' " + v->value + " does not go with '" + with.field + "' " +
                    text,
                "it goes with " + allowed
            ));
          }
        }
      }
    }
  }
}

}  // namespace connector::mapping

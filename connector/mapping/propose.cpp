#include <algorithm>
#include <boost/json/serialize.hpp>

#include "connector/mapping/coverage.hpp"
#include "connector/mapping/map_test.hpp"
#include "connector/mapping/test_runner.hpp"

namespace connector::mapping {
namespace {

std::string yaml_value(core::value const& v) {
  if (v.is_null()) return "unset";
  // JSON is YAML, and a quoted text is the text itself.
  return boost::json::serialize(v);
}

std::string yaml_record(core::record const& r) {
  std::string text;
  for (auto const& [key, value] : r) {
    text += (text.empty() ? "" : ", ") + std::string{key} + ": " + yaml_value(value);
  }
  return '{' + text + '}';
}

void set(core::record& r, field_ref const& f, core::value const& v) {
  // A row's field stands in a row of its own.
  if (f.keys.size() > 1) return;
  r[f.path] = v;
}

core::value some_value(model_field const& type) {
  switch (type.type) {
    case field_type::choice:
      return type.values.empty() ? core::value("x") : core::value(type.values.front().value);
    case field_type::integer:
      return 1;
    case field_type::flag:
      return true;
    case field_type::time:
      return "2026-01-22T12:00:00Z";
    case field_type::set:
      return boost::json::array{"x"};
    case field_type::list:
      return boost::json::array{};
    default:
      return "x";
  }
}

/// A choice's value that no row names.
core::value unlisted_value(value_table const& t, side on, model_field const& type) {
  for (auto const& v : type.values) {
    core::value candidate(v.value);
    auto const listed = [&](table_row const& row) {
      auto const& cells = on == side::incident ? row.incident : row.ticket;
      return !cells.empty() && (cells.front().any || cells.front().value == candidate);
    };
    if (std::none_of(t.rows.begin(), t.rows.end(), listed)) return candidate;
  }
  return core::value("a value that no row names");
}

/// Makes a record for which the condition holds, where that can be seen.
void satisfy(condition const& c, core::record& incident, core::record& ticket) {
  switch (c.what) {
    case condition::kind::all:
      for (auto const& part : c.parts) satisfy(part, incident, ticket);
      return;
    case condition::kind::any:
      if (!c.parts.empty()) satisfy(c.parts.front(), incident, ticket);
      return;
    case condition::kind::test: {
      auto& r = c.on == side::incident ? incident : ticket;
      if (c.how == condition::relation::unset) {
        r.erase(c.field.path);
      } else if (c.how == condition::relation::set || c.values.empty()) {
        set(r, c.field, some_value(*c.field.type));
      } else if (c.field.type->type == field_type::set && !c.values.front().is_array()) {
        set(r, c.field, boost::json::array{c.values.front()});
      } else {
        set(r, c.field, c.values.front());
      }
      return;
    }
    default:
      return;
  }
}

class proposer {
 public:
  explicit proposer(compiled const& map) : map_{*map.map}, data_{*map.as_data} {}

  std::string propose(coverable const& row) {
    if (!row.rule) return for_the_map(row);
    auto const& r = *row.rule;
    auto const to_ticket = row.how != touch::to_incident;
    core::record incident, ticket;
    satisfy(r.when, incident, ticket);
    auto const with_ticket = !to_ticket || !ticket.empty() || row.how == touch::not_held;
    if (row.how == touch::not_held) {
      incident.clear();
      ticket.clear();
    }
    fill(r, row, to_ticket ? side::ticket : side::incident, incident, ticket);
    return written(r, row, incident, ticket, with_ticket);
  }

 private:
  static std::string for_the_map(coverable const& row) {
    return "  # " + row.text + " (line " + std::to_string(row.where.line) +
           "): write a test with 'opens', 'lane' or 'parks'\n";
  }

  void fill(
      rule_data const& r,
      coverable const& row,
      side to,
      core::record& incident,
      core::record& ticket
  ) const {
    auto& record = to == side::ticket ? incident : ticket;
    auto const& fields = r.on(other(to));
    auto const is_here = [&](place at) {
      auto const p = data_.position(at);
      return p.line == row.where.line && p.column == row.where.column;
    };
    if (auto const* t = std::get_if<value_table>(&r.body)) {
      for (auto const& line : t->rows) {
        if (!is_here(line.at) || !line.leads(to)) continue;
        auto const& cells = to == side::ticket ? line.incident : line.ticket;
        for (std::size_t i = 0; i < cells.size() && i < fields.size(); ++i) {
          set(record, fields[i], cells[i].any ? some_value(*fields[i].type) : cells[i].value);
        }
        return;
      }
      set(record, fields.front(), unlisted_value(*t, other(to), *fields.front().type));
      return;
    }
    if (auto const* d = std::get_if<decision_table>(&r.body)) {
      for (auto const& line : d->lines) {
        if (is_here(line.at)) satisfy(line.when, incident, ticket);
      }
      return;
    }
    if (r.reference) {
      for (auto const& n : r.reference->names) {
        if (is_here(n.at)) set(record, fields.front(), core::value(n.name));
      }
      if (is_here(r.reference->at)) set(record, fields.front(), core::value("nobody@example.com"));
    }
    for (auto const& f : fields) {
      if (!record.contains(f.path)) set(record, f, some_value(*f.type));
    }
  }

  std::string written(
      rule_data const& r,
      coverable const& row,
      core::record const& incident,
      core::record const& ticket,
      bool with_ticket
  ) const {
    auto const got = outcome_of(incident, with_ticket ? &ticket : nullptr, row.how);
    std::string text =
        "  - name: \"" + row.text + "\"\n    incident: " + yaml_record(incident) + '\n';
    if (with_ticket) text += "    ticket: " + yaml_record(ticket) + '\n';
    auto const on = row.how == touch::to_incident ? side::incident : side::ticket;
    for (auto const& one : got.rules) {
      if (one.by->name() != r.name || one.want.what != wish::kind::park) continue;
      return text + "    parks: " + r.name + "  # " + one.want.reason + '\n';
    }
    core::record expected;
    for (auto const& f : r.on(on)) {
      if (f.keys.size() == 1 && r.goes(on)) expected[f.path] = read_field(f, got.after);
    }
    text += on == side::ticket ? "    expect: " : "    expect_incident: ";
    return text + yaml_record(expected) + '\n';
  }

  [[nodiscard]] application outcome_of(
      core::record const& incident, core::record const* ticket, touch how
  ) const {
    core::record const none;
    answers known;
    facts const links{"TICKET1", "", ""};
    auto const to = how == touch::to_incident ? side::incident : side::ticket;
    application done;
    for (int round = 0; round < 4; ++round) {
      done = apply(map_, to, {incident, ticket ? *ticket : none, known, links}, !ticket);
      for (auto const& one : done.rules) {
        for (auto const& q : one.want.questions) known.add(q.in, q.asked, {});
      }
    }
    return done;
  }

  field_map const& map_;
  program const& data_;
};

}  // namespace

std::string propose_tests(compiled const& map, test_report const& report) {
  if (!map.map || !map.as_data || report.untouched.empty()) return {};
  proposer p{map};
  std::string text;
  for (auto const& row : coverables(*map.as_data)) {
    auto const hit = std::any_of(report.untouched.begin(), report.untouched.end(), [&](auto& u) {
      return u.where.line == row.where.line && u.where.column == row.where.column &&
             u.text == row.text;
    });
    if (hit) text += p.propose(row);
  }
  return text;
}

}  // namespace connector::mapping

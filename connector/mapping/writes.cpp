#include "connector/mapping/writes.hpp"

#include <algorithm>

namespace connector::mapping {

namespace {

void add_group(
    std::vector<written_value>& to, core::group const& values, config::position const& at
) {
  for (std::size_t i = 0; i < values.size(); ++i) {
    if (!values[i].is_null()) to.push_back({i, values[i], at});
  }
}

void add_outcome(
    std::vector<written_value>& to, program const& map, rule_data const& r, outcome const& o
) {
  if (o.what == outcome::kind::value) add_group(to, o.value, place_in(map, r, o.at));
}

}  // namespace

std::vector<field_ref> const& written_fields(rule_data const& r, side on) {
  static std::vector<field_ref> const none;
  if (!r.goes(on)) return none;
  auto const aimed = std::holds_alternative<constant_body>(r.body) ||
                     std::holds_alternative<template_body>(r.body);
  return aimed && r.target != on ? none : r.on(on);
}

std::vector<written_value> written_values(program const& map, rule_data const& r, side on) {
  std::vector<written_value> all;
  if (written_fields(r, on).empty()) return all;
  if (auto const* constant = std::get_if<constant_body>(&r.body)) {
    add_group(all, constant->value, r.where);
  } else if (auto const* copy = std::get_if<copy_body>(&r.body)) {
    if (on == side::ticket && !copy->otherwise.is_null()) {
      all.push_back({0, copy->otherwise, r.where});
    }
  } else if (auto const* table = std::get_if<value_table>(&r.body)) {
    for (auto const& row : table->rows) {
      if (!row.leads(on)) continue;
      if (row.way != table_row::arrow::both) {
        add_outcome(all, map, r, row.result);
        continue;
      }
      auto const& cells = on == side::ticket ? row.ticket : row.incident;
      for (std::size_t i = 0; i < cells.size(); ++i) {
        if (cells[i].any || cells[i].value.is_null()) continue;
        all.push_back({i, cells[i].value, place_in(map, r, row.at)});
      }
    }
    add_outcome(
        all, map, r, on == side::ticket ? table->otherwise_ticket : table->otherwise_incident
    );
  } else if (auto const* lines = std::get_if<decision_table>(&r.body)) {
    if (on == side::ticket) {
      for (auto const& line : lines->lines) add_outcome(all, map, r, line.then);
      add_outcome(all, map, r, lines->otherwise);
    }
  }
  return all;
}

bool writes_free_text(rule_data const& r, side on) {
  if (written_fields(r, on).empty()) return false;
  return std::holds_alternative<copy_body>(r.body) || std::holds_alternative<template_body>(r.body);
}

possibility possible(
    condition const& c, side on, std::string const& field, core::value const& value
) {
  switch (c.what) {
    case condition::kind::always:
      return possibility::yes;
    case condition::kind::never:
      return possibility::no;
    case condition::kind::all: {
      auto out = possibility::yes;
      for (auto const& part : c.parts) out = std::min(out, possible(part, on, field, value));
      return out;
    }
    case condition::kind::any: {
      auto out = possibility::no;
      for (auto const& part : c.parts) out = std::max(out, possible(part, on, field, value));
      return out;
    }
    case condition::kind::no:
      switch (possible(c.parts.front(), on, field, value)) {
        case possibility::no:
          return possibility::yes;
        case possibility::maybe:
          return possibility::maybe;
        case possibility::yes:
          return possibility::no;
      }
      return possibility::maybe;
    case condition::kind::test:
      if (c.on != on || c.field.path != field) return possibility::maybe;
      return passes(c, value) ? possibility::yes : possibility::no;
  }
  return possibility::maybe;
}

std::string top_name(field_ref const& f) { return f.path.substr(0, f.path.find('.')); }

config::position place_in(program const& map, rule_data const& r, place at) {
  if (at.line <= 0) return r.where;
  return map.position(at);
}

}  // namespace connector::mapping

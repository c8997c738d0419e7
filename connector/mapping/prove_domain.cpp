#include "connector/mapping/prove_domain.hpp"

#include <algorithm>

#include "connector/mapping/evaluate.hpp"

namespace connector::mapping {
namespace {

constexpr std::array<std::string_view, 3> fresh_texts{
    "something else", "something different", "a third text"};

core::value text_of(std::string_view t) { return core::value(boost::json::string(t)); }

/// Values that nobody listed.
std::vector<core::value> unlisted(field_ref const& field, std::size_t count) {
  std::vector<core::value> all;
  auto const add = [&](core::value v) {
    if (all.size() < count) all.push_back(std::move(v));
  };
  switch (field.type->type) {
    case field_type::flag:
      break;
    case field_type::integer:
      for (auto const n : {987'654, 987'655, 987'656}) add(n);
      break;
    case field_type::time:
      for (auto const* t : {"2026-01-02T03:04:05Z", "2026-02-03T04:05:06Z"}) add(t);
      break;
    case field_type::set:
      for (auto const t : fresh_texts) add(boost::json::array{text_of(t)});
      break;
    default:
      for (auto const t : fresh_texts) add(text_of(t));
      break;
  }
  return all;
}

bool is_plain(condition::relation how) {
  return how == condition::relation::one_of || how == condition::relation::contains;
}

}  // namespace

std::string shown(stand_in const& s) {
  if (s.made_up) return "anything else";
  auto text = core::is_unset(s.value) ? std::string{"unset"} : core::text_of(s.value);
  if (s.others || !s.also.empty()) text += " (or any other)";
  return text;
}

bool domain_builder::has(core::value const& v) const {
  return std::any_of(named_.begin(), named_.end(), [&](core::value const& n) {
    return same(*field_.type, n, v);
  });
}

void domain_builder::add(core::value const& v) {
  auto const element = field_.type->type == field_type::set && v.is_string();
  auto const typed = canonical(*field_.type, element ? boost::json::array{v} : v);
  if (!core::is_unset(typed) && !has(typed)) named_.push_back(typed);
}

void domain_builder::add(condition const& test) {
  if (is_plain(test.how)) {
    for (auto const& v : test.values) add(v);
    return;
  }
  if (test.how != condition::relation::at_least && test.how != condition::relation::at_most) return;
  compares_order_ = true;
  for (auto const& v : test.values) {
    add(v);
    if (auto const* number = v.if_int64()) {
      add(*number - 1);
      add(*number + 1);
    }
  }
}

void domain_builder::add_long_text(std::size_t longer_than) {
  std::string text = "a long text";
  while (text.size() <= longer_than) text += " and more";
  add(core::value(boost::json::string(text)));
}

std::vector<stand_in> domain_builder::finish(std::size_t fresh) const {
  auto const& type = *field_.type;
  std::vector<stand_in> all(1);  // unset
  if (field_.through_list) {
    // A row with each value, and one list with all of them.
    core::value everything{boost::json::array{}};
    for (auto const& v : named_) {
      all.push_back({boost::json::array{v}, {}, false, false});
      everything.get_array().push_back(v);
    }
    if (named_.size() > 1) all.push_back({everything, {}, false, false});
    for (auto const& v : unlisted(field_, 1))
      all.push_back({boost::json::array{v}, {}, true, true});
    all.front().value = boost::json::array{};
    return all;
  }
  if (type.type == field_type::list) return all;
  for (auto const& v : named_) all.push_back({v, {}, false, false});
  if (type.type == field_type::flag) {
    for (auto const b : {true, false}) {
      if (!has(b)) all.push_back({b, {}, false, false});
    }
    return all;
  }
  if (type.type == field_type::set && named_.size() > 1) {
    core::value everything{boost::json::array{}};
    for (auto const& v : named_) {
      for (auto const& e : v.get_array()) everything.get_array().push_back(e);
    }
    all.push_back({canonical(type, everything), {}, false, false});
  }
  // Of the model's values that nothing names, one stands for all, unless their order counts.
  std::vector<std::string> rest;
  for (auto const& v : type.values) {
    if (!has(core::value(boost::json::string(v.value)))) rest.push_back(v.value);
  }
  std::size_t alone = compares_order_ ? rest.size() : std::min(rest.size(), fresh);
  for (std::size_t i = 0; i < alone; ++i) {
    stand_in s{core::value(boost::json::string(rest[i])), {}, false, false};
    if (!compares_order_ && i + 1 == alone) {
      s.also.assign(rest.begin() + static_cast<std::ptrdiff_t>(alone), rest.end());
      s.others = alone == fresh;
    }
    all.push_back(std::move(s));
  }
  auto const missing = compares_order_ ? 1 : fresh - std::min(fresh, alone);
  for (auto& v : unlisted(field_, missing)) all.push_back({std::move(v), {}, true, true});
  return all;
}

std::vector<stand_in> values_told_apart(
    program const& p,
    std::span<std::size_t const> by,
    side on,
    field_ref const& field,
    std::size_t fresh
) {
  domain_builder values{field};
  auto const add_tests = [&](condition const& c) {
    each_test(c, [&](condition const& test) {
      if (test.on == on && test.field.path == field.path) values.add(test);
    });
  };
  for (auto const index : by) {
    auto const& r = p.rules[index];
    add_tests(r.when);
    if (p.closed && r.goes(side::ticket)) add_tests(p.closed->when);
    auto const& fields = r.on(on);
    auto const hit = std::find_if(fields.begin(), fields.end(), [&](field_ref const& f) {
      return f.path == field.path;
    });
    if (auto const* decision = std::get_if<decision_table>(&r.body)) {
      for (auto const& line : decision->lines) add_tests(line.when);
    }
    if (hit == fields.end()) continue;
    auto const at = static_cast<std::size_t>(hit - fields.begin());
    auto const add_outcome = [&](outcome const& o) {
      if (o.what == outcome::kind::value && at < o.value.size()) values.add(o.value[at]);
    };
    if (auto const* table = std::get_if<value_table>(&r.body)) {
      for (auto const& row : table->rows) {
        auto const& cells = on == side::incident ? row.incident : row.ticket;
        if (at < cells.size() && !cells[at].any) values.add(cells[at].value);
      }
      add_outcome(on == side::incident ? table->otherwise_incident : table->otherwise_ticket);
    }
    auto const* decision = std::get_if<decision_table>(&r.body);
    if (decision && on == side::ticket) {
      for (auto const& line : decision->lines) add_outcome(line.then);
      add_outcome(decision->otherwise);
    }
    auto const* constant = std::get_if<constant_body>(&r.body);
    if (constant && r.target == on) values.add(constant->value[at]);
    auto const* copy = std::get_if<copy_body>(&r.body);
    if (copy && on == side::ticket && at == 0) values.add(copy->otherwise);
    auto const makes_text = copy || std::holds_alternative<template_body>(r.body);
    auto const is_text = field.type->type == field_type::text ||
                         field.type->type == field_type::multiline ||
                         field.type->type == field_type::markup;
    if (makes_text && is_text && r.fit > 0) values.add_long_text(r.fit);
    if (r.reference && on == side::incident && at == 0) {
      for (auto const& n : r.reference->names) {
        values.add(core::value(boost::json::string(n.name)));
      }
      for (auto const& n : r.reference->never_overwrite) {
        values.add(core::value(boost::json::string(n)));
      }
    }
  }
  return values.finish(fresh);
}

void place_value(core::record& into, field_ref const& field, core::value const& v) {
  if (!field.through_list) {
    auto* level = &into;
    for (std::size_t i = 0; i + 1 < field.keys.size(); ++i) {
      auto& next = (*level)[field.keys[i]];
      if (!next.is_object()) next = core::record{};
      level = &next.get_object();
    }
    (*level)[field.keys.back()] = v;
    return;
  }
  auto& rows = into[field.keys.front()];
  if (!rows.is_array()) rows = boost::json::array{};
  auto const* values = v.if_array();
  if (!values) return;
  for (auto const& one : *values) {
    core::value inner = one;
    for (auto i = field.keys.size() - 1; i > 0; --i) {
      inner = core::record{{field.keys[i], std::move(inner)}};
    }
    rows.get_array().push_back(std::move(inner));
  }
}

bool can_hold(condition const& c) {
  constexpr std::size_t tries_max = 50'000;
  std::vector<std::pair<side, field_ref>> fields;
  std::vector<std::vector<stand_in>> domains;
  each_test(c, [&](condition const& test) {
    auto const known = std::any_of(fields.begin(), fields.end(), [&](auto const& f) {
      return f.first == test.on && f.second.path == test.field.path;
    });
    if (!known) fields.emplace_back(test.on, test.field);
  });
  std::size_t product = 1;
  for (auto const& [on, field] : fields) {
    domain_builder values{field};
    each_test(c, [&, &here = on, &of = field](condition const& test) {
      if (test.on == here && test.field.path == of.path) values.add(test);
    });
    domains.push_back(values.finish(1));
    product *= domains.back().size();
    if (product > tries_max) return true;
  }
  std::vector<std::size_t> at(fields.size(), 0);
  for (std::size_t i = 0; i < product; ++i) {
    auto const now = holds(c, [&](condition const& test) -> core::value const& {
      std::size_t f = 0;
      while (fields[f].first != test.on || fields[f].second.path != test.field.path) ++f;
      return domains[f][at[f]].value;
    });
    if (now) return true;
    for (std::size_t f = 0; f < at.size() && ++at[f] == domains[f].size(); ++f) at[f] = 0;
  }
  return false;
}

}  // namespace connector::mapping

#include "connector/mapping/compile_rule.hpp"

#include <algorithm>

#include "connector/mapping/rows.hpp"
#include "connector/mapping/rule_compiler.hpp"

namespace connector::mapping {

bool is_texty(field_type t) {
  return t == field_type::text || t == field_type::multiline || t == field_type::markup ||
         t == field_type::comment;
}

std::optional<rule_data> rule_compiler::compile() {
  if (!from_.is_mapping()) return std::nullopt;
  r_.where = to_.at(from_.at);
  r_.at = from_.at;
  read_fields("incident", side::incident, r_.incident);
  read_fields("ticket", side::ticket, r_.ticket);
  read_direction();
  if (auto const* when = read_.find("when")) {
    r_.when = read_condition(*when, with_.in, sides_allowed::both, to_);
  }
  if (!read_kind() || bad_) return std::nullopt;
  check_targets();
  read_fit();
  read_conflict();
  read_merge_risk();
  read_losses();
  read_unproved();
  check_visibility();
  set_names();
  return bad_ ? std::nullopt : std::optional{std::move(r_)};
}

void rule_compiler::complain(
    finding_kind const& what, place at, std::string text, std::string fix
) {
  // What a base says for a direction that its overlay took away is nobody's mistake.
  auto const inherited = at.file != from_.at.file;
  if (inherited && what.id == found::unused_setting.id) return;
  to_.add(what, at, std::move(text), std::move(fix));
  if (what.severity == severity::error) bad_ = true;
}

void rule_compiler::read_fields(std::string_view key, side on, std::vector<field_ref>& into) {
  auto const* n = read_.find(key);
  if (!n) return;
  auto const add = [&](node const& item) {
    if (!item.is_scalar()) {
      complain(found::wrong_shape, item.at, "a field's name is wanted here");
      return;
    }
    auto f = find_field(with_.in, on, item.text, item.at, to_);
    if (!f) {
      bad_ = true;
      return;
    }
    auto const twice = std::any_of(into.begin(), into.end(), [&](field_ref const& x) {
      return x.path == f->path;
    });
    if (twice) complain(found::no_kind, item.at, "'" + item.text + "' stands twice");
    into.push_back(std::move(*f));
  };
  if (n->is_list()) {
    for (auto const& item : n->items) add(item);
  } else {
    add(*n);
  }
}

void rule_compiler::read_direction() {
  constexpr std::array<std::pair<std::string_view, direction>, 5> words{{
      {"never", direction::never},
      {"once", direction::once},
      {"to_ticket", direction::to_ticket},
      {"to_incident", direction::to_incident},
      {"both", direction::both},
  }};
  auto const* n = read_.find("sync");
  if (!n) {
    bad_ = true;
    return;
  }
  for (auto const& [word, d] : words) {
    if (n->is_scalar() && n->text == word) {
      r_.direction = d;
      return;
    }
  }
  std::vector<std::string_view> known;
  for (auto const& [word, d] : words) known.push_back(word);
  unknown_word(*n, "sync", known, to_);
  bad_ = true;
}

bool rule_compiler::read_kind() {
  constexpr std::array<std::string_view, 7> kinds{
      "constant", "template", "values", "choose", "lookup", "people", "set"};
  node const* chosen = nullptr;
  std::string_view kind = "copy";
  for (auto const k : kinds) {
    auto const* n = read_.find(k);
    if (!n) continue;
    if (chosen) {
      complain(
          found::no_kind,
          n->at,
          "a rule cannot have both '" + std::string{kind} + "' and '" + std::string{k} + "'",
          "make two rules"
      );
      return false;
    }
    chosen = n;
    kind = k;
  }
  check_keys_of(kind);
  if (kind == "constant") return read_constant(*chosen);
  if (kind == "template") return read_template_rule(*chosen);
  if (kind == "choose") return read_choose(*chosen);
  if (!needs_both_sides(kind)) return false;
  if (kind == "values" || kind == "lookup") {
    value_table table;
    if (kind == "values") {
      read_rows(*chosen, r_, table, to_);
    } else {
      read_lookup(*chosen, r_, table, with_.files, with_.digest_input, to_);
    }
    check_rows(r_, table, to_);
    index_rows(table);
    r_.body = std::move(table);
    return read_reference();
  }
  if (kind == "people") return read_people(*chosen);
  if (kind == "set") return read_set(chosen);
  return read_copy();
}

void rule_compiler::check_keys_of(std::string_view kind) {
  constexpr std::array<std::pair<std::string_view, std::string_view>, 2> belongs{{
      {"default", "copy"},
      {"tables", "template"},
  }};
  for (auto const& [key, to_kind] : belongs) {
    if (auto const* n = read_.find(key); n && kind != to_kind) {
      complain(
          found::unused_setting,
          n->at,
          "'" + std::string{key} + "' has no effect in a rule with '" + std::string{kind} + "'",
          "remove it"
      );
    }
  }
  if (auto const* n = read_.find("reference"); n && (kind == "people" || kind == "set")) {
    complain(
        found::unused_setting,
        n->at,
        "'reference' has no effect in a rule with '" + std::string{kind} + "'",
        "remove it"
    );
  }
}

bool rule_compiler::needs_both_sides(std::string_view kind) {
  if (bad_) return false;
  if (!r_.incident.empty() && !r_.ticket.empty()) return true;
  complain(
      found::no_kind,
      from_.at,
      "the rule names no field of the " + std::string{r_.incident.empty() ? "incident" : "ticket"},
      kind == "copy" ? "add it, or say where the value comes from: constant, template or choose"
                     : "add it"
  );
  return false;
}

bool rule_compiler::find_target(std::string_view kind) {
  if (bad_) return false;
  if (r_.incident.empty() == r_.ticket.empty()) {
    complain(
        found::no_kind,
        from_.at,
        r_.incident.empty() ? "the rule says nothing to write to"
                            : "'" + std::string{kind} +
                                  "' makes the value itself, so only the "
                                  "field that gets it is named",
        r_.incident.empty() ? "add 'ticket: <field>'" : "remove the other side"
    );
    return false;
  }
  r_.target = r_.ticket.empty() ? side::incident : side::ticket;
  auto const fine = r_.direction == direction::never ||
                    (r_.target == side::ticket
                         ? r_.direction == direction::once || r_.direction == direction::to_ticket
                         : r_.direction == direction::to_incident);
  if (!fine) {
    complain(
        found::bad_direction,
        read_.find("sync")->at,
        "'" + std::string{kind} + "' leads to the " + std::string{name(r_.target)} + " only",
        r_.target == side::ticket ? "write 'sync: to_ticket' or 'sync: once'"
                                  : "write 'sync: to_incident'"
    );
    return false;
  }
  return true;
}

void rule_compiler::check_targets() {
  for (auto const on : {side::incident, side::ticket}) {
    if (!r_.goes(on)) continue;
    auto const* n = read_.find(on == side::incident ? "incident" : "ticket");
    if (!n) continue;
    for (std::size_t i = 0; i < r_.on(on).size(); ++i) {
      auto const& f = r_.on(on)[i];
      auto const at = n->is_list() && i < n->items.size() ? n->items[i].at : n->at;
      if (f.through_list || !f.type->writable) {
        complain(
            found::read_only_field,
            at,
            "'" + f.path + "' cannot be written",
            on == side::incident ? "write 'sync: to_ticket' or 'once'"
                                 : "write to the fields it is worked out from"
        );
      }
      if (f.type->type == field_type::comment && r_.direction != direction::once) {
        complain(
            found::bad_direction,
            read_.find("sync")->at,
            "'" + f.path + "' takes comments: every write adds one",
            "write 'sync: once', or use 'comments:'"
        );
      }
    }
  }
}

void rule_compiler::read_fit() {
  auto const limit = r_.ticket.empty() ? 0 : r_.ticket.front().type->length_max;
  auto const* n = read_.find("fit");
  auto const fit = static_cast<std::size_t>(read_.number_or("fit", 0, 1, 10'000'000));
  r_.fit = fit == 0 ? limit : limit == 0 ? fit : std::min(fit, limit);
  auto const is_copy = std::holds_alternative<copy_body>(r_.body);
  auto const makes_text = (is_copy || std::holds_alternative<template_body>(r_.body)) &&
                          r_.goes(side::ticket) && is_texty(r_.ticket.front().type->type);
  if (n && !makes_text) {
    complain(found::unused_setting, n->at, "'fit' has no effect here", "remove it");
  }
  if (n && limit > 0 && fit > limit) {
    complain(
        found::may_be_cut,
        n->at,
        "'" + r_.ticket.front().path + "' holds at most " + std::to_string(limit) + " characters",
        "write 'fit: " + std::to_string(limit) + "'"
    );
  }
  if (n || limit == 0 || !makes_text) return;
  auto const source = is_copy ? r_.incident.front().type->length_max : 0;
  auto const short_source = is_copy && !is_texty(r_.incident.front().type->type);
  if (short_source || (source > 0 && source <= limit)) return;
  complain(
      found::may_be_cut,
      from_.at,
      "'" + r_.ticket.front().path + "' holds at most " + std::to_string(limit) +
          " characters; a longer text will be cut there",
      "say so: 'fit: " + std::to_string(limit) + "'"
  );
}

void rule_compiler::set_names() {
  for (auto const& f : r_.incident) r_.incident_names.push_back(f.path);
  for (auto const& f : r_.ticket) r_.ticket_names.push_back(f.path);
  r_.name = rule_name(from_);
}

std::string rule_name(node const& rule) {
  if (auto const* name = rule.find("name"); name && name->is_scalar()) return name->text;
  auto const joined = [&](std::string_view key) {
    std::string text;
    auto const* n = rule.find(key);
    if (!n) return text;
    if (n->is_scalar()) text = n->text;
    for (auto const& item : n->items) text += (text.empty() ? "" : "+") + item.text;
    return text;
  };
  auto const incident = joined("incident"), ticket = joined("ticket");
  return incident + (incident.empty() || ticket.empty() ? "" : "/") + ticket;
}

std::optional<rule_data> compile_rule(node const& from, rule_context const& with) {
  return rule_compiler{from, with}.compile();
}

void check_rules_together(std::vector<rule_data> const& rules, reporter& to) {
  auto const at = [](rule_data const& r) { return r.at; };
  std::map<std::string, rule_data const*> names;
  std::map<std::pair<side, std::string>, std::vector<rule_data const*>> writers;
  for (auto const& r : rules) {
    auto const [same_name_as, is_new] = names.emplace(r.name, &r);
    if (!is_new) {
      to.add(
          found::duplicate_name,
          at(r),
          "the rule in line " + std::to_string(same_name_as->second->where.line) + " is called '" +
              r.name + "' too",
          "add 'name:'"
      );
    }
    for (auto const on : {side::ticket, side::incident}) {
      for (auto const& f : r.on(on)) {
        // A set that rules only add to is no contest.
        if (!r.goes(on) || f.type->type == field_type::set) continue;
        auto& others = writers[{on, f.path}];
        others.push_back(&r);
        if (others.size() == 1) continue;
        auto const& first = *others.front();
        auto const guarded =
            r.when.what != condition::kind::always || first.when.what != condition::kind::always;
        to.add(
            guarded ? found::may_be_written_twice : found::written_twice,
            at(r),
            "'" + f.path + "' is written by the rule in line " + std::to_string(first.where.line) +
                " too",
            guarded ? "make sure that only one 'when' holds at a time" : "join the two rules"
        );
      }
    }
  }
  for (auto const& r : rules) {
    each_test(r.when, [&](condition const& test) {
      auto const hit = writers.find({side::ticket, test.field.path});
      if (test.on != side::ticket || hit == writers.end() || hit->second.back() <= &r) return;
      to.add(
          found::reads_later_field,
          test.at,
          "'" + test.field.path + "' is worked out further down, in line " +
              std::to_string(hit->second.back()->where.line) + ", so this sees its old value",
          "move that rule up"
      );
    });
  }
}

}  // namespace connector::mapping

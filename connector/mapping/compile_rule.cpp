#include "connector/mapping/compile_rule.hpp"

#include <algorithm>

#include "connector/mapping/grammar.hpp"
#include "connector/mapping/rows.hpp"
#include "connector/mapping/text_template.hpp"

namespace connector::mapping {
namespace {

bool is_texty(field_type t) {
  return t == field_type::text || t == field_type::multiline || t == field_type::markup ||
         t == field_type::comment;
}

/// Values can go from one to the other as they are.
bool copies(field_ref const& from, field_ref const& to) {
  auto const a = from.type->type, b = to.type->type;
  if (a == field_type::list || b == field_type::list) return false;
  if (is_texty(b)) return true;
  if (b == field_type::set) return a == field_type::set || a == field_type::text;
  if (b == field_type::choice) {
    return a == field_type::choice && !from.type->values.empty() &&
           std::all_of(from.type->values.begin(), from.type->values.end(), [&](auto const& v) {
             return to.type->find_value(v.value) != nullptr;
           });
  }
  return a == b;
}

class rule_compiler {
 public:
  rule_compiler(node const& from, rule_context const& with)
      : from_{from}, with_{with}, to_{with.to}, read_{from, grammar::rule, with.to} {}

  std::optional<rule_data> compile() {
    if (!from_.is_mapping()) return std::nullopt;
    r_.where = to_.at(from_.at);
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
    set_names();
    return bad_ ? std::nullopt : std::optional{std::move(r_)};
  }

 private:
  void complain(finding_kind const& what, place at, std::string text, std::string fix = {}) {
    to_.add(what, at, std::move(text), std::move(fix));
    if (what.severity == severity::error) bad_ = true;
  }

  void read_fields(std::string_view key, side on, std::vector<field_ref>& into) {
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

  void read_direction() {
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

  bool read_kind() {
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

  /// Keys that belong to another kind of rule do nothing here; that is never what was meant.
  void check_keys_of(std::string_view kind) {
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

  bool needs_both_sides(std::string_view kind) {
    if (bad_) return false;
    if (!r_.incident.empty() && !r_.ticket.empty()) return true;
    complain(
        found::no_kind,
        from_.at,
        "the rule names no field of the " +
            std::string{r_.incident.empty() ? "incident" : "ticket"},
        kind == "copy" ? "add it, or say where the value comes from: constant, template or choose"
                       : "add it"
    );
    return false;
  }

  /// For rules that make a value themselves: exactly one side is named, and it is written.
  bool find_target(std::string_view kind) {
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

  bool read_constant(node const& n) {
    if (!find_target("constant")) return false;
    auto const o = read_outcome(n, r_, r_.target, to_);
    if (!o) return false;
    if (o->what != outcome::kind::value) {
      complain(found::no_kind, n.at, "a constant is a value; quote it to mean the word itself");
      return false;
    }
    constant_body c;
    for (std::size_t i = 0; i < o->value.size(); ++i) {
      c.value.push_back(canonical(*r_.on(r_.target)[i].type, o->value[i]));
    }
    r_.body = std::move(c);
    return read_reference();
  }

  bool read_template_rule(node const& n) {
    if (!find_target("template")) return false;
    auto const& fields = r_.on(r_.target);
    auto const type = fields.front().type->type;
    if (fields.size() != 1 || !(is_texty(type) || type == field_type::set ||
                                type == field_type::reference || type == field_type::person)) {
      complain(found::incompatible, n.at, "a template fills one text field");
      return false;
    }
    if (!n.is_scalar()) {
      complain(found::wrong_shape, n.at, "a template is one text", "use '|' for several lines");
      return false;
    }
    std::map<std::string, table_spec, std::less<>> tables;
    auto const source = other(r_.target);
    if (auto const* specs = read_.mapping("tables")) {
      for (auto const& [key, value] : specs->entries) read_table(key, value, source, tables);
    }
    template_body body;
    body.text = read_template(n.text, n.at, source, with_.in, tables, to_);
    for (auto const& slot : body.text.slots)
      (source == side::incident ? r_.incident : r_.ticket).push_back(slot.field);
    r_.body = std::move(body);
    return read_reference();
  }

  void read_table(
      node const& key,
      node const& value,
      side source,
      std::map<std::string, table_spec, std::less<>>& into
  ) {
    key_reader const read{value, grammar::table, to_};
    table_spec spec;
    spec.name = key.text;
    auto const* of = read.find("of");
    auto list = find_field(with_.in, source, of ? of->text : key.text, of ? of->at : key.at, to_);
    if (!list) {
      bad_ = true;
      return;
    }
    if (list->type->type != field_type::list) {
      complain(found::wrong_type, of ? of->at : key.at, "'" + list->path + "' is no list of rows");
      return;
    }
    spec.of = std::move(*list);
    spec.rows_max = static_cast<std::size_t>(read.number_or("rows", 20, 1, 500));
    spec.cell_max = static_cast<std::size_t>(read.number_or("width", 80, 4, 1000));
    if (auto const* columns = read.mapping("columns")) {
      for (auto const& [title, fields] : columns->entries) {
        table_spec::column column;
        column.title = title.text;
        auto const add = [&](node const& n) { add_column_source(n, spec.of, column); };
        if (fields.is_list()) {
          for (auto const& n : fields.items) add(n);
        } else {
          add(fields);
        }
        spec.columns.push_back(std::move(column));
      }
    }
    into.insert_or_assign(key.text, std::move(spec));
  }

  void add_column_source(node const& n, field_ref const& list, table_spec::column& into) {
    auto name = std::string_view{n.text};
    auto const label = name.ends_with(":label");
    if (label) name.remove_suffix(6);
    model row;
    row.name = list.path;
    row.fields = list.type->fields;
    auto const f = refer(row, name);
    if (!n.is_scalar() || !f) {
      std::vector<std::string_view> known;
      for (auto const& field : list.type->fields) known.push_back(field.name);
      complain(
          found::unknown_field,
          n.at,
          "a row of '" + list.path + "' has no field '" + n.text + "'",
          suggestion(n.text, known)
      );
      return;
    }
    // `row` is a copy that goes away: find the same field in the model itself.
    auto real = *f;
    auto const* level = &list.type->fields;
    auto rest = name;
    while (true) {
      auto const dot = rest.find('.');
      auto const hit = std::find_if(level->begin(), level->end(), [&](model_field const& x) {
        return x.name == rest.substr(0, dot);
      });
      real.type = &*hit;
      if (dot == std::string_view::npos) break;
      level = &hit->fields;
      rest.remove_prefix(dot + 1);
    }
    into.from.push_back({std::move(real), label});
  }

  bool read_choose(node const& n) {
    if (!find_target("choose")) return false;
    if (r_.target == side::incident) {
      complain(found::bad_direction, n.at, "'choose' leads to the ticket only");
      return false;
    }
    decision_table table;
    read_choices(n, r_, table, with_.in, to_);
    r_.incident = table.inputs;
    r_.body = std::move(table);
    return read_reference();
  }

  bool read_set(node const* n) {
    auto const& a = r_.incident.front();
    auto const& b = r_.ticket.front();
    if (r_.incident.size() != 1 || r_.ticket.size() != 1 || a.type->type != field_type::set ||
        b.type->type != field_type::set) {
      complain(found::incompatible, n ? n->at : from_.at, "'set' joins one set with one set");
      return false;
    }
    set_body s;
    if (n) {
      key_reader const read{*n, grammar::set, to_};
      s.prefix = read.text_or("prefix", "");
      if (auto const* only = read.find("only")) {
        if (only->is_scalar()) s.only.push_back(only->text);
        for (auto const& item : only->items) s.only.push_back(item.text);
      }
    }
    r_.resolution = resolution::merge;
    r_.body = std::move(s);
    return true;
  }

  bool read_copy() {
    auto const& a = r_.incident;
    auto const& b = r_.ticket;
    if (a.size() != b.size()) {
      complain(
          found::no_kind,
          from_.at,
          std::to_string(a.size()) + " incident field(s) and " + std::to_string(b.size()) +
              " ticket field(s) need a translation",
          "add 'values:', 'choose:' or 'template:'"
      );
      return false;
    }
    if (a.size() == 1 && a.front().type->type == field_type::set &&
        b.front().type->type == field_type::set) {
      return read_set(nullptr);
    }
    auto const has_reference = read_.find("reference") != nullptr;
    for (std::size_t i = 0; i < a.size(); ++i) {
      auto const there = r_.goes(side::ticket) && !has_reference && !copies(a[i], b[i]);
      auto const back = r_.goes(side::incident) && !has_reference && !copies(b[i], a[i]);
      if (!there && !back) continue;
      auto const person = b[i].type->type == field_type::person;
      complain(
          found::incompatible,
          from_.at,
          "'" + a[i].path + "' (" + std::string{name(a[i].type->type)} + ") and '" + b[i].path +
              "' (" + std::string{name(b[i].type->type)} + ") cannot be copied",
          person ? "add 'people: {by: email, missing: hold}'" : "add 'values:' with the rows"
      );
      return false;
    }
    copy_body c;
    if (auto const* n = read_.find("default")) {
      auto const v = read_literal(b.front(), *n, to_);
      if (!v) return false;
      c.otherwise = *v;
    }
    auto const may_be_empty = b.front().type->required && c.otherwise.is_null() &&
                              r_.goes(side::ticket) && !a.front().type->required;
    if (may_be_empty) {
      complain(
          found::may_be_empty,
          from_.at,
          "'" + b.front().path + "' must not be empty, but '" + a.front().path + "' may be",
          "add 'default: <text>'"
      );
    }
    r_.body = std::move(c);
    return read_reference();
  }

  struct missing_choice {
    reference_step::missing then = reference_step::missing::hold;
    std::string literal;
  };

  static missing_choice missing_of(node const& n) {
    if (n.is_word("hold")) return {};
    if (n.is_word("clear")) return {reference_step::missing::clear, {}};
    if (n.is_word("park")) return {reference_step::missing::park, {}};
    return {reference_step::missing::literal, n.text};
  }

  void read_by(key_reader const& read, reference_step& s, model_field const& type) {
    auto const* by = read.find("by");
    if (!by) {
      bad_ = true;
      return;
    }
    s.by = by->text;
    std::vector<std::string_view> known{type.by.begin(), type.by.end()};
    if (std::find(known.begin(), known.end(), s.by) == known.end()) {
      unknown_word(*by, "by", known, to_);
      bad_ = true;
    }
    if (auto const* missing = read.find("missing")) {
      auto [then, literal] = missing_of(*missing);
      s.if_missing = then;
      s.literal = std::move(literal);
    } else {
      bad_ = true;
    }
  }

  bool read_people(node const& n) {
    if (r_.incident.size() != 1 || r_.ticket.size() != 1 ||
        r_.incident.front().type->type != field_type::person ||
        r_.ticket.front().type->type != field_type::person) {
      complain(
          found::incompatible, n.at, "'people' joins one field that holds a person with another"
      );
      return false;
    }
    auto const& type = *r_.ticket.front().type;
    key_reader const read{n, grammar::people, to_};
    reference_step s;
    s.at = n.at;
    s.kind = type.kind.empty() ? "user" : type.kind;
    read_by(read, s, type);
    if (auto const* names = read.mapping("names")) {
      for (auto const& [key, value] : names->entries) {
        auto [then, literal] = missing_of(value);
        s.names.push_back({key.text, then, std::move(literal), key.at});
      }
    }
    if (auto const* guarded = read.find("never_overwrite")) {
      if (guarded->is_scalar()) s.never_overwrite.push_back(guarded->text);
      for (auto const& item : guarded->items) s.never_overwrite.push_back(item.text);
    }
    r_.body = copy_body{};
    r_.reference = std::move(s);
    return true;
  }

  bool read_reference() {
    auto const* n = read_.mapping("reference");
    auto const needs = !r_.ticket.empty() && r_.target == side::ticket && r_.goes(side::ticket) &&
                       (r_.ticket.front().type->type == field_type::reference ||
                        r_.ticket.front().type->type == field_type::person) &&
                       !std::holds_alternative<value_table>(r_.body) &&
                       !std::holds_alternative<constant_body>(r_.body) &&
                       !std::holds_alternative<decision_table>(r_.body);
    if (!n) {
      if (needs) {
        complain(
            found::incompatible,
            from_.at,
            "'" + r_.ticket.front().path + "' holds a key of the ticket system, not a text",
            std::holds_alternative<copy_body>(r_.body) &&
                    r_.ticket.front().type->type == field_type::person
                ? "add 'people: {by: email, missing: hold}'"
                : "add 'reference: {by: name, missing: park}'"
        );
      }
      return !bad_;
    }
    if (r_.ticket.size() != 1) {
      complain(found::no_kind, n->at, "'reference' looks up one ticket field");
      return false;
    }
    auto const& type = *r_.ticket.front().type;
    if (type.by.empty()) {
      complain(
          found::wrong_type, n->at, "'" + r_.ticket.front().path + "' holds no key to look up"
      );
      return false;
    }
    key_reader const read{*n, grammar::reference, to_};
    reference_step s;
    s.at = n->at;
    s.kind = read.text_or("kind", type.kind);
    read_by(read, s, type);
    r_.reference = std::move(s);
    return !bad_;
  }

  void check_targets() {
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

  void read_fit() {
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

  void read_conflict() {
    auto const* n = read_.find("conflict");
    if (!n) {
      set_order(nullptr);
      return;
    }
    if (r_.direction != direction::both) {
      complain(
          found::unused_setting,
          n->at,
          "'conflict' has no effect on a rule that leads one way",
          "remove it"
      );
      return;
    }
    auto const* word = n;
    node const* details = nullptr;
    if (n->is_mapping() && n->entries.size() == 1) {
      word = &n->entries.front().first;
      details = &n->entries.front().second;
    }
    constexpr std::array<std::pair<std::string_view, resolution>, 7> words{{
        {"incident", resolution::incident},
        {"ticket", resolution::ticket},
        {"latest", resolution::latest},
        {"highest", resolution::highest},
        {"furthest", resolution::furthest},
        {"merge", resolution::merge},
        {"ask", resolution::ask},
    }};
    auto const hit = std::find_if(words.begin(), words.end(), [&](auto const& w) {
      return word->is_scalar() && w.first == word->text;
    });
    if (hit == words.end()) {
      std::vector<std::string_view> known;
      for (auto const& [w, r] : words) known.push_back(w);
      unknown_word(*word, "conflict", known, to_);
      bad_ = true;
      return;
    }
    auto const is_set = std::holds_alternative<set_body>(r_.body);
    if (is_set != (hit->second == resolution::merge)) {
      complain(
          found::bad_conflict,
          word->at,
          is_set ? "sets are merged element by element" : "'merge' is for sets only",
          is_set ? "write 'conflict: merge'" : "choose incident, ticket, latest, furthest or ask"
      );
      return;
    }
    r_.resolution = hit->second;
    if (hit->second == resolution::latest) {
      if (!details || !(details->is_word("incident") || details->is_word("ticket"))) {
        complain(
            found::bad_conflict,
            word->at,
            "'latest' must say who wins when the two changes cannot be told apart in time",
            "write 'conflict: {latest: incident}' or '{latest: ticket}'"
        );
        return;
      }
      r_.tie = details->text == "incident" ? side::incident : side::ticket;
      return;
    }
    auto const ordered = hit->second == resolution::highest || hit->second == resolution::furthest;
    if (details && !ordered) {
      complain(found::wrong_shape, details->at, "'" + word->text + "' takes no details");
      return;
    }
    if (ordered) set_order(details);
    if (ordered && r_.order.empty()) {
      complain(
          found::bad_conflict,
          word->at,
          "'" + word->text + "' needs an order of the values of '" + r_.incident.front().path + "'",
          "write 'conflict: {" + word->text + ": [first, ..., last]}'"
      );
    }
  }

  /// The order for `furthest`: as listed, or that of the rows; for `highest`: as listed, or the
  /// model's.
  void set_order(node const* details) {
    if (details) {
      if (!details->is_list()) {
        complain(found::wrong_shape, details->at, "the order is a list of the incident's values");
        return;
      }
      for (auto const& item : details->items) {
        if (auto v = read_literal(r_.incident.front(), item, to_)) r_.order.push_back(*v);
      }
      return;
    }
    if (r_.resolution == resolution::highest) {
      if (!r_.incident.front().type->ordered) return;
      for (auto const& v : r_.incident.front().type->values) r_.order.emplace_back(v.value);
    }
    if (r_.resolution != resolution::furthest) return;
    if (auto const* table = std::get_if<value_table>(&r_.body)) {
      for (auto const& row : table->rows) {
        if (row.incident.empty() || row.incident.front().any) continue;
        auto const& v = row.incident.front().value;
        if (std::find(r_.order.begin(), r_.order.end(), v) == r_.order.end()) r_.order.push_back(v);
      }
    }
  }

  void read_merge_risk() {
    auto const* n = read_.find("merge_risk");
    auto const accepted = read_.word_or("merge_risk", {"accept"}, "") == "accept";
    auto const risky = r_.goes(side::incident) &&
                       std::any_of(r_.incident.begin(), r_.incident.end(), [](auto const& f) {
                         return f.type->hinders_merging;
                       });
    if (n && !risky) {
      complain(
          found::unused_setting,
          n->at,
          "'merge_risk' has no effect: the rule writes nothing that keeps incidents from being "
          "merged",
          "remove it"
      );
    }
    r_.hinders_merging = risky && !accepted;
    for (auto const& f : with_.in.incident.fields) {
      auto const marks =
          std::any_of(f.values.begin(), f.values.end(), [](auto const& v) { return v.finished; });
      if (marks) r_.finished.push_back(*refer(with_.in.incident, f.name));
    }
  }

  void set_names() {
    for (auto const& f : r_.incident) r_.incident_names.push_back(f.path);
    for (auto const& f : r_.ticket) r_.ticket_names.push_back(f.path);
    // A constant reads nothing; a template or a choice names what it reads by itself.
    r_.name = read_.text_or("name", "");
    if (!r_.name.empty()) return;
    auto const joined = [](std::vector<std::string> const& all) {
      std::string text;
      for (auto const& n : all) text += (text.empty() ? "" : "+") + n;
      return text;
    };
    auto const made = !std::holds_alternative<copy_body>(r_.body) &&
                      !std::holds_alternative<value_table>(r_.body) &&
                      !std::holds_alternative<set_body>(r_.body);
    auto const& target = r_.target == side::ticket ? r_.ticket_names : r_.incident_names;
    r_.name = made ? joined(target) : joined(r_.incident_names) + "/" + joined(r_.ticket_names);
  }

  node const& from_;
  rule_context const& with_;
  reporter& to_;
  key_reader read_;
  rule_data r_;
  bool bad_ = false;
};

}  // namespace

std::optional<rule_data> compile_rule(node const& from, rule_context const& with) {
  return rule_compiler{from, with}.compile();
}

void check_rules_together(std::vector<rule_data> const& rules, reporter& to) {
  auto const at = [](rule_data const& r) { return place{r.where.line, r.where.column}; };
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

#include <algorithm>

#include "connector/mapping/rows.hpp"
#include "connector/mapping/rule_compiler.hpp"
#include "connector/mapping/text_template.hpp"

namespace connector::mapping {
namespace {

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

}  // namespace

bool rule_compiler::read_constant(node const& n) {
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

bool rule_compiler::read_template_rule(node const& n) {
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

void rule_compiler::read_table(
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

void rule_compiler::add_column_source(
    node const& n, field_ref const& list, table_spec::column& into
) {
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

bool rule_compiler::read_choose(node const& n) {
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

bool rule_compiler::read_set(node const* n) {
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

bool rule_compiler::read_copy() {
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

}  // namespace connector::mapping

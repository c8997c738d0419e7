#include "connector/mapping/condition.hpp"

#include <algorithm>
#include <charconv>

#include "connector/core/time.hpp"
#include "connector/mapping/grammar.hpp"

namespace connector::mapping {
namespace {

using kind = condition::kind;

condition group_of(kind what, std::vector<condition> parts, place at) {
  if (parts.size() == 1 && what != kind::no) return std::move(parts.front());
  condition c;
  c.what = parts.empty() ? kind::always : what;
  c.parts = std::move(parts);
  c.at = at;
  return c;
}

class reader {
 public:
  reader(scope const& in, sides_allowed sides, reporter& to) : in_{in}, sides_{sides}, to_{to} {}

  condition read(node const& from, std::optional<side> on) {
    if (!from.is_mapping() || from.entries.empty()) {
      to_.add(
          found::wrong_shape,
          from.at,
          "a condition is a mapping such as {severity: [medium, high]}, not " +
              std::string{from.kind_name()}
      );
      return {};
    }
    std::vector<condition> parts;
    for (auto const& [key, value] : from.entries) parts.push_back(read_entry(key, value, on));
    return group_of(kind::all, std::move(parts), from.at);
  }

 private:
  condition read_entry(node const& key, node const& value, std::optional<side> on) {
    if (key.text == "any" || key.text == "all") {
      if (!value.is_list() || value.items.empty()) {
        to_.add(found::wrong_shape, value.at, "'" + key.text + "' wants a list of conditions");
        return {};
      }
      std::vector<condition> parts;
      for (auto const& item : value.items) parts.push_back(read(item, on));
      return group_of(key.text == "any" ? kind::any : kind::all, std::move(parts), key.at);
    }
    if (key.text == "not") {
      std::vector<condition> parts;
      parts.push_back(read(value, on));
      return group_of(kind::no, std::move(parts), key.at);
    }
    if (sides_ == sides_allowed::both && (key.text == "incident" || key.text == "ticket")) {
      return read(value, key.text == "incident" ? side::incident : side::ticket);
    }
    if (!on) {
      to_.add(
          found::wrong_shape,
          key.at,
          "say whose field '" + key.text + "' is",
          "write {incident: {" + key.text + ": ...}} or {ticket: {" + key.text + ": ...}}"
      );
      return {};
    }
    auto field = find_field(in_, *on, key.text, key.at, to_);
    if (!field) return {};
    condition c;
    c.what = kind::test;
    c.on = *on;
    c.field = std::move(*field);
    c.at = key.at;
    return read_test(std::move(c), value);
  }

  condition read_test(condition c, node const& value) {
    if (value.is_scalar()) {
      if (value.is_word("set") || value.is_word("unset")) {
        c.how = value.text == "set" ? condition::relation::set : condition::relation::unset;
        return c;
      }
      add_value(c, value);
      return c;
    }
    if (value.is_list() && !value.items.empty()) {
      for (auto const& item : value.items) add_value(c, item);
      return c;
    }
    if (value.is_mapping() && value.entries.size() == 1) {
      auto const& [key, operand] = value.entries.front();
      if (key.text == "not") {
        auto const at = c.at;
        std::vector<condition> parts;
        parts.push_back(read_test(std::move(c), operand));
        return group_of(kind::no, std::move(parts), at);
      }
      if (key.text == "contains") {
        c.how = condition::relation::contains;
        if (operand.is_list()) {
          for (auto const& item : operand.items) add_value(c, item);
        } else {
          add_value(c, operand);
        }
        return c;
      }
      if (key.text == "at_least" || key.text == "at_most") {
        c.how =
            key.text == "at_least" ? condition::relation::at_least : condition::relation::at_most;
        auto const& type = *c.field.type;
        if (type.type != field_type::integer &&
            !(type.type == field_type::choice && type.ordered)) {
          to_.add(
              found::wrong_type,
              key.at,
              "'" + c.field.path + "' has no order to compare by",
              "list its values instead"
          );
        }
        add_value(c, operand);
        return c;
      }
      constexpr std::array<std::string_view, 4> words{"not", "contains", "at_least", "at_most"};
      unknown_word(key, c.field.path, words, to_);
      return c;
    }
    to_.add(
        found::wrong_shape,
        value.at,
        "'" + c.field.path +
            "' wants a value, a list of values, set, unset, {contains: ...}, "
            "{at_least: ...}, {at_most: ...} or {not: ...}"
    );
    return c;
  }

  void add_value(condition& c, node const& from) {
    if (!from.is_scalar()) {
      to_.add(found::wrong_shape, from.at, "one value is wanted here");
      return;
    }
    auto element = c.field;
    model_field as_text;
    if (c.field.type->type == field_type::set || c.how == condition::relation::contains) {
      element.type = &as_text;  // an element of the set, or a part of the text
    }
    if (auto v = read_literal(element, from.text, from.quoted, from.at, to_)) {
      c.values.push_back(std::move(*v));
    }
  }

  scope const& in_;
  sides_allowed sides_;
  reporter& to_;
};

std::ptrdiff_t order_of(model_field const& type, core::value const& v) {
  if (v.is_int64()) return static_cast<std::ptrdiff_t>(v.get_int64());
  if (v.is_uint64()) return static_cast<std::ptrdiff_t>(v.get_uint64());
  if (!v.is_string()) return -1;
  auto const* known = type.find_value(v.get_string());
  return known ? known - type.values.data() : -1;
}

bool equals_any(condition const& test, core::value const& v) {
  return std::any_of(test.values.begin(), test.values.end(), [&](core::value const& wanted) {
    return same(*test.field.type, wanted, v);
  });
}

bool contains_any(condition const& test, core::value const& v) {
  // A document is searched as what it says.
  if (!v.is_string() && !v.is_object()) return false;
  auto const& type = *test.field.type;
  auto const hay = lower_ascii(shown(type, v, false));
  return std::any_of(test.values.begin(), test.values.end(), [&](core::value const& wanted) {
    return !wanted.is_null() &&
           hay.find(lower_ascii(shown(type, wanted, false))) != std::string::npos;
  });
}

}  // namespace

bool passes(condition const& test, core::value const& v) {
  using op = condition::relation;
  if (auto const* all = v.if_array()) {
    switch (test.how) {
      case op::set:
        return !all->empty();
      case op::unset:
        return all->empty();
      // "contains" on a set asks for an element, on a text for a part of it.
      case op::contains:
        if (test.field.type->type == field_type::set) {
          return std::any_of(all->begin(), all->end(), [&](auto const& e) {
            return equals_any(test, e);
          });
        }
        [[fallthrough]];
      default:
        return std::any_of(all->begin(), all->end(), [&](auto const& e) {
          return passes(test, e);
        });
    }
  }
  switch (test.how) {
    case op::one_of:
      return equals_any(test, v);
    case op::set:
      return !core::is_unset(v);
    case op::unset:
      return core::is_unset(v);
    case op::contains:
      return contains_any(test, v);
    case op::at_least:
    case op::at_most: {
      auto const there = order_of(*test.field.type, v);
      auto const bound = test.values.empty() ? -1 : order_of(*test.field.type, test.values.front());
      if (there < 0 || bound < 0) return false;
      return test.how == op::at_least ? there >= bound : there <= bound;
    }
  }
  return false;
}

bool holds(condition const& c, core::record const& incident, core::record const& ticket) {
  core::value room;
  return holds(c, [&](condition const& test) -> core::value const& {
    return read_field(test.field, test.on == side::incident ? incident : ticket, room);
  });
}

std::string describe(condition const& c) {
  auto const joined = [&](std::string_view word) {
    std::string text;
    for (auto const& part : c.parts) {
      if (!text.empty()) text += word;
      auto const inner = describe(part);
      text += part.parts.size() > 1 ? "(" + inner + ")" : inner;
    }
    return text;
  };
  switch (c.what) {
    case kind::always:
      return "always";
    case kind::never:
      return "never";
    case kind::all:
      return joined(" and ");
    case kind::any:
      return joined(" or ");
    case kind::no:
      return "not (" + describe(c.parts.front()) + ")";
    case kind::test:
      break;
  }
  std::string values;
  for (auto const& v : c.values) {
    if (!values.empty()) values += " or ";
    values += v.is_null() ? std::string{"unset"} : core::text_of(v);
  }
  auto field = (c.on == side::ticket ? "ticket " : "") + c.field.path;
  switch (c.how) {
    case condition::relation::one_of:
      return field + " is " + values;
    case condition::relation::set:
      return field + " is set";
    case condition::relation::unset:
      return field + " is unset";
    case condition::relation::contains:
      return field + " contains " + values;
    case condition::relation::at_least:
      return field + " is at least " + values;
    case condition::relation::at_most:
      return field + " is at most " + values;
  }
  return field;
}

std::optional<field_ref> find_field(
    scope const& in, side on, std::string_view path, place at, reporter& to
) {
  auto const& m = in.of(on);
  if (auto ref = refer(m, path)) return ref;
  // The nearest name, within the deepest list that is known.
  std::string prefix;
  auto const* level = &m.fields;
  auto rest = path;
  for (auto dot = rest.find('.'); dot != std::string_view::npos; dot = rest.find('.')) {
    auto const word = rest.substr(0, dot);
    auto const hit = std::find_if(level->begin(), level->end(), [&](model_field const& f) {
      return f.name == word;
    });
    if (hit == level->end() || hit->fields.empty()) break;
    prefix += std::string{word} + '.';
    level = &hit->fields;
    rest.remove_prefix(dot + 1);
  }
  std::vector<std::string> names;
  for (auto const& f : *level) names.push_back(prefix + f.name);
  std::vector<std::string_view> views{names.begin(), names.end()};
  auto fix = suggestion(path, views);
  auto const other_side = other(on);
  if (nearest_word(path, views).empty() && refer(in.of(other_side), path)) {
    fix = "'" + std::string{path} + "' is a field of the " + std::string{name(other_side)};
  }
  to.add(
      found::unknown_field,
      at,
      "the " + std::string{name(on)} + " (" + m.name + ") has no field '" + std::string{path} + "'",
      std::move(fix)
  );
  return std::nullopt;
}

std::optional<core::value> read_literal(
    field_ref const& field, std::string_view text, bool quoted, place at, reporter& to
) {
  auto const& type = *field.type;
  if (!quoted && text == "unset") return core::value{};
  auto const wrong = [&](std::string_view wants) {
    to.add(
        found::wrong_type,
        at,
        "'" + field.path + "' holds " + std::string{wants} + ", not '" + std::string{text} + "'"
    );
    return std::nullopt;
  };
  auto v = canonical(type, core::value(boost::json::string(text)));
  switch (type.type) {
    case field_type::integer:
      return v.is_number() ? std::optional{v} : wrong("a whole number");
    case field_type::flag:
      return v.is_bool() ? std::optional{v} : wrong("yes or no");
    case field_type::time:
      return core::parse_time(text) ? std::optional{v}
                                    : wrong("a time such as 2026-01-31T12:00:00Z");
    case field_type::list:
      return wrong("rows");
    case field_type::choice:
      break;
    default:
      return v;
  }
  if (type.values.empty() || type.find_value(text)) return v;
  std::vector<std::string_view> known;
  for (auto const& value : type.values) {
    known.push_back(value.value);
    if (same_name(value.label, text) || same_name(value.value, text)) {
      to.add(
          found::unknown_value,
          at,
          "'" + std::string{text} + "' is not how '" + field.path + "' stores it",
          "write '" + value.value + "'"
      );
      return std::nullopt;
    }
  }
  auto const said = "'" + field.path + "' has no value '" + std::string{text} + "'";
  if (type.open) {
    to.add(
        found::unlisted_value,
        at,
        said + " in the vendor's list",
        suggestion(text, known) + "; if this instance has it, declare it under 'fields:'"
    );
    return v;
  }
  to.add(found::unknown_value, at, said, suggestion(text, known));
  return std::nullopt;
}

std::optional<core::value> read_literal(field_ref const& field, node const& from, reporter& to) {
  if (from.is_scalar()) return read_literal(field, from.text, from.quoted, from.at, to);
  if (from.is_list() && field.type->type == field_type::set) {
    boost::json::array items;
    for (auto const& item : from.items) items.emplace_back(item.text);
    return canonical(*field.type, items);
  }
  to.add(
      found::wrong_shape,
      from.at,
      "a value for '" + field.path + "' is wanted here, not " + std::string{from.kind_name()},
      from.what == node::kind::empty ? "write 'unset' for no value" : ""
  );
  return std::nullopt;
}

void check_writable(field_ref const& field, core::value const& v, place at, reporter& to) {
  if (!v.is_string()) return;
  auto const* known = field.type->find_value(v.get_string());
  if (!known || known->writable) return;
  to.add(
      found::read_only_value,
      at,
      "'" + known->value + "' cannot be written to '" + field.path + "'" +
          (known->why.empty() ? "" : ": " + known->why),
      "let the row lead away from it only"
  );
}

condition read_condition(node const& from, scope const& in, sides_allowed sides, reporter& to) {
  std::optional<side> on;
  if (sides == sides_allowed::incident) on = side::incident;
  if (sides == sides_allowed::ticket) on = side::ticket;
  return reader{in, sides, to}.read(from, on);
}

}  // namespace connector::mapping

#include "connector/mapping/model.hpp"

#include <algorithm>
#include <charconv>

#include "connector/core/time.hpp"
#include "connector/mapping/adf.hpp"
#include "connector/mapping/conversion.hpp"
#include "connector/mapping/grammar.hpp"

namespace connector::mapping {
namespace {

constexpr std::array<std::pair<std::string_view, field_type>, 12> type_names{{
    {"text", field_type::text},
    {"multiline", field_type::multiline},
    {"markup", field_type::markup},
    {"choice", field_type::choice},
    {"integer", field_type::integer},
    {"time", field_type::time},
    {"flag", field_type::flag},
    {"person", field_type::person},
    {"reference", field_type::reference},
    {"set", field_type::set},
    {"list", field_type::list},
    {"comment", field_type::comment},
}};

std::vector<std::string> read_texts(node const* from, reporter& to) {
  std::vector<std::string> texts;
  if (!from) return texts;
  if (from->is_scalar()) {
    texts.push_back(from->text);
    return texts;
  }
  if (!from->is_list()) to.add(found::wrong_shape, from->at, "a list of texts is wanted here");
  for (auto const& item : from->items) texts.push_back(item.text);
  return texts;
}

std::vector<choice_value> read_values(node const& from, reporter& to) {
  std::vector<choice_value> values;
  auto const add = [&](node const& value) {
    choice_value v;
    v.value = v.label = value.text;
    values.push_back(std::move(v));
  };
  if (from.is_list()) {
    for (auto const& item : from.items) {
      if (item.is_scalar()) {
        add(item);
      } else {
        to.add(
            found::wrong_shape, item.at, "a value is a text, not " + std::string{item.kind_name()}
        );
      }
    }
    return values;
  }
  if (!from.is_mapping()) {
    to.add(found::wrong_shape, from.at, "values are a list, or a mapping of value to label");
    return values;
  }
  for (auto const& [key, value] : from.entries) {
    add(key);
    auto& v = values.back();
    if (value.is_scalar()) {
      v.label = value.text;
    } else if (value.is_mapping()) {
      key_reader read{value, grammar::model_value, to};
      v.label = read.text_or("label", key.text);
      v.writable = read.flag_or("write", true);
      v.finished = read.flag_or("finished", false);
      v.why = read.text_or("why", "");
      v.needs = read_texts(read.find("needs"), to);
      if (auto const* with = read.mapping("goes_with")) {
        for (auto const& [field, ones] : with->entries) {
          v.goes_with.push_back({field.text, read_texts(&ones, to)});
        }
      }
    }
  }
  return values;
}

void read_field_settings(node const& from, model_field& f, bool is_new, reporter& to) {
  key_reader read{from, grammar::model_field, to};
  if (auto const* type = read.find("type")) {
    auto const known = std::find_if(type_names.begin(), type_names.end(), [&](auto const& t) {
      return t.first == type->text;
    });
    if (known != type_names.end()) {
      f.type = known->second;
    } else {
      std::vector<std::string_view> words;
      for (auto const& [word, t] : type_names) words.push_back(word);
      to.add(
          found::unknown_word,
          type->at,
          "no type '" + type->text + "'",
          suggestion(type->text, words)
      );
    }
  } else if (is_new) {
    to.add(found::missing_key, from.at, "a new field needs its 'type'", "add 'type: text'");
  }
  f.label = read.text_or("label", f.label.empty() ? f.name : f.label);
  f.writable = read.flag_or("write", f.type == field_type::list ? false : f.writable);
  f.required = read.flag_or("required", f.required);
  f.hinders_merging = read.flag_or("hinders_merging", f.hinders_merging);
  f.is_public = read.flag_or("public", f.is_public);
  f.ordered = read.flag_or("ordered", f.ordered);
  f.open = read.flag_or("open", f.open);
  f.length_max = static_cast<std::size_t>(
      read.number_or("length", static_cast<std::int64_t>(f.length_max), 0, 10'000'000)
  );
  constexpr std::array<std::pair<std::string_view, markup>, 5> formats{{
      {"plain", markup::plain},
      {"html", markup::html},
      {"markdown", markup::markdown},
      {"wiki", markup::wiki},
      {"adf", markup::adf},
  }};
  auto const format = read.word_or("format", {"plain", "html", "markdown", "wiki", "adf"}, "");
  for (auto const& [word, m] : formats) {
    if (word == format) f.format = m;
  }
  f.kind = read.text_or("kind", f.kind);
  f.key = read.text_or("key", f.key);
  if (auto const* v = read.find("defuse")) f.defuse = read_texts(v, to);
  if (auto const* v = read.find("by")) f.by = read_texts(v, to);
  if (auto const* v = read.find("trim")) f.trim = read_texts(v, to);
  if (auto const* v = read.find("values")) f.values = read_values(*v, to);
  if (auto const* v = read.find("fields")) read_model_fields(*v, f.fields, to);
}

std::string scalar_text(core::value const& v) {
  if (auto const* s = v.if_string()) return {s->data(), s->size()};
  if (v.is_null() || v.is_object() || v.is_array()) return {};
  return core::text_of(v);
}

/// Texts in order, each once: as nearly every set comes.
bool is_canonical_set(boost::json::array const& all) {
  boost::json::string const* before = nullptr;
  for (auto const& item : all) {
    auto const* s = item.if_string();
    if (!s || s->empty() || !is_single_line(*s) || (before && !(*before < *s))) return false;
    before = s;
  }
  return !all.empty();
}

core::value canonical_set(core::value const& v) {
  std::vector<std::string> items;
  if (auto const* list = v.if_array()) {
    for (auto const& item : *list) items.push_back(single_line(scalar_text(item)));
  } else if (auto const* s = v.if_string()) {
    // Some systems keep sets as one comma-separated text.
    std::string_view rest{s->data(), s->size()};
    while (!rest.empty()) {
      auto const comma = rest.find(',');
      items.push_back(single_line(rest.substr(0, comma)));
      if (comma == std::string_view::npos) break;
      rest.remove_prefix(comma + 1);
    }
  }
  std::erase(items, "");
  std::sort(items.begin(), items.end());
  items.erase(std::unique(items.begin(), items.end()), items.end());
  if (items.empty()) return nullptr;
  boost::json::array out;
  out.reserve(items.size());
  for (auto const& item : items) out.emplace_back(item);
  return out;
}

/// As core::format_time writes it.
bool is_canonical_time(std::string_view text) {
  auto const whole_seconds = text.size() == 20;
  auto const with_ticks = text.size() > 21 && text.size() <= 28 && text[19] == '.';
  return (whole_seconds || with_ticks) && text[10] == 'T' && text.back() == 'Z' &&
         !(with_ticks && text[text.size() - 2] == '0') && core::parse_time(text);
}

bool has_outer_space(std::string_view text) {
  return static_cast<unsigned char>(text.front()) <= ' ' ||
         static_cast<unsigned char>(text.back()) <= ' ';
}

/// Cheap and sure: true only if `made_canonical` would change nothing.
bool is_canonical(model_field const& type, core::value const& v) {
  if (v.is_null()) return true;
  if (type.format == markup::adf) return false;
  if (type.type == field_type::integer) return v.is_int64() || v.is_uint64();
  if (type.type == field_type::flag) return v.is_bool();
  if (type.type == field_type::list) return !core::is_unset(v);
  if (type.type == field_type::set) return v.is_array() && is_canonical_set(v.get_array());
  auto const* s = v.if_string();
  if (!s || s->empty()) return false;
  switch (type.type) {
    case field_type::text:
      return type.trim.empty() && is_single_line(*s);
    case field_type::choice:
    case field_type::person:
    case field_type::reference:
      return !has_outer_space(*s) && trimmed_ends(type, *s).size() == s->size();
    case field_type::time:
      return is_canonical_time(*s);
    default:
      return is_tidy(*s);
  }
}

core::value made_canonical(model_field const& type, core::value const& v) {
  if (type.format == markup::adf) return adf_document(v);
  switch (type.type) {
    case field_type::text:
      return text_value(single_line(trimmed_ends(type, scalar_text(v))));
    case field_type::choice:
    case field_type::person:
    case field_type::reference: {
      if (auto const* s = v.if_string()) return text_value(tidied(trimmed_ends(type, *s)));
      if (auto const* o = v.if_object()) {
        // A reference may come as {"link": ..., "value": ...}.
        auto const* inner = o->if_contains("value");
        return inner && !inner->is_object() ? canonical(type, *inner) : core::value{};
      }
      return text_value(scalar_text(v));
    }
    case field_type::multiline:
    case field_type::markup:
    case field_type::comment:
      return text_value(tidied(scalar_text(v)));
    case field_type::integer: {
      auto const text = scalar_text(v);
      std::int64_t number = 0;
      auto const [end, ec] = std::from_chars(text.data(), text.data() + text.size(), number);
      if (ec == std::errc{} && end == text.data() + text.size()) return number;
      return text_value(text);
    }
    case field_type::time: {
      auto const text = scalar_text(v);
      auto const at = core::parse_time(text);
      return text_value(at ? core::format_time(*at) : text);
    }
    case field_type::flag: {
      auto const text = lower_ascii(scalar_text(v));
      if (text == "true" || text == "1" || text == "yes") return true;
      if (text == "false" || text == "0" || text == "no") return false;
      return text_value(text);
    }
    case field_type::set:
      return canonical_set(v);
    case field_type::list:
      return nullptr;
  }
  return nullptr;
}

core::value const null_value;

/// What the record has at the end of the field's path; null if it ends before.
core::value const& value_at(field_ref const& f, core::record const& r) {
  auto const* object = &r;
  for (std::size_t i = 0; object; ++i) {
    auto const* found = core::find(*object, f.keys[i]);
    if (!found) break;
    if (i + 1 == f.keys.size()) return *found;
    object = found->if_object();
  }
  return null_value;
}

constexpr std::size_t values_through_list_max = 1000;

core::value values_through_list(field_ref const& f, core::record const& r) {
  auto const* top = core::find(r, f.keys.front());
  if (!top) return nullptr;
  auto const inner = std::span{f.keys}.subspan(1);
  boost::json::array all;
  each_row(inner.first(inner.size() - 1), *top, [&](core::record const& row) {
    auto const* v = core::find(row, inner.back());
    if (!v || all.size() >= values_through_list_max) return;
    auto one = canonical(*f.type, *v);
    if (one.is_null()) return;
    if (std::find(all.begin(), all.end(), one) == all.end()) all.push_back(std::move(one));
  });
  if (all.empty()) return nullptr;
  return all;
}

}  // namespace

std::string_view name(field_type t) {
  for (auto const& [word, type] : type_names) {
    if (type == t) return word;
  }
  return "";
}

choice_value const* model_field::find_value(std::string_view value) const {
  auto const hit = std::find_if(values.begin(), values.end(), [&](choice_value const& v) {
    return v.value == value;
  });
  return hit == values.end() ? nullptr : &*hit;
}

model_field const* model_field::find(std::string_view sub) const {
  auto const hit = std::find_if(fields.begin(), fields.end(), [&](model_field const& f) {
    return f.name == sub;
  });
  return hit == fields.end() ? nullptr : &*hit;
}

model_field const* model::find(std::string_view path) const {
  auto const f = refer(*this, path);
  return f ? f->type : nullptr;
}

void read_model_fields(node const& from, std::vector<model_field>& into, reporter& to) {
  if (!from.is_mapping()) {
    to.add(found::wrong_shape, from.at, "fields are a mapping of name to description");
    return;
  }
  for (auto const& [key, value] : from.entries) {
    auto hit = std::find_if(into.begin(), into.end(), [&name = key.text](model_field const& f) {
      return f.name == name;
    });
    auto const is_new = hit == into.end();
    if (is_new) {
      into.emplace_back();
      hit = into.end() - 1;
      hit->name = key.text;
    }
    read_field_settings(value, *hit, is_new, to);
  }
}

bool model_catalogue::add(std::string_view text, std::string file, std::vector<finding>& findings) {
  auto const before = findings.size();
  reporter to{std::move(file), findings};
  auto const root = read_document(text, to);
  if (!root) return false;
  auto m = std::make_shared<model>();
  key_reader read{*root, grammar::model, to};
  m->name = read.text_or("model", "");
  m->label = read.text_or("label", m->name);
  m->open_prefixes = read_texts(read.find("open_prefixes"), to);
  if (auto const* fields = read.find("fields")) read_model_fields(*fields, m->fields, to);
  if (has_errors(std::span{findings}.subspan(before))) return false;
  models_[m->name] = std::move(m);
  return true;
}

std::shared_ptr<model const> model_catalogue::find(std::string_view name) const {
  auto const hit = models_.find(name);
  return hit == models_.end() ? nullptr : hit->second;
}

std::vector<std::string_view> model_catalogue::names() const {
  std::vector<std::string_view> names;
  for (auto const& [name, m] : models_) names.push_back(name);
  return names;
}

void model_catalogue::add_base_map(std::string name, std::string text) {
  base_maps_.insert_or_assign(std::move(name), std::move(text));
}

std::string const* model_catalogue::base_map(std::string_view name) const {
  auto const hit = base_maps_.find(name);
  return hit == base_maps_.end() ? nullptr : &hit->second;
}

std::vector<std::string_view> model_catalogue::base_maps() const {
  std::vector<std::string_view> names;
  for (auto const& [name, text] : base_maps_) names.push_back(name);
  return names;
}

std::optional<field_ref> refer(model const& m, std::string_view path) {
  static model_field const open_text = [] {
    model_field f;
    f.name = f.label = "custom field";
    return f;
  }();
  field_ref ref;
  ref.path = path;
  auto const* level = &m.fields;
  auto rest = path;
  while (true) {
    auto const dot = rest.find('.');
    auto const word = rest.substr(0, dot);
    auto const hit = std::find_if(level->begin(), level->end(), [&](model_field const& f) {
      return f.name == word;
    });
    if (hit == level->end()) {
      auto const custom =
          level == &m.fields && dot == std::string_view::npos &&
          std::any_of(m.open_prefixes.begin(), m.open_prefixes.end(), [&](auto const& p) {
            return word.starts_with(p);
          });
      if (!custom) return std::nullopt;
      ref.type = &open_text;
      ref.keys.emplace_back(word);
      return ref;
    }
    ref.type = &*hit;
    ref.keys.push_back(hit->key.empty() ? hit->name : hit->key);
    if (dot == std::string_view::npos) return ref;
    ref.through_list = ref.through_list || hit->type == field_type::list;
    level = &hit->fields;
    rest.remove_prefix(dot + 1);
  }
}

std::string_view trimmed_ends(model_field const& type, std::string_view text) {
  for (auto const& end : type.trim) {
    if (text.starts_with(end)) text.remove_prefix(end.size());
    if (text.ends_with(end)) text.remove_suffix(end.size());
  }
  return text;
}

core::value canonical(model_field const& type, core::value v) {
  if (is_canonical(type, v)) return v;
  return made_canonical(type, v);
}

core::value read_field(field_ref const& f, core::record const& r) {
  core::value room;
  auto const& v = read_field(f, r, room);
  if (&v == &room) return room;
  return v;
}

core::value const& read_field(field_ref const& f, core::record const& r, core::value& room) {
  if (f.through_list) return room = values_through_list(f, r);
  auto const& v = value_at(f, r);
  if (is_canonical(*f.type, v)) return v;
  return room = made_canonical(*f.type, v);
}

std::optional<std::string_view> ready_text(field_ref const& f, core::record const& r) {
  if (f.through_list || f.type->format != markup::plain) return std::nullopt;
  auto const& v = value_at(f, r);
  if (v.is_null()) return std::string_view{};
  auto const* s = v.if_string();
  if (!s) return std::nullopt;
  auto const text = trimmed_ends(*f.type, *s);
  auto const is = [&](bool ready) { return ready ? std::optional{text} : std::nullopt; };
  switch (f.type->type) {
    case field_type::text:
    case field_type::choice:
    case field_type::person:
      return is(is_single_line(text));
    case field_type::multiline:
      return is(is_tidy(text));
    case field_type::time:
      return is(is_canonical_time(text));
    default:
      return std::nullopt;
  }
}

std::string shown(model_field const& type, core::value const& v, bool label) {
  if (type.format == markup::adf && v.is_object()) return text_of_adf(v);
  if (auto const* list = v.if_array()) {
    std::string text;
    for (auto const& item : *list) {
      if (!text.empty()) text += ", ";
      text += item.is_object() ? std::string{"..."} : shown(type, item, label);
    }
    return text;
  }
  auto text = core::text_of(v);
  if (label) {
    if (auto const* known = type.find_value(text)) return known->label;
  }
  return text;
}

bool same(model_field const& type, core::value const& a, core::value const& b) {
  if (a == b) return true;
  if (type.type != field_type::person || !a.is_string() || !b.is_string()) return false;
  return same_name(a.get_string(), b.get_string());
}

}  // namespace connector::mapping

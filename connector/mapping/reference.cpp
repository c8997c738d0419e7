#include "connector/mapping/reference.hpp"

#include "connector/mapping/grammar.hpp"

namespace connector::mapping {
namespace {

struct part {
  std::string_view title, says;
  std::span<key_spec const> keys;
};

constexpr part parts[] = {
    {"A map", "", grammar::map},
    {"An overlay", "A file with `base`.", grammar::overlay},
    {"A rule", "An entry of `rules`.", grammar::rule},
    {"A rule of an overlay", "Beside the keys of a rule.", grammar::overlay_rule},
    {"`people`", "", grammar::people},
    {"`reference`", "", grammar::reference},
    {"`lookup`", "", grammar::lookup},
    {"`set`", "", grammar::set},
    {"A table", "An entry of `tables`.", grammar::table},
    {"`comments`", "", grammar::comments},
    {"`merged`", "", grammar::merged},
    {"`closed`", "", grammar::closed},
    {"A test", "An entry of `tests`.", grammar::test},
    {"A step", "An entry of `steps`.", grammar::step},
    {"A test's comment", "An entry of a test's `comments`.", grammar::said_comment},
    {"A test's merge", "`merged` in a test.", grammar::merge_test},
    {"A model's field", "Also under `fields` of a map.", grammar::model_field},
    {"A choice's value", "", grammar::model_value},
};

std::string_view word(shape s) {
  switch (s) {
    case shape::text:
      return "text";
    case shape::texts:
      return "text or list";
    case shape::number:
      return "number";
    case shape::flag:
      return "yes or no";
    case shape::span:
      return "span: 90s, 30m, 4h, 2d";
    case shape::word:
    case shape::sync:
    case shape::conflict:
      return "word";
    case shape::value:
      return "value, or list of values";
    case shape::condition:
      return "condition";
    case shape::open:
      return "all, none or condition";
    case shape::urgent:
      return "list of conditions";
    case shape::rows:
    case shape::choices:
    case shape::rule:
    case shape::overlay_rule:
    case shape::tests:
    case shape::steps:
    case shape::said_comments:
      return "list";
    default:
      return "mapping";
  }
}

/// In a cell of a table.
std::string cell(std::string_view text) {
  std::string out;
  for (auto const c : text) {
    if (c == '|') out += '\\';
    out += c == '\n' ? ' ' : c;
  }
  return out;
}

void append(std::string& out, part const& p) {
  out += "\n### " + std::string{p.title} + "\n\n";
  if (!p.says.empty()) out += std::string{p.says} + "\n\n";
  out += "| Key | Kind | Says |\n|---|---|---|\n";
  for (auto const& key : p.keys) {
    out += "| `" + std::string{key.name} + '`' + (key.required ? " (required)" : "") + " | " +
           std::string{word(key.shape)} + " | " + cell(key.says) + " |\n";
  }
}

std::string values_of(model_field const& f) {
  std::string text;
  for (auto const& v : f.values) {
    text += (text.empty() ? "" : ", ") + ('`' + v.value + '`');
    if (v.label != v.value) text += ' ' + v.label;
    if (!v.writable) text += " (read only)";
  }
  if (f.open && !text.empty()) text += ", and what the instance adds";
  if (f.ordered) text += "; lowest first";
  return text;
}

std::string remarks(model_field const& f) {
  std::string text;
  auto const add = [&](std::string const& more) { text += (text.empty() ? "" : "; ") + more; };
  if (f.required) add("never empty");
  if (f.length_max > 0) add("at most " + std::to_string(f.length_max));
  if (f.is_public) add("seen by customers");
  if (f.hinders_merging) add("a value can keep incidents from being merged");
  if (!f.by.empty()) {
    std::string by;
    for (auto const& b : f.by) by += (by.empty() ? "" : ", ") + b;
    add(f.kind + " by " + by);
  }
  if (auto const values = values_of(f); !values.empty()) add(values);
  return text;
}

std::string_view word(markup m) {
  constexpr std::array<std::string_view, 5> words{"", "html", "markdown", "wiki", "adf"};
  return words[static_cast<std::size_t>(m)];
}

void append(std::string& out, model_field const& f, std::string const& prefix) {
  auto const path = prefix + f.name;
  auto type = std::string{name(f.type)};
  if (f.format != markup::plain) type += ' ' + std::string{word(f.format)};
  out += "| `" + path + "` | " + cell(f.label) + " | " + type + " | " +
         (f.writable ? "yes" : "no") + " | " + cell(remarks(f)) + " |\n";
  for (auto const& inner : f.fields) append(out, inner, path + '.');
}

}  // namespace

std::string reference_page(model_catalogue const& models) {
  std::string out =
      "# Reference\n\nMade by `itsm-connector schema reference`, from what the compiler reads by; "
      "the tutorial is [README.md](README.md).\n\n## The language\n";
  for (auto const& p : parts) append(out, p);
  out += "\n## The models\n";
  for (auto const name : models.names()) {
    auto const m = models.find(name);
    out += "\n### `" + m->name + "`: " + m->label + "\n\n";
    if (!m->open_prefixes.empty()) {
      std::string prefixes;
      for (auto const& p : m->open_prefixes)
        prefixes += (prefixes.empty() ? "`" : ", `") + p + "…`";
      out += "An instance may add " + prefixes + ".\n\n";
    }
    out += "| Field | Label | Type | Written | |\n|---|---|---|---|---|\n";
    for (auto const& f : m->fields) append(out, f, "");
  }
  return out;
}

}  // namespace connector::mapping

#include "adapters/servicenow/wire.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>

namespace adapters::servicenow {

namespace json = boost::json;
using core::errc;

namespace {

constexpr std::array object_columns{
    "sys_id",
    "number",
    "correlation_id",
    "correlation_display",
    "sys_mod_count",
    "sys_updated_on",
    "sys_updated_by",
    "sys_created_on"};

std::string text_of_number(double number) {
  std::array<char, 32> digits{};
  auto const integral = number == std::trunc(number) && std::abs(number) < 1e15;
  auto const [end, ec] =
      integral ? std::to_chars(digits.begin(), digits.end(), static_cast<std::int64_t>(number))
               : std::to_chars(digits.begin(), digits.end(), number);
  return {digits.data(), end};
}

std::string text_of_scalar(json::value const& v) {
  switch (v.kind()) {
    case json::kind::string:
      return std::string{v.get_string()};
    case json::kind::bool_:
      return v.get_bool() ? "true" : "false";
    case json::kind::int64:
      return std::to_string(v.get_int64());
    case json::kind::uint64:
      return std::to_string(v.get_uint64());
    case json::kind::double_:
      return text_of_number(v.get_double());
    default:
      return {};
  }
}

std::optional<std::int64_t> count_at(row const& from, std::string_view column) {
  auto const text = text_at(from, column);
  std::int64_t n = 0;
  auto const [end, ec] = std::from_chars(text.data(), text.data() + text.size(), n);
  if (text.empty() || ec != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return n;
}

}  // namespace

core::error hidden(std::string column, std::string_view table) {
  core::error e{
      errc::forbidden,
      "the instance does not return " + std::string{table} + "." + column +
          ": there is no such column, or the integration user may not read it"};
  e.fields.push_back(std::move(column));
  return e;
}

std::string stored_text(json::value const& from) {
  if (auto const* composed = from.if_object()) {
    auto const* value = composed->if_contains("value");
    return value ? text_of_scalar(*value) : std::string{};
  }
  return text_of_scalar(from);
}

std::string display_text(json::value const& from) {
  if (auto const* composed = from.if_object()) {
    auto const* shown = composed->if_contains("display_value");
    return shown ? text_of_scalar(*shown) : std::string{};
  }
  return text_of_scalar(from);
}

std::string text_at(row const& from, std::string_view column) {
  auto const* at = from.if_contains(column);
  return at ? stored_text(*at) : std::string{};
}

core::result<adapter::object> to_object(
    row const& from, origin const& of, std::span<std::string const> fields, absent policy
) {
  adapter::object found;
  found.id = text_at(from, "sys_id");
  auto const version = count_at(from, "sys_mod_count");
  auto const changed = core::parse_time(text_at(from, "sys_updated_on"));
  if (!is_safe_key(found.id)) return hidden("sys_id", of.table);
  if (!version) return hidden("sys_mod_count", of.table);
  if (!changed) return hidden("sys_updated_on", of.table);
  found.label = text_at(from, "number");
  found.url = of.base_url + "/" + of.table + ".do?sys_id=" + found.id;
  found.version = *version;
  found.changed_at = *changed;
  found.created_at = core::parse_time(text_at(from, "sys_created_on")).value_or(core::time_point{});
  found.changed_by = text_at(from, "sys_updated_by");
  found.fields.reserve(fields.size());
  for (auto const& field : fields) {
    auto const* at = from.if_contains(field);
    // A dot-walked column of an empty reference may be left out: there is nothing to read.
    auto const must = policy == absent::refuse && field.find('.') == field.npos;
    if (!at && must) return hidden(field, of.table);
    if (!at) continue;
    auto text = stored_text(*at);
    found.fields[field] = text.empty() ? core::value(nullptr) : core::value(text);
  }
  return found;
}

adapter::object gone(std::string id) {
  adapter::object missing;
  missing.id = std::move(id);
  missing.presence = adapter::presence::gone;
  return missing;
}

core::result<std::vector<std::string>> columns_for(std::span<std::string const> fields) {
  std::vector<std::string> columns{object_columns.begin(), object_columns.end()};
  for (auto const& field : fields) {
    if (!is_column(field)) {
      core::error e{errc::invalid, "\"" + field + "\" is no name of a column"};
      e.fields.push_back(field);
      return e;
    }
    if (std::ranges::find(columns, field) == columns.end()) columns.push_back(field);
  }
  return columns;
}

core::result<row> to_row(core::record const& fields) {
  row written;
  for (auto const& [name, value] : fields) {
    if (!is_column(name) || value.is_object()) {
      core::error e{
          errc::invalid,
          is_column(name)
              ? "a value of several parts has no form in the column " + std::string{name}
              : "\"" + std::string{name} + "\" is no name of a column"};
      e.fields.emplace_back(name);
      return e;
    }
    std::string text;
    if (auto const* list = value.if_array()) {
      for (auto const& element : *list) {
        if (!text.empty()) text += ',';
        text += text_of_scalar(element);
      }
    } else {
      text = text_of_scalar(value);
    }
    written[name] = text;
  }
  return written;
}

}  // namespace adapters::servicenow

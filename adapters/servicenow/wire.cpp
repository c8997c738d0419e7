#include "adapters/servicenow/wire.hpp"

#include <algorithm>
#include <array>
#include <boost/json/serialize.hpp>
#include <charconv>
#include <cmath>

#include "connector/http/url.hpp"

namespace adapters::servicenow {

namespace http = connector::http;
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

core::error hidden(std::string column, std::string_view table) {
  core::error e{
      errc::forbidden,
      "the instance does not return " + std::string{table} + "." + column +
          ": there is no such column, or the integration user may not read it"};
  e.fields.push_back(std::move(column));
  return e;
}

core::error ignored(std::string what) {
  return {errc::malformed, "the instance ignored a part of the query: " + std::move(what)};
}

std::string fields_parameter(std::span<std::string const> columns) {
  std::string list;
  for (auto const& column : columns) {
    if (!list.empty()) list += ',';
    list += column;
  }
  return "sysparm_fields=" + http::percent_encode(list) +
         "&sysparm_display_value=false&sysparm_exclude_reference_link=true";
}

}  // namespace

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
  for (auto const& field : fields) {
    auto const* at = from.if_contains(field);
    // A dot-walked column of an empty reference may be left out: there is nothing to read.
    auto const must = policy == absent::refuse && field.find('.') == field.npos;
    if (!at && must) return hidden(field, of.table);
    if (!at) continue;
    auto text = stored_text(*at);
    found.fields[field] = text.empty() ? core::value(nullptr) : core::value(std::move(text));
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

core::result<change_walk> change_walk::from(adapter::change_query const& asked, std::string tag) {
  change_walk walk;
  // Stamps have whole seconds: an earlier bound returns more, a later one would lose rows.
  walk.from_ = std::chrono::floor<std::chrono::seconds>(asked.from);
  walk.to_ = asked.to;
  walk.tag_ = std::move(tag);
  if (asked.continuation.empty()) return walk;
  auto const bar = asked.continuation.find('|');
  walk.after_time_ = asked.continuation.substr(0, bar);
  if (bar != std::string::npos) walk.after_id_ = asked.continuation.substr(bar + 1);
  if (!core::parse_time(walk.after_time_) || !is_safe_key(walk.after_id_)) {
    return core::error{errc::invalid, "not a continuation of ours: " + asked.continuation};
  }
  return walk;
}

query change_walk::what() const {
  auto const common = [this](query& half) {
    half.is("correlation_display", tag_);
    if (to_) half.at_most("sys_updated_on", *to_);
  };
  query whole;
  if (after_id_.empty()) {
    whole.at_least("sys_updated_on", from_);
    common(whole);
  } else {
    whole.is("sys_updated_on", after_time_).above("sys_id", after_id_);
    common(whole);
    query later;
    later.above("sys_updated_on", after_time_);
    common(later);
    whole.or_else(later);
  }
  return whole.ascending("sys_updated_on").ascending("sys_id");
}

core::result<void> change_walk::check(std::span<row const> rows) const {
  auto before_time = after_time_;
  auto before_id = after_id_;
  for (auto const& one : rows) {
    auto const id = text_at(one, "sys_id");
    auto const stamp = text_at(one, "sys_updated_on");
    if (text_at(one, "correlation_display") != tag_) {
      return ignored(
          "correlation_display=" + tag_ +
          " also returned other tickets; is the column "
          "readable for the integration user?"
      );
    }
    auto const at = core::parse_time(stamp);
    if (!at) return hidden("sys_updated_on", "the table");
    if (*at < from_ || (to_ && *at > *to_)) return ignored("the bounds of sys_updated_on");
    // The text form of a stamp sorts as its time does.
    if (!before_id.empty() && std::tie(stamp, id) <= std::tie(before_time, before_id)) {
      return ignored("the order by sys_updated_on and sys_id");
    }
    before_time = stamp;
    before_id = id;
  }
  return {};
}

std::string change_walk::continuation_after(row const& last) {
  return text_at(last, "sys_updated_on") + "|" + text_at(last, "sys_id");
}

write create_write(std::string_view table, row const& body, std::span<std::string const> columns) {
  write made;
  made.method = "POST";
  made.path = "/api/now/table/" + std::string{table} + "?" + fields_parameter(columns);
  made.body = json::serialize(body);
  return made;
}

write modify_write(
    std::string_view table,
    std::string_view id,
    row const& body,
    std::span<std::string const> columns,
    bool repeatable
) {
  auto made = create_write(table, body, columns);
  made.method = "PATCH";
  made.path.insert(made.path.find('?'), "/" + std::string{id});
  made.subject = std::string{id};
  made.repeatable = repeatable;
  return made;
}

}  // namespace adapters::servicenow

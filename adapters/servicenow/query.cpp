#include "adapters/servicenow/query.hpp"

#include <algorithm>
#include <stdexcept>

#include "connector/http/text.hpp"

namespace adapters::servicenow {

namespace http = connector::http;

namespace {

bool is_alphanumeric(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

}  // namespace

bool is_safe_key(std::string_view text) {
  return !text.empty() && std::ranges::all_of(text, [](char c) {
    return is_alphanumeric(c) || c == '_' || c == '.' || c == ':' || c == '-';
  });
}

bool is_column(std::string_view text) {
  return !text.empty() && std::ranges::all_of(text, [](char c) {
    return is_alphanumeric(c) || c == '_' || c == '.';
  });
}

bool is_safe_value(std::string_view text) {
  constexpr std::string_view script = "javascript:";
  auto const control = [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; };
  return !text.empty() && text.find('^') == text.npos &&
         http::lower(text).find(script) == std::string::npos && std::ranges::none_of(text, control);
}

query& query::term(std::string_view column, std::string_view compared, std::string_view value) {
  if (!is_column(column)) throw std::invalid_argument{"not a column: " + std::string{column}};
  if (!is_safe_value(value)) throw std::invalid_argument{"not safe in a query"};
  if (!text_.empty()) text_ += '^';
  text_.append(column).append(compared).append(value);
  return *this;
}

query& query::is(std::string_view column, std::string_view value) {
  return term(column, "=", value);
}

query& query::above(std::string_view column, std::string_view value) {
  return term(column, ">", value);
}

query& query::at_least(std::string_view column, core::time_point value) {
  return term(column, ">=", query_time(value));
}

query& query::at_most(std::string_view column, core::time_point value) {
  return term(column, "<=", query_time(value));
}

query& query::in(std::string_view column, std::span<std::string const> values) {
  std::string list;
  for (auto const& value : values) {
    if (value.find(',') != value.npos) throw std::invalid_argument{"a comma splits a list"};
    if (!list.empty()) list += ',';
    list += value;
  }
  return term(column, "IN", list);
}

query& query::or_else(query const& other) {
  text_.append("^NQ").append(other.text_);
  return *this;
}

query& query::ascending(std::string_view column) {
  if (!is_column(column)) throw std::invalid_argument{"not a column: " + std::string{column}};
  if (!text_.empty()) text_ += '^';
  text_.append("ORDERBY").append(column);
  return *this;
}

std::string query_time(core::time_point at) { return core::format_time_seconds(at); }

}  // namespace adapters::servicenow

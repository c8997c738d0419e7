#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "connector/core/time.hpp"

namespace adapters::servicenow {

namespace core = connector::core;

/// Only letters, digits and "_.:-", and at least one of them: safe in every part of an encoded
/// query. Correlation keys, tags and record ids have to be of this kind.
bool is_safe_key(std::string_view text);

/// A column, dot-walked or not: letters, digits, underscores and dots.
bool is_column(std::string_view text);

/// May stand as a value in a query although a person chose it: it holds no "^", which would start
/// another condition, and no "javascript:", which the instance would run.
bool is_safe_value(std::string_view text);

/// Builds ServiceNow's encoded query (docs: "Encoded query strings"). An instance drops a condition
/// it cannot understand and answers with more rows, so every caller checks the rows it gets.
///
/// Columns must satisfy is_column and values is_safe_value: anything else is a mistake of ours
/// and throws std::invalid_argument.
class query {
 public:
  query& is(std::string_view column, std::string_view value);
  query& above(std::string_view column, std::string_view value);
  query& at_least(std::string_view column, core::time_point value);
  query& at_most(std::string_view column, core::time_point value);

  /// Values must not hold a comma.
  query& in(std::string_view column, std::span<std::string const> values);

  /// Joins with `other`: rows that satisfy either. What is common has to stand in both.
  query& or_else(query const& other);

  query& ascending(std::string_view column);

  [[nodiscard]] std::string const& text() const { return text_; }

 private:
  query& term(std::string_view column, std::string_view compared, std::string_view value);
  std::string text_;
};

/// "2026-01-02 03:04:05": how a web service query wants a time. A literal is taken as UTC, whatever
/// the zone of the calling user.
std::string query_time(core::time_point at);

}  // namespace adapters::servicenow

#include "test/simulators/graph/list_options.hpp"

#include <charconv>

#include "test/simulators/graph/vocabulary.hpp"

namespace simulators {
namespace {

constexpr std::size_t incident_rows_max = 50;
constexpr std::size_t alert_rows_max = 2000;

std::optional<std::size_t> whole_number(std::string_view text) {
  std::size_t value = 0;
  auto const [end, failed] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (failed != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return value;
}

/// Property names, types and words in a filter, as the service's model demands.
std::string check_filter(
    odata::expression& filter, bool is_alert, bool sees_gated, graph_settings const& settings
) {
  for (auto& each : filter.operands) {
    if (auto wrong = check_filter(each, is_alert, sees_gated, settings); !wrong.empty()) {
      return wrong;
    }
  }
  if (filter.kind != odata::expression::node::compare) return {};
  auto const& name = filter.property;
  auto const members = is_alert ? vocabulary::alert_members() : vocabulary::incident_members();
  if (!vocabulary::is_member(members, name)) {
    return "Could not find a property named '" + name + "' on type 'microsoft.graph.security." +
           (is_alert ? "alert" : "incident") + "'.";
  }
  if (!vocabulary::is_filterable(name, is_alert)) {
    return "The property '" + name + "' cannot be used in the $filter query option.";
  }
  bool const is_time = name == "createdDateTime" || name == "lastUpdateDateTime";
  bool const has_time = std::holds_alternative<core::time_point>(filter.literal);
  bool const has_text = std::holds_alternative<std::string>(filter.literal);
  if (is_time ? has_text : has_time) {
    return "A binary operator with incompatible types was detected for '" + name + "'.";
  }
  auto const words = vocabulary::of_property(name, is_alert);
  if (words.empty() || !has_text) return {};
  auto& text = std::get<std::string>(filter.literal);
  auto const* word = vocabulary::find(words, text, settings.any_enum_case);
  using gated = graph_settings::gated_literals;
  bool const hidden = word != nullptr && word->gated &&
                      (settings.filter_gated == gated::refused ||
                       (settings.filter_gated == gated::with_prefer && !sees_gated));
  if (word == nullptr || hidden) {
    return "The string '" + text + "' is not a valid enumeration type constant.";
  }
  text = word->name;
  return {};
}

}  // namespace

std::optional<complaint> read_options(
    target const& at,
    bool is_alert,
    bool one_entity,
    bool sees_gated,
    graph_settings const& settings,
    list_options& out
) {
  auto const members = is_alert ? vocabulary::alert_members() : vocabulary::incident_members();
  for (auto const& [name, value] : at.query) {
    if (name == "$select") {
      out.select = odata::parse_names(value);
      for (auto const& each : out.select) {
        if (!vocabulary::is_member(members, each) && each != "alerts") {
          return complaint{
              "BadRequest",
              "Parsing OData Select and Expand failed: Could not find a property named '" + each +
                  "' on type 'microsoft.graph.security." + (is_alert ? "alert" : "incident") +
                  "'."};
        }
      }
    } else if (name == "$expand" && !is_alert) {
      if (value != "alerts") {
        return complaint{"BadRequest", "Parsing OData Select and Expand failed: '" + value + "'."};
      }
      out.expand_alerts = true;
    } else if (one_entity) {
      return complaint{
          "BadRequest", "Query option '" + name + "' is not allowed on a single entity."};
    } else if (name == "$filter") {
      auto parsed = odata::parse_filter(value);
      if (!parsed.expression)
        return complaint{"BadRequest", "Invalid filter clause: " + parsed.complaint};
      out.filter = std::move(parsed.expression);
      auto wrong = check_filter(*out.filter, is_alert, sees_gated, settings);
      if (!wrong.empty()) return complaint{"BadRequest", "Invalid filter clause: " + wrong};
    } else if (name == "$orderby") {
      auto keys = odata::parse_orderby(value);
      if (!keys) return complaint{"BadRequest", "Invalid $orderby clause: '" + value + "'."};
      for (auto const& key : *keys) {
        if (!vocabulary::is_member(members, key.property)) {
          return complaint{
              "BadRequest", "Could not find a property named '" + key.property + "' to order by."};
        }
      }
      out.order = std::move(*keys);
    } else if (name == "$top" || name == "$skip") {
      auto const number = whole_number(value);
      if (!number || (name == "$top" && *number == 0)) {
        return complaint{
            "BadRequest", "The value '" + value + "' of the query option is not a valid number."};
      }
      auto const limit = is_alert ? alert_rows_max : incident_rows_max;
      if (name == "$top" && *number > limit) {
        // Recorded from the service: the code is empty.
        return complaint{
            "",
            "The query specified in the URI is not valid. The limit of '" + std::to_string(limit) +
                "' for Top query has been exceeded. The value from the incoming request is '" +
                value + "'."};
      }
      (name == "$top" ? out.top : out.skip) = *number;
    } else if (name == "$count") {
      if (value != "true" && value != "false") {
        return complaint{"BadRequest", "Invalid value '" + value + "' for $count query option."};
      }
      out.counted = value == "true";
    } else if (name == "$skiptoken") {
      out.skip_token = value;
    } else if (!name.empty() && name.front() == '$') {
      return complaint{"BadRequest", "The query parameter '" + name + "' is not supported."};
    }
  }
  return std::nullopt;
}

}  // namespace simulators

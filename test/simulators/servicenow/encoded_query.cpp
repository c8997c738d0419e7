#include "test/simulators/servicenow/encoded_query.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>

namespace simulators::encoded_query {
namespace {

struct spelling {
  std::string_view text;
  encoded_query::op op;
};

/// Longer spellings before those that begin like them.
constexpr std::array spellings{
    spelling{"ISNOTEMPTY", op::is_not_empty},
    spelling{"ISEMPTY", op::is_empty},
    spelling{"STARTSWITH", op::starts_with},
    spelling{"ENDSWITH", op::ends_with},
    spelling{"RELATIVEGT", op::relative_after},
    spelling{"RELATIVEGE", op::relative_after},
    spelling{"RELATIVELT", op::relative_before},
    spelling{"RELATIVELE", op::relative_before},
    spelling{"NOT LIKE", op::not_like},
    spelling{"NOTLIKE", op::not_like},
    spelling{"NOT IN", op::not_in},
    spelling{"NOTIN", op::not_in},
    spelling{"BETWEEN", op::between},
    spelling{"LIKE", op::like},
    spelling{"IN", op::in},
    spelling{"!=", op::unequal},
    spelling{">=", op::greater_or_equal},
    spelling{"<=", op::less_or_equal},
    spelling{"=", op::equal},
    spelling{">", op::greater},
    spelling{"<", op::less},
};

bool takes(std::string_view& text, std::string_view word) {
  if (text.substr(0, word.size()) != word) return false;
  text.remove_prefix(word.size());
  return true;
}

std::vector<std::string> split(std::string_view text, char separator) {
  std::vector<std::string> parts;
  while (true) {
    auto const end = text.find(separator);
    parts.emplace_back(text.substr(0, end));
    if (end == text.npos) return parts;
    text.remove_prefix(end + 1);
  }
}

/// javascript:gs.dateGenerate('2026-01-02','03:04:05'): a time in the caller's zone.
std::optional<std::string> date_generate(std::string_view script, std::chrono::minutes zone) {
  if (!takes(script, "javascript:gs.dateGenerate('")) return std::nullopt;
  auto const date = script.substr(0, script.find('\''));
  script.remove_prefix(date.size());
  if (!takes(script, "','")) return std::nullopt;
  auto const time = script.substr(0, script.find('\''));
  auto const at = core::parse_time(std::string{date} + ' ' + std::string{time});
  if (!at) return std::nullopt;
  return core::format_time_seconds(*at - zone);
}

std::optional<term> read_term(std::string_view text, std::chrono::minutes zone) {
  auto const is_name = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_' || c == '.';
  };
  auto const end =
      static_cast<std::size_t>(std::find_if_not(text.begin(), text.end(), is_name) - text.begin());
  term out;
  out.field = text.substr(0, end);
  text.remove_prefix(end);
  if (out.field.empty()) return std::nullopt;
  auto const at = std::find_if(spellings.begin(), spellings.end(), [&](auto const& each) {
    return takes(text, each.text);
  });
  if (at == spellings.end()) return std::nullopt;
  out.op = at->op;
  switch (out.op) {
    case op::in:
    case op::not_in:
      out.values = split(text, ',');
      break;
    case op::between:
    case op::relative_after:
    case op::relative_before:
      out.values = split(text, '@');
      break;
    default:
      out.values = {std::string{text}};
  }
  for (auto& value : out.values) {
    if (value.rfind("javascript:", 0) != 0) continue;
    auto date = date_generate(value, zone);
    if (!date) return std::nullopt;
    value = std::move(*date);
  }
  if (out.op == op::between && out.values.size() != 2) return std::nullopt;
  bool const relative = out.op == op::relative_after || out.op == op::relative_before;
  if (relative && out.values.size() != 3) return std::nullopt;
  return out;
}

/// The pieces between carets. Where escaping works, "^^" stands for one caret in a value.
std::vector<std::string> pieces_of(std::string_view text, bool doubled_caret_escapes) {
  std::vector<std::string> pieces(1);
  while (true) {
    auto const caret = std::min(text.find('^'), text.size());
    pieces.back() += text.substr(0, caret);
    if (caret == text.size()) return pieces;
    text.remove_prefix(caret + 1);
    if (doubled_caret_escapes && text.starts_with('^')) {
      pieces.back() += '^';
      text.remove_prefix(1);
    } else {
      pieces.emplace_back();
    }
  }
}

std::optional<double> number(std::string_view text) {
  double value = 0;
  auto const [end, failed] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (failed != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return value;
}

/// The moment that "minute@ago@5" names.
std::optional<std::string> relative_moment(
    std::vector<std::string> const& values, core::time_point now
) {
  auto const count = number(values[2]);
  if (!count || (values[1] != "ago" && values[1] != "ahead")) return std::nullopt;
  std::int64_t unit = 0;
  if (values[0] == "minute") unit = 60;
  if (values[0] == "hour") unit = 3600;
  if (values[0] == "dayofweek" || values[0] == "day") unit = 86'400;
  if (unit == 0) return std::nullopt;
  std::chrono::seconds const distance{unit * static_cast<std::int64_t>(*count)};
  return core::format_time_seconds(values[1] == "ago" ? now - distance : now + distance);
}

}  // namespace

query parse(
    std::string_view text,
    bool doubled_caret_escapes,
    core::time_point,
    std::chrono::minutes user_zone
) {
  query out;
  out.branches.emplace_back();
  bool previous_was_read = false;
  for (auto const& whole : pieces_of(text, doubled_caret_escapes)) {
    std::string_view piece = whole;
    if (piece.empty() || piece == "EQ") continue;
    if (takes(piece, "ORDERBYDESC")) {
      out.orders.push_back({std::string{piece}, true});
      continue;
    }
    if (takes(piece, "ORDERBY")) {
      out.orders.push_back({std::string{piece}, false});
      continue;
    }
    if (takes(piece, "GROUPBY")) continue;
    bool const next_branch = takes(piece, "NQ");
    bool const alternative = !next_branch && takes(piece, "OR");
    if (next_branch) out.branches.emplace_back();
    auto condition = read_term(piece, user_zone);
    if (!condition) {
      ++out.unreadable;
      if (!alternative) previous_was_read = false;
      continue;
    }
    auto& all = out.branches.back();
    if (alternative && previous_was_read && !all.empty()) {
      all.back().push_back(std::move(*condition));
    } else {
      all.push_back({std::move(*condition)});
    }
    previous_was_read = true;
  }
  return out;
}

bool less(field_type type, std::string_view a, std::string_view b) {
  if (type == field_type::integer || type == field_type::choice) {
    auto const x = number(a);
    auto const y = number(b);
    if (x && y) return *x < *y;
  }
  return a < b;
}

bool matches(term const& condition, field_type type, std::string_view have, core::time_point now) {
  auto const& values = condition.values;
  std::string_view const value = values.empty() ? std::string_view{} : values.front();
  auto const is_among = [&] {
    return std::find(values.begin(), values.end(), have) != values.end();
  };
  switch (condition.op) {
    case op::equal:
      return have == value;
    case op::unequal:
      return have != value;
    case op::greater:
      return !have.empty() && less(type, value, have);
    case op::greater_or_equal:
      return !have.empty() && !less(type, have, value);
    case op::less:
      return !have.empty() && less(type, have, value);
    case op::less_or_equal:
      return !have.empty() && !less(type, value, have);
    case op::in:
      return is_among();
    case op::not_in:
      return !is_among();
    case op::like:
      return have.find(value) != have.npos;
    case op::not_like:
      return have.find(value) == have.npos;
    case op::starts_with:
      return have.substr(0, value.size()) == value;
    case op::ends_with:
      return have.size() >= value.size() && have.substr(have.size() - value.size()) == value;
    case op::is_empty:
      return have.empty();
    case op::is_not_empty:
      return !have.empty();
    case op::between:
      return !have.empty() && !less(type, have, values[0]) && !less(type, values[1], have);
    case op::relative_after:
    case op::relative_before: {
      auto const moment = relative_moment(values, now);
      if (!moment || have.empty()) return false;
      return condition.op == op::relative_after ? have > *moment : have < *moment;
    }
  }
  return false;
}

}  // namespace simulators::encoded_query

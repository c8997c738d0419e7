#include "test/simulators/graph/odata.hpp"

#include <algorithm>

namespace simulators::odata {
namespace {

bool is_space(char c) { return c == ' ' || c == '\t'; }

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && is_space(text.front())) text.remove_prefix(1);
  while (!text.empty() && is_space(text.back())) text.remove_suffix(1);
  return text;
}

/// A recursive descent parser; `complaint` is set at the first thing it cannot read.
class reader {
 public:
  explicit reader(std::string_view text) : text_{text} {}

  parsed_filter read() {
    auto whole = disjunction(0);
    skip_spaces();
    if (complaint_.empty() && at_ < text_.size()) complain("Syntax error");
    if (!complaint_.empty()) return {std::nullopt, complaint_};
    return {std::move(whole), {}};
  }

 private:
  static constexpr int depth_max = 32;

  void complain(std::string_view what) {
    if (complaint_.empty()) {
      complaint_ = std::string{what} + " at position " + std::to_string(at_) + " in '" +
                   std::string{text_} + "'.";
    }
  }

  void skip_spaces() {
    while (at_ < text_.size() && is_space(text_[at_])) ++at_;
  }

  /// Takes `word` if it stands here as a word of its own.
  bool take_word(std::string_view word) {
    skip_spaces();
    if (text_.substr(at_, word.size()) != word) return false;
    auto const end = at_ + word.size();
    if (end < text_.size() && !is_space(text_[end]) && text_[end] != '(') return false;
    at_ = end;
    return true;
  }

  expression disjunction(int depth) {
    return chain("or", expression::node::disjunction, [this, depth] {
      return chain("and", expression::node::conjunction, [this, depth] { return unary(depth); });
    });
  }

  template <class Operand>
  expression chain(std::string_view word, expression::node kind, Operand operand) {
    expression first = operand();
    if (!complaint_.empty() || !take_word(word)) return first;
    expression joined;
    joined.kind = kind;
    joined.operands.push_back(std::move(first));
    do {
      joined.operands.push_back(operand());
    } while (complaint_.empty() && take_word(word));
    return joined;
  }

  expression unary(int depth) {
    if (depth > depth_max) {
      complain("The filter is nested too deeply");
      return {};
    }
    skip_spaces();
    if (take_word("not")) {
      expression negated;
      negated.kind = expression::node::negation;
      negated.operands.push_back(unary(depth + 1));
      return negated;
    }
    if (at_ < text_.size() && text_[at_] == '(') {
      ++at_;
      auto inner = disjunction(depth + 1);
      skip_spaces();
      if (at_ >= text_.size() || text_[at_] != ')') {
        complain("')' expected");
      } else {
        ++at_;
      }
      return inner;
    }
    return compare();
  }

  expression compare() {
    expression out;
    skip_spaces();
    auto const from = at_;
    auto const is_name = [](char c) {
      return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
             c == '_' || c == '/';
    };
    while (at_ < text_.size() && is_name(text_[at_])) ++at_;
    out.property = text_.substr(from, at_ - from);
    if (out.property.empty()) {
      complain("A property name was expected");
      return out;
    }
    if (take_word("eq")) {
      out.comparison = comparison::eq;
    } else if (take_word("ne")) {
      out.comparison = comparison::ne;
    } else if (take_word("gt")) {
      out.comparison = comparison::gt;
    } else if (take_word("ge")) {
      out.comparison = comparison::ge;
    } else if (take_word("lt")) {
      out.comparison = comparison::lt;
    } else if (take_word("le")) {
      out.comparison = comparison::le;
    } else {
      complain("An operator was expected");
      return out;
    }
    out.literal = value();
    return out;
  }

  literal value() {
    skip_spaces();
    if (at_ < text_.size() && text_[at_] == '\'') return quoted();
    auto const from = at_;
    while (at_ < text_.size() && !is_space(text_[at_]) && text_[at_] != ')') ++at_;
    auto const word = text_.substr(from, at_ - from);
    if (word == "null") return std::monostate{};
    // A date-time needs its zone here; the form with a blank in it is no OData literal.
    if (auto const at = core::parse_time(word); at && word.find('T') != word.npos) return *at;
    complain("A literal was expected");
    return {};
  }

  literal quoted() {
    std::string out;
    for (++at_; at_ < text_.size(); ++at_) {
      if (text_[at_] != '\'') {
        out += text_[at_];
      } else if (at_ + 1 < text_.size() && text_[at_ + 1] == '\'') {
        out += '\'';
        ++at_;
      } else {
        ++at_;
        return out;
      }
    }
    complain("There is an unterminated string literal");
    return {};
  }

  std::string_view text_;
  std::size_t at_ = 0;
  std::string complaint_;
};

void narrow(expression const& filter, std::string_view property, window& out) {
  switch (filter.kind) {
    case expression::node::conjunction:
      for (auto const& each : filter.operands) narrow(each, property, out);
      return;
    case expression::node::compare: {
      auto const* at = std::get_if<core::time_point>(&filter.literal);
      if (filter.property != property || at == nullptr) break;
      core::ticks const tick{1};
      auto const raise = [&out](core::time_point from) {
        out.from = out.from ? std::max(*out.from, from) : from;
      };
      auto const lower = [&out](core::time_point to) {
        out.to = out.to ? std::min(*out.to, to) : to;
      };
      switch (filter.comparison) {
        case comparison::eq:
          raise(*at);
          return lower(*at);
        case comparison::ge:
          return raise(*at);
        case comparison::gt:
          return raise(*at + tick);
        case comparison::le:
          return lower(*at);
        case comparison::lt:
          return lower(*at - tick);
        case comparison::ne:
          break;
      }
      break;
    }
    default:
      break;
  }
  out.exact = false;
}

}  // namespace

parsed_filter parse_filter(std::string_view text) { return reader{text}.read(); }

std::optional<std::vector<sort_key>> parse_orderby(std::string_view text) {
  std::vector<sort_key> keys;
  for (auto const& piece : parse_names(text)) {
    sort_key key;
    auto const space = std::min(piece.find(' '), piece.size());
    key.property = piece.substr(0, space);
    auto const direction = trimmed(std::string_view{piece}.substr(space));
    if (direction == "desc") {
      key.descending = true;
    } else if (!direction.empty() && direction != "asc") {
      return std::nullopt;
    }
    if (key.property.empty()) return std::nullopt;
    keys.push_back(std::move(key));
  }
  if (keys.empty()) return std::nullopt;
  return keys;
}

std::vector<std::string> parse_names(std::string_view text) {
  std::vector<std::string> names;
  while (!text.empty()) {
    auto const end = std::min(text.find(','), text.size());
    names.emplace_back(trimmed(text.substr(0, end)));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return names;
}

bool matches(expression const& filter, row const& entity) {
  switch (filter.kind) {
    case expression::node::conjunction:
      return std::all_of(filter.operands.begin(), filter.operands.end(), [&](auto const& each) {
        return matches(each, entity);
      });
    case expression::node::disjunction:
      return std::any_of(filter.operands.begin(), filter.operands.end(), [&](auto const& each) {
        return matches(each, entity);
      });
    case expression::node::negation:
      return !matches(filter.operands.front(), entity);
    case expression::node::compare:
      break;
  }
  auto const have = entity.property(filter.property);
  if (filter.comparison == comparison::eq) return have == filter.literal;
  if (filter.comparison == comparison::ne) return have != filter.literal;
  if (have.index() != filter.literal.index() || have.index() == 0) return false;
  switch (filter.comparison) {
    case comparison::gt:
      return have > filter.literal;
    case comparison::ge:
      return have >= filter.literal;
    case comparison::lt:
      return have < filter.literal;
    case comparison::le:
      return have <= filter.literal;
    default:
      return false;
  }
}

window window_of(expression const& filter, std::string_view property) {
  window out;
  narrow(filter, property, out);
  return out;
}

}  // namespace simulators::odata

#include "test/simulators/jira/jql.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <stdexcept>

namespace simulators {

struct jql_query::node {
  enum class kind { all, any, none, term };
  node::kind what = kind::term;
  std::vector<std::shared_ptr<node const>> parts;
  std::string field, op;
  std::vector<std::string> values;
  core::time_point time{};
};

namespace {

using node = jql_query::node;
using node_ptr = std::shared_ptr<node const>;

struct wrong : std::runtime_error {
  using std::runtime_error::runtime_error;
};

struct token {
  enum class kind { word, text, sign, end };
  token::kind what = kind::end;
  std::string text;
};

bool is_word_char(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
         c == '-' || c == '.' || c == '[' || c == ']' || static_cast<unsigned char>(c) >= 0x80;
}

std::vector<token> tokens_of(std::string_view text) {
  std::vector<token> all;
  for (std::size_t i = 0; i < text.size();) {
    char const c = text[i];
    if (c == ' ' || c == '\t' || c == '\n') {
      ++i;
    } else if (c == '"' || c == '\'') {
      std::string out;
      for (++i; i < text.size() && text[i] != c; ++i) {
        if (text[i] == '\\' && i + 1 < text.size()) ++i;
        out += text[i];
      }
      if (i == text.size())
        throw wrong{
            "Error in the JQL Query: The quoted string '" + out + "' has not been completed."};
      ++i;
      all.push_back({token::kind::text, std::move(out)});
    } else if (is_word_char(c)) {
      auto const from = i;
      while (i < text.size() && is_word_char(text[i])) ++i;
      all.push_back({token::kind::word, std::string{text.substr(from, i - from)}});
    } else {
      static constexpr std::array<std::string_view, 11> signs{
          "!=", "<=", ">=", "!~", "=", "<", ">", "(", ")", ",", "~"};
      auto const sign = std::find_if(signs.begin(), signs.end(), [&](std::string_view s) {
        return text.substr(i).starts_with(s);
      });
      if (sign == signs.end()) {
        throw wrong{
            "Error in the JQL Query: The character '" + std::string(1, c) +
            "' is a reserved JQL character."};
      }
      all.push_back({token::kind::sign, std::string{*sign}});
      i += sign->size();
    }
  }
  all.push_back({});
  return all;
}

bool is_number(std::string_view text) {
  return !text.empty() &&
         std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

std::string field_of(std::string_view name) {
  auto out = lower_case(name);
  if (out == "id" || out == "issuekey" || out == "issue") return "key";
  if (out == "type") return "issuetype";
  if (out == "createddate") return "created";
  if (out == "updateddate") return "updated";
  static constexpr std::array<std::string_view, 11> known{
      "project",
      "issuetype",
      "status",
      "statuscategory",
      "resolution",
      "priority",
      "assignee",
      "labels",
      "created",
      "updated",
      "key"};
  if (std::find(known.begin(), known.end(), out) == known.end()) {
    throw wrong{
        "Field '" + std::string{name} +
        "' does not exist or you do not have permission to view it."};
  }
  return out;
}

/// As much of a time as the index keeps.
core::time_point indexed(core::time_point at, jira_settings const& with) {
  auto const whole = with.index_stamp == jira_settings::stamp::seconds;
  return whole ? core::time_point{std::chrono::floor<std::chrono::seconds>(at)} : at;
}

class parser {
 public:
  parser(std::vector<token> all, jira_settings const& with, core::time_point now)
      : all_{std::move(all)}, with_{with}, now_{now} {}

  node_ptr condition() {
    if (at_order() || peek().what == token::kind::end) return nullptr;
    return either();
  }

  bool at_order() const { return is_word("order"); }
  token const& peek() const { return all_[next_]; }
  token take() { return all_[next_++]; }
  bool is_word(std::string_view word) const {
    return peek().what == token::kind::word && lower_case(peek().text) == word;
  }
  bool is_sign(std::string_view sign) const {
    return peek().what == token::kind::sign && peek().text == sign;
  }

 private:
  node_ptr either() {
    auto first = both();
    if (!is_word("or")) return first;
    auto out = std::make_shared<node>();
    out->what = node::kind::any;
    out->parts.push_back(first);
    while (is_word("or")) {
      take();
      out->parts.push_back(both());
    }
    return out;
  }

  node_ptr both() {
    auto first = single();
    if (!is_word("and")) return first;
    auto out = std::make_shared<node>();
    out->what = node::kind::all;
    out->parts.push_back(first);
    while (is_word("and")) {
      take();
      out->parts.push_back(single());
    }
    return out;
  }

  node_ptr single() {
    if (is_word("not")) {
      take();
      auto out = std::make_shared<node>();
      out->what = node::kind::none;
      out->parts.push_back(single());
      return out;
    }
    if (is_sign("(")) {
      take();
      auto out = either();
      if (!is_sign(")"))
        throw wrong{"Error in the JQL Query: Expecting ')' before the end of the query."};
      take();
      return out;
    }
    return term();
  }

  node_ptr term() {
    auto const name = take();
    if (name.what != token::kind::word && name.what != token::kind::text) {
      throw wrong{"Error in the JQL Query: Expecting a field name but got '" + name.text + "'."};
    }
    auto out = std::make_shared<node>();
    out->field = field_of(name.text);
    if (is_word("in") || is_word("not")) {
      if (lower_case(take().text) == "not") {
        if (!is_word("in"))
          throw wrong{"Error in the JQL Query: Expecting operator 'in' after 'not'."};
        take();
        out->op = "not in";
      } else {
        out->op = "in";
      }
      list(*out);
    } else if (is_word("is")) {
      take();
      out->op = "is";
      if (is_word("not")) {
        take();
        out->op = "is not";
      }
      auto const empty = lower_case(take().text);
      if (empty != "empty" && empty != "null")
        throw wrong{"Error in the JQL Query: Expecting 'EMPTY'."};
    } else {
      auto const op = take();
      if (op.what != token::kind::sign || op.text == "(" || op.text == ")" || op.text == ",") {
        throw wrong{
            "Error in the JQL Query: Expecting operator but got '" + op.text +
            "'. The valid operators are '=', '!=', '<', '>', '<=', '>=', '~', '!~', 'IN', 'NOT "
            "IN', 'IS' and 'IS NOT'."};
      }
      out->op = op.text;
      value(*out);
    }
    check(*out);
    return out;
  }

  void list(node& into) {
    if (!is_sign("(")) throw wrong{"Error in the JQL Query: Expecting '(' after 'in'."};
    do {
      take();
      value(into);
    } while (is_sign(","));
    if (!is_sign(")")) throw wrong{"Error in the JQL Query: Expecting ')'."};
    take();
  }

  void value(node& into) {
    auto const found = take();
    if (found.what != token::kind::word && found.what != token::kind::text) {
      throw wrong{
          "Error in the JQL Query: Expecting either a value, list or function but got '" +
          found.text + "'."};
    }
    into.values.push_back(found.text);
    if (into.field == "created" || into.field == "updated") {
      into.time = time_of(found, into.field);
    }
  }

  core::time_point time_of(token const& from, std::string const& field) const {
    using namespace std::chrono;
    auto const& text = from.text;
    if (from.what == token::kind::word && is_number(text)) {
      core::time_point const at{milliseconds{std::stoll(text)}};
      return with_.numbers_by_the_minute ? core::time_point{floor<minutes>(at)}
                                         : indexed(at, with_);
    }
    if (text.starts_with('-') && text.size() > 2 && is_number(text.substr(1, text.size() - 2))) {
      auto const count = std::stoll(text.substr(1, text.size() - 2));
      switch (text.back()) {
        case 'm':
          return now_ - minutes{count};
        case 'h':
          return now_ - hours{count};
        case 'd':
          return now_ - hours{std::int64_t{24} * count};
        case 'w':
          return now_ - hours{std::int64_t{24} * 7 * count};
        default:
          break;
      }
    }
    auto iso = text;
    std::replace(iso.begin(), iso.end(), '/', '-');
    if (iso.size() == 10) iso += " 00:00";
    auto const local = iso.size() == 16 ? core::parse_time(iso + ":00") : std::nullopt;
    if (!local) {
      throw wrong{
          "Date value '" + text + "' for field '" + field +
          "' is invalid. Valid formats include: 'yyyy/MM/dd HH:mm', 'yyyy-MM-dd HH:mm', "
          "'yyyy/MM/dd', 'yyyy-MM-dd', or a period format e.g. '-5d', '4w 2d'."};
    }
    return *local - with_.user_zone;
  }

  void check(node const& one) const {
    auto const known = [&](auto const& all, auto const& of) {
      for (auto const& value : one.values) {
        if (std::none_of(all.begin(), all.end(), [&](auto const& each) {
              return of(each, value);
            })) {
          throw wrong{
              "The value '" + value + "' does not exist for the field '" + one.field + "'."};
        }
      }
    };
    auto const same = [](std::string_view a, std::string_view b) {
      return lower_case(a) == lower_case(b);
    };
    if (one.field == "project") {
      std::array<std::string, 2> const projects{with_.project, "OPS"};
      known(projects, same);
    } else if (one.field == "status") {
      known(with_.statuses, [&](jira_status const& s, std::string const& v) {
        return s.id == v || same(s.name, v);
      });
    } else if (one.field == "issuetype") {
      std::array<std::string, 4> const types{with_.issue_type, "10004", "Bug", "10005"};
      known(types, same);
    }
    auto const ordered = one.op == "<" || one.op == "<=" || one.op == ">" || one.op == ">=";
    auto const time = one.field == "created" || one.field == "updated";
    if (ordered && !time && one.field != "key") {
      throw wrong{
          "The operator '" + one.op + "' is not supported by the '" + one.field + "' field."};
    }
    if ((one.op == "~" || one.op == "!~")) {
      throw wrong{
          "The operator '" + one.op + "' is not supported by the '" + one.field + "' field."};
    }
  }

  std::vector<token> all_;
  std::size_t next_ = 0;
  jira_settings const& with_;
  core::time_point now_;
};

bool compare(auto const& a, std::string_view op, auto const& b) {
  if (op == "=") return a == b;
  if (op == "!=") return a != b;
  if (op == "<") return a < b;
  if (op == "<=") return a <= b;
  if (op == ">") return a > b;
  return a >= b;
}

/// What an issue has in a field, each in every way it can be named.
std::vector<std::string> shown(
    jira_issue const& one, std::string const& field, jira_settings const& with
) {
  if (field == "labels") return one.labels;
  if (field == "project") return {one.project};
  if (field == "issuetype") return {with.issue_type, "10004"};
  if (field == "key") return {one.key(), std::to_string(one.id)};
  if (field == "resolution")
    return one.resolution.empty() ? std::vector<std::string>{} : std::vector{one.resolution};
  if (field == "priority") return {one.priority};
  if (field == "assignee")
    return one.assignee.empty() ? std::vector<std::string>{} : std::vector{one.assignee};
  for (auto const& status : with.statuses) {
    if (status.id != one.status) continue;
    if (field == "statuscategory") return {status.category};
    return {status.name, status.id};
  }
  return {};
}

bool holds(node const& n, jira_issue const& one, jira_settings const& with) {
  switch (n.what) {
    case node::kind::all:
      return std::all_of(n.parts.begin(), n.parts.end(), [&](auto const& p) {
        return holds(*p, one, with);
      });
    case node::kind::any:
      return std::any_of(n.parts.begin(), n.parts.end(), [&](auto const& p) {
        return holds(*p, one, with);
      });
    case node::kind::none:
      return !holds(*n.parts.front(), one, with);
    case node::kind::term:
      break;
  }
  if (n.field == "updated" || n.field == "created") {
    auto at = indexed(n.field == "updated" ? one.updated : one.created, with);
    // The index knows minutes where the query does.
    if (with.numbers_by_the_minute) at = std::chrono::floor<std::chrono::minutes>(at);
    return compare(at, n.op, n.time);
  }
  auto const mine = shown(one, n.field, with);
  if (n.op == "is") return mine.empty();
  if (n.op == "is not") return !mine.empty();
  if (n.field == "key" && (n.op.starts_with('<') || n.op.starts_with('>'))) {
    auto const dash = n.values.front().rfind('-');
    auto const digits =
        dash == std::string::npos ? n.values.front() : n.values.front().substr(dash + 1);
    return compare(
        one.number, n.op, static_cast<std::uint64_t>(std::strtoull(digits.c_str(), nullptr, 10))
    );
  }
  auto const has = [&](std::string const& value) {
    return std::any_of(mine.begin(), mine.end(), [&](std::string const& each) {
      return lower_case(each) == lower_case(value);
    });
  };
  auto const any = std::any_of(n.values.begin(), n.values.end(), has);
  // Like != in the real one, these leave out issues that have nothing in the field.
  if (n.op == "!=" || n.op == "not in") return !any && !mine.empty();
  return any;
}

}  // namespace

jql_query jql_query::parse(
    std::string_view text, jira_settings const& with, core::time_point now, std::string& complaint
) {
  jql_query out;
  out.with_ = &with;
  try {
    parser all{tokens_of(text), with, now};
    out.root_ = all.condition();
    if (all.at_order()) {
      all.take();
      if (!all.is_word("by")) throw wrong{"Error in the JQL Query: Expecting 'by' after 'order'."};
      do {
        all.take();
        order next;
        next.field = field_of(all.take().text);
        if (all.is_word("asc") || all.is_word("desc"))
          next.descending = lower_case(all.take().text) == "desc";
        out.order_.push_back(std::move(next));
      } while (all.is_sign(","));
      if (out.order_.size() > 7) throw wrong{"The number of ORDER BY fields is limited to 7."};
    }
    if (all.peek().what != token::kind::end) {
      throw wrong{
          "Error in the JQL Query: Expecting either 'OR' or 'AND' but got '" + all.peek().text +
          "'."};
    }
  } catch (wrong const& problem) {
    complaint = problem.what();
  }
  return out;
}

bool jql_query::matches(jira_issue const& one) const {
  return !root_ || holds(*root_, one, *with_);
}

bool jql_query::before(jira_issue const& a, jira_issue const& b) const {
  for (auto const& by : order_) {
    auto const& first = by.descending ? b : a;
    auto const& second = by.descending ? a : b;
    if (by.field == "updated" || by.field == "created") {
      auto const at = by.field == "updated" ? &jira_issue::updated : &jira_issue::created;
      auto const one = indexed(first.*at, *with_);
      auto const other = indexed(second.*at, *with_);
      if (one != other) return one < other;
    }
    if (by.field == "key" && a.key() != b.key()) {
      return std::tie(first.project, first.number) < std::tie(second.project, second.number);
    }
  }
  return a.id < b.id;
}

}  // namespace simulators

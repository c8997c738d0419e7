#include "connector/mapping/rows.hpp"

#include <algorithm>

#include "connector/mapping/evaluate.hpp"
#include "connector/mapping/grammar.hpp"

namespace connector::mapping {
namespace {

struct token {
  std::string text;
  bool quoted = false;
  place at;
};

struct raw_row {
  std::vector<token> left, right;
  table_row::arrow way = table_row::arrow::both;
};

constexpr std::string_view row_help =
    "write: incident <-> ticket, incident -> ticket, or incident <- ticket; several values with "
    "commas; quote a value with commas or arrows";

/// Reads one row. The text was one YAML scalar, so a column is the scalar's plus the offset.
class row_parser {
 public:
  row_parser(node const& from, reporter& to) : from_{from}, text_{from.text}, to_{to} {}

  std::optional<raw_row> parse() {
    raw_row row;
    if (!cells(row.left)) return std::nullopt;
    if (starts("<->")) {
      row.way = table_row::arrow::both;
      at_ += 3;
    } else if (starts("->")) {
      row.way = table_row::arrow::to_ticket;
      at_ += 2;
    } else if (starts("<-")) {
      row.way = table_row::arrow::to_incident;
      at_ += 2;
    } else {
      return fail("no arrow in this row");
    }
    if (!cells(row.right)) return std::nullopt;
    if (at_ < text_.size()) return fail("a second arrow in this row");
    return row;
  }

 private:
  [[nodiscard]] bool starts(std::string_view with) const {
    return std::string_view{text_}.substr(at_).starts_with(with);
  }
  [[nodiscard]] bool at_arrow() const { return starts("<->") || starts("->") || starts("<-"); }
  [[nodiscard]] place here() const {
    auto p = from_.at;
    p.column += (from_.quoted ? 1 : 0) + static_cast<int>(at_);
    return p;
  }

  std::nullopt_t fail(std::string text) {
    to_.add(found::bad_row, here(), std::move(text), std::string{row_help});
    return std::nullopt;
  }

  void skip_space() {
    while (at_ < text_.size() && (text_[at_] == ' ' || text_[at_] == '\t')) ++at_;
  }

  bool cells(std::vector<token>& into) {
    while (true) {
      skip_space();
      token t;
      t.at = here();
      if (at_ < text_.size() && (text_[at_] == '"' || text_[at_] == '\'')) {
        auto const mark = text_[at_];
        auto const end = text_.find(mark, at_ + 1);
        if (end == std::string::npos) {
          fail("a quote without its end");
          return false;
        }
        t.quoted = true;
        t.text = text_.substr(at_ + 1, end - at_ - 1);
        at_ = end + 1;
      } else {
        while (at_ < text_.size() && text_[at_] != ',' && !at_arrow()) t.text += text_[at_++];
        while (!t.text.empty() && t.text.back() == ' ') t.text.pop_back();
        if (t.text.empty()) {
          fail("a value is missing");
          return false;
        }
      }
      into.push_back(std::move(t));
      skip_space();
      if (at_ < text_.size() && text_[at_] == ',') {
        ++at_;
        continue;
      }
      if (at_ == text_.size() || at_arrow()) return true;
      fail("something after a quoted value");
      return false;
    }
  }

  node const& from_;
  std::string const& text_;
  reporter& to_;
  std::size_t at_ = 0;
};

bool is_word(token const& t, std::string_view word) { return !t.quoted && t.text == word; }

std::optional<outcome> word_outcome(std::vector<token> const& cells) {
  if (cells.size() != 1) return std::nullopt;
  outcome o;
  o.at = cells.front().at;
  if (is_word(cells.front(), "leave")) {
    o.what = outcome::kind::leave;
    return o;
  }
  if (is_word(cells.front(), "park")) {
    o.what = outcome::kind::park;
    return o;
  }
  return std::nullopt;
}

std::optional<std::vector<cell>> typed_cells(
    std::vector<token> const& tokens,
    rule_data const& r,
    side on,
    bool written,
    bool any_allowed,
    reporter& to
) {
  auto const& fields = r.on(on);
  if (tokens.size() != fields.size()) {
    to.add(
        found::wrong_width,
        tokens.front().at,
        "the rule has " + std::to_string(fields.size()) + " field(s) on the " +
            std::string{name(on)} + " side, this row has " + std::to_string(tokens.size()) +
            " value(s)",
        tokens.size() > fields.size() ? "quote a value that contains a comma" : ""
    );
    return std::nullopt;
  }
  std::vector<cell> cells;
  auto good = true;
  for (std::size_t i = 0; i < tokens.size(); ++i) {
    cell c;
    if (is_word(tokens[i], "any")) {
      if (!any_allowed) {
        to.add(
            found::bad_row,
            tokens[i].at,
            "'any' cannot be written",
            "use 'any' only where the row leads away from it"
        );
        good = false;
      }
      c.any = true;
    } else {
      auto v = read_literal(fields[i], tokens[i].text, tokens[i].quoted, tokens[i].at, to);
      if (!v) {
        good = false;
        continue;
      }
      if (written) check_writable(fields[i], *v, tokens[i].at, to);
      c.value = std::move(*v);
    }
    cells.push_back(std::move(c));
  }
  if (!good) return std::nullopt;
  return cells;
}

core::group values_of(std::vector<cell> const& cells) {
  core::group g;
  for (auto const& c : cells) g.push_back(c.value);
  return g;
}

void add_row(node const& item, rule_data const& r, value_table& t, reporter& to) {
  auto const raw = row_parser{item, to}.parse();
  if (!raw) return;
  table_row row;
  row.at = item.at;
  row.way = raw->way;
  row.result.at = item.at;
  auto const writes_ticket = row.leads(side::ticket), writes_incident = row.leads(side::incident);
  auto const& written = writes_ticket ? raw->right : raw->left;
  auto const one_way = row.way != table_row::arrow::both;
  auto const word = one_way ? word_outcome(written) : std::nullopt;
  auto const fill = [&](side on, std::vector<token> const& tokens, bool is_written) {
    auto cells = typed_cells(tokens, r, on, is_written, one_way && !is_written, to);
    if (!cells) return false;
    (on == side::incident ? row.incident : row.ticket) = std::move(*cells);
    return true;
  };
  auto good = true;
  if (!(word && writes_incident)) good = fill(side::incident, raw->left, writes_incident);
  if (!(word && writes_ticket)) good = fill(side::ticket, raw->right, writes_ticket) && good;
  if (!good) return;
  if (word) {
    row.result = *word;
    row.result.at = item.at;
  } else if (one_way) {
    row.result.value = values_of(writes_ticket ? row.ticket : row.incident);
  }
  t.rows.push_back(std::move(row));
}

bool read_otherwise(node const& from, rule_data const& r, value_table& t, reporter& to) {
  if (from.is_mapping()) {
    constexpr key_spec keys[] = {
        {"to_ticket", false, shape::any, "what the ticket gets"},
        {"to_incident", false, shape::any, "what the incident gets"},
    };
    key_reader const read{from, keys, to};
    for (auto const side_to : {side::ticket, side::incident}) {
      auto const* n = read.find(side_to == side::ticket ? "to_ticket" : "to_incident");
      if (!n) {
        if (r.goes(side_to)) {
          to.add(
              found::no_otherwise,
              from.at,
              "'otherwise' does not say what the " + std::string{name(side_to)} + " gets",
              std::string{"add 'to_"} + std::string{name(side_to)} + ": leave' or 'park'"
          );
        }
        continue;
      }
      if (auto o = read_outcome(*n, r, side_to, to)) {
        (side_to == side::ticket ? t.otherwise_ticket : t.otherwise_incident) = std::move(*o);
      }
    }
    return true;
  }
  if (from.is_word("leave") || from.is_word("park")) {
    outcome o;
    o.what = from.text == "leave" ? outcome::kind::leave : outcome::kind::park;
    o.at = from.at;
    t.otherwise_ticket = t.otherwise_incident = o;
    return true;
  }
  if (r.goes(side::ticket) && r.goes(side::incident)) {
    to.add(
        found::no_otherwise,
        from.at,
        "'otherwise' with a value must say for which side",
        "write 'otherwise: {to_ticket: ..., to_incident: leave}'"
    );
    return true;
  }
  auto const only = r.goes(side::incident) ? side::incident : side::ticket;
  if (auto o = read_outcome(from, r, only, to)) {
    (only == side::ticket ? t.otherwise_ticket : t.otherwise_incident) = std::move(*o);
  }
  return true;
}

bool hides(std::vector<cell> const& earlier, std::vector<cell> const& later) {
  if (earlier.size() != later.size() || earlier.empty()) return false;
  for (std::size_t i = 0; i < earlier.size(); ++i) {
    if (earlier[i].any) continue;
    if (later[i].any || earlier[i].value != later[i].value) return false;
  }
  return true;
}

/// Rows are compared with those that have an `any`, and looked up among the exact ones.
void check_hidden_rows(value_table const& t, side towards, reporter& to) {
  std::map<std::string, table_row const*> exact;
  std::vector<table_row const*> loose;
  for (auto const& row : t.rows) {
    if (!row.leads(towards)) continue;
    auto const& cells = towards == side::ticket ? row.incident : row.ticket;
    auto const is_exact =
        std::none_of(cells.begin(), cells.end(), [](cell const& c) { return c.any; });
    table_row const* earlier = nullptr;
    for (auto const* l : loose) {
      if (hides(towards == side::ticket ? l->incident : l->ticket, cells)) earlier = l;
    }
    if (is_exact && !earlier) {
      auto const [hit, added] = exact.emplace(table_key(cells), &row);
      if (!added) earlier = hit->second;
    }
    if (!is_exact) loose.push_back(&row);
    if (!earlier || row.from_file) continue;
    auto const both = row.way == table_row::arrow::both;
    to.add(
        found::unreachable_row,
        row.at,
        "towards the " + std::string{name(towards)} + " this row never applies: line " +
            std::to_string(earlier->at.line) + " decides first",
        !both                     ? "remove it"
        : towards == side::ticket ? "write '<-' if it is meant for the way back only"
                                  : "write '->' if it is meant for the way there only"
    );
  }
}

}  // namespace

std::optional<outcome> read_outcome(
    node const& from, rule_data const& r, side to, reporter& report
) {
  outcome o;
  o.at = from.at;
  if (from.is_word("leave") || from.is_word("park")) {
    o.what = from.text == "leave" ? outcome::kind::leave : outcome::kind::park;
    return o;
  }
  auto const& fields = r.on(to);
  auto const single = fields.size() == 1;
  auto const add = [&](field_ref const& field, node const& value) {
    auto v = read_literal(field, value, report);
    if (!v) return false;
    check_writable(field, *v, value.at, report);
    o.value.push_back(std::move(*v));
    return true;
  };
  if (single) return add(fields.front(), from) ? std::optional{o} : std::nullopt;
  if (!from.is_list() || from.items.size() != fields.size()) {
    report.add(
        found::wrong_width,
        from.at,
        "a list of " + std::to_string(fields.size()) + " values is wanted here",
        "one for each field of the rule, in its order; or leave, or park"
    );
    return std::nullopt;
  }
  auto good = true;
  for (std::size_t i = 0; i < fields.size(); ++i) good = add(fields[i], from.items[i]) && good;
  return good ? std::optional{o} : std::nullopt;
}

void read_rows(node const& from, rule_data const& r, value_table& t, reporter& to) {
  if (!from.is_list()) {
    to.add(found::wrong_shape, from.at, "'values' is a list of rows", std::string{row_help});
    return;
  }
  auto has_otherwise = false;
  for (auto const& item : from.items) {
    if (item.is_scalar()) {
      if (has_otherwise) {
        to.add(
            found::unreachable_row,
            item.at,
            "a row after 'otherwise'",
            "move 'otherwise' to the end"
        );
      }
      add_row(item, r, t, to);
    } else if (item.is_mapping() && item.entries.size() == 1 &&
               item.entries.front().key.text == "otherwise") {
      if (has_otherwise) {
        to.add(found::unreachable_row, item.at, "a second 'otherwise'", "remove one");
      }
      has_otherwise = read_otherwise(item.entries.front().value, r, t, to);
    } else {
      to.add(
          found::bad_row,
          item.at,
          "a row is one text, not " + std::string{item.kind_name()},
          "quote a row that contains ': '"
      );
    }
  }
  if (!has_otherwise) {
    to.add(
        found::no_otherwise,
        from.at,
        "the rows do not say what an unlisted value does",
        "end them with '- otherwise: leave' or '- otherwise: park'"
    );
  }
}

void check_rows(rule_data const& r, value_table const& t, reporter& to) {
  for (auto const& row : t.rows) {
    auto const useless = (row.way == table_row::arrow::to_ticket && !r.goes(side::ticket)) ||
                         (row.way == table_row::arrow::to_incident && !r.goes(side::incident));
    // A base's rows stay where an overlay takes a direction away.
    auto const inherited = row.at.file != r.at.file;
    if (row.from_file || inherited || !useless || r.direction == direction::never) continue;
    to.add(
        found::unwritten_row,
        row.at,
        "this row leads in a direction that the rule's 'sync' does not have",
        "change 'sync', or remove the row"
    );
  }
  for (auto const towards : {side::ticket, side::incident}) check_hidden_rows(t, towards, to);
}

void read_choices(
    node const& from, rule_data const& r, decision_table& t, scope const& in, reporter& to
) {
  constexpr key_spec line_keys[] = {
      {"when", true, shape::condition, "a condition on the incident"},
      {"then",
       true,
       shape::value,
       "what the ticket gets: a value, a list of values, leave or park"},
  };
  if (!from.is_list() || from.items.empty()) {
    to.add(found::wrong_shape, from.at, "'choose' is a list of {when, then}");
    return;
  }
  auto has_otherwise = false;
  for (auto const& item : from.items) {
    if (has_otherwise) {
      to.add(
          found::unreachable_row, item.at, "a line after 'otherwise'", "move 'otherwise' to the end"
      );
    }
    if (auto const* last =
            item.is_mapping() && item.entries.size() == 1 ? item.find("otherwise") : nullptr) {
      has_otherwise = true;
      if (auto o = read_outcome(*last, r, side::ticket, to)) t.otherwise = std::move(*o);
      continue;
    }
    key_reader const read{item, line_keys, to};
    auto const* when = read.find("when");
    auto const* then = read.find("then");
    if (!when || !then) continue;
    decision_table::line line;
    line.at = item.at;
    line.when = read_condition(*when, in, sides_allowed::incident, to);
    auto o = read_outcome(*then, r, side::ticket, to);
    if (!o) continue;
    line.then = std::move(*o);
    line.then.at = item.at;
    t.lines.push_back(std::move(line));
  }
  if (!has_otherwise) {
    to.add(
        found::no_otherwise,
        from.at,
        "'choose' does not say what happens when no line holds",
        "end it with '- otherwise: leave', 'park' or a value"
    );
  }
  for (auto const& line : t.lines) {
    each_test(line.when, [&](condition const& test) {
      auto const known = std::any_of(t.inputs.begin(), t.inputs.end(), [&](field_ref const& f) {
        return f.path == test.field.path;
      });
      if (!known) t.inputs.push_back(test.field);
    });
  }
}

void index_rows(value_table& t) {
  constexpr std::size_t rows_worth_an_index = 16;
  auto const indexed = t.rows.size() > rows_worth_an_index;
  for (std::size_t i = 0; i < t.rows.size(); ++i) {
    auto const& row = t.rows[i];
    auto const add = [&](side to, std::vector<cell> const& cells, auto& index, auto& loose) {
      if (!row.leads(to)) return;
      auto const exact =
          std::none_of(cells.begin(), cells.end(), [](cell const& c) { return c.any; });
      if (indexed && exact) {
        index.emplace(table_key(cells), i);
      } else {
        loose.push_back(i);
      }
    };
    add(side::ticket, row.incident, t.by_incident, t.loose_incident);
    add(side::incident, row.ticket, t.by_ticket, t.loose_ticket);
  }
}

}  // namespace connector::mapping

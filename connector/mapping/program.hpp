#pragma once

#include <limits>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "connector/mapping/map.hpp"
#include "connector/mapping/model.hpp"
#include "connector/mapping/policies.hpp"

/// A compiled map as data. Evaluating it (rules.cpp) and proving things about it read the same
/// structures: rows, directions, conditions and domains, never closures.
namespace connector::mapping {

struct condition {
  enum class kind { always, never, all, any, no, test };
  enum class relation { one_of, set, unset, contains, at_least, at_most };

  kind what = kind::always;
  std::vector<condition> parts;  ///< all, any; the single one of `no`
  side on = side::incident;      ///< test
  field_ref field;
  condition::relation how = relation::one_of;
  std::vector<core::value> values;  ///< canonical
  place at;
};

/// A canonical value passes a single test.
bool passes(condition const& test, core::value const& v);

/// `get(test)` gives the canonical value that a test looks at.
template <class Get>
bool holds(condition const& c, Get const& get) {
  switch (c.what) {
    case condition::kind::always:
      return true;
    case condition::kind::never:
      return false;
    case condition::kind::all:
      for (auto const& part : c.parts) {
        if (!holds(part, get)) return false;
      }
      return true;
    case condition::kind::any:
      for (auto const& part : c.parts) {
        if (holds(part, get)) return true;
      }
      return false;
    case condition::kind::no:
      return !holds(c.parts.front(), get);
    case condition::kind::test:
      return passes(c, get(c));
  }
  return false;
}

/// On two records.
bool holds(condition const& c, core::record const& incident, core::record const& ticket);

/// "severity is medium or high", for people.
std::string describe(condition const& c);

/// Calls `f` for every test in `c`.
template <class C, class F>
void each_test(C& c, F&& f) {
  if (c.what == condition::kind::test) f(c);
  for (auto& part : c.parts) each_test(part, f);
}

/// A list shown as a table.
struct table_spec {
  std::string name;  ///< in the template
  struct column {
    std::string title;
    struct source {
      field_ref field;  ///< within a row
      bool label = false;
    };
    std::vector<source> from;  ///< the first that is set shows
  };
  field_ref of;
  std::vector<column> columns;
  std::size_t rows_max = 20;
  std::size_t cell_max = 80;
};

enum class fact { ticket_label, ticket_url, incident_url };

/// Where a template takes a text from. Its value in a group is finished text, not yet escaped
/// (tables are: they bring markup of their own).
struct template_slot {
  enum class style { plain, label, count, time, table };
  field_ref field;
  template_slot::style as = style::plain;
  table_spec table;
};

struct template_piece {
  enum class kind { literal, slot, fact };
  kind what = kind::literal;
  std::string text;  ///< literal; otherwise shown where nothing is set
  std::size_t slot = 0;
  mapping::fact fact = fact::ticket_label;
};

/// A text over fields of the other side. `into` of the target decides how values are escaped.
struct text_template {
  std::vector<template_piece> pieces;
  std::vector<template_slot> slots;
};

struct cell {
  bool any = false;
  core::value value;  ///< canonical; null: unset
};

/// What one side gets.
struct outcome {
  enum class kind { value, leave, park };
  kind what = kind::value;
  core::group value;
  place at;
};

struct table_row {
  enum class arrow { both, to_ticket, to_incident };
  arrow way = arrow::both;
  std::vector<cell> incident, ticket;
  outcome result;  ///< one-way rows: what the other side gets
  place at;
  bool from_file = false;  ///< a line of a look-up file
  [[nodiscard]] bool leads(side to) const {
    return way == arrow::both || (way == arrow::to_ticket) == (to == side::ticket);
  }
};

/// Rows by first match. Rows without `any` are found by index.
struct value_table {
  std::vector<table_row> rows;
  outcome otherwise_ticket, otherwise_incident;
  std::map<std::string, std::size_t> by_incident, by_ticket;  ///< exact rows; only large tables
  std::vector<std::size_t> loose_incident, loose_ticket;      ///< rows with `any`, or all rows
};

/// The first line that holds decides. On the incident's side the rule reads as what was decided,
/// not as what it was decided from: a status that moves on does not undo somebody's new urgency as
/// long as the decision stays the same.
struct decision_table {
  struct line {
    condition when;
    outcome then;
    place at;
  };
  std::vector<line> lines;
  outcome otherwise;
  std::vector<field_ref> inputs;  ///< what the conditions look at
};

struct constant_body {
  core::group value;
};
struct copy_body {
  core::value otherwise;  ///< `default`; null: none
};
struct template_body {
  text_template text;
};

/// Elements of a set, each on its own. Ours on the ticket begin with `prefix`; ours on the incident
/// are those in `only`, or all.
struct set_body {
  std::string prefix;
  std::vector<std::string> only;
};

/// The ticket side's value is a key in the ticket system's own data.
struct reference_step {
  enum class missing { hold, clear, park, literal };
  struct special {
    std::string name;
    missing then = missing::hold;
    std::string literal;
    place at;
  };
  std::string kind, by;
  missing if_missing = missing::hold;
  std::string literal;
  std::vector<special> names;
  std::vector<std::string> never_overwrite;
  place at;
};

/// Values that the map knows not to survive the way to the other side and back.
struct declared_loss {
  side on = side::incident;
  field_ref field;
  bool any = false;
  std::vector<core::value> values;  ///< canonical
  place at;
};

struct rule_data {
  using body_type =
      std::variant<copy_body, constant_body, template_body, value_table, decision_table, set_body>;

  std::string name;
  config::position where;
  place at;  ///< the same
  mapping::direction direction = direction::never;
  mapping::resolution resolution = resolution::ask;
  side tie = side::incident;
  std::vector<field_ref> incident, ticket;  ///< what is read, and on the target's side written
  std::vector<std::string> incident_names, ticket_names;  ///< for rule::fields
  condition when;
  body_type body;
  side target = side::ticket;  ///< of constants and templates
  std::optional<reference_step> reference;
  std::size_t fit = 0;             ///< longest text on the ticket, by the rule or the model; 0: any
  std::vector<core::value> order;  ///< of the first incident field, for `highest` and `furthest`
  bool hinders_merging = false;
  bool merge_risk_accepted = false;
  bool shows_customers = false;  ///< the map says that customers may see what the rule writes
  std::vector<declared_loss> loses;
  std::string unproved;  ///< the map's reason to use the rule without a proof; empty: none given
  place unproved_at;

  [[nodiscard]] bool goes(side to) const { return leads(direction, to); }
  [[nodiscard]] std::vector<field_ref> const& on(side s) const {
    return s == side::incident ? incident : ticket;
  }
};

struct map_test {
  struct expected {
    field_ref field;
    core::value value;
    std::vector<std::string> contains;  ///< instead of a value: parts of it
    place at;
  };
  std::string name;
  config::position where;
  core::record incident, ticket;
  bool has_ticket = false;
  mapping::answers known;
  std::optional<bool> opens;
  std::optional<int> lane;
  std::vector<expected> expect, expect_incident;
  std::vector<std::pair<std::string, place>> parks;
  std::optional<bool> new_ticket;

  struct expected_text {
    bool none = false;
    std::string whole;
    std::vector<std::string> contains;  ///< instead: parts of it
    place at;
  };

  /// Somebody writes a comment on one side.
  struct comment {
    said_comment said;
    expected_text copy;
    std::string as;  ///< the place of the copy on the ticket; empty: not asked
    place as_at;
  };
  std::vector<comment> comments;

  /// The incident was merged into another one that has a ticket.
  struct merge {
    std::string into = "TICKET2";  ///< that ticket's label
    std::vector<expected> expect;
    std::optional<expected_text> comment;
  };
  std::optional<merge> merged;

  /// Somebody edits one side or both, and the map's answer is carried over.
  struct step {
    core::record incident, ticket;  ///< the fields that change
    std::optional<side> later;      ///< which of the two came later, where that can be told
    std::vector<expected> expect, expect_incident;
    std::vector<std::pair<std::string, place>> parks;
    std::vector<std::pair<std::string, place>> asks;  ///< conflicts that are left to a person
    std::optional<bool> new_ticket;
  };
  std::vector<step> steps;
};

struct closed_policy {
  enum class changes {
    leave,
    park,
    new_ticket,  ///< the incident goes on in another ticket, unless it is finished itself
  };
  condition when;
  changes then = changes::leave;
  place at;
};

struct program {
  std::string file, name, digest;
  std::vector<std::string> files;  ///< by place::file: the map itself, its base, look-up files
  std::shared_ptr<model const> incident, ticket;
  condition open;
  place open_at;
  std::vector<condition> urgent;
  std::vector<rule_data> rules;
  comment_policy comments;
  merge_policy merged;
  std::optional<place> comments_at, merged_at;  ///< none: the map does not say
  std::optional<closed_policy> closed;
  std::vector<field_ref> finished;  ///< incident fields with values that mean "done"
  std::chrono::seconds merging_settles_after{3600};
  std::vector<std::string> incident_fields, ticket_fields;
  std::vector<map_test> tests;

  /// Good for as long as the program.
  [[nodiscard]] config::position_view position(place p) const {
    auto const at = static_cast<std::size_t>(p.file);
    return {at < files.size() ? files[at] : file, p.line, p.column};
  }
  [[nodiscard]] model const& model_of(side s) const {
    return s == side::incident ? *incident : *ticket;
  }
};

/// The map behind the port, over a program.
std::shared_ptr<field_map const> make_field_map(std::shared_ptr<program const> of);

}  // namespace connector::mapping

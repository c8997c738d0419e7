#include <algorithm>

#include "connector/mapping/condition.hpp"
#include "connector/mapping/evaluate.hpp"
#include "connector/mapping/map_test.hpp"
#include "connector/mapping/rows.hpp"
#include "connector/mapping/test_runner.hpp"

namespace connector::mapping {
namespace {

constexpr std::size_t mutants_max = 100'000;

bool equal(outcome const& a, outcome const& b) {
  return a.what == b.what && (a.what != outcome::kind::value || a.value == b.value);
}

std::string_view word(outcome::kind what) {
  switch (what) {
    case outcome::kind::value:
      return "the value";
    case outcome::kind::leave:
      return "leave";
    case outcome::kind::park:
      return "park";
  }
  return "";
}

std::string_view word(direction d) {
  constexpr std::array<std::string_view, 5> words{
      "never", "once", "to_ticket", "to_incident", "both"};
  return words[static_cast<std::size_t>(d)];
}

std::string_view word(reference_step::missing m) {
  constexpr std::array<std::string_view, 4> words{"hold", "clear", "park", "somebody"};
  return words[static_cast<std::size_t>(m)];
}

/// What stands instead of an outcome.
outcome::kind changed(outcome::kind what) {
  return what == outcome::kind::leave ? outcome::kind::park : outcome::kind::leave;
}

reference_step::missing changed(reference_step::missing m) {
  using missing = reference_step::missing;
  return m == missing::hold ? missing::clear : missing::hold;
}

/// The condition with one part or one of several values less.
std::vector<condition> lessened(condition const& c) {
  std::vector<condition> all;
  auto const listed = c.what == condition::kind::all || c.what == condition::kind::any;
  for (std::size_t i = 0; i < c.parts.size(); ++i) {
    if (listed && c.parts.size() > 1) {
      auto less = c;
      less.parts.erase(less.parts.begin() + static_cast<std::ptrdiff_t>(i));
      all.push_back(std::move(less));
    }
    for (auto& inner : lessened(c.parts[i])) {
      auto less = c;
      less.parts[i] = std::move(inner);
      all.push_back(std::move(less));
    }
  }
  if (c.what == condition::kind::test && c.values.size() > 1) {
    for (std::size_t i = 0; i < c.values.size(); ++i) {
      auto less = c;
      less.values.erase(less.values.begin() + static_cast<std::ptrdiff_t>(i));
      all.push_back(std::move(less));
    }
  }
  return all;
}

class breeder {
 public:
  breeder(program const& p, std::vector<map_test> tests, mutation_report& report)
      : original_{p}, tests_{std::move(tests)}, report_{report} {
    original_.tests.clear();
  }

  void run() {
    whole_map();
    comments();
    merged();
    for (std::size_t i = 0; i < original_.rules.size(); ++i) rule(i);
  }

 private:
  bool survives(program const& mutated) {
    auto const shared = std::make_shared<program const>(mutated);
    auto const map = make_field_map(shared);
    test_runner runner{*map, *shared};
    return std::all_of(tests_.begin(), tests_.end(), [&](map_test const& t) {
      return runner.run(t).empty();
    });
  }

  template <class Change>
  void attempt(place at, std::string text, Change const& change) {
    if (at.file != 0 || report_.mutants == mutants_max) return;
    auto mutated = original_;
    change(mutated);
    ++report_.mutants;
    if (survives(mutated)) report_.survivors.push_back({original_.position(at), std::move(text)});
  }

  template <class Change>
  void attempt_rule(std::size_t i, place at, std::string text, Change const& change) {
    auto const named = original_.rules[i].name + ": " + text;
    attempt(at, named, [&](program& p) { change(p.rules[i]); });
  }

  void whole_map() {
    auto const& p = original_;
    if (p.open.what != condition::kind::always) {
      attempt(p.open_at, "open: all", [](program& m) { m.open = {}; });
      for (auto const& less : lessened(p.open)) {
        attempt(p.open_at, "open only if " + describe(less), [&](program& m) { m.open = less; });
      }
    }
    for (std::size_t i = 0; i < p.urgent.size(); ++i) {
      auto const& line = p.urgent[i];
      attempt(line.at, "urgent without " + describe(line), [&](program& m) {
        m.urgent.erase(m.urgent.begin() + static_cast<std::ptrdiff_t>(i));
      });
    }
    if (!p.closed) return;
    attempt(p.closed->at, "without closed", [](program& m) { m.closed.reset(); });
    using changes = closed_policy::changes;
    for (auto const& [then, word] :
         {std::pair{changes::leave, "leave"},
          std::pair{changes::park, "park"},
          std::pair{changes::new_ticket, "new_ticket"}}) {
      if (then == p.closed->then) continue;
      attempt(p.closed->at, std::string{"closed: changes: "} + word, [then = then](program& m) {
        m.closed->then = then;
      });
    }
    for (auto const& less : lessened(p.closed->when)) {
      attempt(p.closed->at, "closed only when " + describe(less), [&](program& m) {
        m.closed->when = less;
      });
    }
  }

  void comments() {
    auto const& c = original_.comments;
    if (!original_.comments_at) return;
    auto const at = *original_.comments_at;
    for (auto const d :
         {direction::never, direction::to_ticket, direction::to_incident, direction::both}) {
      if (d == c.direction) continue;
      attempt(at, "comments: sync: " + std::string{word(d)}, [d](program& m) {
        m.comments.direction = d;
      });
    }
    if (c.direction == direction::never) return;
    if (c.direction != direction::to_ticket) {
      attempt(at, "comments: take_public the other way", [](program& m) {
        m.comments.take_public = !m.comments.take_public;
      });
    }
    if (!c.prefix.empty()) {
      attempt(at, "comments: without prefix", [](program& m) { m.comments.prefix.clear(); });
    }
    if (c.direction == direction::to_incident) return;
    for (auto const& f : original_.ticket->fields) {
      if (f.type != field_type::comment || !f.writable || f.name == c.place) continue;
      attempt(at, "comments: as: " + f.name, [&](program& m) { m.comments.place = f.name; });
    }
  }

  void merged() {
    auto const& policy = original_.merged;
    if (!original_.merged_at) return;
    auto const at = *original_.merged_at;
    if (!policy.fields.empty()) {
      attempt(at, policy.close ? "merged: close: no" : "merged: close: yes", [](program& m) {
        m.merged.close = !m.merged.close;
      });
    }
    for (auto const& field : policy.fields) {
      if (!policy.close) break;
      std::string const name{field.key()};
      attempt(at, "merged: without writing " + name, [&](program& m) {
        m.merged.fields.erase(name);
      });
    }
    if (policy.comment.empty()) return;
    attempt(at, "merged: without comment", [](program& m) { m.merged.comment.clear(); });
  }

  void rule(std::size_t i) {
    auto const& r = original_.rules[i];
    if (r.direction == direction::never) return;
    attempt_rule(i, r.at, "without this rule", [](rule_data& m) {
      m.direction = direction::never;
    });
    directions(i);
    conflicts(i);
    if (r.when.what != condition::kind::always) {
      attempt_rule(i, r.when.at, "without its when", [](rule_data& m) { m.when = {}; });
      for (auto const& less : lessened(r.when)) {
        attempt_rule(i, r.when.at, "when " + describe(less), [&](rule_data& m) { m.when = less; });
      }
    }
    std::visit([&](auto const& body) { this->body(i, body); }, r.body);
    if (r.reference) reference(i);
  }

  void directions(std::size_t i) {
    auto const& r = original_.rules[i];
    auto const instead = [&](direction d) {
      auto const text =
          "sync: " + std::string{word(d)} + " instead of " + std::string{word(r.direction)};
      attempt_rule(i, r.at, text, [d](rule_data& m) { m.direction = d; });
    };
    if (r.direction == direction::both) {
      instead(direction::to_ticket);
      instead(direction::to_incident);
    } else if (r.direction == direction::to_ticket) {
      instead(direction::once);
    } else if (r.direction == direction::once) {
      instead(direction::to_ticket);
    }
  }

  void conflicts(std::size_t i) {
    auto const& r = original_.rules[i];
    if (r.direction != direction::both || r.resolution == resolution::merge) return;
    constexpr std::array<std::pair<resolution, std::string_view>, 2> others{{
        {resolution::incident, "conflict: incident"},
        {resolution::ticket, "conflict: ticket"},
    }};
    for (auto const& [other, text] : others) {
      if (other == r.resolution) continue;
      attempt_rule(i, r.at, std::string{text}, [other = other](rule_data& m) {
        m.resolution = other;
      });
    }
    if (r.resolution == resolution::latest) {
      attempt_rule(i, r.at, "conflict: latest, tie to the other side", [](rule_data& m) {
        m.tie = other(m.tie);
      });
    }
  }

  void body(std::size_t i, value_table const& t) {
    for (std::size_t k = 0; k < t.rows.size(); ++k) {
      auto const& row = t.rows[k];
      if (row.from_file) continue;
      for (auto const to : {side::ticket, side::incident}) {
        if (!original_.rules[i].goes(to) || !row.leads(to) || !makes_difference(i, k, to)) continue;
        auto const text = std::string{"without this row to the "} + std::string{name(to)};
        attempt_rule(i, row.at, text, [&](rule_data& m) { drop(table(m), k, to); });
      }
      if (row.way == table_row::arrow::both) continue;
      auto const to = row.way == table_row::arrow::to_ticket ? side::ticket : side::incident;
      if (!original_.rules[i].goes(to)) continue;
      auto const what = changed(row.result.what);
      attempt_rule(
          i,
          row.at,
          std::string{word(what)} + " instead of " + std::string{word(row.result.what)},
          [&](rule_data& m) { table(m).rows[k].result.what = what; }
      );
    }
    for (auto const to : {side::ticket, side::incident}) {
      if (!original_.rules[i].goes(to)) continue;
      auto const& o = to == side::ticket ? t.otherwise_ticket : t.otherwise_incident;
      auto const what = changed(o.what);
      attempt_rule(
          i,
          o.at,
          "otherwise to the " + std::string{name(to)} + ": " + std::string{word(what)} +
              " instead of " + std::string{word(o.what)},
          [&](rule_data& m) {
            (to == side::ticket ? table(m).otherwise_ticket : table(m).otherwise_incident).what =
                what;
          }
      );
    }
  }

  static value_table& table(rule_data& r) { return std::get<value_table>(r.body); }

  static void drop(value_table& t, std::size_t k, side to) {
    auto& row = t.rows[k];
    if (row.way == table_row::arrow::both) {
      // The other direction stays.
      row.way = to == side::ticket ? table_row::arrow::to_incident : table_row::arrow::to_ticket;
      row.result = {};
      row.result.at = row.at;
      for (auto const& c : to == side::ticket ? row.incident : row.ticket) {
        row.result.value.push_back(c.value);
      }
    } else {
      t.rows.erase(t.rows.begin() + static_cast<std::ptrdiff_t>(k));
    }
    t.by_incident.clear();
    t.by_ticket.clear();
    t.loose_incident.clear();
    t.loose_ticket.clear();
    index_rows(t);
  }

  /// Without the row, its own value comes out otherwise than with it.
  bool makes_difference(std::size_t i, std::size_t k, side to) const {
    auto const& r = original_.rules[i];
    auto const& row = std::get<value_table>(r.body).rows[k];
    core::group from;
    for (auto const& c : to == side::ticket ? row.incident : row.ticket) {
      if (c.any) return true;
      from.push_back(c.value);
    }
    auto without = r;
    without.reference.reset();
    auto with = without;
    drop(table(without), k, to);
    answers const nothing_known;
    facts const no_links;
    core::record const none;
    view const now{none, none, nothing_known, no_links};
    auto const a = judge(with, to, from, now), b = judge(without, to, from, now);
    return a.what != b.what || a.value != b.value;
  }

  void body(std::size_t i, decision_table const& t) {
    auto const lines = [](rule_data & m) -> auto& { return std::get<decision_table>(m.body); };
    for (std::size_t k = 0; k < t.lines.size(); ++k) {
      auto const& line = t.lines[k];
      auto const rest = std::span{t.lines}.subspan(k + 1);
      auto const redundant = equal(line.then, t.otherwise) &&
                             std::all_of(rest.begin(), rest.end(), [&](auto const& l) {
                               return equal(l.then, line.then);
                             });
      if (redundant) continue;
      attempt_rule(i, line.at, "without this line", [&](rule_data& m) {
        auto& all = lines(m).lines;
        all.erase(all.begin() + static_cast<std::ptrdiff_t>(k));
      });
      for (auto const& less : lessened(line.when)) {
        attempt_rule(i, line.at, "when " + describe(less), [&](rule_data& m) {
          lines(m).lines[k].when = less;
        });
      }
    }
    auto const what = changed(t.otherwise.what);
    attempt_rule(i, t.otherwise.at, "otherwise: " + std::string{word(what)}, [&](rule_data& m) {
      lines(m).otherwise.what = what;
    });
  }

  void body(std::size_t i, constant_body const& c) {
    auto const& r = original_.rules[i];
    attempt_rule(i, r.at, "no value", [&](rule_data& m) {
      auto& values = std::get<constant_body>(m.body).value;
      for (std::size_t k = 0; k < c.value.size(); ++k) values[k] = nullptr;
    });
  }

  void body(std::size_t i, copy_body const& c) {
    if (c.otherwise.is_null()) return;
    attempt_rule(i, original_.rules[i].at, "without its default", [](rule_data& m) {
      std::get<copy_body>(m.body).otherwise = nullptr;
    });
  }

  void body(std::size_t i, template_body const& t) {
    auto const& r = original_.rules[i];
    auto const pieces = [](rule_data & m) -> auto& { return std::get<template_body>(m.body).text; };
    for (std::size_t k = 0; k < t.text.pieces.size(); ++k) {
      auto const& piece = t.text.pieces[k];
      if (piece.what == template_piece::kind::literal && t.text.pieces.size() > 1) continue;
      auto const what = piece.what == template_piece::kind::literal ? piece.text
                        : piece.what == template_piece::kind::slot
                            ? '{' + t.text.slots[piece.slot].field.path + '}'
                            : std::string{"its link or label"};
      attempt_rule(i, r.at, "without " + what, [&](rule_data& m) {
        auto& all = pieces(m).pieces;
        all.erase(all.begin() + static_cast<std::ptrdiff_t>(k));
      });
      if (piece.what == template_piece::kind::literal || piece.text.empty()) continue;
      attempt_rule(i, r.at, "without '|" + piece.text + "'", [&](rule_data& m) {
        pieces(m).pieces[k].text.clear();
      });
    }
    for (std::size_t k = 0; k < t.text.slots.size(); ++k) {
      auto const& columns = t.text.slots[k].table.columns;
      for (std::size_t c = 0; c < columns.size(); ++c) {
        attempt_rule(i, r.at, "without the column " + columns[c].title, [&](rule_data& m) {
          auto& all = pieces(m).slots[k].table.columns;
          all.erase(all.begin() + static_cast<std::ptrdiff_t>(c));
        });
      }
    }
  }

  void body(std::size_t i, set_body const& s) {
    auto const& r = original_.rules[i];
    if (!s.prefix.empty()) {
      attempt_rule(i, r.at, "without its prefix", [](rule_data& m) {
        std::get<set_body>(m.body).prefix.clear();
      });
    }
    for (std::size_t k = 0; k < s.only.size(); ++k) {
      attempt_rule(i, r.at, "without '" + s.only[k] + "' in only", [&](rule_data& m) {
        auto& only = std::get<set_body>(m.body).only;
        if (only.size() == 1) {
          only.front().clear();
        } else {
          only.erase(only.begin() + static_cast<std::ptrdiff_t>(k));
        }
      });
    }
  }

  void reference(std::size_t i) {
    auto const& s = *original_.rules[i].reference;
    auto const missing = changed(s.if_missing);
    attempt_rule(
        i,
        s.at,
        "missing: " + std::string{word(missing)} + " instead of " + std::string{word(s.if_missing)},
        [&](rule_data& m) { m.reference->if_missing = missing; }
    );
    for (std::size_t k = 0; k < s.names.size(); ++k) {
      auto const then = changed(s.names[k].then);
      attempt_rule(
          i,
          s.names[k].at,
          "'" + s.names[k].name + "': " + std::string{word(then)} + " instead of " +
              std::string{word(s.names[k].then)},
          [&](rule_data& m) { m.reference->names[k].then = then; }
      );
    }
    for (std::size_t k = 0; k < s.never_overwrite.size(); ++k) {
      attempt_rule(i, s.at, "overwrites '" + s.never_overwrite[k] + "'", [&](rule_data& m) {
        auto& all = m.reference->never_overwrite;
        all.erase(all.begin() + static_cast<std::ptrdiff_t>(k));
      });
    }
  }

  program original_;
  std::vector<map_test> tests_;
  mutation_report& report_;
};

}  // namespace

mutation_report run_mutants(
    compiled const& map, file_reader const& files, std::span<std::string const> more
) {
  mutation_report report;
  if (!map.map || !map.as_data) return report;
  auto tests = tests_of(map, files, more, report.findings);
  test_runner runner{*map.map, *map.as_data};
  report.tests_pass = std::all_of(tests.begin(), tests.end(), [&](map_test const& t) {
    return runner.run(t).empty();
  });
  if (report.tests_pass) breeder{*map.as_data, std::move(tests), report}.run();
  return report;
}

}  // namespace connector::mapping

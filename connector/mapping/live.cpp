#include "connector/mapping/live.hpp"

#include <algorithm>
#include <set>
#include <tuple>

#include "connector/mapping/evaluate.hpp"
#include "connector/mapping/live_parts.hpp"

namespace connector::mapping {

namespace {

using described = adapter::description::field;

std::string quoted(std::string_view text) { return '\'' + std::string{text} + '\''; }

std::string_view one_or(std::string_view word, std::string_view otherwise) {
  return word.empty() ? otherwise : word;
}

/// Kinds that may stand for one another: what a model calls a choice may be a plain text there.
std::string_view family(std::string_view kind) {
  if (kind == "text" || kind == "multiline" || kind == "markup" || kind == "choice") return "text";
  if (kind == "person" || kind == "reference") return "reference";
  return kind;
}

std::vector<std::string_view> views(std::vector<std::string> const& all) {
  return {all.begin(), all.end()};
}

class comparison {
 public:
  comparison(program const& map, side on, adapter::description const& real)
      : map_{map}, on_{on}, real_{real} {}

  std::vector<live_finding> done() {
    for (auto const& text : real_.unseen) {
      out_.add(
          found::unseen_there, head_of(map_), {}, "the " + system() + " does not tell: " + text
      );
    }
    if (real_.fields.empty()) return std::move(out_).sorted();
    for (auto const& one : real_.fields) names_.emplace_back(one.name);
    for (auto const& r : map_.rules) check_rule(r);
    check_read_fields();
    if (on_ == side::ticket) {
      check_merged();
      check_supplies();
    }
    compare_workflow(map_, on_, real_, out_);
    return std::move(out_).sorted();
  }

 private:
  std::string system() const { return std::string{name(on_)} + "'s system"; }

  std::string subject(std::string_view field) const {
    return std::string{name(on_)} + " field " + quoted(field);
  }

  /// A workflow's field is there although it stands on no form.
  bool is_there(std::string_view field) const {
    return field == real_.workflow_field || find_field(real_, field) != nullptr;
  }

  void complain_missing(std::string const& field, config::position at, std::string const& rule) {
    if (!missing_.insert({rule, field}).second) return;
    out_.add(
        found::no_field_there,
        std::move(at),
        rule,
        subject(field) + " does not exist there, or is hidden from this connection's user",
        suggestion(field, names_)
    );
  }

  void check_rule(rule_data const& r) {
    for (auto const& f : r.on(on_)) {
      if (!is_there(top_name(f))) complain_missing(top_name(f), r.where, r.name);
    }
    each_test(r.when, [&](condition const& test) {
      if (test.on != on_ || is_there(top_name(test.field))) return;
      complain_missing(top_name(test.field), place_in(map_, r, test.at), r.name);
    });
    auto const& fields = written_fields(r, on_);
    for (std::size_t i = 0; i < fields.size(); ++i) {
      auto const* there = find_field(real_, top_name(fields[i]));
      if (there) check_written(r, fields[i], *there);
    }
    for (auto const& v : written_values(map_, r, on_)) {
      if (v.field >= fields.size() || r.reference) continue;
      auto const* there = find_field(real_, top_name(fields[v.field]));
      if (there) check_value(*there, v.value, v.at, r.name);
    }
  }

  void check_written(rule_data const& r, field_ref const& f, described const& there) {
    if (!there.writable) {
      out_.add(
          found::not_writable_there,
          r.where,
          r.name,
          subject(there.name) + " is read-only there: what this rule writes is refused or ignored",
          "take the rule out of this direction, or have the field opened"
      );
    }
    auto const ours = name(f.type->type);
    if (!there.kind.empty() && family(there.kind) != family(ours)) {
      out_.add(
          found::other_kind_there,
          r.where,
          r.name,
          subject(there.name) + " is of the kind " + quoted(there.kind) + " there (" +
              std::string{one_or(there.type, "no type told")} +
              "), for this map it is of the kind " + quoted(ours),
          "declare it under 'fields:' as it is there"
      );
    }
    if (!there.length || family(ours) != "text" || !writes_free_text(r, on_)) return;
    auto const limit = on_ == side::ticket && r.fit > 0 ? r.fit : f.type->length_max;
    if (limit > 0 && limit <= *there.length) return;
    out_.add(
        found::shorter_there,
        r.where,
        r.name,
        subject(there.name) + " holds " + std::to_string(*there.length) + " characters there, " +
            (limit > 0 ? "and this rule writes up to " + std::to_string(limit)
                       : "and this rule writes texts of any length") +
            ": longer ones are cut or refused",
        "write 'fit: " + std::to_string(*there.length) + "'"
    );
  }

  void check_value(
      described const& there,
      core::value const& v,
      config::position const& at,
      std::string const& rule
  ) {
    if (!there.choices) return;
    auto const one = [&](core::value const& each) {
      auto const text = core::text_of(each);
      if (text.empty() || contains(*there.choices, text)) return;
      out_.add(
          found::no_choice_there,
          at,
          rule,
          quoted(text) + " is no choice of " + subject(there.name) + " there",
          suggestion(text, views(*there.choices))
      );
    };
    if (auto const* list = v.if_array()) {
      for (auto const& each : *list) one(each);
    } else {
      one(v);
    }
  }

  /// Fields that only conditions outside of rules look at.
  void check_read_fields() {
    auto const check = [&](condition const& c) {
      each_test(c, [&](condition const& test) {
        if (test.on != on_ || is_there(top_name(test.field))) return;
        complain_missing(top_name(test.field), map_.position(test.at), {});
      });
    };
    check(map_.open);
    for (auto const& c : map_.urgent) check(c);
    if (map_.closed) check(map_.closed->when);
  }

  void check_merged() {
    if (!map_.merged.close) return;
    for (auto const& [field, v] : map_.merged.fields) {
      auto const* there = find_field(real_, field);
      if (!is_there(field)) {
        complain_missing(std::string{field}, map_.merged.where, {});
      } else if (there) {
        check_value(*there, v, map_.merged.where, {});
      }
    }
  }

  /// What a new ticket needs, in each state that the map can make it in.
  void check_supplies() {
    auto states = asked_values(map_, on_, real_.workflow_field);
    if (states.empty()) states.push_back({{}, head_of(map_), {}});
    for (auto const& one : real_.fields) {
      if (!one.mandatory && !one.expected) continue;
      auto const bare = std::ranges::find_if(states, [&](asked_value const& s) {
        return !supplies(map_, on_, one.name, real_.workflow_field, s.value);
      });
      if (bare == states.end()) continue;
      auto const where = bare->value.empty() ? std::string{}
                                             : " while " + quoted(real_.workflow_field) + " is " +
                                                   quoted(bare->value);
      if (one.mandatory) {
        out_.add(
            found::demanded_there,
            head_of(map_),
            {},
            subject(one.name) + " must not be empty there, and no rule supplies it" + where +
                ": tickets are refused",
            "add a rule that writes " + quoted(one.name)
        );
      } else {
        out_.add(
            found::expected_there,
            head_of(map_),
            {},
            "people cannot save a ticket without " + quoted(one.name) +
                ", and no rule supplies it" + where +
                ": calls pass, and whoever edits the ticket next has to fill it in",
            "add a rule that writes " + quoted(one.name)
        );
      }
    }
  }

  program const& map_;
  side on_;
  adapter::description const& real_;
  std::vector<std::string_view> names_;
  std::set<std::pair<std::string, std::string>> missing_;
  live_report out_;
};

}  // namespace

void live_report::add(
    finding_kind const& what,
    config::position at,
    std::string rule,
    std::string text,
    std::string fix
) {
  live_finding one;
  one.what.id = what.id;
  one.what.severity = what.severity;
  one.what.at = std::move(at);
  one.what.text = std::move(text);
  one.what.fix = std::move(fix);
  one.rule = std::move(rule);
  if (std::ranges::find(all_, one) == all_.end()) all_.push_back(std::move(one));
}

std::vector<live_finding> live_report::sorted() && {
  std::ranges::stable_sort(all_, [](live_finding const& a, live_finding const& b) {
    return std::tie(a.what.at.file, a.what.at.line, a.what.at.column, a.what.id) <
           std::tie(b.what.at.file, b.what.at.line, b.what.at.column, b.what.id);
  });
  return std::move(all_);
}

described const* find_field(adapter::description const& in, std::string_view name) {
  auto const at = std::ranges::find(in.fields, name, &described::name);
  return at == in.fields.end() ? nullptr : &*at;
}

config::position head_of(program const& map) {
  if (map.open_at.line <= 0) return {map.file, 1, 1};
  return map.position(map.open_at);
}

std::vector<asked_value> asked_values(program const& map, side on, std::string const& field) {
  std::vector<asked_value> all;
  if (field.empty()) return all;
  auto const add = [&](core::value const& v, config::position at, std::string const& rule) {
    auto text = core::text_of(v);
    auto const known = std::ranges::find(all, text, &asked_value::value);
    if (known == all.end()) all.push_back({std::move(text), std::move(at), rule});
  };
  for (auto const& r : map.rules) {
    auto const& fields = written_fields(r, on);
    for (auto const& v : written_values(map, r, on)) {
      if (v.field < fields.size() && fields[v.field].path == field) add(v.value, v.at, r.name);
    }
  }
  return all;
}

bool supplies(
    program const& map,
    side on,
    std::string const& field,
    std::string const& workflow_field,
    std::string const& state
) {
  return std::ranges::any_of(map.rules, [&](rule_data const& r) {
    auto const& fields = written_fields(r, on);
    auto const writes =
        std::ranges::any_of(fields, [&](field_ref const& f) { return top_name(f) == field; });
    if (!writes) return false;
    if (state.empty()) return r.when.what != condition::kind::never;
    auto const then = core::value(boost::json::string(state));
    return possible(r.when, on, workflow_field, then) != possibility::no;
  });
}

std::string listed(std::vector<std::string> const& all) {
  std::string text;
  for (std::size_t i = 0; i < all.size(); ++i) {
    if (i > 0) text += i + 1 == all.size() ? " and " : ", ";
    text += quoted(all[i]);
  }
  return text;
}

bool contains(std::vector<std::string> const& all, std::string_view one) {
  return std::ranges::find(all, one) != all.end();
}

std::vector<live_finding> compare(program const& map, side on, adapter::description const& real) {
  return comparison{map, on, real}.done();
}

std::vector<named_entry> named_entries(program const& map) {
  std::vector<named_entry> all;
  auto const add = [&](rule_data const& r, std::string key, config::position at) {
    auto const& s = *r.reference;
    named_entry one;
    one.question.in = side::ticket;
    one.question.asked = question_for(s, true, core::value(boost::json::string(key)));
    one.at = std::move(at);
    one.rule = r.name;
    auto const same = [&](named_entry const& other) {
      return other.question.asked == one.question.asked && other.rule == one.rule;
    };
    if (std::ranges::none_of(all, same)) all.push_back(std::move(one));
  };
  for (auto const& r : map.rules) {
    if (!r.reference || !r.goes(side::ticket)) continue;
    for (auto const& v : written_values(map, r, side::ticket)) {
      add(r, core::text_of(v.value), v.at);
    }
    auto const& s = *r.reference;
    using missing = reference_step::missing;
    if (s.if_missing == missing::literal) add(r, s.literal, place_in(map, r, s.at));
    for (auto const& special : s.names) {
      if (special.then == missing::literal) add(r, special.literal, place_in(map, r, special.at));
    }
  }
  return all;
}

std::vector<live_finding> check_names(std::vector<named_entry> const& all, answers const& known) {
  live_report out;
  for (auto const& one : all) {
    auto const& asked = one.question.asked;
    auto const* answer = known.find(one.question.in, asked);
    if (!answer || !answer->found.is_null()) continue;
    auto const whom = asked.kind + " with " + asked.by + " '" + asked.key + "'";
    out.add(
        found::nobody_there,
        one.at,
        one.rule,
        answer->several ? "there is more than one " + whom + " in the ticket's system"
                        : "there is no " + whom + " in the ticket's system",
        answer->several ? "name it by something that only one has" : "write a name that is there"
    );
  }
  return std::move(out).sorted();
}

}  // namespace connector::mapping

#include "connector/mapping/evaluate.hpp"

#include <algorithm>

#include "connector/mapping/conversion.hpp"
#include "connector/mapping/text_template.hpp"

namespace connector::mapping {
namespace {

core::value const null_value;

core::value const& at_or_null(core::group const& g, std::size_t i) {
  return i < g.size() ? g[i] : null_value;
}

verdict of_value(core::value v, place at) {
  verdict out;
  out.what = verdict::kind::value;
  out.value.push_back(std::move(v));
  out.at = at;
  return out;
}

std::string shown_group(core::group const& g) {
  std::string text;
  for (auto const& v : g) {
    if (!text.empty()) text += ", ";
    text += core::is_unset(v) ? std::string{"unset"} : core::text_of(v);
  }
  return text;
}

verdict of_outcome(outcome const& o, core::group const& from, std::string_view what) {
  verdict out;
  out.at = o.at;
  switch (o.what) {
    case outcome::kind::value:
      out.what = verdict::kind::value;
      out.value = o.value;
      break;
    case outcome::kind::leave:
      out.what = verdict::kind::leave;
      out.reason = "the map leaves it alone for " + shown_group(from);
      break;
    case outcome::kind::park:
      out.what = verdict::kind::park;
      out.reason = std::string{what} + shown_group(from);
      break;
  }
  return out;
}

bool fits(std::vector<cell> const& cells, core::group const& g, std::vector<field_ref> const& as) {
  for (std::size_t i = 0; i < cells.size(); ++i) {
    if (!cells[i].any && !same(*as[i].type, cells[i].value, at_or_null(g, i))) return false;
  }
  return true;
}

table_row const* first_row(
    rule_data const& r, value_table const& t, side to, core::group const& from
) {
  auto const by_incident = to == side::ticket;
  auto const& index = by_incident ? t.by_incident : t.by_ticket;
  auto const& loose = by_incident ? t.loose_incident : t.loose_ticket;
  auto best = t.rows.size();
  if (!index.empty()) {
    if (auto const hit = index.find(table_key(from)); hit != index.end()) best = hit->second;
  }
  for (auto const i : loose) {
    if (i >= best) break;
    auto const& row = t.rows[i];
    auto const& cells = by_incident ? row.incident : row.ticket;
    if (row.leads(to) && fits(cells, from, by_incident ? r.incident : r.ticket)) best = i;
  }
  return best < t.rows.size() ? &t.rows[best] : nullptr;
}

verdict judge_table(rule_data const& r, value_table const& t, side to, core::group const& from) {
  if (auto const* row = first_row(r, t, to, from)) {
    if (row->way != table_row::arrow::both) return of_outcome(row->result, from, "held for ");
    verdict out;
    out.what = verdict::kind::value;
    out.at = row->at;
    for (auto const& c : to == side::ticket ? row->ticket : row->incident) {
      out.value.push_back(c.value);
    }
    return out;
  }
  return of_outcome(
      to == side::ticket ? t.otherwise_ticket : t.otherwise_incident,
      from,
      "no row says what becomes of "
  );
}

outcome const& decided(decision_table const& t, core::record const& incident) {
  core::record const no_ticket;
  for (auto const& line : t.lines) {
    if (holds(line.when, incident, no_ticket)) return line.then;
  }
  return t.otherwise;
}

/// What a line says of the incident that it was decided for.
verdict of_line(decision_table const& t, outcome const& line, core::record const& incident) {
  core::group inputs;
  if (line.what != outcome::kind::value) {
    for (auto const& f : t.inputs) inputs.push_back(read_field(f, incident));
  }
  return of_outcome(line, inputs, "no line gives a value for ");
}

verdict judge_lines(
    rule_data const& r, decision_table const& t, core::group const& from, view const& now
) {
  auto const& line = decided(t, now.incident);
  auto const is_it =
      line.what == outcome::kind::value ? line.value == from : as_group(line) == from;
  if (is_it) return of_line(t, line, now.incident);
  // A value from elsewhere, such as a base: it says for itself what is wanted.
  verdict out;
  out.at = r.at;
  if (from.size() != r.ticket.size() || from.front().is_object()) return out;
  out.what = verdict::kind::value;
  out.value = from;
  return out;
}

place rule_place(rule_data const& r) { return r.at; }

/// The text a template gives; for a set it is one element.
core::value as_target(core::value v, model_field const& to) {
  if (to.type != field_type::set || v.is_null()) return canonical(to, std::move(v));
  boost::json::array one;
  one.push_back(std::move(v));
  return canonical(to, std::move(one));
}

verdict judge_body(rule_data const& r, side to, core::group const& from, view const& now) {
  auto const& target = r.on(to);
  auto const limit = to == side::ticket ? r.fit : target.front().type->length_max;
  if (auto const* table = std::get_if<value_table>(&r.body))
    return judge_table(r, *table, to, from);
  if (auto const* lines = std::get_if<decision_table>(&r.body))
    return judge_lines(r, *lines, from, now);
  if (auto const* constant = std::get_if<constant_body>(&r.body)) {
    verdict out;
    out.what = verdict::kind::value;
    out.value = constant->value;
    out.at = rule_place(r);
    return out;
  }
  if (auto const* t = std::get_if<template_body>(&r.body)) {
    auto const& type = *target.front().type;
    auto text = rendered(t->text, from, now.facts, type, limit);
    return of_value(as_target(std::move(text), type), rule_place(r));
  }
  if (auto const* c = std::get_if<copy_body>(&r.body)) {
    auto const& source = r.on(other(to));
    verdict out;
    if (to == side::incident && !c->otherwise.is_null() && core::is_unset(at_or_null(from, 0))) {
      // With a default, an empty ticket field is one that has not got it yet.
      out.at = rule_place(r);
      out.reason = "an empty " + r.ticket.front().path + " says nothing";
      return out;
    }
    out.what = verdict::kind::value;
    out.at = rule_place(r);
    for (std::size_t i = 0; i < target.size(); ++i) {
      auto v = converted(at_or_null(from, i), *source[i].type, *target[i].type, limit);
      if (v.is_null() && to == side::ticket && i == 0) v = c->otherwise;
      out.value.push_back(std::move(v));
    }
    return out;
  }
  return {};
}

}  // namespace

adapter::question question_for(reference_step const& s, bool to_id, core::value const& key) {
  adapter::question q;
  q.kind = s.kind;
  q.key = core::text_of(key);
  if (to_id) {
    q.by = s.by;
    q.want = "id";
    if (s.by == "email" || s.by == "upn" || s.by == "user_name") q.key = lower_ascii(q.key);
  } else {
    q.by = "id";
    q.want = s.by;
  }
  return q;
}

namespace {

verdict asking(adapter::question q, place at) {
  verdict out;
  out.what = verdict::kind::ask;
  out.at = at;
  out.reason = q.kind + " with " + q.by + " '" + q.key + "'";
  open_question open;
  open.in = side::ticket;
  open.asked = std::move(q);
  out.questions.push_back(std::move(open));
  return out;
}

verdict missing_verdict(
    reference_step const& s,
    reference_step::missing then,
    std::string const& literal,
    std::string reason,
    place at,
    view const& now
) {
  verdict out;
  out.at = at;
  out.reason = std::move(reason);
  switch (then) {
    case reference_step::missing::hold:
      out.what = verdict::kind::leave;
      break;
    case reference_step::missing::park:
      out.what = verdict::kind::park;
      break;
    case reference_step::missing::clear:
      out.what = verdict::kind::value;
      out.value.push_back(nullptr);
      break;
    case reference_step::missing::literal: {
      auto const q = question_for(s, true, core::value(boost::json::string(literal)));
      auto const* known = now.known.find(side::ticket, q);
      if (!known) return asking(q, at);
      if (known->found.is_null()) {
        out.what = verdict::kind::park;
        out.reason += "; and no " + s.kind + " with " + s.by + " '" + literal + "' to put there";
      } else {
        out.what = verdict::kind::value;
        out.value.push_back(known->found);
      }
      break;
    }
  }
  return out;
}

reference_step::special const* special_name(reference_step const& s, core::value const& v) {
  auto const* text = v.if_string();
  if (!text) return nullptr;
  auto const hit = std::find_if(s.names.begin(), s.names.end(), [&](auto const& n) {
    return same_name(n.name, *text);
  });
  return hit == s.names.end() ? nullptr : &*hit;
}

/// From what is known of somebody or something to its key in the ticket system.
verdict to_key(rule_data const& r, verdict named, view const& now) {
  auto const& s = *r.reference;
  if (named.what != verdict::kind::value) return named;
  auto const& v = at_or_null(named.value, 0);
  if (core::is_unset(v)) return named;
  if (auto const* special = special_name(s, v)) {
    return missing_verdict(
        s,
        special->then,
        special->literal,
        "'" + special->name + "' is nobody in the ticket system",
        special->at,
        now
    );
  }
  auto const q = question_for(s, true, v);
  auto const* known = now.known.find(side::ticket, q);
  if (!known) return asking(q, named.at);
  if (known->found.is_null()) {
    auto const reason =
        (known->several ? "several " : "no ") + s.kind + " with " + s.by + " '" + q.key + "'";
    return missing_verdict(s, s.if_missing, s.literal, reason, s.at, now);
  }
  named.value.front() = canonical(*r.ticket.front().type, known->found);
  return named;
}

/// From a key in the ticket system to what the incident can say; null stays null.
verdict from_key(rule_data const& r, core::group const& ticket, view const& now) {
  auto const& s = *r.reference;
  auto const& key = at_or_null(ticket, 0);
  if (core::is_unset(key)) return of_value(nullptr, rule_place(r));
  auto const q = question_for(s, false, key);
  auto const* known = now.known.find(side::ticket, q);
  if (!known) return asking(q, rule_place(r));
  if (known->found.is_null()) {
    verdict out;
    out.at = s.at;
    out.what = verdict::kind::leave;
    if (s.if_missing == reference_step::missing::park) out.what = verdict::kind::park;
    out.reason = "the ticket's " + s.kind + " has no " + s.by;
    return out;
  }
  return of_value(known->found, rule_place(r));
}

verdict judge_set(
    rule_data const& r, set_body const& s, side to, core::group const& from, view const& now
) {
  auto const own = own_elements(s, other(to), at_or_null(from, 0));
  auto const& record = to == side::ticket ? now.ticket : now.incident;
  auto const there = read_field(r.on(to).front(), record);
  return of_value(with_elements(s, to, there, own), rule_place(r));
}

bool adds_to_set(rule_data const& r, side on) {
  return r.on(on).front().type->type == field_type::set &&
         !std::holds_alternative<set_body>(r.body) && !std::holds_alternative<copy_body>(r.body);
}

}  // namespace

std::string table_key(core::group const& values) {
  std::string key;
  for (auto const& v : values) {
    key += v.is_null() ? std::string{"\x01"} : core::text_of(v);
    key += '\x1f';
  }
  return key;
}

std::string table_key(std::vector<cell> const& cells) {
  core::group values;
  for (auto const& c : cells) values.push_back(c.value);
  return table_key(values);
}

verdict judge(rule_data const& r, side to, core::group const& from, view const& now) {
  if (auto const* s = std::get_if<set_body>(&r.body)) return judge_set(r, *s, to, from, now);
  if (!r.reference) return judge_body(r, to, from, now);
  if (to == side::ticket) return to_key(r, judge_body(r, to, from, now), now);
  auto named = from_key(r, from, now);
  if (named.what != verdict::kind::value) return named;
  return judge_body(r, to, named.value, now);
}

outcome const* decision(rule_data const& r, core::record const& incident) {
  auto const* lines = std::get_if<decision_table>(&r.body);
  return lines ? &decided(*lines, incident) : nullptr;
}

core::group as_group(outcome const& line, boost::json::storage_ptr in) {
  if (line.what == outcome::kind::value) return core::group(line.value, std::move(in));
  auto const word = line.what == outcome::kind::park ? "park" : "leave";
  core::group g(in);
  g.emplace_back(core::record{{{"decided", word}}, in});
  return g;
}

verdict judge(rule_data const& r, outcome const& line, view const& now) {
  auto said = of_line(std::get<decision_table>(r.body), line, now.incident);
  return r.reference ? to_key(r, std::move(said), now) : said;
}

core::group read_group(
    rule_data const& r, side from, core::record const& record, boost::json::storage_ptr in
) {
  core::group g(in);
  if (r.target != from) {
    if (auto const* constant = std::get_if<constant_body>(&r.body))
      return core::group(constant->value, in);
    if (auto const* t = std::get_if<template_body>(&r.body)) {
      auto const format = r.on(r.target).front().type->format;
      g.reserve(t->text.slots.size());
      for (auto const& slot : t->text.slots) g.push_back(read_slot(slot, record, format, in));
      // A text of literals and links alone is a constant, and reads as one.
      if (g.empty() && !t->text.pieces.empty()) g.emplace_back(t->text.pieces.front().text + "{}");
      return g;
    }
  }
  auto const* line = from == side::incident ? decision(r, record) : nullptr;
  if (line) return as_group(*line, std::move(in));
  auto const& fields = r.on(from);
  g.reserve(fields.size());
  core::value room(in);
  for (auto const& f : fields) g.push_back(read_field(f, record, room));
  return g;
}

bool satisfied(rule_data const& r, side on, core::group const& wanted, core::group const& there) {
  auto const& fields = r.on(on);
  if (wanted.size() != fields.size() || there.size() != fields.size()) return false;
  if (adds_to_set(r, on)) {
    auto const have = elements(there.front());
    auto const want = elements(wanted.front());
    return std::all_of(want.begin(), want.end(), [&](auto const& e) {
      return std::find(have.begin(), have.end(), e) != have.end();
    });
  }
  for (std::size_t i = 0; i < fields.size(); ++i) {
    if (!same(*fields[i].type, wanted[i], there[i])) return false;
  }
  return true;
}

core::group over(rule_data const& r, side on, core::group wanted, core::group const& there) {
  if (!adds_to_set(r, on) || wanted.empty() || there.empty()) return wanted;
  auto all = elements(there.front());
  for (auto& e : elements(wanted.front())) all.push_back(std::move(e));
  wanted.front() = set_value(std::move(all));
  return wanted;
}

bool related(
    rule_data const& r, core::group const& incident, core::group const& ticket, view const& now
) {
  if (auto const* s = std::get_if<set_body>(&r.body)) {
    return own_elements(*s, side::incident, at_or_null(incident, 0)) ==
           own_elements(*s, side::ticket, at_or_null(ticket, 0));
  }
  auto silent = true;
  for (auto const to : {side::ticket, side::incident}) {
    if (!r.goes(to)) continue;
    auto const v = judge(r, to, to == side::ticket ? incident : ticket, now);
    if (v.what == verdict::kind::value) {
      if (satisfied(r, to, v.value, to == side::ticket ? ticket : incident)) return true;
      silent = false;
    } else if (v.what != verdict::kind::leave) {
      silent = false;
    }
  }
  return silent;
}

}  // namespace connector::mapping

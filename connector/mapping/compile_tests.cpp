#include "connector/mapping/compile_tests.hpp"

#include <algorithm>
#include <set>

#include "connector/mapping/condition.hpp"
#include "connector/mapping/grammar.hpp"

namespace connector::mapping {
namespace {

class test_reader {
 public:
  test_reader(program const& of, reporter& to) : of_{of}, in_{*of.incident, *of.ticket}, to_{to} {}

  std::optional<map_test> read(node const& from) {
    if (!from.is_mapping()) {
      to_.add(found::wrong_shape, from.at, "a test is a mapping with name, incident, expect, ...");
      return std::nullopt;
    }
    key_reader const read{from, grammar::test, to_};
    map_test t;
    t.name = read.text_or("name", "");
    t.where = to_.at(from.at);
    if (auto const* n = read.mapping("incident")) t.incident = record_of(*n, side::incident);
    if (auto const* n = read.mapping("ticket")) {
      t.ticket = record_of(*n, side::ticket);
      t.has_ticket = true;
    }
    if (auto const* n = read.mapping("known")) read_known(*n, t.known);
    if (read.find("opens")) t.opens = read.flag_or("opens", true);
    if (read.find("lane")) t.lane = static_cast<int>(read.number_or("lane", 0, 0, 1000));
    if (auto const* n = read.mapping("expect")) t.expect = expected_of(*n, side::ticket);
    if (auto const* n = read.mapping("expect_incident")) {
      t.expect_incident = expected_of(*n, side::incident);
      if (!t.has_ticket) {
        to_.add(
            found::bad_test,
            n->at,
            "'expect_incident' without a ticket to take the values from",
            "add 'ticket: {...}'"
        );
      }
    }
    t.parks = read_names(read, "parks");
    if (read.find("new_ticket")) t.new_ticket = read.flag_or("new_ticket", true);
    if (auto const* n = read.list("steps")) {
      for (auto const& item : n->items) t.steps.push_back(step_of(item));
    }
    if (auto const* n = read.list("comments")) {
      for (auto const& item : n->items) t.comments.push_back(comment_of(item));
    }
    if (auto const* n = read.mapping("merged")) t.merged = merge_of(*n, t.has_ticket);
    auto const asks = t.opens || t.lane || !t.expect.empty() || !t.expect_incident.empty() ||
                      !t.parks.empty() || t.new_ticket || !t.steps.empty() || !t.comments.empty() ||
                      t.merged;
    if (!asks) {
      to_.add(
          found::bad_test,
          from.at,
          "the test expects nothing",
          "add 'expect', 'expect_incident', 'parks', 'new_ticket', 'steps', 'comments', 'merged', "
          "'opens' or 'lane'"
      );
    }
    return t;
  }

 private:
  core::value value_of(model_field const& type, field_ref const& field, node const& from) {
    if (from.what == node::kind::empty) return nullptr;
    if (type.type == field_type::list) {
      boost::json::array rows;
      if (!from.is_list())
        to_.add(found::bad_test, from.at, "'" + field.path + "' is a list of rows");
      for (auto const& item : from.items) rows.push_back(row_of(type, field, item));
      return rows;
    }
    if (from.is_mapping() && !type.fields.empty()) return row_of(type, field, from);
    auto at = field;
    at.type = &type;
    // A test may well show what happens to a value that nobody listed.
    std::vector<finding> found_here;
    reporter here{to_.file(), found_here};
    auto v = read_literal(at, from, here);
    if (!has_errors(found_here)) return v ? *v : core::value{};
    for (auto& f : found_here) to_.add(std::move(f));
    return nullptr;
  }

  core::value row_of(model_field const& type, field_ref const& field, node const& from) {
    core::record row;
    for (auto const& [key, value] : from.entries) {
      auto const* sub = type.find(key.text);
      if (!sub) {
        std::vector<std::string_view> known;
        for (auto const& f : type.fields) known.push_back(f.name);
        to_.add(
            found::unknown_field,
            key.at,
            "'" + field.path + "' has no field '" + key.text + "'",
            suggestion(key.text, known)
        );
        continue;
      }
      auto inner = field;
      inner.path += '.' + key.text;
      row[sub->key.empty() ? sub->name : sub->key] = value_of(*sub, inner, value);
    }
    return row;
  }

  core::record record_of(node const& from, side on) {
    core::record r;
    for (auto const& [key, value] : from.entries) {
      auto const f = find_field(in_, on, key.text, key.at, to_);
      if (!f) continue;
      if (f->keys.size() > 1) {
        to_.add(found::bad_test, key.at, "write the outer field with its rows instead");
        continue;
      }
      r[f->keys.front()] = value_of(*f->type, *f, value);
    }
    return r;
  }

  std::vector<map_test::expected> expected_of(node const& from, side on) {
    std::vector<map_test::expected> all;
    for (auto const& [key, value] : from.entries) {
      auto f = find_field(in_, on, key.text, key.at, to_);
      if (!f) continue;
      map_test::expected e;
      if (value.is_mapping() && value.entries.size() == 1 && value.find("contains")) {
        auto const& parts = *value.find("contains");
        if (parts.is_scalar()) e.contains.push_back(parts.text);
        for (auto const& part : parts.items) e.contains.push_back(part.text);
      } else {
        e.value = value_of(*f->type, *f, value);
      }
      e.field = std::move(*f);
      e.at = value.at;
      all.push_back(std::move(e));
    }
    return all;
  }

  void read_known(node const& from, mapping::answers& known) {
    std::set<std::pair<std::string, std::string>> asked;
    for (auto const& r : of_.rules) {
      if (r.reference) asked.emplace(r.reference->kind, r.reference->by);
    }
    for (auto const& [kind, entries] : from.entries) {
      auto const any = std::any_of(asked.begin(), asked.end(), [&name = kind.text](auto const& a) {
        return a.first == name;
      });
      if (!any) {
        std::vector<std::string_view> kinds;
        for (auto const& [k, by] : asked) kinds.push_back(k);
        to_.add(
            found::bad_test,
            kind.at,
            "no rule looks up a '" + kind.text + "'",
            suggestion(kind.text, kinds)
        );
        continue;
      }
      for (auto const& [key, id] : entries.entries) {
        for (auto const& [k, by] : asked) {
          if (k != kind.text) continue;
          auto const folded =
              by == "email" || by == "upn" || by == "user_name" ? lower_ascii(key.text) : key.text;
          known.add(side::ticket, {k, by, folded, "id"}, {core::value(id.text), false});
          known.add(side::ticket, {k, "id", id.text, by}, {core::value(key.text), false});
        }
      }
    }
  }

  map_test::step step_of(node const& from) {
    key_reader const read{from, grammar::step, to_};
    map_test::step s;
    if (auto const* n = read.mapping("incident")) s.incident = record_of(*n, side::incident);
    if (auto const* n = read.mapping("ticket")) s.ticket = record_of(*n, side::ticket);
    if (auto const* n = read.mapping("expect")) s.expect = expected_of(*n, side::ticket);
    if (auto const* n = read.mapping("expect_incident")) {
      s.expect_incident = expected_of(*n, side::incident);
    }
    auto const later = read.word_or("later", {"incident", "ticket"}, "");
    if (!later.empty()) s.later = later == "incident" ? side::incident : side::ticket;
    s.parks = read_names(read, "parks");
    if (read.find("new_ticket")) s.new_ticket = read.flag_or("new_ticket", true);
    s.asks = read_names(read, "asks");
    return s;
  }

  map_test::expected_text text_of(node const& from) {
    map_test::expected_text e;
    e.at = from.at;
    auto const* parts =
        from.is_mapping() && from.entries.size() == 1 ? from.find("contains") : nullptr;
    if (parts) {
      if (parts->is_scalar()) e.contains.push_back(parts->text);
      for (auto const& part : parts->items) e.contains.push_back(part.text);
    } else if (from.is_scalar()) {
      e.none = from.is_word("none");
      e.whole = from.text;
    } else {
      to_.add(found::bad_test, from.at, "a text, {contains: ...} or none is wanted here");
    }
    return e;
  }

  map_test::comment comment_of(node const& from) {
    key_reader const read{from, grammar::said_comment, to_};
    map_test::comment c;
    c.said.on =
        read.word_or("on", {"incident", "ticket"}, "") == "ticket" ? side::ticket : side::incident;
    c.said.author = read.text_or("author", "somebody");
    c.said.text = read.text_or("text", "");
    c.said.is_public = read.flag_or("public", false);
    if (auto const* n = read.find("copy")) c.copy = text_of(*n);
    auto const* as = read.find("as");
    if (as && (c.said.on == side::ticket || c.copy.none)) {
      to_.add(found::bad_test, as->at, "'as' is the place of a copy on the ticket; there is none");
    } else if (as) {
      auto const* f = of_.ticket->find(as->text);
      if (!f || f->type != field_type::comment) {
        std::vector<std::string_view> places;
        for (auto const& one : of_.ticket->fields) {
          if (one.type == field_type::comment) places.push_back(one.name);
        }
        unknown_word(*as, "as", places, to_);
      }
      c.as = as->text;
      c.as_at = as->at;
    }
    return c;
  }

  map_test::merge merge_of(node const& from, bool has_ticket) {
    key_reader const read{from, grammar::merge_test, to_};
    map_test::merge m;
    m.into = read.text_or("into", m.into);
    if (auto const* n = read.mapping("expect")) m.expect = expected_of(*n, side::ticket);
    if (auto const* n = read.find("comment")) m.comment = text_of(*n);
    if (!has_ticket) {
      to_.add(
          found::bad_test,
          from.at,
          "'merged' without a ticket that it could close",
          "add 'ticket: {...}'"
      );
    }
    return m;
  }

  std::vector<std::pair<std::string, place>> read_names(
      key_reader const& read, std::string_view key
  ) {
    std::vector<std::pair<std::string, place>> names;
    auto const* n = read.find(key);
    if (!n) return names;
    std::vector<node> one;
    if (n->is_scalar()) one.push_back(*n);
    for (auto const& item : n->is_list() ? n->items : one) {
      auto const known = std::any_of(of_.rules.begin(), of_.rules.end(), [&](auto const& r) {
        return r.name == item.text || contains(r.ticket_names, item.text) ||
               contains(r.incident_names, item.text);
      });
      if (!known) {
        to_.add(found::bad_test, item.at, "no rule or field is called '" + item.text + "'");
      }
      names.emplace_back(item.text, item.at);
    }
    return names;
  }

  static bool contains(std::vector<std::string> const& in, std::string const& what) {
    return std::find(in.begin(), in.end(), what) != in.end();
  }

  program const& of_;
  scope in_;
  reporter& to_;
};

}  // namespace

std::vector<map_test> read_tests(node const& from, program const& of, reporter& to) {
  std::vector<map_test> all;
  test_reader reader{of, to};
  for (auto const& item : from.items) {
    if (auto t = reader.read(item)) all.push_back(std::move(*t));
  }
  return all;
}

}  // namespace connector::mapping

#include "connector/mapping/map_test.hpp"

#include <algorithm>
#include <boost/json/serialize.hpp>
#include <set>

#include "connector/mapping/apply.hpp"
#include "connector/mapping/compile_tests.hpp"
#include "connector/mapping/grammar.hpp"
#include "connector/mapping/program.hpp"

namespace connector::mapping {
namespace {

using touched_rows = std::set<std::tuple<int, int, side>>;

std::string shown_value(core::value const& v) {
  return v.is_null() ? std::string{"unset"} : boost::json::serialize(v);
}

std::string shown_place(config::position const& at) {
  return at.file + ':' + std::to_string(at.line) + ':' + std::to_string(at.column);
}

facts const test_facts{"TICKET1", "https://tickets.example/TICKET1", "https://incidents.example/1"};

class runner {
 public:
  runner(compiled const& of, test_report& report) : map_{*of.map}, report_{report} {}

  void run(map_test const& t) {
    ++report_.run;
    auto const before = report_.failures.size();
    current_ = &t;
    if (t.opens) check_opens(*t.opens);
    if (t.lane && map_.lane(t.incident) != *t.lane) {
      fail(
          t.where,
          "expected lane " + std::to_string(*t.lane) + ", got " +
              std::to_string(map_.lane(t.incident))
      );
    }
    auto const to_ticket = apply_with_answers(side::ticket, !t.has_ticket);
    check(to_ticket, side::ticket, t.expect);
    application to_incident;
    if (t.has_ticket) {
      to_incident = apply_with_answers(side::incident, false);
      check(to_incident, side::incident, t.expect_incident);
    }
    for (auto const& [name, at] : t.parks) {
      if (!parks(to_ticket, side::ticket, name) && !parks(to_incident, side::incident, name)) {
        fail(position(at), "expected '" + name + "' to be parked; it is not");
      }
    }
    if (report_.failures.size() == before) ++report_.passed;
  }

  [[nodiscard]] touched_rows const& touched() const { return touched_; }

 private:
  [[nodiscard]] config::position position(place p) const {
    return {current_->where.file, p.line, p.column};
  }

  void fail(config::position where, std::string text) {
    report_.failures.push_back({std::move(where), current_->name, std::move(text)});
  }

  void check_opens(bool wanted) {
    auto const o = map_.opens(current_->incident);
    if (o.opens == wanted) return;
    fail(
        current_->where,
        std::string{wanted ? "expected a ticket, got none: " : "expected no ticket, got one: "} +
            o.reason + " (" + shown_place(o.where) + ")"
    );
  }

  application apply_with_answers(side to, bool creating) {
    // Each round can only ask what the one before did not: a name, then what stands in for it.
    constexpr int rounds_max = 4;
    auto known = current_->known;
    application done;
    for (int round = 0; round < rounds_max; ++round) {
      view const now{current_->incident, current_->ticket, known, test_facts};
      done = apply(map_, to, now, creating);
      auto asked = false;
      for (auto const& r : done.rules) {
        for (auto const& q : r.want.questions) {
          known.add(q.in, q.asked, {});
          asked = true;
        }
      }
      if (!asked) break;
    }
    for (auto const& r : done.rules) {
      touched_.emplace(r.want.where.line, r.want.where.column, to);
    }
    return done;
  }

  static applied_rule const* rule_for(application const& in, side on, std::string const& field) {
    // The last one that wrote it, or else the last that could have.
    applied_rule const* hit = nullptr;
    for (auto const& r : in.rules) {
      auto const& names = r.by->fields(on);
      if (std::find(names.begin(), names.end(), field) == names.end()) continue;
      if (!hit || r.want.what == wish::kind::write) hit = &r;
    }
    return hit;
  }

  void check(application const& got, side on, std::vector<map_test::expected> const& wanted) {
    for (auto const& e : wanted) {
      auto const value = read_field(e.field, got.after);
      if (e.contains.empty() ? same(*e.field.type, e.value, value) : has_all(value, e)) continue;
      auto text = "expected " + e.field.path + (e.contains.empty() ? " = " : " to contain ") +
                  shown_value(e.contains.empty() ? e.value : missing_part(value, e)) + ", got " +
                  shown_value(value);
      if (auto const* r = rule_for(got, on, e.field.path)) {
        text += " from rule " + r->by->name() + " (" + shown_place(r->want.where) + ")";
        if (r->want.what != wish::kind::write) text += ": " + r->want.reason;
      } else {
        text += "; no rule wrote it";
      }
      fail(position(e.at), std::move(text));
    }
  }

  static bool has(model_field const& type, core::value const& v, std::string const& part) {
    if (auto const* list = v.if_array()) {
      return std::any_of(list->begin(), list->end(), [&](auto const& e) {
        return core::text_of(e) == part;
      });
    }
    return shown(type, v, false).find(part) != std::string::npos;
  }
  static bool has_all(core::value const& v, map_test::expected const& e) {
    return std::all_of(e.contains.begin(), e.contains.end(), [&](auto const& part) {
      return has(*e.field.type, v, part);
    });
  }
  static core::value missing_part(core::value const& v, map_test::expected const& e) {
    auto const hit = std::find_if(e.contains.begin(), e.contains.end(), [&](auto const& part) {
      return !has(*e.field.type, v, part);
    });
    return hit == e.contains.end() ? core::value{} : core::value(*hit);
  }

  static bool parks(application const& in, side on, std::string const& what) {
    return std::any_of(in.rules.begin(), in.rules.end(), [&](applied_rule const& r) {
      auto const& names = r.by->fields(on);
      return r.want.what == wish::kind::park &&
             (r.by->name() == what || std::find(names.begin(), names.end(), what) != names.end());
    });
  }

  field_map const& map_;
  test_report& report_;
  map_test const* current_ = nullptr;
  touched_rows touched_;
};

void list_rows(program const& p, touched_rows const& touched, test_report& report) {
  auto const add = [&](rule_data const& r, place at, side to, std::string text) {
    if (!r.goes(to)) return;
    ++report.rows;
    if (touched.contains({at.line, at.column, to})) return;
    map_row row;
    row.where = {p.file, at.line, at.column};
    row.to = to;
    row.text = std::move(text) + " of " + r.name;
    report.untouched.push_back(std::move(row));
  };
  for (auto const& r : p.rules) {
    if (auto const* t = std::get_if<value_table>(&r.body)) {
      for (auto const& row : t->rows) {
        for (auto const to : {side::ticket, side::incident}) {
          if (row.leads(to) && !row.from_file) add(r, row.at, to, "row");
        }
      }
      add(r, t->otherwise_ticket.at, side::ticket, "otherwise");
      add(r, t->otherwise_incident.at, side::incident, "otherwise");
    } else if (auto const* d = std::get_if<decision_table>(&r.body)) {
      for (auto const& line : d->lines) add(r, line.at, side::ticket, "line");
      add(r, d->otherwise.at, side::ticket, "otherwise");
    } else {
      for (auto const to : {side::ticket, side::incident}) {
        add(r, {r.where.line, r.where.column}, to, "value");
      }
    }
    if (!r.reference) continue;
    for (auto const& n : r.reference->names) add(r, n.at, side::ticket, "name '" + n.name + "'");
  }
}

std::string tests_path(std::string const& map_path) {
  auto const dot = map_path.rfind('.');
  auto const slash = map_path.rfind('/');
  if (dot == std::string::npos || (slash != std::string::npos && dot < slash)) {
    return map_path + ".tests.yaml";
  }
  return map_path.substr(0, dot) + ".tests" + map_path.substr(dot);
}

std::vector<map_test> tests_beside(
    program const& p, file_reader const& files, std::vector<finding>& findings
) {
  auto const path = tests_path(p.file);
  auto const text = files(path);
  if (!text) return {};
  reporter to{path, findings};
  auto const root = read_document(*text, to);
  if (!root) return {};
  constexpr key_spec keys[] = {{"tests", true, shape::tests, "the list of tests"}};
  key_reader const read{*root, keys, to};
  auto const* list = read.list("tests");
  return list ? read_tests(*list, p, to) : std::vector<map_test>{};
}

}  // namespace

test_report run_tests(compiled const& map, file_reader const& files) {
  test_report report;
  if (!map.map || !map.as_data) return report;
  runner all{map, report};
  for (auto const& t : map.as_data->tests) all.run(t);
  for (auto const& t : tests_beside(*map.as_data, files, report.findings)) all.run(t);
  list_rows(*map.as_data, all.touched(), report);
  return report;
}

}  // namespace connector::mapping

#include "connector/mapping/test_runner.hpp"

#include <algorithm>
#include <boost/json/serialize.hpp>

namespace connector::mapping {
namespace {

std::string shown_value(core::value const& v) {
  return v.is_null() ? std::string{"unset"} : boost::json::serialize(v);
}

std::string shown_place(config::position const& at) {
  return at.file + ':' + std::to_string(at.line) + ':' + std::to_string(at.column);
}

facts const test_facts{"TICKET1", "https://tickets.example/TICKET1", "https://incidents.example/1"};

bool has(model_field const& type, core::value const& v, std::string const& part) {
  if (auto const* list = v.if_array()) {
    return std::any_of(list->begin(), list->end(), [&](auto const& e) {
      return core::text_of(e) == part;
    });
  }
  return shown(type, v, false).find(part) != std::string::npos;
}

core::value missing_part(core::value const& v, map_test::expected const& e) {
  auto const hit = std::find_if(e.contains.begin(), e.contains.end(), [&](auto const& part) {
    return !has(*e.field.type, v, part);
  });
  return hit == e.contains.end() ? core::value{} : core::value(*hit);
}

/// "expected state = 6, got 2"; empty where it is as expected.
std::string difference(map_test::expected const& e, core::record const& got) {
  auto const value = read_field(e.field, got);
  auto const part = missing_part(value, e);
  auto const whole = e.contains.empty();
  if (whole ? same(*e.field.type, e.value, value) : part.is_null()) return {};
  return "expected " + e.field.path + (whole ? " = " : " to contain ") +
         shown_value(whole ? e.value : part) + ", got " + shown_value(value);
}

bool names(std::vector<std::string> const& all, std::string const& one) {
  return std::find(all.begin(), all.end(), one) != all.end();
}

/// A test of comments or of a merge alone touches no row.
bool asks_of_rules(map_test const& t) {
  return !t.expect.empty() || !t.expect_incident.empty() || !t.parks.empty() || t.new_ticket ||
         (t.comments.empty() && !t.merged);
}

}  // namespace

std::vector<test_failure> test_runner::run(map_test const& t) {
  failures_.clear();
  current_ = &t;
  if (t.opens) check_opens(t);
  if (t.lane) check_lane(t);
  if (!t.comments.empty()) check_comments(t);
  if (t.merged) check_merged(t);
  if (asks_of_rules(t)) run_plain(t);
  if (!t.steps.empty()) run_steps(t);
  return std::move(failures_);
}

void test_runner::run_plain(map_test const& t) {
  auto const to_ticket = apply_with_answers(t, side::ticket);
  application to_incident;
  if (t.has_ticket) to_incident = apply_with_answers(t, side::incident);
  outcomes all;
  for (auto const& r : to_ticket.rules) all.push_back({r.by, side::ticket, &r.want, false});
  for (auto const& r : to_incident.rules) all.push_back({r.by, side::incident, &r.want, false});
  note_rules(all);
  announce(t.parks);
  note_conditions(t.incident, to_ticket.after);
  if (t.has_ticket) note_conditions(to_incident.after, t.ticket);
  check(to_ticket.after, all, side::ticket, t.expect);
  if (t.has_ticket) check(to_incident.after, all, side::incident, t.expect_incident);
  check_waiting(t.parks, all, wish::kind::park, "parked");
  if (t.new_ticket) check_new_ticket(*t.new_ticket, all);
}

void test_runner::run_steps(map_test const& t) {
  walk w{
      map_,
      t.incident,
      t.has_ticket ? std::optional{t.ticket} : std::nullopt,
      t.known,
      test_facts,
  };
  if (!t.has_ticket) w.settle();
  for (auto const& s : t.steps) {
    if (!s.incident.empty()) w.edit(side::incident, s.incident);
    if (!s.ticket.empty()) w.edit(side::ticket, s.ticket);
    auto const walked = w.settle(s.later);
    outcomes all;
    for (auto const& r : walked) all.push_back({r.by, r.to, &r.want, r.conflict});
    note_rules(all);
    announce(s.parks);
    note_conditions(w.record(side::incident), w.record(side::ticket));
    check(w.record(side::ticket), all, side::ticket, s.expect);
    check(w.record(side::incident), all, side::incident, s.expect_incident);
    check_waiting(s.parks, all, wish::kind::park, "parked");
    if (s.new_ticket) check_new_ticket(*s.new_ticket, all);
    check_waiting(s.asks, all, wish::kind::ask, "left to a person");
  }
}

void test_runner::check_comments(map_test const& t) {
  auto const& policy = map_.comments();
  for (auto const& c : t.comments) {
    auto const to = other(c.said.on);
    auto const copy = copy_of(c.said, policy);
    auto const what = "copy on the " + std::string{name(to)};
    if (c.copy.none != copy.wanted) {
      if (copy.wanted && data_.comments_at) {
        touched_.add(
            data_.position(*data_.comments_at),
            to == side::ticket ? touch::to_ticket : touch::to_incident
        );
      }
      check_text(c.copy, copy.text, what);
    } else if (copy.wanted) {
      fail(c.copy.at, "expected no " + what + ", got '" + copy.text + "'");
    } else if (!c.copy.none) {
      fail(c.copy.at, "expected a " + what + ", got none: " + copy.reason);
    }
    if (c.as.empty() || !copy.wanted || c.as == policy.place) continue;
    fail(c.as_at, "expected the copy in " + c.as + ", got it in " + policy.place);
  }
}

void test_runner::check_merged(map_test const& t) {
  auto const& policy = map_.merged();
  auto after = t.ticket;
  for (auto const& [name, value] : closing_fields(policy, t.ticket)) after[name] = value;
  if (data_.merged_at && policy.close) {
    touched_.add(data_.position(*data_.merged_at), touch::to_ticket);
  }
  for (auto const& e : t.merged->expect) {
    if (auto text = difference(e, after); !text.empty()) fail(e.at, text + " from 'merged'");
  }
  if (!t.merged->comment) return;
  check_text(*t.merged->comment, closing_comment(policy, t.merged->into, "2"), "comment on it");
}

void test_runner::check_text(
    map_test::expected_text const& wanted, std::string const& got, std::string const& what
) {
  auto const said = got.empty() ? std::string{"none"} : "'" + got + "'";
  if (wanted.none) {
    if (!got.empty()) fail(wanted.at, "expected no " + what + ", got " + said);
  } else if (wanted.contains.empty()) {
    if (got != wanted.whole) {
      fail(wanted.at, "expected a " + what + " of '" + wanted.whole + "', got " + said);
    }
  }
  for (auto const& part : wanted.contains) {
    if (got.find(part) == std::string::npos) {
      std::string text = "expected the ";
      text.append(what).append(" to contain '").append(part).append("', got ").append(said);
      fail(wanted.at, std::move(text));
    }
  }
}

void test_runner::fail(place at, std::string text) {
  failures_.push_back({{current_->where.file, at.line, at.column}, current_->name, std::move(text)}
  );
}

void test_runner::check_opens(map_test const& t) {
  auto const o = map_.opens(t.incident);
  touched_.add(o.where, o.opens ? touch::held : touch::not_held);
  touched_.add(data_.position(data_.open_at), o.opens ? touch::held : touch::not_held);
  if (o.opens == *t.opens) return;
  failures_.push_back(
      {t.where,
       t.name,
       std::string{*t.opens ? "expected a ticket, got none: " : "expected no ticket, got one: "} +
           o.reason + " (" + shown_place(o.where) + ")"}
  );
}

void test_runner::check_new_ticket(bool expected, outcomes const& all) {
  auto const wanted =
      std::any_of(all.begin(), all.end(), [](auto const& r) { return r.want->new_ticket; });
  if (wanted == expected) return;
  failures_.push_back(
      {current_->where,
       current_->name,
       expected ? "expected the incident to go on in a new ticket, and it does not"
                : "expected no new ticket, and the incident goes on in one"}
  );
}

void test_runner::check_lane(map_test const& t) {
  auto const lane = map_.lane(t.incident);
  auto const at = static_cast<std::size_t>(lane);
  if (at < data_.urgent.size()) touched_.add(data_.position(data_.urgent[at].at), touch::held);
  if (lane == *t.lane) return;
  failures_.push_back(
      {t.where,
       t.name,
       "expected lane " + std::to_string(*t.lane) + ", got " + std::to_string(lane)}
  );
}

application test_runner::apply_with_answers(map_test const& t, side to) {
  // Each round can only ask what the one before did not: a name, then what stands in for it.
  constexpr int rounds_max = 4;
  auto known = t.known;
  application done;
  for (int round = 0; round < rounds_max; ++round) {
    view const now{t.incident, t.ticket, known, test_facts};
    done = apply(map_, to, now, !t.has_ticket);
    auto asked = false;
    for (auto const& r : done.rules) {
      for (auto const& q : r.want.questions) {
        known.add(q.in, q.asked, {});
        asked = true;
      }
    }
    if (!asked) break;
  }
  return done;
}

void test_runner::check(
    core::record const& got,
    outcomes const& from,
    side on,
    std::vector<map_test::expected> const& wanted
) {
  for (auto const& e : wanted) {
    auto text = difference(e, got);
    if (text.empty()) {
      check_not_parked(from, on, e);
      continue;
    }
    // The last rule that wrote it, or else the last that could have.
    outcome_of_rule const* behind = nullptr;
    for (auto const& r : from) {
      if (r.to != on || !names(r.by->fields(on), e.field.path)) continue;
      if (!behind || r.want->what == wish::kind::write) behind = &r;
    }
    if (behind) {
      text += " from rule " + behind->by->name() + " (" + shown_place(behind->want->where) + ")";
      if (behind->want->what != wish::kind::write) text += ": " + behind->want->reason;
    } else {
      text += "; no rule wrote it";
    }
    fail(e.at, std::move(text));
  }
}

/// A value that is only there because the change is parked is not what the map wants.
void test_runner::check_not_parked(outcomes const& from, side on, map_test::expected const& e) {
  auto const announced = [&](rule const& r) {
    return std::any_of(parks_.begin(), parks_.end(), [&](auto const& p) {
      return p == r.name() || names(r.fields(on), p);
    });
  };
  for (auto const& r : from) {
    if (r.to != on || r.want->what != wish::kind::park) continue;
    if (!names(r.by->fields(on), e.field.path) || announced(*r.by)) continue;
    fail(
        e.at,
        e.field.path + " is as expected only because the change is parked by rule " + r.by->name() +
            " (" + shown_place(r.want->where) + "): " + r.want->reason
    );
  }
}

void test_runner::check_waiting(
    std::vector<std::pair<std::string, place>> const& wanted,
    outcomes const& from,
    wish::kind how,
    std::string_view words
) {
  for (auto const& one : wanted) {
    auto const& name = one.first;
    auto const& at = one.second;
    auto const hit = std::any_of(from.begin(), from.end(), [&](outcome_of_rule const& r) {
      return r.want->what == how && (r.by->name() == name || names(r.by->fields(r.to), name));
    });
    if (!hit) fail(at, "expected '" + name + "' to be " + std::string{words} + "; it is not");
  }
}

void test_runner::announce(std::vector<std::pair<std::string, place>> const& parks) {
  parks_.clear();
  for (auto const& [name, at] : parks) parks_.push_back(name);
}

void test_runner::note_rules(outcomes const& all) {
  for (auto const& r : all) {
    touched_.add(r.want->where, r.to == side::ticket ? touch::to_ticket : touch::to_incident);
  }
}

void test_runner::note_conditions(core::record const& incident, core::record const& ticket) {
  for (auto const& r : data_.rules) {
    if (r.when.what == condition::kind::always) continue;
    touched_.add(
        data_.position(r.when.at), holds(r.when, incident, ticket) ? touch::held : touch::not_held
    );
  }
}

}  // namespace connector::mapping

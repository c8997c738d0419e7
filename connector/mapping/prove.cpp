#include "connector/mapping/prove.hpp"

#include <algorithm>

#include "connector/mapping/prove_checks.hpp"
#include "connector/mapping/prove_trips.hpp"
#include "connector/mapping/prove_walk.hpp"

namespace connector::mapping {
namespace {

bool is_finite(rule_data const& r) {
  return !r.reference && (std::holds_alternative<value_table>(r.body) ||
                          std::holds_alternative<decision_table>(r.body) ||
                          std::holds_alternative<constant_body>(r.body));
}

/// The copy changes nothing, so what holds for some texts holds for all.
bool is_identity(rule_data const& r) {
  auto const* copy = std::get_if<copy_body>(&r.body);
  if (!copy || r.reference || r.fit > 0 || !core::is_unset(copy->otherwise)) return false;
  for (std::size_t i = 0; i < r.incident.size(); ++i) {
    auto const &a = *r.incident[i].type, &b = *r.ticket[i].type;
    if (a.type != b.type || a.format != b.format || !a.defuse.empty() || !b.defuse.empty() ||
        a.length_max > 0) {
      return false;
    }
  }
  return true;
}

/// Whether the rule counts depends on what it writes itself, so that an edit can wake it up.
bool guards_itself(rule_data const& r) {
  auto found = false;
  each_test(r.when, [&](condition const& test) {
    auto const& fields = r.on(test.on);
    found = found ||
            (r.goes(test.on) && std::any_of(fields.begin(), fields.end(), [&](field_ref const& f) {
               return f.path == test.field.path;
             }));
  });
  return found;
}

/// Why one rule with unbounded values comes to rest. Each write leaves both sides' values on
/// record, so that only an edit moves it again; what remains to be shown is that the value written
/// counts as equal to its source.
std::string argument(rule_data const& r) {
  if (std::holds_alternative<set_body>(r.body)) {
    return "merge of elements: adding or removing one again changes nothing";
  }
  if (std::holds_alternative<template_body>(r.body)) {
    return "one way: written when what it shows changes, never read back";
  }
  if (r.reference) {
    return r.direction == direction::both
               ? "injective: a look-up with several hits counts as none, so a key stands for one"
               : "one way: written when the choice changes, never read back";
  }
  if (r.direction != direction::both) return "one way: written when its source changes";
  if (is_identity(r)) return "identity";
  return "idempotent after one round: the cut, escaped or defaulted copy counts as equal to its "
         "source";
}

class prover {
 public:
  prover(program const& p, proof_limits const& limits) : program_{p}, limits_{limits} {}

  proof run() {
    out_.rules.resize(program_.rules.size());
    for (std::size_t i = 0; i < program_.rules.size(); ++i) {
      auto const& r = program_.rules[i];
      auto& one = out_.rules[i];
      one.rule = r.name;
      one.where = r.where;
      one.with = {r.name};
      one.argument = r.direction == direction::once    ? "written once, when the ticket is made"
                     : r.direction == direction::never ? "carries nothing"
                                                       : argument(r);
    }
    for (auto const& g : group_rules(program_)) prove_group(g);
    for (std::size_t i = 0; i < program_.rules.size(); ++i) {
      send_there_and_back(program_, i, limits_, out_);
      check_merging(program_.rules[i]);
      check_reason(i);
    }
    check_conditions(program_, out_.findings);
    check_needs(program_, out_.findings);
    check_companions(program_, out_.findings);
    std::stable_sort(out_.findings.begin(), out_.findings.end(), [](auto const& a, auto const& b) {
      return std::pair{a.at.line, a.at.column} < std::pair{b.at.line, b.at.column};
    });
    return std::move(out_);
  }

 private:
  void prove_group(rule_group const& g) {
    auto const alone = g.rules.size() == 1;
    auto const& first = program_.rules[g.rules.front()];
    auto const guarded = guards_itself(first);
    if (alone && !is_finite(first) && !guarded) return;
    auto const by_pairs = alone && !guarded;
    auto walked = by_pairs ? walk_pairs(program_, g, limits_) : walk_edits(program_, g, limits_);
    out_.passes += walked.passes;
    std::vector<std::string> names;
    for (auto const i : g.rules) names.push_back(program_.rules[i].name);
    auto const failed =
        std::any_of(walked.findings.begin(), walked.findings.end(), [](finding const& f) {
          return f.id == found::ping_pong.id;
        });
    std::string open;
    for (auto const i : g.rules) {
      auto const& r = program_.rules[i];
      if (open.empty() && !is_finite(r) && !is_identity(r) && !alone) {
        open = "'" + r.name + "' changes texts on the way, and only some were tried";
      }
    }
    if (!walked.complete && !alone) {
      open = "their values together are too many to try: more than " +
             std::to_string(limits_.passes_max) + " merges";
    }
    for (auto const i : g.rules) {
      auto& one = out_.rules[i];
      one.with = names;
      one.passes = walked.passes;
      if (failed) {
        one.by = rule_proof::kind::unproved;
        one.argument = "the two sides overwrite each other";
      } else if (!open.empty()) {
        one.by = rule_proof::kind::unproved;
        one.argument = open;
      } else if (walked.complete) {
        one.by = rule_proof::kind::walked;
        one.argument = by_pairs ? "every pair of values, whichever side moved"
                                : "every edit of every state that edits lead to";
      } else {
        one.argument = "a table of its own: a pair that its rows made is on record, and rests";
      }
    }
    auto const by_walk = std::make_move_iterator(walked.findings.begin());
    out_.findings.insert(
        out_.findings.end(), by_walk, std::make_move_iterator(walked.findings.end())
    );
    auto const replays = std::make_move_iterator(walked.replays.begin());
    out_.replays.insert(out_.replays.end(), replays, std::make_move_iterator(walked.replays.end()));
    if (!open.empty() && !failed) report_unproved(g, names, open);
  }

  void report_unproved(
      rule_group const& g, std::vector<std::string> const& names, std::string const& why
  ) {
    std::string list;
    for (auto const& n : names) list += (list.empty() ? "'" : ", '") + n + "'";
    auto const& first = program_.rules[g.rules.front()];
    auto f = make_finding(
        found::unproved,
        first.where,
        "the rules " + list + " answer each other and are not proved to come to rest: " + why,
        "let one rule carry the fields both ways, or say why it is right: 'unproved: <reason>'"
    );
    for (auto const i : g.rules) {
      auto const& r = program_.rules[i];
      if (r.unproved.empty()) continue;
      f.severity = severity::note;
      f.fix = "the map says: " + r.unproved;
    }
    out_.findings.push_back(std::move(f));
  }

  void check_reason(std::size_t i) {
    auto const& r = program_.rules[i];
    if (r.unproved.empty() || out_.rules[i].by == rule_proof::kind::unproved) return;
    out_.findings.push_back(make_finding(
        found::unused_setting,
        program_.position(r.unproved_at),
        "'unproved' has no effect: the rule is proved to come to rest",
        "remove it"
    ));
  }

  void check_merging(rule_data const& r) {
    if (!r.hinders_merging && !r.merge_risk_accepted) return;
    std::string fields;
    for (auto const& field : r.incident) {
      if (!field.type->hinders_merging) continue;
      fields += (fields.empty() ? "'" : "' and '") + field.path;
    }
    auto const minutes =
        std::chrono::duration_cast<std::chrono::minutes>(program_.merging_settles_after).count();
    out_.findings.push_back(make_finding(
        found::hinders_merging,
        r.where,
        "writes " + fields +
            "' to incidents; incidents that differ there are not merged by Defender, and each "
            "keeps a ticket of its own",
        r.merge_risk_accepted ? "accepted: 'merge_risk: accept' writes it at once"
                              : "guarded: held until the incident is " + std::to_string(minutes) +
                                    " minutes old or being resolved ('merging_settles_after')"
    ));
  }

  program const& program_;
  proof_limits const& limits_;
  proof out_;
};

}  // namespace

std::string_view name(round_trip::kind k) {
  switch (k) {
    case round_trip::kind::same:
      return "same";
    case round_trip::kind::declared:
      return "declared loss";
    case round_trip::kind::lost:
      return "lost";
    case round_trip::kind::system_only:
      return "set by the system only";
    case round_trip::kind::stays:
      return "stays";
  }
  return "";
}

std::string_view name(rule_proof::kind k) {
  switch (k) {
    case rule_proof::kind::walked:
      return "walked";
    case rule_proof::kind::argued:
      return "argued";
    case rule_proof::kind::unproved:
      return "unproved";
  }
  return "";
}

proof prove(std::shared_ptr<program const> const& of, proof_limits const& limits) {
  return prover{*of, limits}.run();
}

}  // namespace connector::mapping

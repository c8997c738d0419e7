#include <boost/json/serialize.hpp>
#include <rapidcheck.h>

#include "connector/mapping/prove_merge.hpp"
#include "connector/sync/decide.hpp"
#include "test/mapping/support.hpp"
#include "test/sync/map_maker.hpp"
#include "test/sync/world.hpp"

/// The proof walks through steps of its own, over numbered values (mapping::merge_model). From any
/// state of any map, such a step is the one that the sync decides on.
namespace connector::sync {
namespace {

using namespace std::chrono_literals;
using mapping::merge_model;
using mapping::pair_state;
using mapping::side;
using values = std::vector<mapping::value_id>;

core::group const never_there{"no field has this"};

/// As it stands in a base.
core::group kept(mapping::rule const& r, side on, core::record const& fields) {
  auto all = r.read(on, fields);
  return r.resolution() == mapping::resolution::merge ? all : core::abridged(all);
}

/// One group of rules in a state as the proof numbers it, and the same as a link and two records.
/// What other groups watch stays as they last saw it.
class situation {
 public:
  situation(mapping::compiled const& of, mapping::rule_group const& group, map_maker& any)
      : map_{*of.map}, group_{group}, model_{*of.as_data, group, 2}, any_{any} {
    auto const now = any_values();
    state_.values = now;
    link_.map_digest = map_.digest();
    link_.state = store::link_state::linked;
    link_.ticket_label = "T-1";
    link_.ticket_url = "https://tickets.example/T-1";
    link_.incident_url = "https://incidents.example/1";
    incident_.fields = record(side::incident, now);
    ticket_.fields = record(side::ticket, now);
    for (auto const& r : map_.rules()) {
      link_.bases.edit()[r->name()] = {
          kept(*r, side::incident, incident_.fields), kept(*r, side::ticket, ticket_.fields)};
    }
    for (std::size_t i = 0; i < group_.rules.size(); ++i) {
      number(i, now);
      state_.bases.push_back(any_base(i));
    }
  }

  struct step {
    std::string to;  ///< "" if nothing is written
    core::record fields;
    std::map<std::string, pair_state::base> bases;  ///< of the rules that write nothing

    bool operator==(step const&) const = default;
  };

  /// As the proof has it, if `later` changed last.
  step walked(side later) {
    auto const one = model_.pass(state_, later);
    step out;
    std::set<std::size_t> writers;
    if (!one.writes.empty()) out.to = mapping::name(one.to);
    for (auto const& w : one.writes) {
      out.fields[group_.fields[w.field].field.path] = model_.value(w.field, w.value);
      writers.insert(w.rule);
    }
    for (std::size_t i = 0; i < group_.rules.size(); ++i) {
      if (!writers.contains(group_.rules[i])) out.bases[rule(i).name()] = one.next.bases[i];
    }
    return out;
  }

  /// As the sync decides. What came of each rule of the group is counted.
  step decided(side later, std::map<verdict, int>& count) {
    auto const monday = core::time_point{96h};
    incident_.changed_at = later == side::incident ? monday : monday - 1h;
    ticket_.changed_at = later == side::ticket ? monday : monday - 1h;
    std::vector<std::pair<std::string, verdict>> verdicts;
    context with{map_, known_, monday + 1h, 4min, 4min, 5s, "epoch"};
    with.verdicts = &verdicts;
    auto one = decide_update(with, link_, incident_, ticket_);
    constexpr int rounds_max = 12;
    for (int i = 0; i < rounds_max && !one.questions.empty(); ++i) {
      answer(one.questions);
      verdicts.clear();
      one = decide_update(with, link_, incident_, ticket_);
    }
    RC_ASSERT(one.questions.empty());
    step out;
    for (std::size_t i = 0; i < group_.rules.size(); ++i) {
      auto const& r = rule(i);
      ++count[verdicts[group_.rules[i]].second];
      if (one.sends && one.link.outstanding->derived.contains(r.name())) {
        out.to = mapping::name(one.link.outstanding->to);
        for (auto const& f : r.fields(one.link.outstanding->to)) out.fields[f] = one.fields.at(f);
      } else {
        auto const base = one.link.bases->find(r.name());
        out.bases[r.name()] =
            base == one.link.bases->end() ? pair_state::base{} : numbered(base->second);
      }
    }
    return out;
  }

  [[nodiscard]] std::string described() const {
    auto text = "incident " + boost::json::serialize(incident_.fields) + "\nticket " +
                boost::json::serialize(ticket_.fields) + '\n';
    for (auto const& [name, base] : *link_.bases) {
      text += "base of " + name + ": " + boost::json::serialize(base.incident) + " | " +
              boost::json::serialize(base.ticket) + '\n';
    }
    return text;
  }

 private:
  [[nodiscard]] mapping::rule const& rule(std::size_t i) const {
    return *map_.rules()[group_.rules[i]];
  }

  values any_values() {
    values v;
    for (std::size_t f = 0; f < group_.fields.size(); ++f) {
      v.push_back(static_cast<mapping::value_id>(any_.pick(model_.domain(f).size())));
    }
    return v;
  }

  [[nodiscard]] core::record record(side on, values const& v) const {
    core::record r;
    for (std::size_t f = 0; f < v.size(); ++f) {
      auto const& s = group_.fields[f];
      if (s.on == on) mapping::place_value(r, s.field, model_.value(f, v[f]));
    }
    return r;
  }

  /// The link gets it too. What last agreed may be anything; mostly one side is as it was.
  pair_state::base any_base(std::size_t i) {
    auto& bases = link_.bases.edit();
    auto& base = bases[rule(i).name()];
    switch (any_.pick(8)) {
      case 0:
        bases.erase(rule(i).name());
        return {};
      case 1:
        base.incident = never_there;
        break;
      case 2:
        base.ticket = never_there;
        break;
      case 3:
      case 4:
        base.incident = kept(rule(i), side::incident, number(i, any_values()).first);
        break;
      case 5:
      case 6:
        base.ticket = kept(rule(i), side::ticket, number(i, any_values()).second);
        break;
      default:
        auto const then = number(i, any_values());
        base.incident = kept(rule(i), side::incident, then.first);
        base.ticket = kept(rule(i), side::ticket, then.second);
    }
    return numbered(base);
  }

  /// Learns how the proof numbers what a rule reads; gives the records.
  std::pair<core::record, core::record> number(std::size_t i, values const& v) {
    std::pair all{record(side::incident, v), record(side::ticket, v)};
    auto const base = model_.agreed(i, v);
    numbers_[kept(rule(i), side::incident, all.first)] = base.incident;
    numbers_[kept(rule(i), side::ticket, all.second)] = base.ticket;
    return all;
  }

  pair_state::base numbered(store::base const& base) const {
    auto const of = [&](core::group const& g) {
      return g == never_there ? merge_model::other_base : numbers_.at(g);
    };
    return {of(base.incident), of(base.ticket)};
  }

  /// Everybody is known under a key of his own, as in the proof.
  void answer(std::vector<mapping::open_question> const& all) {
    constexpr std::string_view key_prefix = "key of ";
    for (auto const& q : all) {
      adapter::answer found;
      if (q.asked.want == "id") {
        found.found = core::value(std::string{key_prefix} + q.asked.key);
      } else if (q.asked.key.starts_with(key_prefix)) {
        found.found = core::value(q.asked.key.substr(key_prefix.size()));
      }
      known_.add(q.in, q.asked, found);
    }
  }

  struct by_text {
    bool operator()(core::group const& a, core::group const& b) const {
      return boost::json::serialize(a) < boost::json::serialize(b);
    }
  };

  mapping::field_map const& map_;
  mapping::rule_group const& group_;
  merge_model model_;
  map_maker& any_;
  pair_state state_;
  store::link link_;
  adapter::object incident_, ticket_;
  mapping::answers known_;
  std::map<core::group, std::uint32_t, by_text> numbers_;
};

std::string described(situation::step const& s) {
  auto text = s.to.empty() ? "nothing" : s.to + " gets " + boost::json::serialize(s.fields);
  for (auto const& [name, base] : s.bases) {
    text += ", " + name + " agreed on " + std::to_string(base.incident) + " | " +
            std::to_string(base.ticket);
  }
  return text;
}

struct tally {
  int maps = 0, steps = 0;
  std::map<verdict, int> verdicts;
};

void compare_steps(mapping::compiled const& of, map_maker& any, int states, tally& count) {
  ++count.maps;
  for (auto const& group : mapping::group_rules(*of.as_data)) {
    for (int i = 0; i < states; ++i) {
      situation one{of, group, any};
      for (auto const later : {side::incident, side::ticket}) {
        auto const walked = one.walked(later), decided = one.decided(later, count.verdicts);
        ++count.steps;
        if (walked == decided) continue;
        RC_FAIL(
            one.described() + "the proof: " + described(walked) +
            "\nthe sync: " + described(decided)
        );
      }
    }
  }
}

TEST(Steps, OfTheProofAreThoseOfTheSyncInAnyMap) {
  tally count;
  EXPECT_TRUE(rc::check([&](std::uint64_t seed) {
    map_maker make{seed};
    for (int attempt = 0; attempt < 8; ++attempt) {
      auto const text = make.map();
      auto const compiled = compile_all(text);
      if (!compiled.as_data) continue;
      RC_LOG() << text;
      compare_steps(compiled, make, 40, count);
    }
  }));
  EXPECT_GT(count.maps, 300);
  for (auto const v :
       {verdict::not_carried,
        verdict::does_not_apply,
        verdict::unchanged,
        verdict::agrees,
        verdict::left,
        verdict::writes_ticket,
        verdict::writes_incident,
        verdict::parked,
        verdict::waits_for_a_person}) {
    EXPECT_GT(count.verdicts[v], 100) << describe(v);
  }
}

TEST(Steps, OfTheProofAreThoseOfTheSyncInTheShippedMaps) {
  tally count;
  EXPECT_TRUE(rc::check([&](std::uint64_t seed) {
    map_maker any{seed};
    auto const names = mapping::test::shipped_maps();
    auto const& name = names[any.pick(names.size())];
    auto const compiled = mapping::compile(
        PROJECT_DIR "/mappings/" + name + ".yaml", mapping::test::models(), mapping::disk_files()
    );
    RC_LOG() << name;
    compare_steps(compiled, any, 10, count);
  }));
  EXPECT_GT(count.steps, 1000);
}

}  // namespace
}  // namespace connector::sync

#include "connector/mapping/prove_trips.hpp"

#include <algorithm>
#include <map>
#include <set>

#include "connector/mapping/evaluate.hpp"
#include "connector/mapping/prove_domain.hpp"

namespace connector::mapping {
namespace {

std::string joined(std::vector<std::string> const& all, std::string_view between = ", ") {
  std::string text;
  for (auto const& t : all) text += (text.empty() ? "" : std::string{between}) + t;
  return text;
}

std::string shown(core::group const& g) {
  std::vector<std::string> all;
  for (auto const& v : g) all.push_back(core::is_unset(v) ? "unset" : core::text_of(v));
  return joined(all);
}

std::string shown(std::vector<stand_in> const& all) {
  std::vector<std::string> texts;
  for (auto const& s : all) texts.push_back(shown(s));
  return joined(texts);
}

/// Values of one field that do not survive, or all of them.
struct lost_values {
  std::set<std::string> values;
  bool any = false;
};

class traveller {
 public:
  traveller(program const& p, std::size_t rule, proof_limits const& limits, proof& into)
      : program_{p}, index_{rule}, rule_{p.rules[rule]}, limits_{limits}, into_{into} {}

  void travel() {
    for (auto const from : {side::incident, side::ticket}) send_from(from);
    report();
    for (auto const& declared : rule_.loses) {
      if (used_.contains(&declared)) continue;
      into_.findings.push_back(make_finding(
          found::needless_loss,
          program_.position(declared.at),
          "no value of the " + std::string{name(declared.on)} + "'s '" + declared.field.path +
              "' declared here is lost",
          "remove it"
      ));
    }
  }

 private:
  void send_from(side from) {
    auto const& fields = rule_.on(from);
    std::vector<std::vector<stand_in>> domains;
    std::size_t product = 1;
    std::size_t const one[] = {index_};
    for (auto const& f : fields) {
      domains.push_back(values_told_apart(program_, one, from, f, 1));
      product *= domains.back().size();
    }
    if (product <= limits_.trips_max) {
      std::vector<std::size_t> at(fields.size(), 0);
      for (std::size_t n = 0; n < product; ++n) {
        std::vector<stand_in> value;
        for (std::size_t i = 0; i < at.size(); ++i) value.push_back(domains[i][at[i]]);
        send(from, value);
        for (std::size_t i = 0; i < at.size() && ++at[i] == domains[i].size(); ++i) at[i] = 0;
      }
    } else {
      send_rows(from);
    }
  }

  /// A table too large for all combinations: its rows, each by itself.
  void send_rows(side from) {
    for (auto const& row : std::get<value_table>(rule_.body).rows) {
      if (!row.leads(other(from))) continue;
      std::vector<stand_in> value;
      for (auto const& c : from == side::incident ? row.incident : row.ticket) {
        value.push_back({c.value, {}, c.any, c.any});
      }
      send(from, value);
    }
  }

  void send(side from, std::vector<stand_in> const& value) {
    core::group start;
    for (auto const& s : value) start.push_back(s.value);
    auto const there = judge(rule_, other(from), start, now_);
    round_trip trip;
    trip.rule = rule_.name;
    trip.from = from;
    trip.where = program_.position(there.at);
    trip.value = shown(value);
    trip.what = round_trip::kind::stays;
    if (there.what != verdict::kind::value) {
      trip.there = there.what == verdict::kind::park ? "parked" : "left alone";
      into_.trips.push_back(std::move(trip));
      return;
    }
    trip.there = shown(there.value);
    auto const back = judge(rule_, from, there.value, now_);
    if (back.what != verdict::kind::value) {
      trip.back = back.what == verdict::kind::park ? "parked" : "left alone";
      into_.trips.push_back(std::move(trip));
      return;
    }
    trip.back = shown(back.value);
    trip.what = judge_trip(from, value, back.value);
    if (trip.what == round_trip::kind::lost) {
      examples_.emplace(
          std::tuple{from, there.at.file, there.at.line},
          finding::step{
              trip.where,
              trip.value + " goes to the " + std::string{name(other(from))} + " as " + trip.there +
                  ", which comes back as " + trip.back}
      );
      for (std::size_t i = 0; i < value.size(); ++i) {
        if (same(*rule_.on(from)[i].type, value[i].value, back.value[i])) continue;
        if (is_declared(from, i, value[i])) continue;
        auto& field = lost_[{from, i}];
        field.any = field.any || value[i].others || !value[i].also.empty();
        field.values.insert(
            core::is_unset(value[i].value) ? "unset" : core::text_of(value[i].value)
        );
      }
    }
    into_.trips.push_back(std::move(trip));
  }

  round_trip::kind judge_trip(
      side from, std::vector<stand_in> const& value, core::group const& back
  ) {
    auto kept = true, declared = true, system = true;
    for (std::size_t i = 0; i < value.size(); ++i) {
      auto const& type = *rule_.on(from)[i].type;
      if (same(type, value[i].value, back[i])) continue;
      kept = false;
      auto const* text = value[i].value.if_string();
      auto const* known = text ? type.find_value(*text) : nullptr;
      auto const ours = !known || known->writable || !value[i].also.empty();
      if (is_declared(from, i, value[i])) {
        system = false;
      } else if (ours) {
        declared = system = false;
      }
    }
    if (kept) return round_trip::kind::same;
    if (system) return round_trip::kind::system_only;
    return declared ? round_trip::kind::declared : round_trip::kind::lost;
  }

  bool is_declared(side from, std::size_t i, stand_in const& s) {
    auto const& field = rule_.on(from)[i];
    for (auto const& d : rule_.loses) {
      if (d.on != from || d.field.path != field.path) continue;
      auto const listed = std::any_of(d.values.begin(), d.values.end(), [&](auto const& v) {
        return same(*field.type, v, s.value);
      });
      if (!d.any && (!listed || s.others || !s.also.empty())) continue;
      used_.insert(&d);
      return true;
    }
    return false;
  }

  /// One finding for the rule, with all that it would have to declare.
  void report() {
    if (examples_.empty()) return;
    std::vector<std::string> sides;
    for (auto const on : {side::incident, side::ticket}) {
      auto const fields = declarations(on);
      if (!fields.empty()) sides.push_back(std::string{name(on)} + ": {" + joined(fields) + "}");
    }
    auto f = make_finding(
        found::undeclared_loss,
        examples_.begin()->second.at,
        examples_.begin()->second.text,
        "give it a value of its own there, or say that this is so: 'loses: {" + joined(sides) + "}'"
    );
    if (examples_.size() > 1) {
      for (auto const& [at, step] : examples_) f.trace.push_back(step);
    }
    into_.findings.push_back(std::move(f));
  }

  /// What `loses` has to say of one side: what it says already, and what is missing.
  std::vector<std::string> declarations(side on) const {
    std::vector<std::string> out;
    auto const& fields = rule_.on(on);
    for (std::size_t i = 0; i < fields.size(); ++i) {
      lost_values all;
      if (auto const hit = lost_.find({on, i}); hit != lost_.end()) all = hit->second;
      for (auto const& d : rule_.loses) {
        if (d.on != on || d.field.path != fields[i].path || !used_.contains(&d)) continue;
        all.any = all.any || d.any;
        for (auto const& v : d.values)
          all.values.insert(core::is_unset(v) ? "unset" : core::text_of(v));
      }
      constexpr std::size_t listed_max = 6;
      if (!all.any && all.values.empty()) continue;
      std::vector<std::string> const values{all.values.begin(), all.values.end()};
      out.push_back(
          fields[i].path + ": " +
          (all.any || values.size() > listed_max ? "any"
           : values.size() == 1                  ? values.front()
                                                 : "[" + joined(values) + "]")
      );
    }
    return out;
  }

  program const& program_;
  std::size_t index_;
  rule_data const& rule_;
  proof_limits const& limits_;
  proof& into_;
  std::set<declared_loss const*> used_;
  std::map<std::pair<side, std::size_t>, lost_values> lost_;
  std::map<std::tuple<side, int, int>, finding::step> examples_;  ///< one for each row that loses
  core::record incident_, ticket_;
  answers known_;
  facts facts_;
  view now_{incident_, ticket_, known_, facts_};
};

}  // namespace

void send_there_and_back(
    program const& p, std::size_t rule, proof_limits const& limits, proof& into
) {
  auto const& r = p.rules[rule];
  auto const is_table = std::holds_alternative<value_table>(r.body) && !r.reference;
  if (r.direction == direction::both && is_table) traveller{p, rule, limits, into}.travel();
}

}  // namespace connector::mapping

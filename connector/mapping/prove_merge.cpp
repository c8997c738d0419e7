#include "connector/mapping/prove_merge.hpp"

#include <algorithm>
#include <boost/json/serialize.hpp>

namespace connector::mapping {
namespace {

constexpr std::string_view key_prefix = "key of ";

}  // namespace

std::size_t pair_state_hash::operator()(pair_state const& s) const {
  std::size_t h = 1469598103934665603ULL;
  auto const mix = [&](std::uint32_t v) { h = (h ^ v) * 1099511628211ULL; };
  for (auto const v : s.values) mix(v);
  for (auto const& b : s.bases) {
    mix(b.incident);
    mix(b.ticket);
  }
  return h;
}

merge_model::merge_model(program const& p, rule_group const& g, std::size_t fresh)
    : program_{p},
      group_{g},
      // The program outlives the model.
      map_{make_field_map(std::shared_ptr<program const>{std::shared_ptr<void>{}, &p})},
      values_(g.fields.size()),
      numbers_(g.fields.size()),
      seen_by_(g.rules.size()),
      incident_fields_(g.rules.size()),
      ticket_fields_(g.rules.size()),
      opinions_(g.rules.size()) {
  auto const find = [&](side on, std::string const& path) {
    std::size_t i = 0;
    while (g.fields[i].on != on || g.fields[i].field.path != path) ++i;
    return i;
  };
  for (std::size_t f = 0; f < g.fields.size(); ++f) {
    domains_.push_back(
        values_told_apart(p, g.rules, g.fields[f].on, g.fields[f].field, g.is_input[f] ? 1 : fresh)
    );
    for (auto const& s : domains_.back()) number(f, s.value);
  }
  for (std::size_t i = 0; i < g.rules.size(); ++i) {
    auto const& r = p.rules[g.rules[i]];
    std::vector<std::size_t> seen;
    for (auto const& f : r.incident) {
      incident_fields_[i].push_back(find(side::incident, f.path));
      seen.push_back(incident_fields_[i].back());
    }
    for (auto const& f : r.ticket) {
      ticket_fields_[i].push_back(find(side::ticket, f.path));
      seen.push_back(ticket_fields_[i].back());
    }
    auto const add = [&](condition const& test) { seen.push_back(find(test.on, test.field.path)); };
    each_test(r.when, add);
    if (p.closed && r.goes(side::ticket)) each_test(p.closed->when, add);
    std::sort(seen.begin(), seen.end());
    seen.erase(std::unique(seen.begin(), seen.end()), seen.end());
    seen_by_[i] = std::move(seen);
  }
}

value_id merge_model::number(std::size_t field, core::value const& v) {
  auto const text = v.is_null() ? std::string{} : boost::json::serialize(v);
  auto const [hit, is_new] =
      numbers_[field].emplace(text, static_cast<value_id>(values_[field].size()));
  if (is_new) values_[field].push_back(v);
  return hit->second;
}

std::uint32_t merge_model::group_number(core::group const& g) {
  auto const [hit, is_new] =
      groups_.emplace(boost::json::serialize(g), static_cast<std::uint32_t>(group_values_.size()));
  if (is_new) group_values_.push_back(g);
  return hit->second;
}

void merge_model::records(
    std::size_t index,
    std::vector<value_id> const& values,
    core::record& incident,
    core::record& ticket
) const {
  for (auto const f : seen_by_[index]) {
    auto const& s = group_.fields[f];
    place_value(s.on == side::incident ? incident : ticket, s.field, values_[f][values[f]]);
  }
}

bool merge_model::learn(wish const& w) {
  if (w.what != wish::kind::ask) return false;
  for (auto const& q : w.questions) {
    adapter::answer found;
    if (q.asked.want == "id") {
      found.found = core::value(boost::json::string(std::string{key_prefix} + q.asked.key));
    } else if (q.asked.key.starts_with(key_prefix)) {
      found.found = core::value(boost::json::string(q.asked.key.substr(key_prefix.size())));
    }
    known_.add(q.in, q.asked, found);
  }
  return !w.questions.empty();
}

merge_model::wanted merge_model::as_wanted(
    std::size_t index, side to, wish const& w, core::group const& there
) {
  wanted out;
  out.what = w.what;
  out.where = w.where;
  if (w.what != wish::kind::write) return out;
  out.is_there = w.value == there;
  auto const& fields = to == side::ticket ? ticket_fields_[index] : incident_fields_[index];
  for (std::size_t i = 0; i < fields.size() && i < w.value.size(); ++i) {
    out.values.push_back(number(fields[i], w.value[i]));
  }
  return out;
}

merge_model::wanted merge_model::want(
    std::size_t index, side to, view const& now, core::group const& there
) {
  auto const& r = *map_->rules()[group_.rules[index]];
  auto w = r.put(to, now);
  constexpr int rounds_max = 4;  // a name's key, and the key of the one put in its place
  for (int i = 0; i < rounds_max && learn(w); ++i) w = r.put(to, now);
  return as_wanted(index, to, w, there);
}

merge_model::opinion merge_model::evaluate(
    std::size_t index, std::vector<value_id> const& actual, std::vector<value_id> const& projected
) {
  auto const& r = *map_->rules()[group_.rules[index]];
  core::record incident, ticket, incident_then, ticket_then;
  records(index, actual, incident, ticket);
  records(index, projected, incident_then, ticket_then);
  view const before{incident, ticket, known_, facts_};
  view const now{incident_then, ticket_then, known_, facts_};
  opinion o;
  o.applies = r.applies(now);
  o.applied_before = r.applies(before);
  auto const a = r.read(side::incident, incident);
  auto const b = r.read(side::ticket, ticket);
  o.incident = group_number(a);
  o.ticket = group_number(b);
  o.incident_then = group_number(r.read(side::incident, incident_then));
  o.ticket_then = group_number(r.read(side::ticket, ticket_then));
  o.incident_unset = core::is_unset(a);
  o.ticket_unset = core::is_unset(b);
  if (a.empty()) o.incident_unset = false;
  if (b.empty()) o.ticket_unset = false;
  if (!o.applies) return o;
  // Wishes first: they find out which look-ups need an answer.
  if (carries(r.direction(), side::ticket)) o.to_ticket = want(index, side::ticket, now, b);
  if (carries(r.direction(), side::incident)) o.to_incident = want(index, side::incident, now, a);
  o.corresponds = r.corresponds(a, b, now);
  if (carries(r.direction(), side::incident)) o.lost = lost_values(index, b, now);
  o.incident_rank = r.rank(side::incident, a);
  o.ticket_rank = r.rank(side::ticket, b);
  return o;
}

std::vector<std::vector<value_id>> merge_model::lost_values(
    std::size_t index, core::group const& ticket, view const& now
) {
  std::vector<std::vector<value_id>> all;
  if (program_.rules[group_.rules[index]].loses.empty()) return all;
  auto const& r = *map_->rules()[group_.rules[index]];
  auto const& fields = incident_fields_[index];
  std::vector<std::size_t> at(fields.size(), 0);
  for (auto more = true; more;) {
    core::group value;
    std::vector<value_id> numbers;
    for (std::size_t i = 0; i < fields.size(); ++i) {
      value.push_back(domains_[fields[i]][at[i]].value);
      numbers.push_back(number(fields[i], value.back()));
    }
    if (r.loses(value) && r.corresponds(value, ticket, now)) all.push_back(std::move(numbers));
    std::size_t i = 0;
    while (i < at.size() && ++at[i] == domains_[fields[i]].size()) at[i++] = 0;
    more = i < at.size();
  }
  return all;
}

merge_model::opinion const& merge_model::ask(
    std::size_t index, std::vector<value_id> const& actual, std::vector<value_id> const& projected
) {
  std::vector<value_id> key;
  key.reserve(seen_by_[index].size() * 2);
  for (auto const f : seen_by_[index]) key.push_back(actual[f]);
  for (auto const f : seen_by_[index]) key.push_back(projected[f]);
  auto& known = opinions_[index];
  if (auto const hit = known.find(key); hit != known.end()) return hit->second;
  auto made = evaluate(index, actual, projected);
  return known.emplace(std::move(key), std::move(made)).first->second;
}

pair_state::base merge_model::agreed(std::size_t index, std::vector<value_id> const& values) {
  auto const& o = ask(index, values, values);
  return {o.incident, o.ticket};
}

bool merge_model::applies(std::size_t index, std::vector<value_id> const& values) {
  return ask(index, values, values).applies;
}

pair_state merge_model::create(std::vector<value_id> values) {
  pair_state out;
  out.values = std::move(values);
  out.bases.resize(group_.rules.size());
  // A rule that parks its change has nothing on record; all others that carry to the ticket do:
  // what the system sets by itself while creating is nobody's edit.
  std::vector<bool> parked(group_.rules.size(), false), written(group_.rules.size(), false);
  for (std::size_t i = 0; i < group_.rules.size(); ++i) {
    auto const& r = *map_->rules()[group_.rules[i]];
    if (!carries(r.direction(), side::ticket)) continue;
    auto const& o = ask(i, out.values, out.values);
    if (!o.applies) continue;
    parked[i] = o.to_ticket.what == wish::kind::park || o.to_ticket.what == wish::kind::ask;
    if (o.to_ticket.what != wish::kind::write) continue;
    auto const fields = o.to_ticket.values;
    for (std::size_t k = 0; k < fields.size(); ++k) out.values[ticket_fields_[i][k]] = fields[k];
    written[i] = true;
  }
  for (std::size_t i = 0; i < group_.rules.size(); ++i) {
    auto const to_ticket = carries(map_->rules()[group_.rules[i]]->direction(), side::ticket);
    auto const at_birth = to_ticket && !parked[i] && applies(i, out.values);
    if (written[i] || at_birth) out.bases[i] = agreed(i, out.values);
  }
  return out;
}

std::optional<wish> merge_model::merged_wish(
    std::size_t index, pair_state::base const& base, std::vector<value_id> const& projected
) {
  auto const& r = *map_->rules()[group_.rules[index]];
  core::record incident, ticket;
  records(index, projected, incident, ticket);
  view const now{incident, ticket, known_, facts_};
  core::group const none;
  auto const known = base.incident > other_base;
  auto const all = r.merged(
      known ? group_values_[base.incident] : none,
      base.ticket > other_base ? group_values_[base.ticket] : none,
      now
  );
  if (!all || *all == r.read(side::incident, incident)) return std::nullopt;
  wish w;
  w.what = wish::kind::write;
  w.value = *all;
  w.where = r.where();
  return w;
}

merge_step merge_model::pass(
    pair_state const& from,
    side later,
    arrival const* entering,
    std::span<merge_step::memory const> remembered
) {
  merge_step out;
  out.next = from;
  auto const& actual = from.values;
  auto projected = entering ? entering->values : actual;
  std::vector<merge_step::write> writes[2];
  struct writer {
    std::size_t index = 0;
    std::uint32_t source = 0;  ///< what the other side says, as it will be
  };
  std::vector<writer> writers[2];
  auto const of = [](side s) { return s == side::ticket ? 0 : 1; };
  auto const any_write = [&](side s) {
    return !writers[of(s)].empty() || (entering && entering->on == s);
  };
  for (std::size_t i = 0; i < group_.rules.size(); ++i) {
    auto const& r = *map_->rules()[group_.rules[i]];
    auto const& o = ask(i, actual, projected);
    if (!o.applies) continue;
    // What agrees only with a write to come is put on record when that is there.
    auto const& as_it_is = ask(i, actual, actual);
    auto& base = out.next.bases[i];
    auto const known = base.incident != no_base;
    auto a_moved = known ? base.incident != o.incident
                         : carries(r.direction(), side::ticket) && !o.incident_unset;
    auto b_moved =
        known ? base.ticket != o.ticket : carries(r.direction(), side::incident) && !o.ticket_unset;
    auto entered = any_write(side::ticket)     ? std::optional{side::ticket}
                   : any_write(side::incident) ? std::optional{side::incident}
                                               : std::nullopt;
    if (entered && (!carries(r.direction(), *entered) || o.applied_before)) entered.reset();
    if (entered == side::ticket && o.ticket_unset) b_moved = false;
    if (entered == side::incident && o.incident_unset) a_moved = false;
    pair_state::base const both{o.incident, o.ticket};
    if (!a_moved && !b_moved && !entered) {
      if (!known) base = both;
      continue;
    }
    if (o.corresponds) {
      if (as_it_is.applies && as_it_is.corresponds) base = both;
      continue;
    }
    std::optional<side> to;
    std::optional<wish> merged;
    if (!a_moved && !b_moved) {
      to = entered;
    } else if (a_moved != b_moved) {
      to = a_moved ? side::ticket : side::incident;
    } else if (!carries(r.direction(), side::incident)) {
      to = side::ticket;
    } else if (!carries(r.direction(), side::ticket)) {
      to = side::incident;
    } else {
      switch (r.resolution()) {
        case resolution::incident:
          to = side::ticket;
          break;
        case resolution::ticket:
          to = side::incident;
          break;
        case resolution::latest:
          to = other(later);
          out.by_clock = true;
          break;
        case resolution::highest:
        case resolution::furthest:
          to = o.incident_rank >= o.ticket_rank ? side::ticket : side::incident;
          break;
        case resolution::merge:
          merged = merged_wish(i, base, projected);
          to = merged ? side::incident : side::ticket;
          break;
        case resolution::ask:
          break;
      }
    }
    if (!to) continue;
    if (!carries(r.direction(), *to)) {
      if (!as_it_is.applies) continue;
      auto const fresh = !known;
      if (fresh || *to == side::ticket) base.incident = o.incident;
      if (fresh || *to == side::incident) base.ticket = o.ticket;
      continue;
    }
    auto w = merged                ? as_wanted(i, *to, *merged, {})
             : *to == side::ticket ? o.to_ticket
                                   : o.to_incident;
    if (known && !a_moved && b_moved && !merged && w.what == wish::kind::write) {
      auto const given = std::ranges::find(remembered, i, &merge_step::memory::index);
      if (given != remembered.end()) {
        w.values = given->values;
        w.is_there = false;
      } else if (remembered.empty() || remembered.back().index < i) {
        for (auto const& lost : o.lost) {
          if (lost != w.values) out.memories.push_back({i, lost});
        }
      }
    }
    if (w.what == wish::kind::leave || (w.what == wish::kind::write && w.is_there)) {
      auto const& already = *to == side::ticket ? as_it_is.to_ticket : as_it_is.to_incident;
      if (merged || (as_it_is.applies && already.what == w.what && already.values == w.values)) {
        base = both;
      }
      continue;
    }
    if (w.what != wish::kind::write) continue;
    auto const& fields = *to == side::ticket ? ticket_fields_[i] : incident_fields_[i];
    for (std::size_t k = 0; k < w.values.size(); ++k) {
      projected[fields[k]] = w.values[k];
      writes[of(*to)].push_back(
          {group_.rules[i], fields[k], w.values[k], w.where, a_moved && b_moved}
      );
    }
    writers[of(*to)].push_back({i, *to == side::ticket ? o.incident_then : o.ticket_then});
  }
  if (!any_write(side::ticket) && !any_write(side::incident)) return out;
  // The ticket's write goes first; the incident's is found again from the new state.
  out.to = any_write(side::ticket) ? side::ticket : side::incident;
  if (entering && entering->on == out.to) out.next.values = entering->values;
  out.writes = std::move(writes[of(out.to)]);
  for (auto const& w : out.writes) out.next.values[w.field] = w.value;
  for (auto const& [i, source] : writers[of(out.to)]) {
    auto const& then = ask(i, out.next.values, out.next.values);
    auto& base = out.next.bases[i];
    base.incident = out.to == side::ticket ? source : then.incident;
    base.ticket = out.to == side::ticket ? then.ticket : source;
  }
  return out;
}

}  // namespace connector::mapping

#include "connector/mapping/prove_walk.hpp"

#include <algorithm>
#include <set>
#include <unordered_map>

#include "connector/mapping/prove_merge.hpp"

namespace connector::mapping {
namespace {

using values = std::vector<value_id>;

constexpr std::size_t steps_max = 40;  ///< more writes after one edit than any map needs

std::string shown_value(merge_model const& m, std::size_t field, value_id v) {
  auto const& value = m.value(field, v);
  auto text = core::is_unset(value) ? std::string{"unset"} : core::text_of(value);
  constexpr std::size_t shown_max = 60;
  if (text.size() > shown_max) text = text.substr(0, shown_max) + "…";
  return m.group().fields[field].field.path + " = " + text;
}

/// "severity = low, status = active", of one side.
std::string shown_side(merge_model const& m, values const& all, side on, values const* unless) {
  std::string text;
  for (std::size_t f = 0; f < all.size(); ++f) {
    if (m.group().fields[f].on != on || (unless && (*unless)[f] == all[f])) continue;
    text += (text.empty() ? "" : ", ") + shown_value(m, f, all[f]);
  }
  return text;
}

/// Counts through all combinations of values of some fields; the others stay.
class odometer {
 public:
  odometer(std::vector<std::size_t> fields, std::vector<std::size_t> const& sizes)
      : fields_{std::move(fields)}, sizes_{sizes} {}
  void start(values& v) const {
    for (auto const f : fields_) v[f] = 0;
  }
  bool next(values& v) const {
    for (auto const f : fields_) {
      if (++v[f] < sizes_[f]) return true;
      v[f] = 0;
    }
    return false;
  }
  [[nodiscard]] std::size_t count(std::size_t at_most) const {
    std::size_t n = 1;
    for (auto const f : fields_) {
      n *= sizes_[f];
      if (n > at_most) return at_most + 1;
    }
    return n;
  }

 private:
  std::vector<std::size_t> fields_;
  std::vector<std::size_t> const& sizes_;
};

class walker {
 public:
  walker(program const& p, rule_group const& g, proof_limits const& limits, std::size_t fresh)
      : program_{p}, limits_{limits}, model_{p, g, fresh} {
    for (std::size_t f = 0; f < g.fields.size(); ++f) {
      sizes_.push_back(model_.domain(f).size());
      auto const incident = g.fields[f].on == side::incident;
      (incident ? incident_ : ticket_).push_back(f);
      if (g.comes_along[f]) along_.push_back(f);
      all_.push_back(f);
    }
  }

  walk_result edits() {
    auto const pairs = odometer{all_, sizes_};
    if (pairs.count(limits_.passes_max) > limits_.passes_max) {
      result_.complete = false;
      return std::move(result_);
    }
    std::size_t next = 0;
    auto const roots = starts();
    for (auto const plain : {true, false}) {
      for (auto const& root : roots) {
        if (root.plain == plain && can_go_on()) create(root.values);
      }
      for (; next < quiet_.size() && can_go_on(); ++next) {
        edit_side(next, incident_);
        edit_side(next, ticket_);
        // Both at once: only from pairs where nothing waits, as those come from everywhere.
        if (quiet_[next].agreed) edit_side(next, all_);
      }
    }
    return std::move(result_);
  }

  walk_result pairs() {
    auto const each = odometer{all_, sizes_};
    if (each.count(limits_.passes_max / 8) > limits_.passes_max / 8) {
      result_.complete = false;
      return std::move(result_);
    }
    values v(all_.size(), 0);
    do {
      auto const now = model_.agreed(0, v);
      for (auto const& base :
           {pair_state::base{},
            pair_state::base{merge_model::other_base, now.ticket},
            pair_state::base{now.incident, merge_model::other_base},
            pair_state::base{merge_model::other_base, merge_model::other_base}}) {
        origin from;
        from.state.values = v;
        from.state.bases = {base};
        follow(from, from.state, nullptr);
      }
      arrive(v, now);
    } while (each.next(v) && can_go_on());
    return std::move(result_);
  }

 private:
  /// A state at rest, and how it came about.
  struct rest {
    pair_state state;
    std::size_t parent = 0;
    values edited;  ///< the values right after the edit (or the creation) that led here
    bool is_root = false;
    bool certain = true;  ///< see replay
    bool agreed = false;  ///< every rule that applies has what stands there as its base
  };
  struct origin {
    pair_state state;  ///< before the edit
    std::size_t index = 0;
    bool is_rest = false;
    bool one_side = false;
    side edited = side::incident;
  };

  bool can_go_on() {
    if (result_.passes > limits_.passes_max) result_.complete = false;
    return result_.complete && !ping_pong_;
  }

  struct beginning {
    std::vector<value_id> values;
    bool plain = false;  ///< the ticket holds only what rules write
    std::size_t unset = 0;
  };

  /// Every incident, and whatever a ticket may hold beside what rules write. What people would call
  /// an example comes first, so that traces start there.
  std::vector<beginning> starts() const {
    std::vector<beginning> all;
    values v(all_.size(), 0);
    auto const each = odometer{all_, sizes_};
    do {
      beginning one;
      one.values = v;
      one.plain = std::all_of(ticket_.begin(), ticket_.end(), [&](auto f) { return v[f] == 0; });
      one.unset = static_cast<std::size_t>(
          std::count_if(incident_.begin(), incident_.end(), [&](auto f) { return v[f] == 0; })
      );
      all.push_back(std::move(one));
    } while (each.next(v));
    std::stable_sort(all.begin(), all.end(), [](beginning const& a, beginning const& b) {
      return a.unset < b.unset;
    });
    return all;
  }

  void create(values const& v) {
    auto const made = model_.create(v);
    if (made.values != v && !is_plain_start(v, made.values)) return;
    origin from;
    from.state = made;
    rest root;
    root.edited = v;
    root.is_root = true;
    root_ = root;
    follow(from, made, nullptr);
  }

  /// Of ticket values that the creation overwrites anyway, only unset is tried.
  bool is_plain_start(values const& before, values const& after) const {
    for (auto const f : ticket_) {
      if (before[f] != after[f] && before[f] != 0) return false;
    }
    return true;
  }

  void edit_side(std::size_t index, std::vector<std::size_t> const& fields) {
    if (fields.empty()) return;
    auto const before = quiet_[index].state;
    auto const each = odometer{fields, sizes_};
    auto v = before.values;
    each.start(v);
    origin from;
    from.state = before;
    from.index = index;
    from.is_rest = true;
    from.one_side = &fields != &all_;
    from.edited = &fields == &ticket_ ? side::ticket : side::incident;
    do {
      if (v == before.values) continue;
      if (!from.one_side && !touches_both(before.values, v)) continue;
      auto after = before;
      after.values = v;
      follow(from, after, nullptr);
      if (from.one_side && only_others_moved(before.values, v)) {
        // The same, but written by a rule of another group in the same pass.
        merge_model::arrival const arrival{from.edited, v};
        follow(from, before, &arrival);
      }
    } while (each.next(v) && can_go_on());
  }

  bool touches_both(values const& a, values const& b) const {
    auto const differ = [&](std::vector<std::size_t> const& fields) {
      return std::any_of(fields.begin(), fields.end(), [&](auto f) { return a[f] != b[f]; });
    };
    return differ(incident_) && differ(ticket_);
  }

  bool only_others_moved(values const& a, values const& b) const {
    for (auto const f : all_) {
      if (a[f] != b[f] && !model_.group().comes_along[f]) return false;
    }
    return true;
  }

  /// walk_pairs: the rule begins to apply because another one writes an input.
  void arrive(values const& v, pair_state::base const& now) {
    for (auto const on : {side::ticket, side::incident}) {
      std::vector<std::size_t> moving;
      for (auto const f : along_) {
        if (model_.group().fields[f].on == on) moving.push_back(f);
      }
      if (moving.empty()) continue;
      auto const each = odometer{moving, sizes_};
      auto then = v;
      each.start(then);
      do {
        if (then == v || model_.applies(0, v) || !model_.applies(0, then)) continue;
        for (auto const& base :
             {pair_state::base{}, now, pair_state::base{merge_model::other_base, now.ticket}}) {
          origin from;
          from.state.values = v;
          from.state.bases = {base};
          merge_model::arrival const arrival{on, then};
          follow(from, from.state, &arrival);
        }
      } while (each.next(then) && can_go_on());
    }
  }

  struct stage {
    pair_state state;
    merge_step step;
  };

  void follow(origin const& from, pair_state const& start, merge_model::arrival const* arrival) {
    std::vector<stage> path;
    explore(from, start, arrival, path);
  }

  /// Whichever side changed last, and whatever of lost values a link may remember.
  void explore(
      origin const& from,
      pair_state const& at,
      merge_model::arrival const* arrival,
      std::vector<stage>& path,
      std::vector<merge_step::memory> const& remembered = {}
  ) {
    auto by_clock = true;
    for (auto const later : {side::incident, side::ticket}) {
      if (!by_clock || !can_go_on()) return;
      ++result_.passes;
      auto step = model_.pass(at, later, arrival, remembered);
      by_clock = step.by_clock;
      step.by_memory = !remembered.empty();
      auto const memories = std::move(step.memories);
      take(from, at, std::move(step), arrival, path);
      for (auto const& memory : memories) {
        auto more = remembered;
        more.push_back(memory);
        explore(from, at, arrival, path, more);
      }
    }
  }

  void take(
      origin const& from,
      pair_state const& at,
      merge_step step,
      merge_model::arrival const* arrival,
      std::vector<stage>& path
  ) {
    auto const arrived = arrival && step.next.values != at.values;
    if (step.writes.empty() && !arrived) {
      come_to_rest(from, step, path);
      return;
    }
    auto const next = step.next;
    path.push_back({at, std::move(step)});
    check_flip(from, path);
    auto const seen =
        std::find_if(path.begin(), path.end(), [&](stage const& s) { return s.state == next; });
    if (seen != path.end() || path.size() > steps_max) {
      report_ping_pong(from, path, static_cast<std::size_t>(seen - path.begin()));
    } else {
      explore(from, next, nullptr, path);
    }
    path.pop_back();
  }

  void come_to_rest(origin const& from, merge_step const& last, std::vector<stage> const& path) {
    if (!from.is_rest && !root_) return;  // walk_pairs looks at each pair by itself
    auto const& state = last.next;
    auto const [hit, is_new] = known_.emplace(state, quiet_.size());
    if (!is_new) return;
    rest r;
    r.state = state;
    if (from.is_rest) {
      r.parent = from.index;
      r.edited = path.empty() ? state.values : path.front().state.values;
    } else {
      r.edited = root_->edited;
      r.is_root = true;
    }
    r.certain = !last.by_clock && is_certain(from, path);
    r.agreed = true;
    for (std::size_t i = 0; i < state.bases.size(); ++i) {
      auto const counts = model_.applies(i, state.values);
      r.agreed = r.agreed && (!counts || state.bases[i] == model_.agreed(i, state.values));
    }
    quiet_.push_back(std::move(r));
  }

  /// Somebody edits one side, and the connector writes something else into what was just edited.
  /// Where the other side has moved too, the map's conflict choice decides, and that was asked for.
  void check_flip(origin const& from, std::vector<stage> const& path) {
    if (!from.is_rest || !from.one_side || !quiet_[from.index].agreed) return;
    auto const& last = path.back().step;
    if (last.to != from.edited) return;
    auto const contested = std::any_of(path.begin(), path.end(), [](stage const& s) {
      return std::any_of(s.step.writes.begin(), s.step.writes.end(), [](auto const& w) {
        return w.contested;
      });
    });
    if (contested) return;
    auto const& edited = path.front().state.values;
    for (auto const& w : last.writes) {
      auto const f = w.field;
      if (edited[f] == from.state.values[f] || edited[f] == w.value) continue;
      if (!flips_.emplace(w.rule, f).second || flips_.size() > flips_max) return;
      auto const& field = model_.group().fields[f];
      auto undone = make_finding(
          found::edit_undone,
          w.where,
          "an edit of the " + std::string{name(from.edited)} + "'s '" + field.field.path +
              "' comes back as something else: " + shown_value(model_, f, edited[f]) +
              " turns into " + shown_value(model_, f, w.value),

          "join the two directions in one rule with 'sync: both', which keeps a value as long as "
          "the other side still says the same, and declare what it loses"
      );
      add(std::move(undone), from, path);
      return;
    }
  }

  void report_ping_pong(origin const& from, std::vector<stage> const& path, std::size_t back_to) {
    ping_pong_ = true;
    auto const& last = path.back().step;
    auto const endless = back_to >= path.size();
    std::set<std::string> fields;
    for (auto i = endless ? path.size() - 2 : back_to; i < path.size(); ++i) {
      for (auto const& w : path[i].step.writes) {
        auto const& s = model_.group().fields[w.field];
        fields.insert(std::string{name(s.on)} + "'s '" + s.field.path + "'");
      }
    }
    std::string list;
    for (auto const& f : fields) list += (list.empty() ? "the " : ", the ") + f;
    auto loop = make_finding(
        found::ping_pong,
        last.writes.empty() ? program_.rules[model_.group().rules.front()].where
                            : last.writes.front().where,
        (endless ? "after one edit the connector writes for ever, each time something new: "
                 : "after one edit the connector writes for ever: ") +
            list,
        "let one rule with 'sync: both' carry the fields both ways, or let only one rule write "
        "each of them"
    );
    auto shown = path;
    if (endless) shown.resize(6);
    add(std::move(loop), from, shown, endless ? std::nullopt : std::optional{back_to});
  }

  void add(
      finding f,
      origin const& from,
      std::vector<stage> const& path,
      std::optional<std::size_t> back_to = {}
  ) {
    std::vector<std::size_t> step_of;
    auto const say = [&](std::string text, config::position at = {}) {
      f.trace.push_back({std::move(at), std::move(text)});
    };
    auto const& start = path.front().state.values;
    auto const incident = shown_side(model_, from.state.values, side::incident, nullptr);
    auto const ticket = shown_side(model_, from.state.values, side::ticket, nullptr);
    if (from.is_rest) {
      say("at rest: the incident has " + incident + "; the ticket has " + ticket);
    } else {
      say("an incident with " + incident + " makes a ticket with " + ticket);
    }
    for (auto const on : {side::incident, side::ticket}) {
      auto const moved = shown_side(model_, start, on, &from.state.values);
      if (!moved.empty()) say("somebody sets " + moved + " on the " + std::string{name(on)});
    }
    for (auto const& s : path) {
      step_of.push_back(f.trace.size() + 1);
      if (s.step.writes.empty()) {
        auto const moved = shown_side(model_, s.step.next.values, s.step.to, &s.state.values);
        say("another rule writes " + moved + " to the " + std::string{name(s.step.to)});
      }
      for (auto const& w : s.step.writes) {
        say("the connector writes " + shown_value(model_, w.field, w.value) + " to the " +
                std::string{name(s.step.to)},
            w.where);
      }
    }
    if (back_to)
      say("all is as before step " + std::to_string(step_of[*back_to]) + ", and it goes on");
    result_.replays.push_back(replay_of(f.id, from, start));
    result_.replays.back().certain = is_certain(from, path);
    result_.findings.push_back(std::move(f));
  }

  bool is_certain(origin const& from, std::vector<stage> const& path) const {
    return along_.empty() && (!from.is_rest || quiet_[from.index].certain) &&
           std::none_of(path.begin(), path.end(), [](stage const& s) {
             return s.step.by_clock || s.step.by_memory || s.step.writes.empty();
           });
  }

  core::record fields_of(values const& v, side on, values const* unless) const {
    core::record r;
    for (std::size_t f = 0; f < v.size(); ++f) {
      auto const& s = model_.group().fields[f];
      if (s.on != on || (unless && (*unless)[f] == v[f])) continue;
      place_value(r, s.field, model_.value(f, v[f]));
    }
    return r;
  }

  replay replay_of(std::string_view id, origin const& from, values const& after) const {
    replay out;
    out.id = id;
    auto const edit_between = [&](values const& before, values const& then) {
      out.edits.push_back(
          {fields_of(then, side::incident, &before), fields_of(then, side::ticket, &before)}
      );
    };
    if (!from.is_rest) {
      if (root_) {
        out.created = fields_of(root_->edited, side::incident, nullptr);
        out.arrived = fields_of(root_->edited, side::ticket, nullptr);
      }
      return out;
    }
    std::vector<std::size_t> chain{from.index};
    while (!quiet_[chain.back()].is_root) chain.push_back(quiet_[chain.back()].parent);
    auto const& root = quiet_[chain.back()];
    out.created = fields_of(root.edited, side::incident, nullptr);
    out.arrived = fields_of(root.edited, side::ticket, nullptr);
    for (auto i = chain.size() - 1; i > 0; --i) {
      edit_between(quiet_[chain[i]].state.values, quiet_[chain[i - 1]].edited);
    }
    edit_between(from.state.values, after);
    return out;
  }

  static constexpr std::size_t flips_max = 4;

  program const& program_;
  proof_limits const& limits_;
  merge_model model_;
  std::vector<std::size_t> sizes_, incident_, ticket_, along_, all_;
  std::vector<rest> quiet_;
  std::unordered_map<pair_state, std::size_t, pair_state_hash> known_;
  std::optional<rest> root_;
  std::set<std::pair<std::size_t, std::size_t>> flips_;
  bool ping_pong_ = false;
  walk_result result_;
};

}  // namespace

walk_result walk_edits(program const& p, rule_group const& g, proof_limits const& limits) {
  return walker{p, g, limits, 2}.edits();
}

walk_result walk_pairs(program const& p, rule_group const& g, proof_limits const& limits) {
  return walker{p, g, limits, 1}.pairs();
}

}  // namespace connector::mapping

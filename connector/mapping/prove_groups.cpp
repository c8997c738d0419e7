#include "connector/mapping/prove_groups.hpp"

#include <algorithm>
#include <map>

namespace connector::mapping {
namespace {

using key = std::pair<side, std::string>;

/// Fields as nodes, and for each node the nodes it influences.
class influence {
 public:
  std::size_t node(side on, field_ref const& f) {
    auto const [hit, is_new] = nodes_.emplace(key{on, f.path}, next_.size());
    if (is_new) next_.emplace_back();
    return hit->second;
  }
  void add(std::size_t from, std::size_t to) { next_[from].push_back(to); }

  /// For each node the number of its strongly connected component (Tarjan).
  std::vector<std::size_t> components() {
    found_.assign(next_.size(), {});
    for (std::size_t n = 0; n < next_.size(); ++n) {
      if (found_[n].index == 0) visit(n);
    }
    std::vector<std::size_t> of;
    for (auto const& f : found_) of.push_back(f.component);
    return of;
  }

 private:
  struct mark {
    std::size_t index = 0, low = 0, component = 0;
    bool on_stack = false;
  };

  /// Without recursion: a map may have thousands of rules in a row.
  void visit(std::size_t start) {
    std::vector<std::pair<std::size_t, std::size_t>> path{{start, 0}};
    open(start);
    while (!path.empty()) {
      auto const [n, edge] = path.back();
      if (edge < next_[n].size()) {
        ++path.back().second;
        auto const m = next_[n][edge];
        if (found_[m].index == 0) {
          open(m);
          path.emplace_back(m, 0);
        } else if (found_[m].on_stack) {
          found_[n].low = std::min(found_[n].low, found_[m].index);
        }
        continue;
      }
      path.pop_back();
      if (!path.empty()) {
        auto const up = path.back().first;
        found_[up].low = std::min(found_[up].low, found_[n].low);
      }
      if (found_[n].low == found_[n].index) close(n);
    }
  }
  void open(std::size_t n) {
    found_[n].index = found_[n].low = ++count_;
    found_[n].on_stack = true;
    stack_.push_back(n);
  }
  void close(std::size_t n) {
    ++components_;
    while (true) {
      auto const m = stack_.back();
      stack_.pop_back();
      found_[m].on_stack = false;
      found_[m].component = components_;
      if (m == n) return;
    }
  }

  std::map<key, std::size_t> nodes_;
  std::vector<std::vector<std::size_t>> next_;
  std::vector<mark> found_;
  std::vector<std::size_t> stack_;
  std::size_t count_ = 0, components_ = 0;
};

/// A rule that carries changes after the ticket is made.
bool carries(rule_data const& r) {
  return r.direction != direction::never && r.direction != direction::once;
}

/// Calls `f(side, field)` for all that a rule looks at, whatever it writes.
template <class F>
void each_read(program const& p, rule_data const& r, F&& f) {
  for (auto const on : {side::incident, side::ticket}) {
    for (auto const& field : r.on(on)) f(on, field);
  }
  each_test(r.when, [&](condition const& test) { f(test.on, test.field); });
  if (p.closed && r.goes(side::ticket)) {
    each_test(p.closed->when, [&](condition const& test) { f(test.on, test.field); });
  }
}

bool writes(rule_data const& r, slot const& s) {
  auto const& fields = r.on(s.on);
  return r.goes(s.on) && std::any_of(fields.begin(), fields.end(), [&](field_ref const& f) {
           return f.path == s.field.path;
         });
}

}  // namespace

std::vector<rule_group> group_rules(program const& p) {
  influence all;
  for (auto const& r : p.rules) {
    if (!carries(r)) continue;
    for (auto const to : {side::incident, side::ticket}) {
      if (!r.goes(to)) continue;
      for (auto const& target : r.on(to)) {
        auto const into = all.node(to, target);
        each_read(p, r, [&](side on, field_ref const& from) { all.add(all.node(on, from), into); });
      }
    }
  }
  auto const component = all.components();
  std::map<std::size_t, rule_group> groups;
  for (std::size_t i = 0; i < p.rules.size(); ++i) {
    auto const& r = p.rules[i];
    if (!carries(r)) continue;
    auto const to = r.goes(side::ticket) ? side::ticket : side::incident;
    if (r.on(to).empty()) continue;
    groups[component[all.node(to, r.on(to).front())]].rules.push_back(i);
  }
  std::vector<rule_group> out;
  for (auto& numbered : groups) {
    auto& g = numbered.second;
    for (auto const i : g.rules) {
      each_read(p, p.rules[i], [&](side on, field_ref const& field) {
        auto const known = std::any_of(g.fields.begin(), g.fields.end(), [&](slot const& s) {
          return s.on == on && s.field.path == field.path;
        });
        if (!known) g.fields.push_back({on, field});
      });
    }
    for (auto const& s : g.fields) {
      g.is_input.push_back(std::none_of(g.rules.begin(), g.rules.end(), [&](std::size_t i) {
        return writes(p.rules[i], s);
      }));
      auto const written = std::any_of(p.rules.begin(), p.rules.end(), [&](rule_data const& r) {
        return carries(r) && writes(r, s);
      });
      g.comes_along.push_back(g.is_input.back() && written);
    }
    out.push_back(std::move(g));
  }
  std::sort(out.begin(), out.end(), [](auto const& a, auto const& b) {
    return a.rules.front() < b.rules.front();
  });
  return out;
}

}  // namespace connector::mapping

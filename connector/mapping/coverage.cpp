#include "connector/mapping/coverage.hpp"

namespace connector::mapping {
namespace {

class lister {
 public:
  explicit lister(program const& p) : p_{p} {}

  std::vector<coverable> all() {
    condition_both_ways(p_.open, p_.open_at, "open");
    if (p_.open.what == condition::kind::any) {
      for (auto const& part : p_.open.parts) add(part.at, touch::held, "line of open");
    }
    for (auto const& c : p_.urgent) add(c.at, touch::held, "line of urgent");
    for (auto const& r : p_.rules) rule(r);
    if (p_.closed) add(p_.closed->at, touch::to_ticket, "closed: a change that is stopped");
    comments();
    if (p_.merged_at && p_.merged.close) add(*p_.merged_at, touch::to_ticket, "merged");
    return std::move(all_);
  }

 private:
  void add(place at, touch how, std::string text, rule_data const* of = nullptr) {
    if (at.file != 0) return;
    switch (how) {
      case touch::to_ticket:
        text += ", to the ticket";
        break;
      case touch::to_incident:
        text += ", to the incident";
        break;
      case touch::held:
        text += ", where it holds";
        break;
      case touch::not_held:
        text += ", where it does not hold";
        break;
    }
    all_.push_back({p_.position(at), how, std::move(text), of});
  }

  void comments() {
    if (!p_.comments_at) return;
    auto const way = p_.comments.direction;
    auto const both = way == direction::both;
    if (both || way == direction::to_ticket) add(*p_.comments_at, touch::to_ticket, "comments");
    if (both || way == direction::to_incident) add(*p_.comments_at, touch::to_incident, "comments");
  }

  void condition_both_ways(
      condition const& c, place at, std::string const& text, rule_data const* of = nullptr
  ) {
    if (c.what == condition::kind::always || c.what == condition::kind::never) return;
    add(at, touch::held, text, of);
    add(at, touch::not_held, text, of);
  }

  void towards(rule_data const& r, place at, side to, std::string const& what) {
    if (!r.goes(to)) return;
    add(at, to == side::ticket ? touch::to_ticket : touch::to_incident, what + " of " + r.name, &r);
  }

  void rule(rule_data const& r) {
    if (r.direction == direction::never) return;
    condition_both_ways(r.when, r.when.at, "when of " + r.name, &r);
    if (auto const* t = std::get_if<value_table>(&r.body)) {
      for (auto const& row : t->rows) {
        for (auto const to : {side::ticket, side::incident}) {
          if (row.leads(to) && !row.from_file) towards(r, row.at, to, "row");
        }
      }
      towards(r, t->otherwise_ticket.at, side::ticket, "otherwise");
      towards(r, t->otherwise_incident.at, side::incident, "otherwise");
    } else if (auto const* d = std::get_if<decision_table>(&r.body)) {
      for (auto const& line : d->lines) towards(r, line.at, side::ticket, "line");
      towards(r, d->otherwise.at, side::ticket, "otherwise");
    } else {
      for (auto const to : {side::ticket, side::incident}) towards(r, r.at, to, "value");
    }
    if (!r.reference) return;
    auto const& s = *r.reference;
    for (auto const& n : s.names) towards(r, n.at, side::ticket, "name '" + n.name + "'");
    towards(r, s.at, side::ticket, "a " + s.kind + " who is not found");
  }

  program const& p_;
  std::vector<coverable> all_;
};

}  // namespace

std::vector<coverable> coverables(program const& p) { return lister{p}.all(); }

}  // namespace connector::mapping

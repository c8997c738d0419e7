#include "connector/mapping/apply.hpp"

namespace connector::mapping {

application apply(field_map const& map, side to, view const& now, bool creating) {
  application out;
  out.after = to == side::ticket ? now.ticket : now.incident;
  for (auto const& r : map.rules()) {
    auto const d = r->direction();
    auto const counts = creating ? leads(d, to) && d != direction::to_incident : carries(d, to);
    if (!counts) continue;
    auto const& incident = to == side::incident ? out.after : now.incident;
    auto const& ticket = to == side::ticket ? out.after : now.ticket;
    view const here{incident, ticket, now.known, now.facts};
    if (!r->applies(here)) continue;
    applied_rule one;
    one.by = r.get();
    one.before = r->read(to, out.after);
    one.want = r->put(to, here);
    if (one.want.what == wish::kind::write) {
      set_fields(out.after, *r, to, one.want.value);
    }
    out.rules.push_back(std::move(one));
  }
  return out;
}

}  // namespace connector::mapping

#include "connector/mapping/apply.hpp"

namespace connector::mapping {
namespace {

bool leads(direction d, side to, bool creating) {
  switch (d) {
    case direction::both:
      return true;
    case direction::to_ticket:
      return to == side::ticket;
    case direction::to_incident:
      return to == side::incident && !creating;
    case direction::once:
      return to == side::ticket && creating;
    case direction::never:
      return false;
  }
  return false;
}

}  // namespace

application apply(field_map const& map, side to, view const& now, bool creating) {
  application out;
  out.after = to == side::ticket ? now.ticket : now.incident;
  for (auto const& r : map.rules()) {
    if (!leads(r->direction(), to, creating)) continue;
    auto const& incident = to == side::incident ? out.after : now.incident;
    auto const& ticket = to == side::ticket ? out.after : now.ticket;
    view const here{incident, ticket, now.known, now.facts};
    if (!r->applies(here)) continue;
    applied_rule one;
    one.by = r.get();
    one.before = r->read(to, out.after);
    one.want = r->put(to, here);
    if (one.want.what == wish::kind::write) {
      auto const& names = r->fields(to);
      for (std::size_t i = 0; i < names.size() && i < one.want.value.size(); ++i) {
        out.after[names[i]] = one.want.value[i];
      }
    }
    out.rules.push_back(std::move(one));
  }
  return out;
}

}  // namespace connector::mapping

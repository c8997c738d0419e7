#include "connector/sync/kept_values.hpp"

#include <algorithm>

#include "connector/sync/observation.hpp"

namespace connector::sync {
namespace {

/// Of one link; the oldest go first. A table has a handful of values that share one of the
/// ticket's.
constexpr std::size_t kept_max = 8;

bool is_whole(core::group const& g) { return std::ranges::none_of(g, is_abridged); }

}  // namespace

bool keep_value(store::link& link, mapping::rule const& r, store::base const& agreed) {
  if (!r.loses(agreed.incident) || !is_whole(agreed.incident) || !is_whole(agreed.ticket)) {
    return false;
  }
  std::erase_if(link.kept, [&](store::kept_value const& k) {
    return k.rule == r.name() && k.ticket == agreed.ticket;
  });
  if (link.kept.size() == kept_max) link.kept.erase(link.kept.begin());
  link.kept.push_back({r.name(), agreed.incident, agreed.ticket});
  return true;
}

core::group const* kept_value(
    store::link const& link,
    mapping::rule const& r,
    core::group const& ticket,
    mapping::view const& now
) {
  for (auto const& k : link.kept) {
    if (k.rule != r.name() || k.ticket != ticket) continue;
    // Another map may lose other values, or mean another one by the ticket's.
    return r.loses(k.incident) && r.corresponds(k.incident, ticket, now) ? &k.incident : nullptr;
  }
  return nullptr;
}

bool forget_kept_values(store::link& link, mapping::rule const& r) {
  auto const of_rule = [&](store::kept_value const& k) { return k.rule == r.name(); };
  return std::erase_if(link.kept, of_rule) > 0;
}

}  // namespace connector::sync

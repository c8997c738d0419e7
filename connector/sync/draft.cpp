#include "connector/sync/draft.hpp"

#include "connector/sync/bases.hpp"
#include "connector/sync/unresolved.hpp"

namespace connector::sync {

using mapping::rule;
using mapping::side;
using mapping::wish;

namespace {
core::record const nothing;
}  // namespace

void draft::add(
    rule const& r, side to, wish const& wanted, core::group const& from, store::base const* base
) {
  auto& into = this->to(to);
  mapping::set_fields(into.fields, r, to, wanted.value);
  into.derived[r.name()] = kept(r, from);
  core::record told{
      {"rule", r.name()},
      {"where", place(wanted.where)},
      {"from", core::abridged(from)},
      {"to", core::abridged(wanted.value)},
  };
  if (base) told["base"] = boost::json::array{base->incident, base->ticket};
  into.notes.push_back(std::move(told));
  auto const is_now = now();
  if (!into.side_then) into.side_then = to == side::ticket ? is_now.ticket : is_now.incident;
  mapping::set_fields(*into.side_then, r, to, wanted.value);
}

bool draft::writes_to(side s) const {
  return !(s == side::ticket ? ticket_part_ : incident_part_).fields.empty();
}

bool draft::is_empty() const { return !ticket_part_.side_then && !incident_part_.side_then; }

mapping::view draft::now() const {
  return {incident_.fields, ticket_ ? ticket_->fields : nothing, known_, facts_};
}

mapping::view draft::then() const {
  auto const is_now = now();
  return {
      incident_part_.side_then ? *incident_part_.side_then : is_now.incident,
      ticket_part_.side_then ? *ticket_part_.side_then : is_now.ticket,
      known_,
      facts_};
}

bool draft::is_wanted_already(rule const& r, side to, wish const& wanted) const {
  if (is_empty()) return true;
  if (!r.applies(now())) return false;
  auto const as_it_is = r.put(to, now());
  return as_it_is.what == wanted.what &&
         (wanted.what == wish::kind::leave || as_it_is.value == wanted.value);
}

std::optional<side> draft::begins_to_apply(rule const& r) const {
  auto const to = writes_to(side::ticket)     ? side::ticket
                  : writes_to(side::incident) ? side::incident
                                              : std::optional<side>{};
  if (!to || !mapping::carries(r.direction(), *to) || r.applies(now())) return std::nullopt;
  return to;
}

}  // namespace connector::sync

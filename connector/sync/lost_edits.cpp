#include "connector/sync/lost_edits.hpp"

#include <algorithm>

#include "connector/sync/bases.hpp"
#include "connector/sync/observation.hpp"
#include "connector/sync/unresolved.hpp"

namespace connector::sync {
namespace {

using mapping::direction;
using mapping::resolution;
using mapping::rule;
using mapping::side;

bool is_whole(core::group const& g) {
  return std::none_of(g.begin(), g.end(), [](core::value const& v) { return is_abridged(v); });
}

/// An edit whose value was decided from, or that was made before that, is not lost.
bool was_seen(adapter::lost_edit const& edit, adapter::object const& decided_from) {
  if (edit.value) return *edit.value == core::field(decided_from.fields, edit.field);
  return edit.at <= decided_from.changed_at;
}

core::record told(adapter::lost_edit const& edit) {
  core::record out{{"field", edit.field}, {"by", edit.by}, {"at", core::format_time(edit.at)}};
  if (edit.value && !is_abridged(*edit.value)) out["value"] = *edit.value;
  return out;
}

/// The edits of one rule's fields, put together.
struct loss {
  core::record fields;  ///< of the side, as they were before our write
  std::string by;
  core::time_point at{};
};

std::optional<loss> loss_of(
    rule const& r,
    side to,
    adapter::object const& decided_from,
    std::vector<adapter::lost_edit const*> const& edits
) {
  loss found;
  found.fields = decided_from.fields;
  for (auto const* edit : edits) {
    auto const& names = r.fields(to);
    if (std::find(names.begin(), names.end(), edit->field) == names.end()) continue;
    if (!edit->value) return std::nullopt;
    found.fields[edit->field] = *edit->value;
    if (edit->at < found.at) continue;
    found.at = edit->at;
    found.by = edit->by;
  }
  if (found.at == core::time_point{}) return std::nullopt;
  return found;
}

}  // namespace

store::conflict const* lost_edit_of(store::link const& link, rule const& r) {
  auto const& all = link.conflicts;
  auto const found = std::find_if(all.begin(), all.end(), [&](auto const& c) {
    return c.overwritten && c.rule == r.name();
  });
  return found == all.end() ? nullptr : &*found;
}

bool brings_back_lost_edit(store::link const& link, rule const& r, side to) {
  auto const* lost = lost_edit_of(link, r);
  return lost && lost->restore && *lost->overwritten != to;
}

core::record with_lost_edit(store::conflict const& lost, rule const& r, core::record const& now) {
  auto out = now;
  auto const& values = *lost.overwritten == side::ticket ? lost.ticket : lost.incident;
  mapping::set_fields(out, r, *lost.overwritten, values);
  return out;
}

void rule_on_lost_edits(
    context const& with,
    decision& into,
    store::outstanding const& sent,
    adapter::object const& incident,
    adapter::object const& ticket,
    adapter::receipt const& answer
) {
  auto const to = sent.to;
  auto const& decided_from = to == side::ticket ? ticket : incident;
  std::vector<adapter::lost_edit const*> edits;
  boost::json::array all;
  for (auto const& edit : answer.lost_edits) {
    if (was_seen(edit, decided_from)) continue;
    edits.push_back(&edit);
    all.push_back(told(edit));
  }
  if (edits.empty()) return;
  core::record line{
      {"side", mapping::name(to)},
      {"seen", decided_from.version},
      {"now", answer.stored.version},
      {"overwritten", std::move(all)}};
  note(with, into, "changed_meanwhile", std::move(line));

  mapping::facts const facts{into.link.ticket_label, into.link.ticket_url, into.link.incident_url};
  for (auto const& each : with.map.rules()) {
    auto const& r = *each;
    // Where a rule carries nothing back, what it writes to takes what comes.
    if (!sent.derived.contains(r.name()) || r.direction() != direction::both) continue;
    auto const lost = loss_of(r, to, decided_from, edits);
    if (!lost) continue;
    auto const& a_fields = to == side::incident ? lost->fields : incident.fields;
    auto const& b_fields = to == side::ticket ? lost->fields : ticket.fields;
    mapping::view const then{a_fields, b_fields, with.known, facts};
    auto const a = r.read(side::incident, a_fields);
    auto const b = r.read(side::ticket, b_fields);
    auto const known = into.link.bases->find(r.name());
    auto const* base = known == into.link.bases->end() ? nullptr : &known->second;
    auto const& there = to == side::ticket ? b : a;
    // Set back to what was agreed: then only the other side had moved.
    if (base && same_as_kept(r, there, base->of(to))) continue;
    if (r.corresponds(a, b, then) || !is_whole(there)) continue;

    std::erase_if(into.link.conflicts, [&](auto const& c) { return c.rule == r.name(); });
    store::conflict c;
    c.rule = r.name();
    if (base) {
      c.base_incident = base->incident;
      c.base_ticket = base->ticket;
    }
    c.incident = to == side::incident ? a : core::abridged(a);
    c.ticket = to == side::ticket ? b : core::abridged(b);
    c.since = with.now;
    c.overwritten = to;
    contest const over{r, a, b, base};
    auto const at_incident = to == side::incident ? lost->at : incident.changed_at;
    auto const at_ticket = to == side::ticket ? lost->at : ticket.changed_at;
    auto const ruled = settle_conflict(with, into, over, at_incident, at_ticket, then);
    auto const asks = !ruled.to;
    c.restore =
        r.resolution() == resolution::merge ? ruled.merged.has_value() : !asks && *ruled.to != to;
    // A person's conflict was noted with the values there were; this one says that they are gone.
    std::erase_if(into.link.conflicts, [&](auto const& k) { return k.rule == r.name(); });
    if (asks || c.restore) into.link.conflicts.push_back(std::move(c));
  }
}

}  // namespace connector::sync

#include "connector/sync/grounds.hpp"

#include <algorithm>
#include <boost/json/serialize.hpp>

#include "connector/sync/observation.hpp"

namespace connector::sync {
namespace {

using mapping::side;

/// A longer value is on record as its digest only, and what was decided from it cannot be decided
/// again.
constexpr std::size_t whole_bytes_max = std::size_t{256} * 1024;

std::string text_in(core::record const& from, std::string_view name) {
  return core::text_of(core::field(from, name));
}

core::group group_in(core::record const& from, std::string_view name) {
  auto const* found = from.if_contains(name);
  return found && found->is_array() ? found->get_array() : core::group{};
}

side side_in(core::record const& from, std::string_view name) {
  return text_in(from, name) == "incident" ? side::incident : side::ticket;
}

core::record as_record(store::parked const& p) {
  core::record out{
      {"rule", p.rule}, {"to", mapping::name(p.to)}, {"from", p.from}, {"reason", p.reason}};
  if (p.refused) out["refused"] = true;
  return out;
}

core::record as_record(adapter::question const& asked, adapter::answer const& found) {
  core::record out{
      {"kind", asked.kind},
      {"by", asked.by},
      {"key", asked.key},
      {"want", asked.want},
      {"found", found.found}};
  if (found.several) out["several"] = true;
  return out;
}

/// Calls `take` with each object of an array.
template <class Take>
void each(core::record const& in, std::string_view name, Take take) {
  for (auto const& one : group_in(in, name)) {
    if (auto const* o = one.if_object()) take(*o);
  }
}

core::record record_in(core::record const& from, std::string_view name) {
  auto const* found = from.if_contains(name);
  return found && found->is_object() ? found->get_object() : core::record{};
}

}  // namespace

grounds::grounds(store::link const& before)
    : parked_{before.parked}, conflicts_{before.conflicts}, kept_{before.kept} {}

void grounds::note_base(mapping::rule const& r, store::base const* base) {
  bases_[r.name()] = base ? std::optional{*base} : std::nullopt;
}

void grounds::note_values(mapping::rule const& r) {
  for (auto s : {side::incident, side::ticket}) {
    for (auto const& field : r.fields(s)) fields_.emplace(s, field);
  }
}

core::record grounds::as_record(
    boost::json::array const& written_rules,
    mapping::answers const& known,
    adapter::object const& incident,
    adapter::object const* ticket,
    store::link& names_link,
    core::time_point now
) const {
  core::record out;
  core::record bases;
  for (auto const& noted_base : bases_) {
    auto const& rule = noted_base.first;
    auto const& base = noted_base.second;
    // Where a rule is written its base stands with it.
    auto const told = std::any_of(written_rules.begin(), written_rules.end(), [&](auto const& w) {
      auto const& noted = w.get_object();
      return noted.contains("base") && text_in(noted, "rule") == rule;
    });
    if (told) continue;
    bases[rule] = base ? core::value(boost::json::array{base->incident, base->ticket}) : nullptr;
  }
  if (!bases.empty()) out["bases"] = std::move(bases);
  boost::json::array parked, conflicts, kept, answers;
  for (auto const& p : parked_) parked.push_back(sync::as_record(p));
  if (!parked.empty()) out["parked"] = std::move(parked);
  for (auto const& c : conflicts_) {
    core::record told{{"rule", c.rule}, {"incident", c.incident}, {"ticket", c.ticket}};
    if (c.overwritten) {
      told["overwritten"] = mapping::name(*c.overwritten);
      told["restore"] = c.restore;
      told["since"] = core::format_time(c.since);
      told["base"] = boost::json::array{c.base_incident, c.base_ticket};
    }
    conflicts.push_back(std::move(told));
  }
  if (!conflicts.empty()) out["conflicts"] = std::move(conflicts);
  for (auto const& k : kept_) {
    kept.push_back(core::record{{"rule", k.rule}, {"incident", k.incident}, {"ticket", k.ticket}});
  }
  if (!kept.empty()) out["kept"] = std::move(kept);
  if (!held_.empty()) {
    core::record held;
    for (auto const& [rule, why] : held_) held[rule] = why;
    out["held"] = std::move(held);
  }
  if (due_) out["due"] = core::format_time(*due_);
  for (auto const& [in, asked] : answered_) {
    auto one = sync::as_record(asked, *known.find(in, asked));
    if (in == side::incident) one["in"] = mapping::name(in);
    answers.push_back(std::move(one));
  }
  if (!answers.empty()) out["answers"] = std::move(answers);
  core::record whole_incident, whole_ticket;
  for (auto const& [of, name] : fields_) {
    auto const* object = of == side::incident ? &incident : ticket;
    if (!object || !is_abridged(core::field(object->fields, name))) continue;
    auto const& v = core::field(object->fields, name);
    if (boost::json::serialize(v).size() > whole_bytes_max) continue;
    (of == side::incident ? whole_incident : whole_ticket)[name] = v;
  }
  if (!whole_incident.empty()) out["whole_incident"] = std::move(whole_incident);
  if (!whole_ticket.empty()) out["whole_ticket"] = std::move(whole_ticket);
  if (is_new_to_record(names_link, now)) {
    out["names"] = core::record{
        {"ticket", names_link.ticket_label},
        {"ticket_url", names_link.ticket_url},
        {"incident_url", names_link.incident_url}};
  }
  return out;
}

recalled recall(core::record const& written) {
  recalled out;
  for (auto const& member : record_in(written, "bases")) {
    auto& base = out.bases[std::string{member.key()}];
    auto const* halves = member.value().if_array();
    if (!halves || halves->size() != 2) continue;
    base = store::base{halves->at(0).as_array(), halves->at(1).as_array()};
  }
  each(written, "parked", [&](core::record const& one) {
    store::parked p;
    p.rule = text_in(one, "rule");
    p.to = side_in(one, "to");
    p.from = group_in(one, "from");
    p.reason = text_in(one, "reason");
    p.refused = one.contains("refused");
    out.parked.push_back(std::move(p));
  });
  each(written, "conflicts", [&](core::record const& one) {
    store::conflict c;
    c.rule = text_in(one, "rule");
    c.incident = group_in(one, "incident");
    c.ticket = group_in(one, "ticket");
    if (one.contains("overwritten")) {
      c.overwritten = side_in(one, "overwritten");
      c.restore = core::field(one, "restore") == true;
      c.since = core::parse_time(text_in(one, "since")).value_or(core::time_point{});
      auto const base = group_in(one, "base");
      if (base.size() == 2 && base[0].is_array() && base[1].is_array()) {
        c.base_incident = base[0].get_array();
        c.base_ticket = base[1].get_array();
      }
    }
    out.conflicts.push_back(std::move(c));
  });
  each(written, "kept", [&](core::record const& one) {
    out.kept.push_back({text_in(one, "rule"), group_in(one, "incident"), group_in(one, "ticket")});
  });
  for (auto const& member : record_in(written, "held")) {
    out.held[std::string{member.key()}] = core::text_of(member.value());
  }
  if (written.contains("due")) out.due = core::parse_time(text_in(written, "due"));
  each(written, "answers", [&](core::record const& one) {
    adapter::question asked{
        text_in(one, "kind"), text_in(one, "by"), text_in(one, "key"), text_in(one, "want")};
    adapter::answer found{core::field(one, "found"), one.contains("several")};
    auto const in = one.contains("in") ? side_in(one, "in") : side::ticket;
    out.known.add(in, std::move(asked), std::move(found));
  });
  out.whole_incident = record_in(written, "whole_incident");
  out.whole_ticket = record_in(written, "whole_ticket");
  if (written.contains("names")) {
    auto const names = record_in(written, "names");
    out.names = mapping::facts{
        text_in(names, "ticket"), text_in(names, "ticket_url"), text_in(names, "incident_url")};
  }
  return out;
}

}  // namespace connector::sync

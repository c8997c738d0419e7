#include "connector/sync/explain.hpp"

#include <algorithm>
#include <map>

namespace connector::sync {
namespace {

using mapping::rule;
using mapping::side;

core::record const* object_in(core::record const& from, std::string_view name) {
  auto const* found = from.if_contains(name);
  return found ? found->if_object() : nullptr;
}

std::string_view text_in(core::record const& from, std::string_view name) {
  auto const* found = from.if_contains(name);
  auto const* text = found ? found->if_string() : nullptr;
  return text ? std::string_view{*text} : std::string_view{};
}

core::time_point time_in(core::record const& from, std::string_view name) {
  return core::parse_time(text_in(from, name)).value_or(core::time_point{});
}

void take(std::optional<adapter::object>& into, core::record const* seen) {
  if (into || !seen) return;
  auto& o = into.emplace();
  auto const* version = seen->if_contains("version");
  if (version && version->is_int64()) o.version = version->get_int64();
  o.changed_at = time_in(*seen, "at");
  o.created_at = time_in(*seen, "created_at");
  if (auto const* fields = object_in(*seen, "fields")) o.fields = *fields;
}

bool concerns(rule const& r, std::string const& field) {
  if (field.empty() || r.name() == field) return true;
  for (auto s : {side::incident, side::ticket}) {
    auto const& names = r.fields(s);
    if (std::find(names.begin(), names.end(), field) != names.end()) return true;
  }
  return false;
}

boost::json::array names(std::vector<std::string> const& all) {
  boost::json::array out;
  for (auto const& name : all) out.emplace_back(name);
  return out;
}

/// Fields of the side that is not written have no part in what came of the call.
core::value stored_value(rule const& r, side to, core::record const& settled) {
  auto const* stored = object_in(settled, "stored");
  auto const* fields = stored ? object_in(*stored, "fields") : nullptr;
  return fields ? core::value(core::abridged(r.read(to, *fields))) : core::value{};
}

/// One rule's past: each decision to write it, with what came of the call.
class history {
 public:
  explicit history(mapping::field_map const& map) {
    for (auto const& r : map.rules()) rules_.emplace(r->name(), r.get());
  }

  /// To be given newest first.
  void take_line(store::journal_entry const& line) {
    auto const* data = line.data.if_object();
    if (!data) return;
    if (line.kind == "decided") {
      take_decision(line, *data);
      outcome_ = nullptr;
    } else if (line.kind == "settled" || line.kind == "failed" || line.kind == "refused" ||
               line.kind == "dropped") {
      outcome_ = &line;
    } else if (auto const name = text_in(*data, "rule"); !name.empty()) {
      core::record told{{"at", core::format_time(line.at)}, {"what", line.kind}};
      for (auto const& member : *data) {
        if (member.key() != "rule") told[member.key()] = member.value();
      }
      of_[std::string{name}].push_back(std::move(told));
    }
  }

  boost::json::array take(std::string const& rule) { return std::move(of_[rule]); }

 private:
  void take_decision(store::journal_entry const& line, core::record const& data) {
    auto const* rules = data.if_contains("rules");
    if (!rules || !rules->is_array()) return;
    auto const to = text_in(data, "to") == "incident" ? side::incident : side::ticket;
    for (auto const& one : rules->get_array()) {
      auto const* noted = one.if_object();
      if (!noted) continue;
      std::string const name{text_in(*noted, "rule")};
      core::record told{{"at", core::format_time(line.at)}, {"what", text_in(data, "call")}};
      for (auto const* member : {"where", "from", "to"}) told[member] = core::field(*noted, member);
      told["side"] = mapping::name(to);
      told["outcome"] = outcome_ ? outcome_->kind : "no answer on record";
      auto const* settled = outcome_ ? outcome_->data.if_object() : nullptr;
      auto const known = rules_.find(name);
      if (settled && outcome_->kind == "settled" && known != rules_.end()) {
        told["stored"] = stored_value(*known->second, to, *settled);
      }
      if (settled && settled->contains("detail")) told["detail"] = settled->at("detail");
      of_[name].push_back(std::move(told));
    }
  }

  std::map<std::string, rule const*> rules_;
  std::map<std::string, boost::json::array> of_;
  store::journal_entry const* outcome_ = nullptr;  ///< of the decision that comes next
};

}  // namespace

last_seen last_seen_in(std::span<store::journal_entry const> newest_first) {
  last_seen found;
  for (auto const& line : newest_first) {
    auto const* data = line.data.if_object();
    if (!data) continue;
    if (line.kind == "decided") {
      take(found.incident, object_in(*data, "incident"));
      take(found.ticket, object_in(*data, "ticket"));
    } else if (line.kind == "settled") {
      take(
          text_in(*data, "to") == "incident" ? found.incident : found.ticket,
          object_in(*data, "stored")
      );
    } else if (line.kind == "seen") {
      take(
          text_in(*data, "side") == "incident" ? found.incident : found.ticket,
          object_in(*data, "object")
      );
    }
    if (found.incident && found.ticket) break;
  }
  return found;
}

core::record explain(
    mapping::field_map const& map,
    store::link const& link,
    std::span<store::journal_entry const> newest_first,
    std::string const& field,
    core::time_point now
) {
  auto const seen = last_seen_in(newest_first);
  std::vector<std::pair<std::string, verdict>> verdicts;
  mapping::answers const none;
  context with{map, none, now, {}, {}, std::chrono::seconds{5}, {}, true};
  with.verdicts = &verdicts;
  if (seen.incident && seen.ticket && link.state == store::link_state::linked) {
    decide_update(with, link, *seen.incident, *seen.ticket);
  } else if (seen.incident && link.state == store::link_state::opening) {
    decide_create(with, link, *seen.incident);
  }
  std::map<std::string, verdict> const came_of{verdicts.begin(), verdicts.end()};
  history past{map};
  for (auto const& line : newest_first) past.take_line(line);

  boost::json::array rules;
  for (auto const& r : map.rules()) {
    if (!concerns(*r, field)) continue;
    core::record told{
        {"rule", r->name()},
        {"where", config::to_string(r->where())},
        {"incident_fields", names(r->fields(side::incident))},
        {"ticket_fields", names(r->fields(side::ticket))},
    };
    auto const found = came_of.find(r->name());
    told["why"] = found != came_of.end() ? describe(found->second)
                                         : "nothing is on record yet of both sides as they are now";
    if (seen.incident) {
      told["incident_now"] = core::abridged(r->read(side::incident, seen.incident->fields));
    }
    if (seen.ticket)
      told["ticket_now"] = core::abridged(r->read(side::ticket, seen.ticket->fields));
    auto const base = link.bases->find(r->name());
    if (base != link.bases->end()) {
      told["agreed"] =
          core::record{{"incident", base->second.incident}, {"ticket", base->second.ticket}};
    }
    for (auto const& p : link.parked) {
      if (p.rule != r->name()) continue;
      told["parked"] = core::record{
          {"to", mapping::name(p.to)}, {"reason", p.reason}, {"since", core::format_time(p.since)}};
    }
    for (auto const& c : link.conflicts) {
      if (c.rule != r->name()) continue;
      told["conflict"] = core::record{
          {"incident", c.incident}, {"ticket", c.ticket}, {"since", core::format_time(c.since)}};
    }
    told["history"] = past.take(r->name());
    rules.push_back(std::move(told));
  }
  return {
      {"link", link.id},
      {"route", link.route},
      {"incident", link.incident_id},
      {"ticket", link.ticket_label},
      {"state", store::name(link.state)},
      {"map", map.name()},
      {"rules", std::move(rules)},
  };
}

}  // namespace connector::sync

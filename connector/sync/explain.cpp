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

/// The fields that a rule looks at on one side, as they were.
core::record inputs_of(rule const& r, side from, core::record const& fields) {
  core::record out;
  for (auto const& name : r.fields(from)) {
    auto const& found = core::field(fields, name);
    if (!found.is_null()) out[name] = found;
  }
  return out;
}

/// Each rule's past: every decision to write it, from which values, and what came of the call.
class history {
 public:
  history(mapping::field_map const& map, std::span<store::journal_entry const> newest_first) {
    for (auto const& r : map.rules()) rules_.emplace(r->name(), r.get());
    for (auto line = newest_first.rbegin(); line != newest_first.rend(); ++line) take_line(*line);
  }

  /// Newest first.
  boost::json::array of(std::string const& rule) {
    auto& all = of_[rule];
    std::reverse(all.begin(), all.end());
    return std::move(all);
  }

 private:
  void take_line(store::journal_entry const& line) {
    auto const* data = line.data.if_object();
    if (!data) return;
    if (line.kind == "decided") {
      see(side::incident, object_in(*data, "incident"));
      see(side::ticket, object_in(*data, "ticket"));
      take_decision(line, *data);
    } else if (line.kind == "seen") {
      see(side_in(*data, "side"), object_in(*data, "object"));
    } else if (line.kind == "settled") {
      take_outcome(line.kind, *data);
      see(side_in(*data, "to"), object_in(*data, "stored"));
    } else if (line.kind == "failed" || line.kind == "refused" || line.kind == "dropped") {
      take_outcome(line.kind, *data);
    } else if (auto const name = text_in(*data, "rule"); !name.empty()) {
      core::record told{{"at", core::format_time(line.at)}, {"what", line.kind}};
      for (auto const& member : *data) {
        if (member.key() != "rule") told[member.key()] = member.value();
      }
      of_[std::string{name}].push_back(std::move(told));
    }
  }

  static side side_in(core::record const& data, std::string_view name) {
    return text_in(data, name) == "incident" ? side::incident : side::ticket;
  }

  void see(side of, core::record const* observed) {
    auto const* fields = observed ? object_in(*observed, "fields") : nullptr;
    if (fields) (of == side::incident ? incident_ : ticket_) = *fields;
  }

  void take_decision(store::journal_entry const& line, core::record const& data) {
    last_.clear();
    auto const* rules = data.if_contains("rules");
    if (!rules || !rules->is_array()) return;
    auto const to = side_in(data, "to");
    auto const from = mapping::other(to);
    for (auto const& one : rules->get_array()) {
      auto const* noted = one.if_object();
      if (!noted) continue;
      std::string const name{text_in(*noted, "rule")};
      core::record told{{"at", core::format_time(line.at)}, {"what", text_in(data, "call")}};
      for (auto const* member : {"where", "from", "to"}) told[member] = core::field(*noted, member);
      if (auto const known = rules_.find(name); known != rules_.end()) {
        told["inputs"] =
            inputs_of(*known->second, from, from == side::incident ? incident_ : ticket_);
      }
      told["side"] = mapping::name(to);
      told["outcome"] = "no answer on record";
      of_[name].push_back(std::move(told));
      last_.emplace_back(name, of_[name].size() - 1);
    }
  }

  /// Of the decision before it.
  void take_outcome(std::string const& kind, core::record const& data) {
    for (auto const& [name, index] : last_) {
      auto& told = of_[name].at(index).as_object();
      told["outcome"] = kind;
      if (data.contains("detail")) told["detail"] = data.at("detail");
      auto const known = rules_.find(name);
      if (kind == "settled" && known != rules_.end()) {
        told["stored"] = stored_value(*known->second, side_in(data, "to"), data);
      }
    }
  }

  std::map<std::string, rule const*> rules_;
  std::map<std::string, boost::json::array> of_;
  std::vector<std::pair<std::string, std::size_t>> last_;  ///< entries of the last decision
  core::record incident_, ticket_;
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
  history past{map, newest_first};

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
      told["inputs"] = inputs_of(*r, side::incident, seen.incident->fields);
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
      if (c.overwritten) {
        told["conflict"].as_object()["overwritten"] = mapping::name(*c.overwritten);
      }
    }
    told["history"] = past.of(r->name());
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

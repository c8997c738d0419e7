#include "connector/sync/replay.hpp"

#include <algorithm>
#include <boost/json/serialize.hpp>

#include "connector/sync/decide.hpp"
#include "connector/sync/grounds.hpp"
#include "connector/sync/observation.hpp"

namespace connector::sync {
namespace {

using mapping::rule;
using mapping::side;

constexpr std::size_t observations_max = 4;

core::record const* object_in(core::record const& from, std::string_view name) {
  auto const* found = from.if_contains(name);
  return found ? found->if_object() : nullptr;
}

std::string text_in(core::record const& from, std::string_view name) {
  return core::text_of(core::field(from, name));
}

std::int64_t number_in(core::record const& from, std::string_view name) {
  auto const* found = from.if_contains(name);
  return found && found->is_int64() ? found->get_int64() : 0;
}

side side_in(core::record const& from, std::string_view name) {
  return text_in(from, name) == "incident" ? side::incident : side::ticket;
}

/// Lines that a decision puts before its last one.
bool comes_before(store::journal_entry const& line, core::record const& data) {
  if (line.kind != "conflict" && line.kind != "parked" && line.kind != "held") return false;
  return data.contains("rule") && data.contains("where");
}

/// The rules that a decision did not find as they were agreed on, so that their values counted.
std::vector<std::string> rules_looked_at(core::record const& data, recalled const& given) {
  std::vector<std::string> all;
  for (auto const& [name, base] : given.bases) all.push_back(name);
  auto const* written = data.if_contains("rules");
  if (written && written->is_array()) {
    for (auto const& one : written->get_array()) {
      if (auto const* noted = one.if_object()) all.push_back(text_in(*noted, "rule"));
    }
  }
  return all;
}

bool has_digests(
    mapping::field_map const& map,
    std::vector<std::string> const& rules,
    adapter::object const& incident,
    adapter::object const* ticket
) {
  for (auto const& r : map.rules()) {
    if (std::find(rules.begin(), rules.end(), r->name()) == rules.end()) continue;
    for (auto s : {side::incident, side::ticket}) {
      auto const* object = s == side::incident ? &incident : ticket;
      if (!object) continue;
      for (auto const& field : r->fields(s)) {
        if (is_digest(core::field(object->fields, field))) return true;
      }
    }
  }
  return false;
}

/// What both sides say, but where the line says otherwise.
std::map<std::string, store::base> bases_of(
    mapping::field_map const& map,
    core::record const& data,
    recalled const& given,
    adapter::object const& incident,
    adapter::object const& ticket
) {
  std::map<std::string, store::base> all;
  for (auto const& r : map.rules()) {
    auto const is_set = r->resolution() == mapping::resolution::merge;
    auto const a = r->read(side::incident, incident.fields);
    auto const b = r->read(side::ticket, ticket.fields);
    all[r->name()] = is_set ? store::base{a, b} : store::base{core::abridged(a), core::abridged(b)};
  }
  for (auto const& [name, base] : given.bases) {
    if (base) {
      all[name] = *base;
    } else {
      all.erase(name);
    }
  }
  auto const* written = data.if_contains("rules");
  if (!written || !written->is_array()) return all;
  for (auto const& one : written->get_array()) {
    auto const* noted = one.if_object();
    auto const* base = noted ? noted->if_contains("base") : nullptr;
    auto const* halves = base ? base->if_array() : nullptr;
    if (!halves || halves->size() != 2 || !halves->at(0).is_array() || !halves->at(1).is_array()) {
      continue;
    }
    all[text_in(*noted, "rule")] = {halves->at(0).get_array(), halves->at(1).get_array()};
  }
  return all;
}

/// The first place at which two values are not the same text; follows what they have in common.
std::string first_difference(core::value const*& was, core::value const*& is) {
  std::string path;
  while (was->is_object() && is->is_object()) {
    auto const& left = was->get_object();
    auto const& right = is->get_object();
    auto l = left.begin();
    auto r = right.begin();
    while (l != left.end() && r != right.end() && l->key() == r->key() &&
           boost::json::serialize(l->value()) == boost::json::serialize(r->value())) {
      ++l;
      ++r;
    }
    if (l == left.end() || r == right.end() || l->key() != r->key()) return path;
    path += '/' + std::string{l->key()};
    was = &l->value();
    is = &r->value();
    while (was->is_array() && is->is_array() && was->get_array().size() == is->get_array().size()) {
      auto const& one = was->get_array();
      auto const& other = is->get_array();
      std::size_t i = 0;
      while (boost::json::serialize(one[i]) == boost::json::serialize(other[i])) ++i;
      path += '/' + std::to_string(i);
      was = &one[i];
      is = &other[i];
    }
  }
  return path;
}

}  // namespace

std::size_t replay::outcome::decisions() const {
  auto all = equal + differing;
  for (auto const& [why, count] : left_out) all += count;
  for (auto const& [digest, count] : other_maps) all += count;
  return all;
}

replay::outcome& replay::outcome::operator+=(outcome other) {
  equal += other.equal;
  differing += other.differing;
  for (auto& one : other.first) first.push_back(std::move(one));
  for (auto const& [why, count] : other.left_out) left_out[why] += count;
  for (auto const& [digest, count] : other.other_maps) other_maps[digest] += count;
  return *this;
}

replay::replay(mapping::field_map const& map, std::string link)
    : map_{map}, link_{std::move(link)} {}

void replay::take(store::journal_entry const& line) {
  auto const* data = line.data.if_object();
  if (!data || line.link != link_) return;
  if (comes_before(line, *data)) {
    before_.push_back(line);
    return;
  }
  if (line.kind == "decided") {
    see(side::incident, data->if_contains("incident"));
    see(side::ticket, data->if_contains("ticket"));
    decide_again(line, *data);
  } else if (line.kind == "seen") {
    see(side_in(*data, "side"), data->if_contains("object"));
  } else if (line.kind == "settled") {
    see(side_in(*data, "to"), data->if_contains("stored"));
  }
  before_.clear();
}

void replay::see(side of, core::value const* observed) {
  auto const* record = observed ? observed->if_object() : nullptr;
  if (!record) return;
  adapter::object o;
  o.version = number_in(*record, "version");
  o.changed_at = core::parse_time(text_in(*record, "at")).value_or(core::time_point{});
  o.created_at = core::parse_time(text_in(*record, "created_at")).value_or(core::time_point{});
  if (auto const* fields = object_in(*record, "fields")) o.fields = *fields;
  auto& all = seen_[of];
  if (all.size() == observations_max) all.erase(all.begin());
  all.push_back(std::move(o));
}

std::optional<adapter::object> replay::object(
    side of, std::int64_t version, core::record const& whole
) const {
  auto const known = seen_.find(of);
  if (known == seen_.end()) return std::nullopt;
  auto const& all = known->second;
  auto const found =
      std::find_if(all.rbegin(), all.rend(), [&](auto const& o) { return o.version == version; });
  if (found == all.rend()) return std::nullopt;
  auto out = *found;
  for (auto const& field : whole) out.fields[field.key()] = field.value();
  return out;
}

void replay::decide_again(store::journal_entry const& line, core::record const& data) {
  auto const* grounds = object_in(data, "grounds");
  if (!grounds) {
    leave_out("made by a version of the program that kept too little");
    return;
  }
  auto given = recall(*grounds);
  if (given.names) names_ = given.names;
  if (text_in(data, "map") != map_.digest()) {
    ++found_.other_maps[text_in(data, "map")];
    return;
  }
  auto const creates = text_in(data, "call") == "create";
  auto const incident =
      object(side::incident, number_in(data, "incident_version"), given.whole_incident);
  auto const ticket = object(side::ticket, number_in(data, "ticket_version"), given.whole_ticket);
  if (!incident || (!creates && !ticket) || !names_) {
    leave_out("what was seen before is not in the journal any more");
    return;
  }
  auto const* other = creates ? nullptr : &*ticket;
  std::vector<std::string> looked_at = rules_looked_at(data, given);
  if (has_digests(map_, looked_at, *incident, other)) {
    leave_out("a value is too long to be kept whole");
    return;
  }

  store::link link;
  link.id = link_;
  link.ticket_label = names_->ticket_label;
  link.ticket_url = names_->ticket_url;
  link.incident_url = names_->incident_url;
  link.map_digest = map_.digest();
  link.parked = std::move(given.parked);
  link.conflicts = std::move(given.conflicts);
  link.kept = std::move(given.kept);
  link.due = given.due;
  if (!creates) link.bases.edit() = bases_of(map_, data, given, *incident, *ticket);
  // What the line brought along was new then, and must be so again.
  if (!data.contains("incident")) is_new_to_record(map_, link, side::incident, *incident, line.at);
  if (other && !data.contains("ticket"))
    is_new_to_record(map_, link, side::ticket, *other, line.at);
  if (!given.names) is_new_to_record(link, line.at);

  context with{map_, given.known, line.at, {}, {}, std::chrono::seconds{5}, {}, false};
  with.held_rules = &given.held;
  auto const again = creates ? decide_create(with, std::move(link), *incident)
                             : decide_update(with, std::move(link), *incident, *ticket);
  before_.push_back(line);
  compare(line, again.journal);
}

void replay::compare(
    store::journal_entry const& line, std::vector<store::journal_entry> const& again
) {
  auto const lines = std::max(before_.size(), again.size());
  for (std::size_t i = 0; i < lines; ++i) {
    auto const text = [i](std::vector<store::journal_entry> const& from) {
      return i < from.size() ? from[i].kind + ' ' + boost::json::serialize(from[i].data)
                             : std::string{};
    };
    difference d{line.seq, line.at, link_, text(before_), text(again), {}, {}, {}};
    if (d.recorded == d.again) continue;
    if (i < before_.size() && i < again.size()) {
      core::value const* was = &before_[i].data;
      core::value const* is = &again[i].data;
      d.where = first_difference(was, is);
      d.recorded_there = boost::json::serialize(*was);
      d.again_there = boost::json::serialize(*is);
    }
    if (++found_.differing == 1) found_.first.push_back(std::move(d));
    return;
  }
  ++found_.equal;
}

}  // namespace connector::sync

#include "test/simulation/chronicle.hpp"

#include <algorithm>

namespace simulation {

using mapping::side;

void chronicle::look_at(
    mapping::field_map const& map,
    side s,
    std::string const& id,
    core::time_point now,
    bool by_person
) {
  place const& in = s == side::ticket ? static_cast<place const&>(tickets_)
                                      : static_cast<place const&>(incidents_);
  auto const found = in.look(id);
  if (!found) return;
  object_key const key{s, id};
  auto const decided = decided_from_.find(key);
  if (by_person) ++deeds_;
  auto& states = fields_[key];
  if (!states.empty() && states.back().second == found->fields) return;  // and so has every rule
  states.emplace_back(now, found->fields);
  auto& rules = values_[key];
  for (auto const& r : map.rules()) {
    auto value = r->read(s, found->fields);
    auto& all = rules[r->name()];
    if (!all.empty() && all.back().value == value) continue;
    entry e;
    e.at = now;
    e.value = std::move(value);
    e.by_person = by_person;
    if (!by_person && decided != decided_from_.end()) {
      for (auto const& fields : readings_[key][decided->second]) {
        e.known.push_back(r->read(s, fields));
      }
    }
    all.push_back(std::move(e));
  }
}

void chronicle::note_reading(side s, adapter::object const& object) {
  auto& same = readings_[{s, object.id}][object.version];
  if (std::find(same.begin(), same.end(), object.fields) == same.end()) {
    same.push_back(object.fields);
  }
}

void chronicle::note_decision(side s, std::string const& id, std::int64_t version) {
  decided_from_[{s, id}] = version;
}

std::vector<chronicle::entry> const& chronicle::of(
    side s, std::string const& id, std::string const& rule
) const {
  static std::vector<entry> const none;
  auto const object = values_.find({s, id});
  if (object == values_.end()) return none;
  auto const found = object->second.find(rule);
  return found == object->second.end() ? none : found->second;
}

core::record const& chronicle::fields_at(side s, std::string const& id, core::time_point at) const {
  static core::record const none;
  auto const object = fields_.find({s, id});
  if (object == fields_.end()) return none;
  core::record const* last = &none;
  for (auto const& [when, fields] : object->second) {
    if (when > at) break;
    last = &fields;
  }
  return *last;
}

}  // namespace simulation

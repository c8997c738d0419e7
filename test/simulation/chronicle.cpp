#include "test/simulation/chronicle.hpp"

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
  auto const seen = version_seen_.find(key);
  if (by_person) ++deeds_;
  auto& rules = values_[key];
  for (auto const& r : map.rules()) {
    auto value = r->read(s, found->fields);
    auto& all = rules[r->name()];
    if (!all.empty() && all.back().value == value) continue;
    entry e;
    e.at = now;
    e.value = std::move(value);
    e.by_person = by_person;
    e.version = found->version;
    if (!by_person && seen != version_seen_.end()) e.version_seen = seen->second;
    all.push_back(std::move(e));
  }
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

}  // namespace simulation

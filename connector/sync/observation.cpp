#include "connector/sync/observation.hpp"

#include <boost/json/serialize.hpp>
#include <functional>
#include <utility>

#include "connector/core/digest.hpp"

namespace connector::sync {
namespace {

constexpr std::size_t value_bytes_max = 8192;

core::value kept(core::value const& v) {
  if (!is_abridged(v)) return v;
  auto const json = boost::json::serialize(v);
  return core::record{{"sha256", core::sha256_hex(json)}, {"bytes", json.size()}};
}

std::uint64_t week_of(core::time_point at) {
  return static_cast<std::uint64_t>(at.time_since_epoch() / std::chrono::weeks{1});
}

/// Only ever compared with what this very class gave before: where it changes, one observation is
/// on record twice.
class mixed {
 public:
  void add(std::uint64_t part) { seed_ ^= part + 0x9e3779b97f4a7c15 + (seed_ << 6) + (seed_ >> 2); }
  /// Never 0, which stands for "nothing is on record".
  [[nodiscard]] std::int64_t found() const { return static_cast<std::int64_t>(seed_ | 1); }

 private:
  std::uint64_t seed_ = 0;
};

std::int64_t fingerprint(
    mapping::field_map const& map, mapping::side of, adapter::object const& o, core::time_point now
) {
  mixed all;
  all.add(week_of(now));
  all.add(static_cast<std::uint64_t>(o.version));
  all.add(static_cast<std::uint64_t>(o.changed_at.time_since_epoch().count()));
  all.add(static_cast<std::uint64_t>(o.created_at.time_since_epoch().count()));
  for (auto const& name : map.fields(of)) {
    auto const& found = core::field(o.fields, name);
    if (found.is_null()) continue;
    all.add(std::hash<std::string>{}(name));
    all.add(std::hash<core::value>{}(found));
  }
  return all.found();
}

}  // namespace

core::record observed(mapping::field_map const& map, mapping::side of, adapter::object const& o) {
  core::record fields;
  for (auto const& name : map.fields(of)) {
    auto const& found = core::field(o.fields, name);
    if (!found.is_null()) fields[name] = kept(found);
  }
  core::record out{
      {"version", o.version},
      {"at", core::format_time(o.changed_at)},
      {"created_at", core::format_time(o.created_at)},
      {"fields", std::move(fields)},
  };
  return out;
}

bool is_new_to_record(
    mapping::field_map const& map,
    store::link& link,
    mapping::side of,
    adapter::object const& o,
    core::time_point now
) {
  auto& recorded = of == mapping::side::incident ? link.incident_recorded : link.ticket_recorded;
  auto const found = fingerprint(map, of, o, now);
  return std::exchange(recorded, found) != found;
}

bool is_new_to_record(store::link& names_of, core::time_point now) {
  mixed all;
  all.add(week_of(now));
  for (auto const* name : {&names_of.ticket_label, &names_of.ticket_url, &names_of.incident_url}) {
    all.add(std::hash<std::string>{}(*name));
  }
  return std::exchange(names_of.names_recorded, all.found()) != all.found();
}

bool is_abridged(core::value const& v) {
  auto const* text = v.if_string();
  if (text) return text->size() > value_bytes_max;
  return v.is_structured() && boost::json::serialize(v).size() > value_bytes_max;
}

bool is_digest(core::value const& v) {
  auto const* kept = v.if_object();
  return kept && kept->size() == 2 && kept->contains("sha256") && kept->contains("bytes");
}

}  // namespace connector::sync

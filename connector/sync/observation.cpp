#include "connector/sync/observation.hpp"

#include <boost/json/serialize.hpp>

#include "connector/core/digest.hpp"

namespace connector::sync {
namespace {

constexpr std::size_t value_bytes_max = 8192;

core::value kept(core::value const& v) {
  auto const* text = v.if_string();
  if (text ? text->size() <= value_bytes_max : !v.is_structured()) return v;
  auto const json = boost::json::serialize(v);
  if (json.size() <= value_bytes_max) return v;
  return core::record{{"sha256", core::sha256_hex(json)}, {"bytes", json.size()}};
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

bool is_new_to_record(store::link& link, mapping::side of, adapter::object const& o) {
  auto& recorded = of == mapping::side::incident ? link.incident_recorded : link.ticket_recorded;
  return std::exchange(recorded, o.version) != o.version;
}

}  // namespace connector::sync

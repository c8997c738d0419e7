#include <boost/json/parse.hpp>
#include <cstddef>
#include <cstdint>
#include <stdexcept>
#include <string_view>
#include <vector>

#include "connector/mapping/preview.hpp"
#include "test/mapping/support.hpp"

/// The rules of the shipped maps on any two records: they end, throw nothing, and what they write
/// corresponds to what it was made from. The input is JSON: [incident, ticket].
namespace connector::mapping {
namespace {

std::vector<compiled> const& maps() {
  static std::vector<compiled> const all = [] {
    std::vector<compiled> made;
    for (auto const* name : {"servicenow-incident.yaml", "servicenow-sir.yaml"}) {
      made.push_back(
          compile(std::string{PROJECT_DIR "/mappings/"} + name, test::models(), disk_files())
      );
      if (!made.back().map) throw std::runtime_error(test::shown(made.back().findings));
    }
    return made;
  }();
  return all;
}

void evaluate(field_map const& map, core::record const& incident, core::record const& ticket) {
  answers const nobody;
  facts const links;
  to_text(preview(map, incident, ticket, nobody, links));
  to_text(preview(map, incident, std::nullopt, nobody, links));
  map.opens(incident);
  map.lane(incident);
  view const now{incident, ticket, nobody, links};
  for (auto const& r : map.rules()) {
    auto const a = r->read(side::incident, incident);
    auto const b = r->read(side::ticket, ticket);
    r->rank(side::incident, a);
    r->rank(side::ticket, b);
    r->merged(a, b, now);
    r->merged({}, {}, now);
    r->hinders_merging(incident);
    if (!r->applies(now)) continue;
    r->corresponds(a, b, now);
    for (auto const to : {side::ticket, side::incident}) {
      auto const one_way =
          r->direction() == direction::to_ticket || r->direction() == direction::once;
      if (r->direction() == direction::never || (one_way && to == side::incident)) continue;
      if (r->direction() == direction::to_incident && to == side::ticket) continue;
      auto const w = r->put(to, now);
      if (w.what != wish::kind::write) continue;
      auto incident_then = incident;
      auto ticket_then = ticket;
      auto const& names = r->fields(to);
      for (std::size_t i = 0; i < names.size(); ++i) {
        (to == side::ticket ? ticket_then : incident_then)[names[i]] = w.value[i];
      }
      // The rule's own write reads back as it is.
      auto const& written = to == side::ticket ? ticket_then : incident_then;
      if (r->read(to, written) != w.value) __builtin_trap();
      view const then{incident_then, ticket_then, nobody, links};
      auto const a_then = r->read(side::incident, incident_then);
      auto const b_then = r->read(side::ticket, ticket_then);
      if (r->applies(then) && !r->corresponds(a_then, b_then, then)) __builtin_trap();
    }
  }
}

}  // namespace
}  // namespace connector::mapping

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
  using namespace connector;
  boost::json::error_code ec;
  auto const parsed =
      boost::json::parse(std::string_view{reinterpret_cast<char const*>(data), size}, ec);
  auto const* both = parsed.if_array();
  if (ec || !both || both->size() != 2) return -1;
  auto const* incident = (*both)[0].if_object();
  auto const* ticket = (*both)[1].if_object();
  if (!incident || !ticket) return -1;
  for (auto const& map : mapping::maps()) mapping::evaluate(*map.map, *incident, *ticket);
  return 0;
}

#include "connector/sync/replay.hpp"

#include <boost/json/serialize.hpp>
#include <map>
#include <ostream>

#include "connector/command/assembly.hpp"
#include "connector/command/command.hpp"
#include "connector/command/inquiry.hpp"

namespace connector::command {
namespace {

using maps_by_route = std::map<std::string, std::shared_ptr<mapping::field_map const>>;

/// What came of the links of each route.
struct report {
  std::map<std::string, sync::replay::outcome> routes;
  std::size_t links = 0;

  [[nodiscard]] sync::replay::outcome whole() const {
    sync::replay::outcome all;
    for (auto const& [route, one] : routes) all += one;
    return all;
  }
};

/// One link at a time, so that memory does not grow with their number.
core::result<report> replay_links(
    inquiry& from, std::string const& which, maps_by_route const& maps
) {
  report all;
  store::link_filter filter;
  filter.text = which;
  std::string after;
  while (true) {
    auto page = from.links_after(filter, after);
    if (!page) return page.error();
    if (page->empty()) return all;
    for (auto const& one : *page) {
      after = core::text_of(core::field(one.as_object(), "link"));
      auto const route = core::text_of(core::field(one.as_object(), "route"));
      auto const map = maps.find(route);
      if (map == maps.end()) continue;
      auto const lines = from.history_of(after);
      if (!lines) return lines.error();
      sync::replay again{*map->second, after};
      for (auto const& line : *lines) again.take(line);
      all.routes[route] += again.found();
      ++all.links;
    }
  }
}

core::record as_json(sync::replay::difference const& d) {
  return {
      {"link", d.link},
      {"at", core::format_time(d.at)},
      {"line", d.seq},
      {"where", d.where},
      {"recorded", d.recorded},
      {"again", d.again}};
}

core::value as_json(report const& all, maps_by_route const& maps) {
  core::record routes;
  for (auto const& [route, one] : all.routes) {
    boost::json::array first;
    for (auto const& d : one.first) first.push_back(as_json(d));
    core::record left_out, other_maps;
    for (auto const& [why, count] : one.left_out) left_out[why] = count;
    for (auto const& [digest, count] : one.other_maps) other_maps[digest] = count;
    routes[route] = core::record{
        {"map", maps.at(route)->digest()},
        {"decisions", one.decisions()},
        {"equal", one.equal},
        {"differing", one.differing},
        {"first_differences", std::move(first)},
        {"left_out", std::move(left_out)},
        {"other_maps", std::move(other_maps)}};
  }
  return core::record{{"links", all.links}, {"routes", std::move(routes)}};
}

std::string shortened(std::string text) {
  constexpr std::size_t enough = 200;
  if (text.size() > enough) text = text.substr(0, enough) + "...";
  return text.empty() ? "(no such line)" : text;
}

void print(report const& all, maps_by_route const& maps, std::ostream& out) {
  for (auto const& [route, one] : all.routes) {
    for (auto const& d : one.first) {
      out << "link " << d.link << ", " << core::format_time(d.at) << ", journal line " << d.seq
          << ": decided differently" << (d.where.empty() ? "" : " at " + d.where)
          << "\n  recorded  " << shortened(d.where.empty() ? d.recorded : d.recorded_there)
          << "\n  again     " << shortened(d.where.empty() ? d.again : d.again_there) << '\n';
    }
    for (auto const& [digest, count] : one.other_maps) {
      out << "route " << route << ": " << count << " decisions are of the map with the digest "
          << digest << "; the one in force has " << maps.at(route)->digest()
          << ". Give the other one with --mapping.\n";
    }
    for (auto const& [why, count] : one.left_out) {
      out << "route " << route << ": " << count << " decisions left out: " << why << '\n';
    }
  }
  auto const whole = all.whole();
  out << whole.equal << " decisions on " << all.links << " links are the same again, byte for byte";
  if (whole.differing > 0) out << "; " << whole.differing << " are not";
  out << '\n';
}

}  // namespace

int replay(replay_options const& options, surroundings with) {
  auto asked = inquiry::begin(options.config, with);
  if (!asked) return unusable;
  maps_by_route maps;
  if (options.mapping.empty()) {
    auto own = load_maps(asked->settings(), with.registry, with.err);
    if (!own) return unusable;
    maps = std::move(own->to_run);
  } else {
    auto const map = load_map(options.mapping, with.registry, with.err);
    if (!map) return unusable;
    for (auto const& route : asked->settings().routes) maps[route.name] = map;
  }
  auto const found = replay_links(*asked, options.which, maps);
  if (!found) {
    with.err << found.error().detail << '\n';
    return findings;
  }
  if (!options.which.empty() && found->links == 0) {
    with.err << "no link, incident or ticket is called '" << options.which << "'\n";
    return findings;
  }
  if (options.format == "json") {
    with.out << boost::json::serialize(as_json(*found, maps)) << '\n';
  } else {
    print(*found, maps, with.out);
  }
  // Nothing shown is not all well: only decisions of other maps were there.
  auto const whole = found->whole();
  auto const proved_nothing = whole.equal == 0 && !whole.other_maps.empty();
  return whole.differing > 0 || proved_nothing ? findings : all_well;
}

}  // namespace connector::command

#include "connector/command/live_maps.hpp"

#include <algorithm>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <filesystem>
#include <fstream>
#include <ostream>
#include <sstream>

#include "connector/command/assembly.hpp"
#include "connector/command/live_check.hpp"
#include "connector/mapping/description_json.hpp"

namespace connector::command {
using mapping::side;

namespace {

namespace fs = std::filesystem;

/// None after saying why the file cannot be used. A file that is not there yet says nothing.
std::optional<descriptions> read_state(std::string const& path, std::ostream& err) {
  descriptions out;
  if (path.empty() || !fs::exists(path)) return out;
  std::ifstream in{path, std::ios::binary};
  std::ostringstream text;
  text << in.rdbuf();
  boost::json::error_code ec;
  auto const parsed = boost::json::parse(text.str(), ec);
  auto const* whole = ec ? nullptr : parsed.if_object();
  auto const* all = whole ? whole->if_contains("connections") : nullptr;
  if (!in || !all || !all->is_object()) {
    err << path
        << ": error: not a file that 'validate --live --state' wrote; remove it or name "
           "another\n";
    return std::nullopt;
  }
  for (auto const& [name, one] : all->get_object()) {
    out[std::string{name}] = mapping::description_from(one);
  }
  return out;
}

/// Written beside it first, so that a crash leaves the old one.
bool write_state(std::string const& path, descriptions const& known, std::ostream& err) {
  core::record all;
  for (auto const& [name, one] : known) all[name] = mapping::to_json(one);
  auto const next = path + ".new";
  {
    std::ofstream out{next, std::ios::binary | std::ios::trunc};
    out << boost::json::serialize(core::record{{"connections", std::move(all)}}) << '\n';
    if (!out.flush()) {
      err << path << ": error: cannot be written\n";
      return false;
    }
  }
  std::error_code ec;
  fs::rename(next, path, ec);
  if (ec) err << path << ": error: cannot be written: " << ec.message() << '\n';
  return !ec;
}

bool same_file(std::string const& a, std::string const& b) {
  std::error_code ec;
  return a == b || fs::equivalent(a, b, ec);
}

sync::connection* only_one_speaking(assembly const& all, std::string const& system) {
  sync::connection* found = nullptr;
  for (auto const& c : all.connections) {
    if (c->system->declared().system != system) continue;
    if (found) return nullptr;
    found = c.get();
  }
  return found;
}

/// The routes that use the map, or one made up of the only connections that fit; empty after saying
/// why there is none.
std::vector<live_route> routes_of(live_map const& map, assembly const& all, std::ostream& err) {
  std::vector<live_route> out;
  auto const named = [&](std::string const& name) -> sync::connection* {
    for (auto const& c : all.connections) {
      if (c->name == name) return c.get();
    }
    return nullptr;
  };
  for (auto const& r : all.settings.routes) {
    if (!same_file(r.mapping, map.file)) continue;
    out.push_back({r.name, named(r.from), named(r.to), map.program});
    for (auto s : {side::incident, side::ticket}) {
      auto* c = s == side::incident ? out.back().from : out.back().to;
      auto const& wanted = map.program->model_of(s).name;
      if (c && c->system->declared().system == wanted) continue;
      err << config::to_string(r.mapping_at) << ": error: the map's " << mapping::name(s) << " is '"
          << wanted << "', which connection '" << (s == side::incident ? r.from : r.to)
          << "' is not\n";
      return {};
    }
  }
  if (!out.empty()) return out;
  live_route one{"", nullptr, nullptr, map.program};
  one.from = only_one_speaking(all, map.program->incident->name);
  one.to = only_one_speaking(all, map.program->ticket->name);
  if (!one.from || !one.to) {
    err << map.file << ": error: no route of the configuration uses this map, and not exactly one "
        << "connection is '" << (one.from ? map.program->ticket->name : map.program->incident->name)
        << "'; name the map in a route\n";
    return {};
  }
  return {std::move(one)};
}

struct comparing {
  assembly& all;
  std::vector<live_map>& maps;
  descriptions& known;
  std::ostream& err;
  int exit_code = all_well;
};

boost::asio::awaitable<void> compare_all(comparing& with) {
  descriptions now;
  for (auto& map : with.maps) {
    if (!map.program) continue;
    auto routes = routes_of(map, with.all, with.err);
    if (routes.empty()) with.exit_code = findings;
    for (auto& route : routes) {
      auto report = co_await compare_live(std::move(route), with.known, now);
      for (auto const& text : report.trouble) {
        with.err << map.file << ": error: cannot be compared: " << text << '\n';
        with.exit_code = findings;
      }
      for (auto& f : report.findings) {
        auto const same = [&](mapping::finding const& other) {
          return other.id == f.what.id && other.text == f.what.text && other.at == f.what.at;
        };
        // Two routes may share a map and a system.
        if (std::ranges::none_of(map.findings, same)) map.findings.push_back(std::move(f.what));
      }
    }
  }
  remember(with.known, now);
}

}  // namespace

int compare_live_maps(live_options const& options, std::vector<live_map>& maps, surroundings with) {
  auto known = read_state(options.state, with.err);
  if (!known) return unusable;
  boost::asio::io_context loop{1};
  auto const clock = async::make_system_clock();
  auto const random = async::make_system_random();
  assembly_surroundings const around{with.registry, loop.get_executor(), *clock, *random, {}};
  auto all = assemble(options.config, around, with.err, false);
  if (!all) return unusable;
  comparing work{*all, maps, *known, with.err};
  std::exception_ptr bug;
  auto ended = [&](std::exception_ptr failure) {
    bug = failure;
    // Keep-alive connections would hold the loop.
    loop.stop();
  };
  boost::asio::co_spawn(loop, compare_all(work), ended);
  loop.run();
  if (bug) std::rethrow_exception(bug);
  if (!options.state.empty() && !write_state(options.state, *known, with.err)) return unusable;
  return work.exit_code;
}

}  // namespace connector::command

#include "connector/command/assembly.hpp"

#include <algorithm>
#include <ostream>
#include <set>
#include <stdexcept>

#include "connector/command/load_map.hpp"
#include "connector/config/references.hpp"
#include "connector/http/client.hpp"
#include "connector/http/har.hpp"

namespace connector::command {
namespace {

adapter::entry const* find_entry(
    std::span<adapter::entry const> registry, std::string_view system
) {
  for (auto const& e : registry) {
    if (e.system == system) return &e;
  }
  return nullptr;
}

std::vector<std::string> systems(std::span<adapter::entry const> registry) {
  std::vector<std::string> names;
  for (auto const& e : registry) names.emplace_back(e.system);
  return names;
}

void print(config::complaints const& all, std::ostream& err) {
  for (auto const& c : all) err << config::to_string(c.at) << ": error: " << c.text << '\n';
}

http::client_settings client_settings_of(config::http_settings const& from) {
  http::client_settings to;
  to.tls.ca_file = from.ca_file;
  to.tls.certificate_file = from.client_certificate;
  to.tls.key_file = from.client_key;
  to.proxy.url = from.proxy;
  to.proxy.except = from.no_proxy;
  to.user_agent = "itsm-connector/" CONNECTOR_VERSION;
  return to;
}

sync::connection* find_connection(assembly const& all, std::string const& name) {
  for (auto const& c : all.connections) {
    if (c->name == name) return c.get();
  }
  return nullptr;
}

/// Connections with the same http settings share a client, and so its pools.
http::transport& transport_for(
    config::http_settings const& wanted,
    assembly_surroundings const& with,
    std::vector<std::pair<config::http_settings, http::transport*>>& known,
    assembly& all
) {
  for (auto const& [settings, transport] : known) {
    if (settings == wanted) return *transport;
  }
  auto client = http::make_client(with.executor, with.clock, client_settings_of(wanted));
  all.transports.push_back(std::move(client));
  auto* transport = all.transports.back().get();
  if (!with.har.empty()) {
    auto const number = known.empty() ? std::string{} : '.' + std::to_string(known.size() + 1);
    all.transports.push_back(http::make_har_recorder(*transport, with.clock, with.har + number));
    transport = all.transports.back().get();
  }
  known.emplace_back(wanted, transport);
  return *transport;
}

/// The ids under `on_finding` are those of findings that a comparison can have.
void check_findings(config::settings const& settings, config::complaints& to) {
  std::vector<std::string_view> known;
  for (auto const& kind : mapping::finding_kinds()) {
    if (is_live(kind)) known.push_back(kind.id);
  }
  std::set<std::pair<int, int>> said;  // the file's own stand in each route
  for (auto const& r : settings.routes) {
    for (auto const& choice : r.validation.choices) {
      if (std::ranges::find(known, choice.id) != known.end()) continue;
      if (!said.emplace(choice.at.line, choice.at.column).second) continue;
      to.push_back(
          {choice.at,
           "'" + choice.id + "' is no finding of a comparison with a real system; " +
               mapping::suggestion(choice.id, known)}
      );
    }
  }
}

/// What a map asks of a system that shows nothing; empty if it only leads there.
std::string needs_sight(mapping::field_map const& map) {
  for (auto const& r : map.rules()) {
    auto const from_ticket = mapping::carries(r->direction(), mapping::side::incident);
    if (from_ticket && !r->fields(mapping::side::ticket).empty()) return "rule " + r->name();
  }
  auto const comments = map.comments().direction;
  return comments == mapping::direction::never ? "" : "comments";
}

/// The adapter once for each lane, behind the connection's budget. False after a complaint.
bool make_systems(
    sync::connection& to,
    adapter::entry const& entry,
    config::section const& settings,
    http::transport& transport,
    assembly_surroundings const& with
) {
  to.budget = std::make_unique<http::budget>(to.name, transport, with.clock);
  auto const make = [&](http::lane l) {
    return entry.make(settings, {to.name, to.budget->door(l), with.clock, with.random});
  };
  to.system = make(http::lane::urgent);
  if (!to.system) return false;
  to.routine = make(http::lane::routine);
  to.background = make(http::lane::background);
  auto const& declared = to.system->declared();
  to.budget->set_limits({sync::limit_of(to), declared.calls_at_once, declared.limit});
  return true;
}

}  // namespace

mapping::model_catalogue all_models(std::span<adapter::entry const> registry) {
  mapping::model_catalogue models;
  std::vector<mapping::finding> findings;
  for (auto const& entry : registry) {
    for (auto const text : entry.models) {
      if (!models.add(text, std::string{entry.system} + " model", findings)) {
        throw std::logic_error{"a built-in model is broken: " + to_string(findings.back())};
      }
    }
    for (auto const& map : entry.maps) {
      models.add_base_map(std::string{map.name}, std::string{map.text});
    }
  }
  return models;
}

std::shared_ptr<mapping::field_map const> load_map(
    std::string const& path, std::span<adapter::entry const> registry, std::ostream& err
) {
  auto loaded = load_map(path, all_models(registry));
  for (auto const& f : loaded.findings) {
    if (f.severity == mapping::severity::error) err << mapping::to_string(f) << '\n';
  }
  return loaded.to_run;
}

std::optional<route_maps> load_maps(
    config::settings const& settings, std::span<adapter::entry const> registry, std::ostream& err
) {
  auto const models = all_models(registry);
  route_maps maps;
  std::map<std::string, loaded_map> by_file;  // routes may share one
  bool good = true;
  for (auto const& route : settings.routes) {
    auto [known, is_new] = by_file.try_emplace(route.mapping);
    auto& loaded = known->second;
    if (is_new) {
      loaded = load_map(route.mapping, models);
      for (auto const& f : loaded.findings) {
        if (f.severity != mapping::severity::note) err << to_string(f) << '\n';
      }
    }
    good = good && loaded.to_run;
    maps.to_run[route.name] = loaded.to_run;
    maps.as_data[route.name] = loaded.as_data;
  }
  if (!good) return std::nullopt;
  return maps;
}

std::optional<assembly> assemble(
    std::string const& config_path,
    assembly_surroundings const& with,
    std::ostream& err,
    bool need_maps
) {
  auto const names = systems(with.registry);
  auto loaded = config::load(config_path, config::make_system_references(), names);
  assembly all;
  all.settings = std::move(loaded.settings);
  std::vector<std::pair<config::http_settings, http::transport*>> clients;
  try {
    for (auto const& c : all.settings.connections) {
      auto const* entry = find_entry(with.registry, c.system);
      if (!entry) continue;  // complained about already
      if (!entry->make) {
        auto section = c.settings;
        section.complain(
            section.at("system"),
            "there is no adapter for '" + c.system +
                "' yet: maps for it can be validated and tested, but not run"
        );
        continue;
      }
      auto& transport = transport_for(c.http, with, clients, all);
      auto made = std::make_unique<sync::connection>();
      made->name = c.name;
      made->poll_every = all.settings.poll.every;
      auto settings = c.settings;
      made->horizon = std::chrono::duration_cast<std::chrono::seconds>(
          settings.span_or("horizon", std::chrono::milliseconds{0})
      );
      made->overlap = std::chrono::duration_cast<std::chrono::seconds>(
          settings.span_or("overlap", std::chrono::milliseconds{0})
      );
      made->poll_every = settings.span_or("poll_every", all.settings.poll.every);
      made->calls_per_minute =
          static_cast<double>(settings.number_or("calls_per_minute", 0, 1, 10'000'000));
      if (make_systems(*made, *entry, settings, transport, with)) {
        all.connections.push_back(std::move(made));
      }
    }
  } catch (std::runtime_error const& e) {
    err << config_path << ": error: " << e.what() << '\n';
    return std::nullopt;
  }
  check_findings(all.settings, *loaded.complaints);
  if (!loaded.good()) {
    print(*loaded.complaints, err);
    return std::nullopt;
  }
  if (!need_maps) return all;
  auto maps = load_maps(all.settings, with.registry, err);
  if (!maps) return std::nullopt;
  bool fits = true;
  for (auto const& r : all.settings.routes) {
    sync::route route{
        r.name, find_connection(all, r.from), find_connection(all, r.to), maps->to_run.at(r.name)};
    for (auto s : {mapping::side::incident, mapping::side::ticket}) {
      auto const& spoken = route.at(s).system->declared().system;
      if (route.map->model(s) != spoken) {
        err << config::to_string(r.mapping_at) << ": error: the map's " << mapping::name(s)
            << " is '" << route.map->model(s) << "', but connection '" << route.at(s).name
            << "' is '" << spoken << "'\n";
        fits = false;
      }
    }
    auto const blind = route.to->system->declared().one_way ? needs_sight(*route.map) : "";
    if (!blind.empty()) {
      err << config::to_string(r.mapping_at) << ": error: " << blind << " of the map reads '"
          << route.to->name << "', which shows nothing: there, 'sync' is to_ticket or once, and "
          << "comments are never\n";
      fits = false;
    }
    all.routes.push_back(std::move(route));
  }
  if (!fits) return std::nullopt;
  all.programs = std::move(maps->as_data);
  return all;
}

}  // namespace connector::command

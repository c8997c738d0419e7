#include "connector/sync/plan.hpp"

#include <boost/json/serialize.hpp>
#include <ostream>

#include "connector/command/assembly.hpp"
#include "connector/command/command.hpp"
#include "connector/command/inquiry.hpp"
#include "connector/command/load_map.hpp"

namespace connector::command {
namespace {

/// The route that the new map is meant for, or null after saying why that is not clear.
config::route const* choose_route(
    config::settings const& settings, std::string const& name, surroundings const& with
) {
  if (name.empty() && settings.routes.size() == 1) return &settings.routes.front();
  for (auto const& r : settings.routes) {
    if (r.name == name) return &r;
  }
  with.err << (name.empty() ? "there are several routes; say --route" : "no route " + name) << '\n';
  return nullptr;
}

core::result<void> read_history(inquiry& from, std::string const& route, sync::plan& into) {
  store::link_filter filter;
  filter.route = route;
  std::string after;
  while (true) {
    auto page = from.links_after(filter, after);
    if (!page) return page.error();
    if (page->empty()) return {};
    for (auto const& one : *page) {
      after = core::text_of(core::field(one.as_object(), "link"));
      auto const lines = from.history_of(after);
      if (!lines) return lines.error();
      for (auto const& line : *lines) into.take(line);
    }
  }
}

core::value as_json(sync::plan::difference const& d) {
  core::record out{
      {"link", d.link},
      {"side", mapping::name(d.on)},
      {"field", d.field},
      {"before", d.before},
      {"after", d.after},
      {"where", config::to_string(d.where)},
      {"last", core::format_time(d.at)},
      {"decisions", d.times},
  };
  if (!d.reason.empty()) out["reason"] = d.reason;
  return out;
}

std::string shown(core::value const& v) {
  auto text = v.is_null() ? std::string{"(nothing)"} : core::text_of(v);
  constexpr std::size_t enough = 60;
  if (text.size() > enough) text = text.substr(0, enough) + "...";
  return text;
}

void print(sync::plan const& made, std::ostream& out) {
  auto const all = made.differences();
  std::string field;
  std::size_t listed = 0;
  constexpr std::size_t listed_max = 20;
  for (auto at = all.begin(); at != all.end(); ++at) {
    auto const title = std::string{mapping::name(at->on)} + " field " + at->field;
    if (title != field) {
      auto const same = [&](auto const& d) { return d.field == at->field && d.on == at->on; };
      out << title << ": " << std::count_if(all.begin(), all.end(), same) << " links   ("
          << config::to_string(at->where) << ")\n";
      field = title;
      listed = 0;
    }
    if (++listed == listed_max + 1) out << "  ... and more; --format json has all\n";
    if (listed > listed_max) continue;
    out << "  " << at->link << "  " << shown(at->before) << " -> " << shown(at->after);
    if (!at->reason.empty()) out << "   (" << at->reason << ')';
    out << '\n';
  }
  for (auto const& [link, reason] : made.opened()) {
    out << "link " << link << " would be opened too: " << reason << '\n';
  }
  for (auto const& [link, reason] : made.not_opened()) {
    out << "link " << link << " would not be opened: " << reason << '\n';
  }
  for (auto const& f : made.unknown_fields()) {
    out << "not on record, so taken as unset: " << f << '\n';
  }
  out << made.decisions() << " decisions on " << made.links() << " links; " << all.size()
      << " fields would differ\n";
}

}  // namespace

int plan(plan_options const& options, surroundings with) {
  auto asked = inquiry::begin(options.config, with);
  if (!asked) return unusable;
  auto const* route = choose_route(asked->settings(), options.route, with);
  if (!route) return wrong_use;
  auto const maps = load_maps(asked->settings(), with.registry, with.err);
  if (!maps) return unusable;
  auto const fresh = load_map(options.mapping, with.registry, with.err);
  if (!fresh) return unusable;
  auto const& current = *maps->to_run.at(route->name);
  for (auto s : {mapping::side::incident, mapping::side::ticket}) {
    if (current.model(s) != fresh->model(s)) {
      with.err << options.mapping << ": is for " << fresh->model(s) << ", route " << route->name
               << " for " << current.model(s) << '\n';
      return wrong_use;
    }
  }
  sync::plan made{current, *fresh};
  auto read = read_history(*asked, route->name, made);
  if (!read) {
    with.err << read.error().detail << '\n';
    return findings;
  }
  if (options.format == "json") {
    boost::json::array differences, unknown;
    for (auto const& d : made.differences()) differences.push_back(as_json(d));
    for (auto const& f : made.unknown_fields()) unknown.emplace_back(f);
    core::record opened, not_opened;
    for (auto const& [link, reason] : made.opened()) opened[link] = reason;
    for (auto const& [link, reason] : made.not_opened()) not_opened[link] = reason;
    with.out << boost::json::serialize(core::record{
                    {"decisions", made.decisions()},
                    {"links", made.links()},
                    {"differences", std::move(differences)},
                    {"opened", std::move(opened)},
                    {"not_opened", std::move(not_opened)},
                    {"unknown_fields", std::move(unknown)}})
             << '\n';
  } else {
    print(made, with.out);
  }
  auto const same =
      made.differences().empty() && made.opened().empty() && made.not_opened().empty();
  return same ? all_well : findings;
}

}  // namespace connector::command

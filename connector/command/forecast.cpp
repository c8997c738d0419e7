#include "connector/command/forecast.hpp"

#include <algorithm>
#include <boost/asio/io_context.hpp>
#include <cmath>
#include <iomanip>
#include <ostream>
#include <sstream>

#include "connector/command/assembly.hpp"
#include "connector/http/pace.hpp"

namespace connector::command {
namespace {

constexpr int changes_searched_max = 100'000;

double polls_a_minute(sync::connection const& c) {
  return 60'000.0 / static_cast<double>(std::max<std::int64_t>(c.poll_every.count(), 1));
}

/// Calls that serve `count` objects at a time, made `times` a minute.
double bulk(double count, std::size_t at_once, double times) {
  return std::ceil(count / static_cast<double>(std::max<std::size_t>(at_once, 1))) * times;
}

bool writes(sync::route const& r, mapping::side to) {
  return std::ranges::any_of(r.map->rules(), [&](auto const& rule) {
    return mapping::leads(rule->direction(), to);
  });
}

std::string number(double value) {
  std::ostringstream out;
  out << std::fixed << std::setprecision(value < 10 && value != std::floor(value) ? 1 : 0) << value;
  return out.str();
}

}  // namespace

double calls_needed(
    sync::connection const& c, std::vector<sync::route> const& routes, double rate
) {
  auto const& declared = c.system->declared();
  auto const polls = polls_a_minute(c);
  auto const listed = std::count_if(routes.begin(), routes.end(), [&](auto const& r) {
    return r.from == &c || r.to == &c;
  });
  auto const rows = rate * static_cast<double>(listed > 0 ? 1 : 0) / polls;
  auto calls = std::max(polls, bulk(rows, declared.page_rows_max, polls));
  for (auto const& r : routes) {
    for (auto const s : {mapping::side::incident, mapping::side::ticket}) {
      if (&r.at(s) != &c || !writes(r, s)) continue;
      // What changed on the other side comes with its polls: read here in bulk, then written.
      auto const batches = polls_a_minute(r.at(mapping::other(s)));
      if (declared.limit.parts_count) {
        calls += 2 * rate;
      } else {
        calls += bulk(rate / batches, declared.read_at_once, batches) +
                 bulk(rate / batches, declared.write_at_once, batches);
      }
    }
  }
  return calls;
}

forecast forecast_of(sync::connection const& c, std::vector<sync::route> const& routes) {
  forecast f;
  f.connection = c.name;
  f.limit = sync::limit_of(c);
  f.configured = c.calls_per_minute > 0;
  f.page = c.system->declared().limit.page;
  f.at_rest = calls_needed(c, routes, 0);
  for (auto const rate : rates_shown) f.with_changes.push_back(calls_needed(c, routes, rate));
  if (f.limit <= 0) return f;
  f.usable = http::pace{f.limit}.sustained();
  int fits = 0, too_many = changes_searched_max;
  while (too_many - fits > 1) {
    auto const middle = fits + (too_many - fits) / 2;
    (calls_needed(c, routes, middle) <= f.usable ? fits : too_many) = middle;
  }
  f.changes_max = fits;
  return f;
}

std::string one_line(forecast const& f) {
  if (f.limit <= 0) {
    return "no limit is documented; refusals alone slow it down. At rest " + number(f.at_rest) +
           " calls a minute";
  }
  auto const source = f.configured     ? std::string{", as configured"}
                      : f.page.empty() ? std::string{", as documented"}
                                       : ", as documented at " + f.page;
  return number(f.limit) + " calls a minute" + source + "; at rest " + number(f.at_rest);
}

std::string remedy(forecast const& f) {
  auto const least = std::ceil(60 / f.usable);
  return f.connection + ": polls alone need " + number(f.at_rest) + " calls a minute of the " +
         number(f.usable) + " that a limit of " + number(f.limit) +
         " keeps up; set 'poll_every' of this connection to " + number(least) + "s or more";
}

core::record to_json(forecast const& f) {
  core::record out{{"connection", f.connection}, {"at_rest", f.at_rest}, {"holds", f.holds()}};
  if (f.limit > 0) {
    out["limit"] = f.limit;
    out["usable"] = f.usable;
    out["changes_max"] = *f.changes_max;
  }
  return out;
}

void print_forecasts(std::vector<forecast> const& all, std::ostream& out) {
  std::size_t width = 10;
  for (auto const& f : all) width = std::max(width, f.connection.size());
  auto const name_column = static_cast<int>(width + 2);
  out << "calls a minute" << '\n'
      << std::left << std::setw(name_column) << "connection" << std::right << std::setw(8)
      << "limit" << std::setw(9) << "at rest";
  for (auto const rate : rates_shown) out << std::setw(9) << ("with " + std::to_string(rate));
  out << "   holds up to\n";
  for (auto const& f : all) {
    out << std::left << std::setw(name_column) << f.connection << std::right << std::setw(8)
        << (f.limit > 0 ? number(f.limit) : "-") << std::setw(9) << number(f.at_rest);
    for (auto const calls : f.with_changes) out << std::setw(9) << number(calls);
    if (!f.changes_max) {
      out << "   whatever the system takes\n";
    } else if (f.holds()) {
      out << "   " << *f.changes_max << " changes a minute\n";
    } else {
      out << "   nothing\n";
    }
  }
  out << "'with N': N changes a minute on each side of each route, each written to the other.\n";
}

std::optional<planned> forecasts_for(std::string const& config_path, surroundings with) {
  boost::asio::io_context loop{1};
  auto const clock = async::make_system_clock();
  auto const random = async::make_system_random();
  assembly_surroundings const around{with.registry, loop.get_executor(), *clock, *random, {}};
  auto const all = assemble(config_path, around, with.err);
  if (!all) return std::nullopt;
  planned out;
  for (auto const& r : all->settings.routes) out.maps.push_back(r.mapping);
  for (auto const& c : all->connections) {
    auto f = forecast_of(*c, all->routes);
    f.at = all->settings.find_connection(c->name)->settings.at();
    out.budgets.push_back(std::move(f));
  }
  return out;
}

}  // namespace connector::command

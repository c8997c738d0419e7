#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <iomanip>
#include <ostream>

#include "connector/command/assembly.hpp"
#include "connector/command/command.hpp"
#include "connector/command/forecast.hpp"
#include "connector/store/sqlite.hpp"

namespace connector::command {
namespace {

char const* word(adapter::check::verdict s) {
  switch (s) {
    case adapter::check::verdict::good:
      return "ok";
    case adapter::check::verdict::warning:
      return "warning";
    case adapter::check::verdict::bad:
      return "BAD";
  }
  return "";
}

boost::asio::awaitable<void> examine_all(assembly& all, std::ostream& out, int& exit_code) {
  for (auto& c : all.connections) {
    auto checks = co_await c->system->examine();
    out << c->name << " (" << c->system->declared().system << ")\n";
    for (auto const& check : checks) {
      out << "  " << std::left << std::setw(9) << word(check.found) << std::setw(20) << check.name
          << check.detail << '\n';
      if (check.found == adapter::check::verdict::bad) exit_code = findings;
    }
    auto const budget = forecast_of(*c, all.routes);
    out << "  " << std::left << std::setw(9) << (budget.holds() ? "ok" : "warning") << std::setw(20)
        << "call budget" << (budget.holds() ? one_line(budget) : remedy(budget)) << '\n';
  }
}

}  // namespace

int doctor(std::string const& config, surroundings with) {
  boost::asio::io_context loop{1};
  auto const clock = async::make_system_clock();
  auto const random = async::make_system_random();
  assembly_surroundings const around{with.registry, loop.get_executor(), *clock, *random, {}};
  auto all = assemble(config, around, with.err);
  if (!all) return unusable;
  int exit_code = all_well;
  with.out << version() << ", SQLite " << store::sqlite_version() << '\n';
  std::exception_ptr bug;
  auto ended = [&](std::exception_ptr failure) {
    bug = failure;
    // Keep-alive connections would hold the loop.
    loop.stop();
  };
  boost::asio::co_spawn(loop, examine_all(*all, with.out, exit_code), ended);
  loop.run();
  if (bug) std::rethrow_exception(bug);
  return exit_code;
}

}  // namespace connector::command

#include <boost/asio/experimental/awaitable_operators.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/system/system_error.hpp>
#include <csignal>
#include <ostream>
#include <spdlog/spdlog.h>
#include <sstream>

#include "connector/async/tasks.hpp"
#include "connector/command/assembly.hpp"
#include "connector/command/command.hpp"
#include "connector/command/hooks.hpp"
#include "connector/command/logging.hpp"
#include "connector/command/service.hpp"
#include "connector/command/validation.hpp"
#include "connector/http/server.hpp"
#include "connector/store/sqlite.hpp"

namespace connector::command {
namespace asio = boost::asio;
using asio::awaitable;

namespace {

constexpr std::chrono::seconds stop_grace{20};

/// Everything a run is made of, in the order in which it must be taken down again.
struct running {
  running(run_options const& o, surroundings w) : options{o}, with{w} {}

  run_options const& options;
  surroundings with;
  asio::io_context loop{1};
  std::unique_ptr<async::clock> clock = async::make_system_clock();
  std::unique_ptr<async::random> random = async::make_system_random();
  std::shared_ptr<spdlog::logger> log;
  config::settings settings;
  std::unique_ptr<store::store> store;
  std::vector<std::unique_ptr<http::transport>> transports;
  sync::counters counters;
  std::unique_ptr<sync::engine> engine;
  std::unique_ptr<command::validation> validation;
  std::unique_ptr<command::hooks> hooks;
  std::unique_ptr<command::backfills> backfills;
  std::unique_ptr<service> answers;
  std::unique_ptr<http::server> server, hook_server;
  int exit_code = all_well;
};

awaitable<void> reload(running& all) {
  std::ostringstream complaints;
  auto maps = load_maps(all.settings, all.with.registry, complaints);
  if (!maps) {
    all.log->error("the maps were not reloaded; those in use stay: {}", complaints.str());
    co_return;
  }
  auto released = co_await all.engine->replace_maps(std::move(maps->to_run));
  if (!released) {
    all.log->error("reloading: {}", released.error().detail);
    co_return;
  }
  if (all.validation) all.validation->replace(std::move(maps->as_data));
  all.log->info("the maps were reloaded; connections and routes need a restart to change");
  all.engine->hurry();
}

awaitable<void> watch_hangup(running& all) {
  asio::signal_set hangup{all.loop, SIGHUP};
  while (true) {
    co_await hangup.async_wait(asio::use_awaitable);
    co_await reload(all);
  }
}

awaitable<void> run_engine(running& all) {
  if (!all.options.once) co_await all.engine->run();
  auto outcome = co_await all.engine->run_once(std::chrono::seconds{all.options.patience_seconds});
  if (!outcome) {
    all.log->critical("{}", outcome.error().detail);
    all.exit_code = findings;
  }
}

void report(running& all) {
  auto const& n = all.engine->counters();
  all.with.out << "tickets created " << n.tickets_created << ", adopted " << n.tickets_adopted
               << ", updated " << n.tickets_updated << "; incidents updated " << n.incidents_updated
               << "; comments copied " << n.comments_copied << "; conflicts " << n.conflicts
               << ", parked " << n.parked << ", failures " << n.failures << '\n';
}

awaitable<void> live(running& all) {
  using namespace asio::experimental::awaitable_operators;
  asio::signal_set stop{all.loop, SIGTERM, SIGINT};
  auto on_failure = [&all](std::string const& task, std::exception_ptr failure) {
    all.exit_code = findings;
    try {
      std::rethrow_exception(failure);
    } catch (std::exception const& e) {
      all.log->critical("{}: {}; this is a bug", task, e.what());
    }
  };
  async::task_group tasks{all.loop.get_executor(), on_failure};
  async::signal ended;
  auto engine = [&]() -> awaitable<void> {
    // Whatever way it ends, the rest must not wait for it any longer.
    struct at_end {
      async::signal& ended;
      ~at_end() { ended.notify(); }
    } const notice{ended};
    co_await run_engine(all);
  };
  tasks.spawn("sync", engine());
  if (!all.options.once) {
    tasks.spawn("reload", watch_hangup(all));
    tasks.spawn("validation", all.validation->run());
  }
  auto const first = co_await (stop.async_wait(asio::use_awaitable) || ended.wait());
  if (first.index() == 0) all.log->info("stopping");
  if (all.backfills) co_await all.backfills->stop();
  tasks.cancel();
  co_await tasks.drain();
  all.server.reset();
  all.hook_server.reset();
}

/// False after saying why an address cannot be listened at.
bool open_doors(running& all) {
  auto const& settings = all.settings;
  if (settings.hooks.taken) all.hooks = std::make_unique<hooks>(*all.engine);
  all.backfills = std::make_unique<backfills>(all.loop.get_executor(), *all.engine, *all.store);
  service::surroundings const with{
      *all.engine,
      *all.store,
      *all.clock,
      *all.validation,
      *all.backfills,
      all.hooks.get(),
      !settings.hooks.listen};
  all.answers = std::make_unique<service>(with);
  http::server_settings limits;
  limits.body_bytes_max = hook_bytes_max;
  auto const open = [&](config::listen_settings const& at, http::handler handle) {
    return http::listen(all.loop.get_executor(), at.address, at.port, std::move(handle), limits);
  };
  std::string_view key = "listen";
  try {
    auto handle = [&all](http::request request) { return all.answers->answer(std::move(request)); };
    all.server = open(settings.listen, std::move(handle));
    key = "hooks";
    if (settings.hooks.listen) {
      auto take = [&all](http::request request) { return all.hooks->answer(std::move(request)); };
      all.hook_server = open(*settings.hooks.listen, std::move(take));
      all.log->info(
          "webhooks are taken at http://{}:{}/hooks/<connection>",
          settings.hooks.listen->address,
          all.hook_server->port()
      );
    }
  } catch (std::runtime_error const& e) {
    all.with.err << all.options.config << ": error: " << key << ": " << e.what() << '\n';
    return false;
  }
  return true;
}

}  // namespace

int run(run_options const& options, surroundings with) {
  running all{options, with};
  assembly_surroundings const around{
      with.registry, all.loop.get_executor(), *all.clock, *all.random, options.har};
  auto assembled = assemble(options.config, around, with.err);
  if (!assembled) return unusable;
  all.settings = std::move(assembled->settings);
  all.transports = std::move(assembled->transports);
  all.log = make_logger(all.settings.log);

  store::sqlite_settings store_settings;
  store_settings.path = all.settings.store;
  store_settings.on_notice = [&all](std::string const& text) { all.log->info("store: {}", text); };
  auto opened = store::open_sqlite(store_settings);
  if (!opened) {
    with.err << options.config << ": error: " << opened.error().detail << '\n';
    return unusable;
  }
  all.store = std::move(*opened);

  sync::engine_settings engine_settings;
  engine_settings.sweep_every =
      std::chrono::duration_cast<std::chrono::seconds>(all.settings.poll.sweep);
  engine_settings.lookback =
      std::chrono::duration_cast<std::chrono::seconds>(all.settings.poll.lookback);
  sync::reconciler::surroundings engine_with{
      *all.store, *all.clock, *all.random, *all.log, all.counters, {}, {}};
  all.engine = std::make_unique<sync::engine>(
      engine_settings,
      std::move(assembled->connections),
      std::move(assembled->routes),
      std::move(engine_with)
  );
  if (!options.once) {
    validation::surroundings const validate_with{*all.engine, *all.store, *all.clock, *all.log};
    all.validation = std::make_unique<validation>(
        all.settings.routes, std::move(assembled->programs), validate_with
    );
    if (!open_doors(all)) return unusable;
    all.log->info(
        "{} is running: {} connections, {} routes; http://{}:{}/readyz",
        version(),
        all.engine->connections().size(),
        all.engine->routes().size(),
        all.settings.listen.address,
        all.server->port()
    );
  }
  std::exception_ptr bug;
  auto ended = [&bug](std::exception_ptr failure) { bug = failure; };
  asio::co_spawn(all.loop, live(all), ended);
  all.loop.run();
  if (bug) std::rethrow_exception(bug);
  if (options.once) report(all);
  return all.exit_code;
}

}  // namespace connector::command

#include "test/simulation/process.hpp"

#include <boost/asio/co_spawn.hpp>
#include <spdlog/sinks/null_sink.h>
#include <spdlog/spdlog.h>

namespace simulation {
namespace {

namespace asio = boost::asio;

spdlog::logger& silent() {
  static auto log = [] {
    spdlog::logger one{"simulation", std::make_shared<spdlog::sinks::null_sink_st>()};
    one.set_level(spdlog::level::off);
    return one;
  }();
  return log;
}

}  // namespace

std::unique_ptr<process> process::start(launch const& with) {
  auto store = with.on.open();
  if (!store) return nullptr;
  return std::unique_ptr<process>{new process{with, std::move(store)}};
}

process::process(launch const& with, std::unique_ptr<store::store> store)
    : clock_{with.world, with.clock_offset},
      born_{clock_.steady_now()},
      wire_{with.net, with.world},
      store_{std::move(store)},
      without_{with.without},
      random_{async::make_seeded_random(with.seed)},
      loop_{std::make_unique<asio::io_context>(BOOST_ASIO_CONCURRENCY_HINT_UNSAFE)} {
  auto from = std::make_unique<sync::connection>();
  from->name = "soc";
  from->poll_every = with.poll_every;
  adapter::surroundings const around_from{"soc", wire_, clock_, *random_};
  from->system = watch(
      with.incidents.connect(around_from),
      {mapping::side::incident, with.without, with.incident_page_rows, "ITSM Connector"},
      with.by
  );
  auto to = std::make_unique<sync::connection>();
  to->name = "desk";
  to->poll_every = with.poll_every;
  adapter::surroundings const around_to{"desk", wire_, clock_, *random_};
  to->system = watch(
      with.tickets.connect(around_to),
      {mapping::side::ticket, with.without, with.ticket_page_rows, "svc.defender"},
      with.by
  );
  std::vector<sync::route> routes{{"main", from.get(), to.get(), with.map}};
  std::vector<std::unique_ptr<sync::connection>> connections;
  connections.push_back(std::move(from));
  connections.push_back(std::move(to));
  sync::engine_settings settings;
  settings.batch_rows_max = with.batch_rows;
  settings.sweep_every = std::chrono::duration_cast<std::chrono::seconds>(with.sweep_every);
  sync::reconciler::surroundings around{*store_, clock_, *random_, silent(), counters_, {}, {}};
  engine_ = std::make_unique<sync::engine>(
      settings, std::move(connections), std::move(routes), std::move(around)
  );
  auto ended = [this](std::exception_ptr why) { failure_ = why; };
  asio::co_spawn(*loop_, engine_->run(), ended);
}

process::~process() = default;

void process::order_ticket(std::string link) {
  sync::order anew;
  anew.what = sync::order::kind::new_ticket;
  anew.by = "the simulation";
  auto done = [this](std::exception_ptr why, core::result<void> const&) {
    if (why) failure_ = why;
  };
  asio::co_spawn(*loop_, engine_->carry_out(std::move(anew), std::move(link)), done);
}

bool process::step() {
  loop_->restart();
  return loop_->poll_one() > 0;
}

void process::reload(std::shared_ptr<mapping::field_map const> map) {
  std::map<std::string, std::shared_ptr<mapping::field_map const>> maps{{"main", std::move(map)}};
  auto ended = [this](std::exception_ptr why, core::result<void> const&) {
    if (why) failure_ = why;
  };
  asio::co_spawn(*loop_, engine_->replace_maps(std::move(maps)), ended);
}

void process::poll_every(milliseconds span) {
  for (auto const& c : engine_->connections()) c->poll_every = span;
  engine_->hurry();
}

std::string process::failure() const {
  try {
    if (failure_) std::rethrow_exception(failure_);
  } catch (std::exception const& e) {
    return e.what();
  }
  return {};
}

}  // namespace simulation

#include <CLI/CLI.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/json/serialize.hpp>
#include <cstdio>
#include <exception>
#include <iostream>
#include <list>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "connector/async/clock.hpp"
#include "connector/async/tasks.hpp"
#include "connector/http/server.hpp"
#include "test/simulators/control.hpp"
#include "test/simulators/samples.hpp"

namespace {

namespace async = connector::async;
namespace http = connector::http;
namespace asio = boost::asio;
using simulators::outcome;

struct options {
  std::string address = "127.0.0.1";
  std::uint16_t graph_port = 0;
  std::map<std::string, std::uint16_t> ports;  ///< of ticket systems, by name
  std::string certificate;
  std::string key;
  unsigned latency_ms = 0;
  std::size_t seed_incidents = 0;
  std::string data;
  std::string open_points = "observed";
  std::size_t calls_per_minute = 150;
};

/// One service behind a port.
class front {
 public:
  front(
      simulators::estate& world,
      simulators::desk* desk,  // null: Graph
      async::clock& clock,
      async::task_group& tasks,
      std::chrono::milliseconds latency
  )
      : world_{world},
        desk_{desk},
        service_{desk ? desk->service() : world.graph},
        between_{desk ? desk->faults : world.graph_faults},
        clock_{clock},
        tasks_{tasks},
        latency_{latency} {}

  asio::awaitable<http::reply> answer(http::request call) {
    if (auto controlled = answer_control(world_, desk_, call, clock_.now())) {
      co_return std::move(*controlled);
    }
    if (latency_.count() > 0) co_await clock_.sleep_for(latency_);
    auto out = between_.handle(service_, call, clock_.now());
    using fate = outcome::fate;
    if (out.end == fate::late_effect) {
      tasks_.spawn("late effect", take_effect_later(std::move(call), out.delay));
    } else if (out.delay.count() > 0) {
      co_await clock_.sleep_for(out.delay);
    }
    http::reply reply{std::move(out.answer)};
    if (out.end == fate::cut_in_body) {
      reply.close_after = reply.body.size() / 2;
    } else if (out.end != fate::answered) {
      reply.status = 200;
      reply.close_after = 0;
    }
    co_return reply;
  }

 private:
  asio::awaitable<void> take_effect_later(http::request call, std::chrono::milliseconds delay) {
    co_await clock_.sleep_for(delay);
    service_.handle(call, clock_.now());
  }

  simulators::estate& world_;
  simulators::desk* desk_;
  simulators::simulator& service_;
  simulators::faults& between_;
  async::clock& clock_;
  async::task_group& tasks_;
  std::chrono::milliseconds latency_;
};

std::unique_ptr<http::server> serve(
    asio::io_context& loop, options const& given, std::uint16_t port, front& behind
) {
  http::server_settings settings;
  settings.certificate_file = given.certificate;
  settings.key_file = given.key;
  http::handler handler = [&behind](http::request call) { return behind.answer(std::move(call)); };
  return http::listen(loop.get_executor(), given.address, port, std::move(handler), settings);
}

void run(options given) {
  asio::io_context loop{1};
  auto const clock = async::make_system_clock();
  bool const observed = given.open_points == "observed";
  auto graph_settings =
      observed ? simulators::graph_settings::observed() : simulators::graph_settings{};
  graph_settings.calls_per_minute = given.calls_per_minute;
  if (!given.data.empty()) graph_settings.retention = {};

  auto const points = observed ? simulators::open_points::observed : simulators::open_points::hard;
  simulators::estate world{
      simulators::graph{graph_settings}, simulators::make_desks(points, clock->now())};
  // Measurements are not to be bound by a vendor's limits, no more than for Graph.
  if (given.calls_per_minute == 0) {
    for (auto const& desk : world.desks) desk->lift_limits();
  }
  if (!given.data.empty()) load_samples(world.graph, given.data);
  seed_incidents(world.graph, given.seed_incidents, clock->now());

  async::task_group tasks{loop.get_executor(), [](std::string const& task, std::exception_ptr) {
                            std::cerr << task << " failed\n";
                          }};
  std::chrono::milliseconds const latency{given.latency_ms};
  std::string const scheme = given.certificate.empty() ? "http://" : "https://";
  auto const url = [&](std::uint16_t port) {
    return scheme + given.address + ":" + std::to_string(port);
  };
  boost::json::object line;
  std::list<front> fronts;
  std::vector<std::unique_ptr<http::server>> servers;
  auto const open = [&](std::string const& name, simulators::desk* desk, std::uint16_t port) {
    auto& behind = fronts.emplace_back(world, desk, *clock, tasks, latency);
    auto& server = servers.emplace_back(serve(loop, given, port, behind));
    line[name] = server->port();
    line[name + "_url"] = url(server->port());
    return url(server->port());
  };
  auto const graph_url = open("graph", nullptr, given.graph_port);
  world.graph.settings().origin = graph_url;
  world.graph.settings().login_origin = graph_url;
  for (auto const& desk : world.desks) {
    std::string const name{desk->name()};
    desk->lives_at(open(name, desk.get(), given.ports[name]));
  }
  std::cout << boost::json::serialize(line) << std::endl;

  asio::signal_set signals{loop, SIGINT, SIGTERM};
  signals.async_wait([&](boost::system::error_code, int) {
    // Without servers and tasks the loop has nothing left to do.
    tasks.cancel();
    servers.clear();
  });
  loop.run();
}

}  // namespace

int main(int count, char** arguments) {
  options given;
  CLI::App app{"Simulates Microsoft Graph security and ticket systems."};
  app.add_option("--address", given.address, "address to listen on")->capture_default_str();
  app.add_option("--graph-port", given.graph_port, "0: any free port")->capture_default_str();
  for (std::string const name : {"servicenow", "jira", "pagerduty"}) {
    app.add_option("--" + name + "-port", given.ports[name], "0: any")->capture_default_str();
  }
  app.add_option("--cert", given.certificate, "PEM certificate: serve HTTPS");
  app.add_option("--key", given.key, "PEM key of the certificate");
  app.add_option("--latency", given.latency_ms, "milliseconds added to each answer");
  app.add_option("--seed-incidents", given.seed_incidents, "incidents to begin with");
  app.add_option("--data", given.data, "folder of recorded Graph answers to serve");
  app.add_option("--open-points", given.open_points, "positions of the points vendors leave open")
      ->check(CLI::IsMember({"observed", "hard"}))
      ->capture_default_str();
  app.add_option("--calls-per-minute", given.calls_per_minute, "Graph's limit; 0: none")
      ->capture_default_str();
  CLI11_PARSE(app, count, arguments);
  try {
    run(std::move(given));
  } catch (std::exception const& failure) {
    std::cerr << "simulator: " << failure.what() << '\n';
    return 1;
  }
  return 0;
}

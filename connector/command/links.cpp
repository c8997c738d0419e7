#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <filesystem>
#include <ostream>
#include <vector>

#include "connector/command/assembly.hpp"
#include "connector/command/command.hpp"
#include "connector/command/link_view.hpp"
#include "connector/command/service.hpp"
#include "connector/config/references.hpp"
#include "connector/http/client.hpp"
#include "connector/http/url.hpp"
#include "connector/store/sqlite.hpp"

namespace connector::command {
namespace {

constexpr std::size_t rows_max = 100'000;

store::link_filter filter_of(links_options const& options) {
  store::link_filter filter;
  filter.route = options.route;
  if (!options.state.empty()) filter.state = store::link_state_from(options.state);
  filter.parked_only = options.parked;
  filter.conflicts_only = options.conflicts;
  filter.text = options.which;
  return filter;
}

std::string url_of(config::listen_settings const& listen, links_options const& options) {
  auto const v6 = listen.address.find(':') != std::string::npos;
  auto url = "http://" + (v6 ? '[' + listen.address + ']' : listen.address) + ':' +
             std::to_string(listen.port) + "/links";
  if (!options.which.empty()) url += '/' + http::percent_encode(options.which);
  http::parameters query;
  if (!options.route.empty()) query.push_back({"route", options.route});
  if (!options.state.empty()) query.push_back({"state", options.state});
  if (options.parked) query.push_back({"parked", "true"});
  if (options.conflicts) query.push_back({"conflicts", "true"});
  if (!query.empty()) url += '?' + http::make_query(query);
  return url;
}

boost::asio::awaitable<core::result<boost::json::array>> ask_service(
    http::transport& transport, std::string url
) {
  http::request call;
  call.url = std::move(url);
  auto answer = co_await transport.send(std::move(call));
  if (!answer) co_return answer.error();
  if (answer->status == 404) co_return boost::json::array{};
  if (answer->status != 200) {
    co_return core::error{core::errc::unavailable, "the service answered: " + answer->body};
  }
  boost::json::error_code ec;
  auto parsed = boost::json::parse(answer->body, ec);
  if (ec || !parsed.is_array()) {
    co_return core::error{core::errc::malformed, "the service's answer is not a list of links"};
  }
  co_return std::move(parsed.as_array());
}

/// Runs one coroutine to its end on a loop of its own.
template <class T>
core::result<T> run_to_end(
    boost::asio::io_context& loop, boost::asio::awaitable<core::result<T>> work
) {
  core::result<T> out{core::error{core::errc::cancelled, "ended early"}};
  std::exception_ptr bug;
  auto ended = [&](std::exception_ptr failure, core::result<T> result) {
    bug = failure;
    out = std::move(result);
    loop.stop();
  };
  boost::asio::co_spawn(loop, std::move(work), ended);
  loop.run();
  if (bug) std::rethrow_exception(bug);
  return out;
}

}  // namespace

int links(links_options const& options, surroundings with) {
  std::vector<std::string> systems;
  for (auto const& e : with.registry) systems.emplace_back(e.system);
  auto const loaded = config::load(options.config, config::make_system_references(), systems);
  if (!loaded.good()) {
    for (auto const& c : *loaded.complaints) {
      with.err << config::to_string(c.at) << ": error: " << c.text << '\n';
    }
    return unusable;
  }
  boost::asio::io_context loop{1};
  auto const clock = async::make_system_clock();
  core::result<boost::json::array> found{core::error{core::errc::storage, "no store"}};
  if (!std::filesystem::exists(loaded.settings.store)) {
    found = boost::json::array{};
  } else {
    // A running service holds its store for itself; then it is asked instead.
    store::sqlite_settings settings;
    settings.path = loaded.settings.store;
    settings.read_only = true;
    auto opened = store::open_sqlite(settings);
    if (opened) {
      found = run_to_end(loop, read_links(**opened, filter_of(options), rows_max));
    } else {
      auto const client = http::make_client(loop.get_executor(), *clock, {});
      found = run_to_end(loop, ask_service(*client, url_of(loaded.settings.listen, options)));
      if (!found) with.err << opened.error().detail << '\n';
    }
  }
  if (!found) {
    with.err << found.error().detail << '\n';
    return findings;
  }
  if (options.format == "json") {
    with.out << boost::json::serialize(*found) << '\n';
    return all_well;
  }
  std::vector<core::record> shown;
  for (auto& link : *found) {
    if (link.is_object()) shown.push_back(std::move(link.as_object()));
  }
  if (!options.which.empty() && shown.size() == 1) {
    print_link(shown.front(), with.out);
  } else if (!options.which.empty() && shown.empty()) {
    with.err << "no link has the id or name '" << options.which << "'\n";
    return findings;
  } else {
    print_links(shown, with.out);
  }
  return all_well;
}

}  // namespace connector::command

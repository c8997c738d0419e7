#include <boost/asio/experimental/awaitable_operators.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <cmath>
#include <csignal>
#include <ostream>
#include <spdlog/spdlog.h>
#include <unistd.h>

#include "connector/async/tasks.hpp"
#include "connector/command/assembly.hpp"
#include "connector/command/backfills.hpp"
#include "connector/command/command.hpp"
#include "connector/command/logging.hpp"
#include "connector/http/client.hpp"
#include "connector/http/url.hpp"
#include "connector/store/sqlite.hpp"

namespace connector::command {
namespace asio = boost::asio;
using asio::awaitable;

namespace {

constexpr std::chrono::milliseconds look_every{500};
constexpr std::chrono::seconds line_every{10};
constexpr std::size_t bar_width = 30;

/// How far it is, for people: a bar that moves where there is a terminal, else a line now and then.
class progress {
 public:
  progress(std::ostream& err, async::clock& clock)
      : err_{err}, clock_{clock}, terminal_{isatty(STDERR_FILENO) != 0} {}

  void show(backfill_view const& v, bool last) {
    auto const now = clock_.steady_now();
    if (!terminal_ && !last && now < next_) return;
    next_ = now + line_every;
    auto const total = v.state.to_open;
    auto const opened = total - std::min(total, v.waiting);
    std::string line;
    if (terminal_) {
      auto const full = total > 0 ? bar_width * opened / total : 0;
      line = "\r[" + std::string(full, '#') + std::string(bar_width - full, '.') + "] ";
    }
    if (v.state.asked.dry_run) {
      line += std::to_string(v.state.seen) + " incidents seen, " + std::to_string(total) +
              " tickets to open";
    } else {
      line += std::to_string(opened) + " of " + std::to_string(total) + " tickets open";
      if (!v.state.all_listed) line += ", still listing";
    }
    if (!v.state.trouble.empty()) line += "; waits: " + v.state.trouble;
    err_ << line << (terminal_ ? "\x1b[K" : "\n");
    if (terminal_ && last) err_ << '\n';
    err_.flush();
  }

 private:
  std::ostream& err_;
  async::clock& clock_;
  bool terminal_;
  async::clock::steady_point next_{};
};

int report(backfill_view const& v, std::ostream& out, std::ostream& err) {
  auto const& s = v.state;
  auto const verb = s.asked.dry_run ? " would be opened" : " put down and opened";
  out << s.asked.route << ": " << s.seen << " incidents; " << s.to_open << " tickets" << verb
      << ", " << s.linked << " have one, " << s.unwanted << " get none by the map\n";
  if (!s.trouble.empty()) {
    err << s.trouble << '\n';
    return findings;
  }
  if (!s.asked.dry_run && v.waiting > 0) {
    err << v.waiting << " links still wait for their ticket: links --state opening\n";
    return findings;
  }
  return all_well;
}

core::record body_of(backfill_options const& options) {
  core::record out{{"route", options.route}, {"since", options.since}};
  if (!options.until.empty()) out["until"] = options.until;
  if (options.most > 0) out["max"] = options.most;
  if (options.calls_per_minute > 0) out["calls_per_minute"] = options.calls_per_minute;
  if (options.dry_run) out["dry_run"] = true;
  return out;
}

core::result<backfill_view> read_view(core::result<http::response> const& answer) {
  if (!answer) return answer.error();
  boost::json::error_code ec;
  auto parsed = boost::json::parse(answer->body, ec);
  if (ec || !parsed.is_object()) {
    return core::error{core::errc::malformed, "the service's answer is no JSON object"};
  }
  if (answer->status >= 300) {
    auto why = core::text_of(core::field(parsed.get_object(), "error"));
    return core::error{core::errc::rejected, "the service refused: " + why};
  }
  return backfill_view_from(parsed.get_object());
}

std::string url_of(config::listen_settings const& listen) {
  // A service that listens everywhere takes this from its own machine alone.
  auto host = listen.address;
  if (host == "0.0.0.0") host = "127.0.0.1";
  if (host == "::") host = "::1";
  auto const v6 = host.find(':') != std::string::npos;
  return "http://" + (v6 ? '[' + host + ']' : host) + ':' + std::to_string(listen.port) +
         "/backfills";
}

/// Has the running service do it, and looks on.
awaitable<core::result<backfill_view>> ask_service(
    http::transport& transport,
    async::clock& clock,
    progress& shown,
    std::string url,
    backfill_options const& options
) {
  http::request call;
  call.method = "POST";
  call.url = url;
  call.headers.push_back({"Content-Type", "application/json"});
  call.body = boost::json::serialize(body_of(options));
  auto answer = co_await transport.send(std::move(call));
  auto view = read_view(answer);
  while (view && !view->done) {
    shown.show(*view, false);
    co_await clock.sleep_for(look_every);
    http::request look;
    look.url = url + '/' + http::percent_encode(options.route);
    if (options.dry_run) look.url += "?dry_run=true";
    answer = co_await transport.send(std::move(look));
    view = read_view(answer);
  }
  if (view) shown.show(*view, true);
  co_return view;
}

/// Lists and opens by itself, in place of a service that does not run.
struct alone {
  asio::any_io_executor executor;
  async::clock& clock;
  store::store& store;
  sync::engine& engine;
  progress& shown;
  backfill_view view{};
  core::result<void> outcome{};

  awaitable<void> list() { outcome = co_await engine.backfill(view.state); }

  awaitable<void> work() {
    if (view.state.asked.dry_run) co_return;
    // What is listed meanwhile is worked off in the next round.
    for (bool listing = true; outcome && listing;) {
      listing = !view.state.all_listed;
      auto worked = co_await engine.work_off_backlog();
      if (!worked) outcome = worked;
      co_await clock.sleep_for(std::chrono::milliseconds{50});
    }
  }

  awaitable<void> look() {
    auto counts = co_await store.count();
    if (counts) view.waiting = counts->opening;
  }

  awaitable<void> watch() {
    while (true) {
      co_await look();
      shown.show(view, false);
      co_await clock.sleep_for(look_every);
    }
  }

  awaitable<core::result<backfill_view>> all(sync::backfill_request asked) {
    using namespace asio::experimental::awaitable_operators;
    view.state.asked = asked;
    if (!asked.dry_run) {
      auto before = co_await engine.last_backfill(asked.route);
      if (!before) co_return before.error();
      auto same = asked;
      if (*before) same.calls_per_minute = (*before)->asked.calls_per_minute;
      if (*before && !(*before)->all_listed && (*before)->asked == same) {
        view.state = std::move(**before);
        view.state.asked = asked;
      }
    }
    co_await ((list() && work()) || watch());
    co_await look();
    shown.show(view, true);
    if (!outcome) co_return outcome.error();
    view.done = true;
    co_return view;
  }
};

int run_alone(
    backfill_options const& options,
    sync::backfill_request asked,
    assembly& assembled,
    store::store& store,
    asio::io_context& loop,
    async::clock& clock,
    async::random& random,
    surroundings with
) {
  auto const log = make_logger(assembled.settings.log);
  log->set_level(spdlog::level::warn);
  sync::counters counters;
  sync::engine engine{
      {},
      std::move(assembled.connections),
      std::move(assembled.routes),
      {store, clock, random, *log, counters, {}, {}}};
  progress shown{with.err, clock};
  alone work{loop.get_executor(), clock, store, engine, shown};
  core::result<backfill_view> outcome{core::error{
      core::errc::cancelled, "interrupted; the same command goes on where this one was"}};
  std::exception_ptr bug;
  asio::cancellation_signal cancel;
  asio::signal_set stop{loop, SIGTERM, SIGINT};
  stop.async_wait([&](boost::system::error_code ec, int) {
    if (!ec) cancel.emit(asio::cancellation_type::all);
  });
  auto ended = [&](std::exception_ptr failure, core::result<backfill_view> result) {
    try {
      if (failure) std::rethrow_exception(failure);
      outcome = std::move(result);
    } catch (boost::system::system_error const& e) {
      if (e.code() != asio::error::operation_aborted) bug = failure;
    } catch (...) {
      bug = failure;
    }
    loop.stop();
  };
  asio::co_spawn(
      loop, work.all(std::move(asked)), asio::bind_cancellation_slot(cancel.slot(), ended)
  );
  loop.run();
  if (bug) std::rethrow_exception(bug);
  if (!outcome) {
    with.err << options.route << ": " << outcome.error().detail << '\n';
    return findings;
  }
  return report(*outcome, with.out, with.err);
}

}  // namespace

int backfill(backfill_options const& options, surroundings with) {
  auto asked = sync::backfill_request_from(body_of(options));
  if (!asked) {
    with.err << asked.error().detail << '\n';
    return wrong_use;
  }
  asio::io_context loop{1};
  auto const clock = async::make_system_clock();
  auto const random = async::make_system_random();
  assembly_surroundings const around{with.registry, loop.get_executor(), *clock, *random, {}};
  auto assembled = assemble(options.config, around, with.err);
  if (!assembled) return unusable;
  auto const& routes = assembled->routes;
  if (std::none_of(routes.begin(), routes.end(), [&](auto const& r) {
        return r.name == options.route;
      })) {
    with.err << "no route is called '" << options.route << "'\n";
    return wrong_use;
  }
  store::sqlite_settings settings;
  settings.path = assembled->settings.store;
  auto opened = store::open_sqlite(settings);
  if (opened) {
    return run_alone(options, *asked, *assembled, **opened, loop, *clock, *random, with);
  }
  // A running service holds its store for itself; then it does the work.
  progress shown{with.err, *clock};
  auto const client = http::make_client(loop.get_executor(), *clock, {});
  core::result<backfill_view> view{core::error{core::errc::cancelled, "ended early"}};
  std::exception_ptr bug;
  auto ended = [&](std::exception_ptr failure, core::result<backfill_view> result) {
    bug = failure;
    view = std::move(result);
    loop.stop();
  };
  asio::co_spawn(
      loop, ask_service(*client, *clock, shown, url_of(assembled->settings.listen), options), ended
  );
  loop.run();
  if (bug) std::rethrow_exception(bug);
  if (!view) {
    with.err << opened.error().detail << '\n' << view.error().detail << '\n';
    return findings;
  }
  return report(*view, with.out, with.err);
}

}  // namespace connector::command

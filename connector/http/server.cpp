#include "connector/http/server.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/system/system_error.hpp>
#include <ctime>
#include <list>
#include <stdexcept>

#include "connector/async/clock.hpp"
#include "connector/async/tasks.hpp"
#include "connector/http/deadlines.hpp"
#include "connector/http/parser.hpp"
#include "connector/http/read_buffer.hpp"
#include "connector/http/reply_head.hpp"
#include "connector/http/stream.hpp"

namespace connector::http {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;

constexpr auto as_result = asio::as_tuple(asio::use_awaitable);

struct state {
  state(asio::any_io_executor on, handler answering, server_settings with)
      : executor{on},
        answer{std::move(answering)},
        settings{std::move(with)},
        clock{async::make_system_clock()},
        limits{on, *clock},
        acceptor{on} {}

  struct session {
    asio::cancellation_signal stop;
    stream* io = nullptr;
    bool busy = false;  // a request has begun to arrive and is not answered yet
  };

  asio::any_io_executor executor;
  handler answer;
  server_settings settings;
  std::unique_ptr<async::clock> clock;
  deadlines limits;
  tcp::acceptor acceptor;
  std::list<session> sessions;
  async::signal session_ended;
  bool accepting = true;
  asio::cancellation_signal stop_accepting;
};

using shared = std::shared_ptr<state>;

core::error refusal(std::string const& detail) { return {core::errc::rejected, detail}; }

reply plain(int status, std::string text) {
  reply made;
  made.status = status;
  made.headers.push_back({"Content-Type", "text/plain; charset=utf-8"});
  made.body = std::move(text);
  return made;
}

/// The request, or none when the other side is gone or idle for too long; an error for one that
/// deserves a 4xx before hanging up.
asio::awaitable<core::result<std::optional<request>>> receive(
    state& server, state::session& me, read_buffer& received
) {
  request got;
  parse_limits limits;
  limits.body_bytes_max = server.settings.body_bytes_max;
  auto const parser = make_request_parser(got, limits);
  auto const idle_until = server.clock->steady_now() + server.settings.idle_max;
  auto limit = server.limits.set(idle_until, [&me] { me.io->close(); });
  bool asked_to_continue = false;
  for (;;) {
    if (!received.empty()) {
      if (!me.busy) {
        me.busy = true;
        auto const whole_until = server.clock->steady_now() + server.settings.request_max;
        limit = server.limits.set(whole_until, [&me] { me.io->close(); });
      }
      auto const taken = parser->put(received.bytes());
      if (!taken) co_return refusal(taken.error().detail);
      received.consume(*taken);
      if (parser->done()) co_return std::optional{std::move(got)};
      if (parser->header_done() && !asked_to_continue &&
          find(got.headers, "expect") == "100-continue") {
        asked_to_continue = true;
        auto const sent = co_await me.io->write("HTTP/1.1 100 Continue\r\n\r\n", {});
        if (sent.error) co_return std::optional<request>{};
      }
    }
    auto const room = received.prepare();
    auto const read = co_await me.io->read_some(room);
    if (read.error) co_return std::optional<request>{};
    received.commit(read.bytes);
  }
}

asio::awaitable<reply> ask(state& server, request got) {
  try {
    co_return co_await server.answer(std::move(got));
  } catch (boost::system::system_error const& e) {
    if (e.code() == asio::error::operation_aborted) throw;
    if (server.settings.on_failure) server.settings.on_failure(std::current_exception());
  } catch (std::exception const&) {
    if (server.settings.on_failure) server.settings.on_failure(std::current_exception());
  }
  co_return plain(500, "internal error\n");
}

bool wants_close(request const& got) { return find(got.headers, "connection") == "close"; }

asio::awaitable<void> serve(shared server, state::session& me, std::unique_ptr<stream> io) {
  struct forget_stream {
    state::session& of;
    ~forget_stream() { of.io = nullptr; }
  };
  forget_stream const on_exit{me};
  read_buffer received;
  std::string head;
  for (bool open = true; open;) {
    me.busy = !received.empty();
    if (!me.busy && !server->accepting) break;
    auto got = co_await receive(*server, me, received);
    reply answer;
    bool is_head = false;
    if (!got) {
      open = false;
      answer = plain(400, got.error().detail + "\n");
    } else if (!*got) {
      break;
    } else {
      open = !wants_close(**got);
      is_head = (*got)->method == "HEAD";
      answer = co_await ask(*server, *std::move(*got));
    }
    open = open && server->accepting && !answer.close_after;
    write_head(answer, {is_head, open}, head);
    std::string_view body = is_head ? std::string_view{} : answer.body;
    std::string_view first = head;
    if (answer.close_after) {
      first = first.substr(0, *answer.close_after);
      body = body.substr(0, *answer.close_after - first.size());
    }
    auto const sent = co_await me.io->write(first, body);
    if (sent.error) break;
    received.shrink();
  }
  io->close();
}

void begin_session(shared const& server, tcp::socket socket) {
  server->sessions.emplace_back();
  auto const mine = std::prev(server->sessions.end());
  auto io = make_plain_stream(std::move(socket));
  mine->io = io.get();
  auto ended = [server, mine](std::exception_ptr) {
    server->sessions.erase(mine);
    server->session_ended.notify();
  };
  asio::co_spawn(
      server->executor,
      serve(server, *mine, std::move(io)),
      asio::bind_cancellation_slot(mine->stop.slot(), std::move(ended))
  );
}

asio::awaitable<void> accept_all(shared server) {
  while (server->accepting) {
    auto [ec, socket] = co_await server->acceptor.async_accept(as_result);
    if (ec == asio::error::operation_aborted) co_return;
    if (ec || server->sessions.size() >= server->settings.connections_max) continue;
    begin_session(server, std::move(socket));
  }
}

class listening final : public server {
 public:
  explicit listening(shared from) : state_{std::move(from)} {
    auto ended = [keep = state_](std::exception_ptr) {};
    asio::co_spawn(
        state_->executor,
        accept_all(state_),
        asio::bind_cancellation_slot(state_->stop_accepting.slot(), std::move(ended))
    );
  }

  ~listening() override {
    stop_accepting();
    for (auto at = state_->sessions.begin(); at != state_->sessions.end();) {
      auto const current = at++;
      current->stop.emit(asio::cancellation_type::terminal);
    }
  }

  std::uint16_t port() const override { return port_; }

  asio::awaitable<void> stop() override {
    auto const mine = state_;
    stop_accepting();
    for (auto& each : mine->sessions) {
      if (!each.busy && each.io) each.io->close();
    }
    while (!mine->sessions.empty()) co_await mine->session_ended.wait();
  }

 private:
  void stop_accepting() {
    boost::system::error_code ignored;
    state_->accepting = false;
    state_->acceptor.close(ignored);
  }

  shared state_;
  std::uint16_t port_ = state_->acceptor.local_endpoint().port();
};

}  // namespace

std::unique_ptr<server> listen(
    asio::any_io_executor executor,
    std::string const& address,
    std::uint16_t port,
    handler answer,
    server_settings settings
) {
  auto made = std::make_shared<state>(executor, std::move(answer), std::move(settings));
  try {
    auto const at = tcp::endpoint{asio::ip::make_address(address), port};
    made->acceptor.open(at.protocol());
    made->acceptor.set_option(tcp::acceptor::reuse_address{true});
    made->acceptor.bind(at);
    made->acceptor.listen();
  } catch (boost::system::system_error const& e) {
    throw std::runtime_error{
        "cannot listen on " + address + " port " + std::to_string(port) + ": " +
        e.code().message()};
  }
  return std::make_unique<listening>(std::move(made));
}

}  // namespace connector::http

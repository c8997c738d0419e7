#include "connector/http/server.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/system/system_error.hpp>
#include <list>
#include <stdexcept>

#include "connector/async/tasks.hpp"
#include "connector/http/server_session.hpp"

namespace connector::http {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;
using boost::system::error_code;

constexpr auto as_result = asio::as_tuple(asio::use_awaitable);

/// How long to leave the queue alone when a connection cannot be accepted (out of descriptors).
constexpr std::chrono::milliseconds accept_pause{100};

struct state {
  state(asio::any_io_executor on, handler answering, server_settings with)
      : state{std::move(on), std::move(answering), std::move(with), async::make_system_clock()} {}

  asio::any_io_executor executor;
  serving shared;
  std::optional<tls_server> tls;
  tcp::acceptor acceptor;
  std::list<server_session> sessions;
  async::signal session_ended;
  asio::cancellation_signal cancel_accepting;

 private:
  state(
      asio::any_io_executor on,
      handler answering,
      server_settings with,
      std::unique_ptr<async::clock> clock
  )
      : executor{on},
        shared{std::move(answering), std::move(with), nullptr, {on, *clock}},
        acceptor{on} {
    shared.clock = std::move(clock);
    auto const& s = shared.settings;
    if (s.certificate_file.empty()) return;
    tls.emplace(tls_server_settings{s.certificate_file, s.key_file, s.client_ca_file});
  }
};

void begin_session(std::shared_ptr<state> const& server, tcp::socket socket) {
  server->sessions.emplace_back();
  auto const mine = std::prev(server->sessions.end());
  boost::system::error_code gone;
  if (auto const from = socket.remote_endpoint(gone); !gone)
    mine->peer = from.address().to_string();
  mine->io = make_plain_stream(std::move(socket));
  if (server->tls) {
    auto secure = server->tls->begin(std::move(mine->io));
    mine->tls = secure.get();
    mine->io = std::move(secure);
  }
  // Keeps the server alive; a session that was cancelled has nothing to report.
  auto ended = [server, mine](std::exception_ptr) {
    server->sessions.erase(mine);
    server->session_ended.notify();
  };
  asio::co_spawn(
      server->executor,
      serve(server->shared, *mine),
      asio::bind_cancellation_slot(mine->cancel.slot(), std::move(ended))
  );
}

asio::awaitable<void> accept_all(std::shared_ptr<state> server) {
  while (!server->shared.stopping) {
    auto [ec, socket] = co_await server->acceptor.async_accept(as_result);
    if (ec == asio::error::operation_aborted) co_return;
    if (ec) {
      co_await server->shared.clock->sleep_for(accept_pause);
    } else if (server->sessions.size() < server->shared.settings.connections_max) {
      begin_session(server, std::move(socket));
    }
  }
}

class listening final : public server {
 public:
  explicit listening(std::shared_ptr<state> from)
      : state_{std::move(from)}, port_{state_->acceptor.local_endpoint().port()} {
    auto ended = [keep = state_](std::exception_ptr) {};
    asio::co_spawn(
        state_->executor,
        accept_all(state_),
        asio::bind_cancellation_slot(state_->cancel_accepting.slot(), std::move(ended))
    );
  }

  ~listening() override {
    stop_accepting();
    for (auto at = state_->sessions.begin(); at != state_->sessions.end();) {
      auto const current = at++;
      current->cancel.emit(asio::cancellation_type::terminal);
    }
  }

  std::uint16_t port() const override { return port_; }

  asio::awaitable<void> stop() override {
    auto const mine = state_;
    stop_accepting();
    for (auto& each : mine->sessions) {
      if (!each.busy) each.io->close();
    }
    while (!mine->sessions.empty()) co_await mine->session_ended.wait();
  }

 private:
  void stop_accepting() {
    error_code ignored;
    state_->shared.stopping = true;
    state_->acceptor.close(ignored);
    state_->cancel_accepting.emit(asio::cancellation_type::terminal);
  }

  std::shared_ptr<state> state_;
  std::uint16_t port_;
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

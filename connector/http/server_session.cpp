#include "connector/http/server_session.hpp"

#include <boost/asio/error.hpp>
#include <boost/system/system_error.hpp>
#include <optional>

#include "connector/http/parser.hpp"
#include "connector/http/read_buffer.hpp"
#include "connector/http/reply_head.hpp"
#include "connector/http/text.hpp"

namespace connector::http {
namespace {

namespace asio = boost::asio;

constexpr std::chrono::seconds farewell_max{2};

enum class outcome { complete, gone, improper };

struct arrival {
  request got;
  bool keep_alive = false;
  std::string problem;  // only for improper ones
};

deadlines::entry hang_up_after(serving& shared, server_session& me, async::clock::duration span) {
  return shared.limits.set(shared.clock->steady_now() + span, [&me] { me.io->close(); });
}

/// `gone`: the other side left, or took too long.
asio::awaitable<outcome> receive(
    serving& shared, server_session& me, read_buffer& received, arrival& to
) {
  parse_limits limits;
  limits.body_bytes_max = shared.settings.body_bytes_max;
  auto const parser = make_request_parser(to.got, limits);
  auto limit = hang_up_after(shared, me, shared.settings.idle_max);
  bool told_to_go_on = false;
  for (;;) {
    if (!received.empty()) {
      if (!me.busy) limit = hang_up_after(shared, me, shared.settings.request_max);
      me.busy = true;
      auto const taken = parser->put(received.bytes());
      if (!taken) {
        to.problem = taken.error().detail;
        co_return outcome::improper;
      }
      received.consume(*taken);
      if (parser->done()) {
        to.keep_alive = parser->keep_alive();
        co_return outcome::complete;
      }
      if (parser->header_done() && !told_to_go_on &&
          same_word(find(to.got.headers, "expect"), "100-continue")) {
        told_to_go_on = true;
        auto const sent = co_await me.io->write("HTTP/1.1 100 Continue\r\n\r\n", {});
        if (sent.error) co_return outcome::gone;
      }
    }
    auto const room = received.prepare();
    auto const read = co_await me.io->read_some(room);
    if (read.error) co_return outcome::gone;
    received.commit(read.bytes);
  }
}

reply plain(int status, std::string text) {
  reply made;
  made.status = status;
  made.headers.push_back({"Content-Type", "text/plain; charset=utf-8"});
  made.body = std::move(text);
  return made;
}

asio::awaitable<reply> ask(serving& shared, request got) {
  try {
    co_return co_await shared.answer(std::move(got));
  } catch (boost::system::system_error const& e) {
    if (e.code() == asio::error::operation_aborted) throw;
    if (shared.settings.on_failure) shared.settings.on_failure(std::current_exception());
  } catch (std::exception const&) {
    if (shared.settings.on_failure) shared.settings.on_failure(std::current_exception());
  }
  co_return plain(500, "internal error\n");
}

/// False: the connection is of no more use.
asio::awaitable<bool> send(
    server_session& me, reply const& answer, reply_framing framing, std::string& head
) {
  write_head(answer, framing, head);
  std::string_view first = head;
  std::string_view body = framing.to_head ? std::string_view{} : answer.body;
  if (answer.close_after) {
    first = first.substr(0, *answer.close_after);
    body = body.substr(0, *answer.close_after - first.size());
  }
  auto const sent = co_await me.io->write(first, body);
  co_return !sent.error && framing.keep_alive;
}

// Closing with unread bytes resets the connection, and the answer may be lost with it (RFC
// 9112, 9.6).
asio::awaitable<void> read_away(serving& shared, server_session& me) {
  me.io->finish();
  auto const limit = hang_up_after(shared, me, farewell_max);
  auto const room = std::make_unique<char[]>(read_buffer::first_size);
  for (;;) {
    auto const into = asio::buffer(room.get(), read_buffer::first_size);
    auto const read = co_await me.io->read_some(into);
    if (read.error) co_return;
  }
}

asio::awaitable<bool> shake_hands(serving& shared, server_session& me) {
  auto const limit = hang_up_after(shared, me, shared.settings.request_max);
  auto const failure = co_await std::exchange(me.tls, nullptr)->handshake();
  co_return !failure;
}

}  // namespace

asio::awaitable<void> serve(serving& shared, server_session& me) {
  if (me.tls) {
    bool const secure = co_await shake_hands(shared, me);
    if (!secure) co_return;
  }
  read_buffer received;
  std::string head;
  for (bool open = true; open;) {
    me.busy = !received.empty();
    if (!me.busy && shared.stopping) break;
    arrival arrived;
    auto const how = co_await receive(shared, me, received, arrived);
    if (how == outcome::gone) break;
    if (how == outcome::improper) {
      auto const refusal = plain(400, arrived.problem + "\n");
      co_await send(me, refusal, {false, false}, head);
      co_await read_away(shared, me);
      break;
    }
    reply_framing framing;
    framing.to_head = arrived.got.method == "HEAD";
    arrived.got.peer = me.peer;
    auto const answer = co_await ask(shared, std::move(arrived.got));
    framing.keep_alive = arrived.keep_alive && !shared.stopping && !answer.close_after;
    open = co_await send(me, answer, framing, head);
    received.shrink();
  }
  me.io->close();
}

}  // namespace connector::http

#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <memory>

#include "connector/async/clock.hpp"
#include "connector/http/deadlines.hpp"
#include "connector/http/server.hpp"
#include "connector/http/stream.hpp"
#include "connector/http/tls.hpp"

namespace connector::http {

/// What all connections of a server share.
struct serving {
  handler answer;
  server_settings settings;
  std::unique_ptr<async::clock> clock;
  deadlines limits;
  bool stopping = false;  ///< answer what has begun to arrive, then hang up
};

/// One connection of a server.
struct server_session {
  boost::asio::cancellation_signal cancel;
  std::unique_ptr<stream> io;
  tls_stream* tls = nullptr;  ///< `io` as such, if its handshake is still to be made
  std::string peer;           ///< the other side's numeric address
  bool busy = false;          ///< a request has begun to arrive and is not answered yet
};

/// Serves requests until either side has had enough. Both must outlive it.
boost::asio::awaitable<void> serve(serving& shared, server_session& me);

}  // namespace connector::http

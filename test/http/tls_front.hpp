#pragma once

#include <boost/asio/io_context.hpp>
#include <cstdint>

#include "connector/http/tls.hpp"
#include "test/http/raw_server.hpp"
#include "test/http/test_ca.hpp"

namespace connector::test {

/// Ends TLS and passes the bytes on to a local port, both ways.
class tls_front {
 public:
  tls_front(boost::asio::io_context& loop, certificate_files const& as, std::uint16_t onward);

  [[nodiscard]] std::uint16_t port() const { return server_.port(); }

 private:
  http::tls_server tls_;
  raw_server server_;
};

}  // namespace connector::test

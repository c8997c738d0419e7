#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/system/error_code.hpp>
#include <cstddef>
#include <memory>
#include <string_view>

namespace connector::http {

struct transferred {
  boost::system::error_code error;
  std::size_t bytes = 0;
};

/// A byte stream between two parties: TCP, or TLS over another stream. One operation at a time.
/// Errors are values; operation_aborted means closed or cancelled, eof a proper end.
class stream {
 public:
  virtual ~stream() = default;

  virtual boost::asio::awaitable<transferred> read_some(boost::asio::mutable_buffer into) = 0;

  /// Writes both parts, all of them. `bytes` is 0 after an error only if surely nothing left us.
  /// The texts must live until it returns.
  virtual boost::asio::awaitable<transferred> write(
      std::string_view head, std::string_view body
  ) = 0;

  /// Writes what can be written without waiting; for farewells.
  virtual void write_now(std::string_view bytes) noexcept = 0;

  /// Tells the other side that nothing more comes; reading goes on.
  virtual void finish() noexcept = 0;

  /// Still connected with nothing to read: fit for another request.
  virtual bool is_quiet() = 0;

  /// Ends what is under way and hangs up.
  virtual void close() noexcept = 0;
};

/// Takes over a connected socket.
std::unique_ptr<stream> make_plain_stream(boost::asio::ip::tcp::socket socket);

}  // namespace connector::http

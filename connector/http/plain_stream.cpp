#include <array>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "connector/http/stream.hpp"

namespace connector::http {
namespace {

namespace asio = boost::asio;
using boost::system::error_code;

constexpr auto as_result = asio::as_tuple(asio::use_awaitable);

class plain_stream final : public stream {
 public:
  explicit plain_stream(asio::ip::tcp::socket socket) : socket_{std::move(socket)} {
    error_code ignored;
    socket_.non_blocking(true, ignored);
    socket_.set_option(asio::ip::tcp::no_delay{true}, ignored);
  }

  asio::awaitable<transferred> read_some(asio::mutable_buffer into) override {
    auto const [ec, n] = co_await socket_.async_read_some(into, as_result);
    co_return transferred{ec, n};
  }

  // The socket mostly has room, so that a plain system call does and no turn of the loop is spent.
  asio::awaitable<transferred> write(std::string_view head, std::string_view body) override {
    std::size_t written = 0;
    while (!head.empty() || !body.empty()) {
      std::array const parts{
          asio::const_buffer{head.data(), head.size()},
          asio::const_buffer{body.data(), body.size()}};
      error_code ec;
      auto const n = socket_.write_some(parts, ec);
      written += n;
      auto const of_head = std::min(n, head.size());
      head.remove_prefix(of_head);
      body.remove_prefix(n - of_head);
      if (ec == asio::error::would_block || ec == asio::error::try_again) {
        auto const [waited] =
            co_await socket_.async_wait(asio::ip::tcp::socket::wait_write, as_result);
        ec = waited;
      }
      if (ec) co_return transferred{ec, written};
    }
    co_return transferred{{}, written};
  }

  void write_now(std::string_view bytes) noexcept override {
    error_code ignored;
    socket_.write_some(asio::buffer(bytes.data(), bytes.size()), ignored);
  }

  void finish() noexcept override {
    error_code ignored;
    socket_.shutdown(asio::ip::tcp::socket::shutdown_send, ignored);
  }

  bool is_quiet() override {
    char byte = 0;
    error_code ec;
    socket_.receive(asio::buffer(&byte, 1), asio::ip::tcp::socket::message_peek, ec);
    return ec == asio::error::would_block || ec == asio::error::try_again;
  }

  void close() noexcept override {
    error_code ignored;
    socket_.close(ignored);
  }

 private:
  asio::ip::tcp::socket socket_;
};

}  // namespace

std::unique_ptr<stream> make_plain_stream(asio::ip::tcp::socket socket) {
  return std::make_unique<plain_stream>(std::move(socket));
}

}  // namespace connector::http

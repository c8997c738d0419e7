#include <boost/asio/error.hpp>
#include <openssl/bio.h>
#include <openssl/err.h>
#include <optional>

#include "connector/http/tls_openssl.hpp"

namespace connector::http {
namespace {

namespace asio = boost::asio;
using boost::system::error_code;

constexpr std::size_t record_size = 16u << 10;  // the most plain text one TLS record carries
constexpr std::size_t flush_size = 64u << 10;

/// OpenSSL turns bytes into bytes in memory; the bytes travel over the inner stream. So TLS works
/// over a socket as well as over TLS to a proxy, and no template is instantiated per kind.
class engine final : public tls_stream {
 public:
  engine(owned<SSL> session, std::unique_ptr<stream> inner, std::string peer)
      : ssl_{std::move(session)},
        inner_{std::move(inner)},
        peer_{std::move(peer)},
        in_{BIO_new(BIO_s_mem())},
        out_{BIO_new(BIO_s_mem())} {
    if (!in_ || !out_) throw std::bad_alloc{};
    SSL_set_bio(ssl_.get(), in_, out_);
    SSL_set_app_data(ssl_.get(), &verdict_);
  }

  asio::awaitable<std::optional<core::error>> handshake() override {
    for (;;) {
      ERR_clear_error();
      int const code = SSL_do_handshake(ssl_.get());
      int const kind = SSL_get_error(ssl_.get(), code);
      // The queue belongs to the thread: read it before others run.
      auto why = take_error();
      auto const flushed = co_await flush();  // also the alert that says why we refuse
      if (code == 1 && !flushed.error) {
        established_ = true;
        co_return std::nullopt;
      }
      if (code != 1 && kind != SSL_ERROR_WANT_READ) co_return failure(why);
      if (flushed.error) co_return failure(flushed.error);
      if (auto const missing = co_await fetch()) co_return failure(missing);
    }
  }

  asio::awaitable<transferred> read_some(asio::mutable_buffer into) override {
    for (;;) {
      ERR_clear_error();
      auto* const to = static_cast<char*>(into.data());
      std::size_t n = 0;
      int const code = SSL_read_ex(ssl_.get(), to, into.size(), &n);
      int const kind = SSL_get_error(ssl_.get(), code);
      auto const why = take_error();
      if (code == 1) {
        // Further records that came along.
        for (std::size_t more = 0; n < into.size(); n += more) {
          if (SSL_read_ex(ssl_.get(), to + n, into.size() - n, &more) != 1) break;
        }
        ERR_clear_error();
      }
      // Reading may ask for an answer: a key update, an alert.
      if (BIO_ctrl_pending(out_) > 0) co_await flush();
      if (code == 1) co_return transferred{{}, n};
      if (kind == SSL_ERROR_ZERO_RETURN) co_return transferred{asio::error::eof, 0};
      if (kind != SSL_ERROR_WANT_READ) co_return transferred{broken(why), 0};
      auto missing = co_await fetch();
      // Without the peer's farewell an end may be somebody else's doing: not a proper one.
      if (missing == asio::error::eof) missing = asio::error::connection_reset;
      if (missing) co_return transferred{missing, 0};
    }
  }

  asio::awaitable<transferred> write(std::string_view head, std::string_view body) override {
    std::size_t left_us = 0;
    while (!head.empty() || !body.empty()) {
      auto const piece = next_record(head, body);
      ERR_clear_error();
      std::size_t n = 0;
      if (SSL_write_ex(ssl_.get(), piece.data(), piece.size(), &n) != 1) {
        co_return transferred{broken(take_error()), left_us};
      }
      bool const last = head.empty() && body.empty();
      if (!last && BIO_ctrl_pending(out_) < flush_size) continue;
      auto const flushed = co_await flush();
      left_us += flushed.bytes;
      if (flushed.error) co_return transferred{flushed.error, left_us};
    }
    co_return transferred{{}, left_us};
  }

  void write_now(std::string_view bytes) noexcept override {
    std::size_t n = 0;
    if (flushing_ || broken_ || bytes.empty()) return;
    if (SSL_write_ex(ssl_.get(), bytes.data(), bytes.size(), &n) == 1) inner_->write_now(pending());
    BIO_reset(out_);
    ERR_clear_error();
  }

  bool is_quiet() override {
    return SSL_pending(ssl_.get()) == 0 && BIO_ctrl_pending(in_) == 0 && inner_->is_quiet();
  }

  void finish() noexcept override {
    say_farewell();
    inner_->finish();
  }

  void close() noexcept override {
    say_farewell();
    inner_->close();
  }

 private:
  // Head and the beginning of the body share a record, so that a small message is one packet.
  std::string_view next_record(std::string_view& head, std::string_view& body) {
    if (head.empty() || body.empty()) {
      auto& from = head.empty() ? body : head;
      auto const piece = from.substr(0, record_size);
      from.remove_prefix(piece.size());
      return piece;
    }
    record_.assign(head.substr(0, record_size));
    head.remove_prefix(record_.size());
    if (head.empty()) {
      auto const piece = body.substr(0, record_size - record_.size());
      record_.append(piece);
      body.remove_prefix(piece.size());
    }
    return record_;
  }

  void say_farewell() noexcept {
    if (!established_ || flushing_ || broken_) return;
    established_ = false;
    ERR_clear_error();
    SSL_shutdown(ssl_.get());
    inner_->write_now(pending());
    BIO_reset(out_);
    ERR_clear_error();
  }

  std::string_view pending() {
    char* data = nullptr;
    auto const size = BIO_get_mem_data(out_, &data);
    return {data, static_cast<std::size_t>(size)};
  }

  asio::awaitable<transferred> flush() {
    auto const bytes = pending();
    if (bytes.empty()) co_return transferred{};
    flushing_ = true;
    auto const sent = co_await inner_->write(bytes, {});
    flushing_ = false;
    BIO_reset(out_);
    if (sent.error) broken_ = true;
    co_return sent;
  }

  asio::awaitable<error_code> fetch() {
    // Not kept: a connection idles most of its time.
    auto const room = std::make_unique<char[]>(record_size + 1024);
    auto const got = co_await inner_->read_some(asio::buffer(room.get(), record_size + 1024));
    if (got.error) co_return got.error;
    BIO_write(in_, room.get(), static_cast<int>(got.bytes));
    co_return error_code{};
  }

  error_code broken(error_code why) {
    broken_ = true;
    return why;
  }

  core::error failure(error_code why) {
    broken_ = true;
    if (why == asio::error::operation_aborted) {
      return {core::errc::cancelled, "cancelled during the TLS handshake with " + peer_};
    }
    return {core::errc::unreachable, describe(peer_, verdict_, why)};
  }

  owned<SSL> ssl_;
  std::unique_ptr<stream> inner_;
  std::string peer_;
  verdict verdict_;
  BIO* in_;   // the session's own
  BIO* out_;  // the session's own
  std::string record_;
  bool established_ = false;
  bool flushing_ = false;
  bool broken_ = false;  // OpenSSL forbids a farewell after a failure
};

}  // namespace

std::unique_ptr<tls_stream> make_tls_stream(
    owned<SSL> session, std::unique_ptr<stream> inner, std::string peer
) {
  return std::make_unique<engine>(std::move(session), std::move(inner), std::move(peer));
}

}  // namespace connector::http

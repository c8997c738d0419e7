#include "connector/http/parser.hpp"

#include <boost/beast/http/basic_parser.hpp>
#include <boost/beast/http/error.hpp>
#include <optional>
#include <type_traits>

#include "connector/http/inflate.hpp"
#include "connector/http/text.hpp"

namespace connector::http {
namespace {

namespace beast = boost::beast;
using beast_error = beast::http::error;
using boost::system::error_code;

core::error malformed(std::string detail) { return {core::errc::malformed, std::move(detail)}; }

/// Beast's parser, writing straight into our message.
template <bool IsRequest>
class message_parser final : public parser, private beast::http::basic_parser<IsRequest> {
  using base = beast::http::basic_parser<IsRequest>;
  using message = std::conditional_t<IsRequest, request, response>;
  using text = beast::string_view;

 public:
  message_parser(message& to, parse_limits limits, bool without_body) : to_{to}, limits_{limits} {
    base::eager(true);
    base::header_limit(static_cast<std::uint32_t>(limits.header_bytes_max));
    base::body_limit(boost::none);  // counted here, decoded
    if (without_body) base::skip(true);
  }

  core::result<std::size_t> put(std::string_view bytes) override {
    error_code ec;
    auto const taken = base::put({bytes.data(), bytes.size()}, ec);
    if (ec && ec != beast_error::need_more) return failure(ec);
    // Trailers and chunk extensions have no limit of Beast's own.
    if (bytes.size() - taken > limits_.header_bytes_max && !base::is_done()) {
      return failure(beast_error::header_limit);
    }
    return taken;
  }

  core::result<void> end() override {
    error_code ec = beast_error::partial_message;
    if (base::got_some()) base::put_eof(ec);
    if (ec) return failure(ec);
    return {};
  }

  bool started() const override { return base::got_some(); }
  bool header_done() const override { return base::is_header_done(); }
  bool done() const override { return base::is_done(); }
  bool keep_alive() const override { return base::keep_alive(); }

 private:
  core::error failure(error_code ec) {
    if (failure_) return *std::move(failure_);
    if (ec == beast_error::header_limit) {
      return malformed(
          "the header is larger than " + std::to_string(limits_.header_bytes_max) + " bytes"
      );
    }
    if (ec == beast_error::body_limit) {
      return malformed(
          "the body is larger than " + std::to_string(limits_.body_bytes_max) + " bytes"
      );
    }
    if (ec == beast_error::partial_message) return malformed("the message ends too early");
    return malformed("not proper HTTP/1.1: " + ec.message());
  }

  void refuse(core::error why, error_code& ec) {
    failure_ = std::move(why);
    ec = beast_error::bad_value;
  }

  void on_request_impl(beast::http::verb, text method, text target, int, error_code&) override {
    if constexpr (IsRequest) {
      to_.method.assign(method.data(), method.size());
      to_.url.assign(target.data(), target.size());
    }
  }

  void on_response_impl(int code, text, int, error_code&) override {
    if constexpr (!IsRequest) to_.status = code;
  }

  void on_field_impl(beast::http::field name, text as_sent, text value, error_code& ec) override {
    header_bytes_ += as_sent.size() + value.size() + 4;
    if (header_bytes_ > limits_.header_bytes_max) {
      ec = beast_error::header_limit;
      return;
    }
    if (in_body_) return;  // a trailer; nobody asked for any
    if (name == beast::http::field::transfer_encoding &&
        !same_word(trim({value.data(), value.size()}), "chunked")) {
      refuse(malformed("a transfer coding other than chunked"), ec);
      return;
    }
    to_.headers.emplace_back();
    to_.headers.back().name.assign(as_sent.data(), as_sent.size());
    to_.headers.back().value.assign(value.data(), value.size());
  }

  void on_header_impl(error_code&) override {}

  void on_body_init_impl(boost::optional<std::uint64_t> const& length, error_code& ec) override {
    in_body_ = true;
    if (!IsRequest && !choose_decoder(ec)) return;
    if (length && !inflater_) {
      if (*length > limits_.body_bytes_max) {
        ec = beast_error::body_limit;
      } else {
        // Only a promise so far: memory is taken as bytes come.
        to_.body.reserve(std::min<std::size_t>(*length, 256u << 10));
      }
    }
  }

  bool choose_decoder(error_code& ec) {
    auto const named = trim(find(to_.headers, "content-encoding"));
    if (named.empty() || same_word(named, "identity")) return true;
    if (same_word(named, "gzip") || same_word(named, "x-gzip")) {
      inflater_.emplace(coding::gzip, limits_.body_bytes_max);
    } else if (same_word(named, "deflate")) {
      inflater_.emplace(coding::deflate, limits_.body_bytes_max);
    } else {
      refuse(malformed("a content coding that was not asked for: " + std::string{named}), ec);
      return false;
    }
    return true;
  }

  std::size_t on_body_impl(text piece, error_code& ec) override {
    if (inflater_) {
      auto failed = inflater_->put({piece.data(), piece.size()}, to_.body);
      if (failed) refuse(*std::move(failed), ec);
    } else if (to_.body.size() + piece.size() > limits_.body_bytes_max) {
      ec = beast_error::body_limit;
    } else {
      to_.body.append(piece.data(), piece.size());
    }
    return piece.size();
  }

  void on_chunk_header_impl(std::uint64_t, text, error_code&) override {}

  std::size_t on_chunk_body_impl(std::uint64_t, text piece, error_code& ec) override {
    return on_body_impl(piece, ec);
  }

  void on_finish_impl(error_code& ec) override {
    if (!inflater_) return;
    auto failed = inflater_->finish();
    if (failed) refuse(*std::move(failed), ec);
  }

  message& to_;
  parse_limits limits_;
  std::optional<inflater> inflater_;
  std::optional<core::error> failure_;
  std::size_t header_bytes_ = 0;
  bool in_body_ = false;
};

}  // namespace

std::unique_ptr<parser> make_response_parser(response& to, parse_limits limits, bool to_head) {
  return std::make_unique<message_parser<false>>(to, limits, to_head);
}

std::unique_ptr<parser> make_request_parser(request& to, parse_limits limits) {
  return std::make_unique<message_parser<true>>(to, limits, false);
}

}  // namespace connector::http

#include "connector/http/inflate.hpp"

#include <algorithm>
#include <array>
#include <stdexcept>
#include <zlib.h>

namespace connector::http {
namespace {

constexpr std::size_t ratio_max = 100;
constexpr std::size_t ratio_free_bytes = 1u << 20;

core::error malformed(std::string detail) { return {core::errc::malformed, std::move(detail)}; }

// "deflate" means the zlib format, but some servers send the bare stream; its first byte tells,
// since a zlib header names method 8 and no stream of ours would begin with that as a stored block.
bool looks_like_zlib(char first) { return (static_cast<unsigned char>(first) & 0x0f) == 8; }

}  // namespace

struct inflater::state {
  z_stream z{};
  coding kind{};
  std::size_t bytes_max = 0;
  std::size_t in = 0;
  std::size_t out = 0;
  bool open = false;
  bool ended = false;

  ~state() {
    if (open) inflateEnd(&z);
  }

  bool start(char first) {
    int const window = kind == coding::gzip     ? 16 + MAX_WBITS
                       : looks_like_zlib(first) ? MAX_WBITS
                                                : -MAX_WBITS;
    open = inflateInit2(&z, window) == Z_OK;
    return open;
  }
};

inflater::inflater(coding kind, std::size_t bytes_max) : state_{std::make_unique<state>()} {
  state_->kind = kind;
  state_->bytes_max = bytes_max;
}
inflater::~inflater() = default;
inflater::inflater(inflater&&) noexcept = default;
inflater& inflater::operator=(inflater&&) noexcept = default;

std::optional<core::error> inflater::put(std::string_view piece, std::string& to) {
  auto& s = *state_;
  if (piece.empty()) return std::nullopt;
  if (!s.open && !s.start(piece.front())) return malformed("no memory to decode the body");
  s.in += piece.size();
  s.z.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(piece.data()));
  s.z.avail_in = static_cast<uInt>(piece.size());
  std::array<char, std::size_t{16} * 1024> chunk;
  for (;;) {
    if (s.ended) {
      if (s.z.avail_in == 0) return std::nullopt;
      // A gzip body may consist of several members (RFC 1952, 2.2).
      if (s.kind != coding::gzip || inflateReset(&s.z) != Z_OK) {
        return malformed("bytes follow the end of the compressed body");
      }
      s.ended = false;
    }
    s.z.next_out = reinterpret_cast<Bytef*>(chunk.data());
    s.z.avail_out = chunk.size();
    int const code = inflate(&s.z, Z_NO_FLUSH);
    auto const made = chunk.size() - s.z.avail_out;
    s.out += made;
    if (s.out > s.bytes_max) {
      return malformed("the body decodes to more than " + std::to_string(s.bytes_max) + " bytes");
    }
    if (s.out > ratio_free_bytes && s.out / ratio_max > s.in) {
      return malformed("the body decodes to more than 100 times its size");
    }
    to.append(chunk.data(), made);
    if (code == Z_STREAM_END) {
      s.ended = true;
    } else if (code == Z_BUF_ERROR || (code == Z_OK && s.z.avail_in == 0 && s.z.avail_out > 0)) {
      return std::nullopt;
    } else if (code != Z_OK) {
      return malformed("the compressed body is damaged");
    }
  }
}

std::optional<core::error> inflater::finish() {
  if (state_->in > 0 && !state_->ended) return malformed("the compressed body ends too early");
  return std::nullopt;
}

std::string gzip(std::string_view bytes) {
  z_stream z{};
  if (deflateInit2(&z, Z_DEFAULT_COMPRESSION, Z_DEFLATED, 16 + MAX_WBITS, 8, Z_DEFAULT_STRATEGY) !=
      Z_OK) {
    throw std::runtime_error{"zlib has no memory"};
  }
  std::string out(deflateBound(&z, bytes.size()) + 32, '\0');
  z.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(bytes.data()));
  z.avail_in = static_cast<uInt>(bytes.size());
  z.next_out = reinterpret_cast<Bytef*>(out.data());
  z.avail_out = static_cast<uInt>(out.size());
  int const code = deflate(&z, Z_FINISH);
  out.resize(z.total_out);
  deflateEnd(&z);
  if (code != Z_STREAM_END) throw std::runtime_error{"zlib could not compress"};
  return out;
}

}  // namespace connector::http

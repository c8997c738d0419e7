#include "connector/core/digest.hpp"

#include <array>
#include <openssl/evp.h>
#include <span>
#include <stdexcept>

namespace connector::core {
namespace {

using bytes = std::array<unsigned char, 32>;

bytes sha256(std::string_view text) {
  bytes out{};
  unsigned length = 0;
  if (EVP_Digest(text.data(), text.size(), out.data(), &length, EVP_sha256(), nullptr) != 1) {
    throw std::runtime_error{"the cryptography library offers no SHA-256"};
  }
  return out;
}

std::string base32(std::span<unsigned char const> in, std::size_t characters) {
  static constexpr char alphabet[] = "abcdefghijklmnopqrstuvwxyz234567";
  std::string out;
  out.reserve(characters);
  unsigned buffer = 0;
  int bits = 0;
  for (auto byte : in) {
    buffer = buffer << 8 | byte;
    bits += 8;
    while (bits >= 5 && out.size() < characters) {
      bits -= 5;
      out += alphabet[buffer >> bits & 31];
    }
  }
  return out;
}

}  // namespace

std::string sha256_hex(std::string_view text) {
  static constexpr char digits[] = "0123456789abcdef";
  std::string out;
  out.reserve(64);
  for (auto byte : sha256(text)) {
    out += digits[byte >> 4];
    out += digits[byte & 15];
  }
  return out;
}

std::string short_key(std::string_view text) { return base32(sha256(text), 26); }

}  // namespace connector::core

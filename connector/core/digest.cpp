#include "connector/core/digest.hpp"

#include <array>
#include <openssl/evp.h>
#include <span>
#include <stdexcept>

namespace connector::core {
namespace {

using bytes = std::array<unsigned char, 32>;

/// Looked up once: with EVP_sha256(), OpenSSL 3 would look it up for every digest.
EVP_MD const* algorithm() {
  static EVP_MD const* const fetched = EVP_MD_fetch(nullptr, "SHA256", nullptr);
  return fetched;
}

bytes sha256(std::string_view text) {
  bytes out{};
  unsigned length = 0;
  auto const* const how = algorithm();
  if (!how || EVP_Digest(text.data(), text.size(), out.data(), &length, how, nullptr) != 1) {
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

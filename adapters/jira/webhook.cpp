#include "adapters/jira/webhook.hpp"

#include <array>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

#include "connector/http/text.hpp"

namespace adapters::jira {

namespace core = connector::core;
using core::errc;

std::string signature_of(std::string_view body, std::string_view secret) {
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned int length = 0;
  HMAC(
      EVP_sha256(),
      secret.data(),
      static_cast<int>(secret.size()),
      reinterpret_cast<unsigned char const*>(body.data()),
      body.size(),
      digest.data(),
      &length
  );
  constexpr std::string_view digits = "0123456789abcdef";
  std::string out = "sha256=";
  for (unsigned int i = 0; i < length; ++i) {
    out += digits[digest[i] >> 4];
    out += digits[digest[i] & 15];
  }
  return out;
}

core::result<void> check_signature(
    connector::adapter::hook_call const& call, core::secret const& secret
) {
  std::string_view sent;
  for (auto const& [name, value] : call.headers) {
    if (name == "x-hub-signature") sent = value;
  }
  if (sent.empty()) return core::error{errc::unauthorized, "the call has no X-Hub-Signature"};
  if (!sent.starts_with("sha256=")) {
    return core::error{errc::unauthorized, "the call is signed by another method than sha256"};
  }
  auto const given = connector::http::lower(sent);
  auto const right = signature_of(call.body, secret.reveal());
  auto const equal =
      given.size() == right.size() && CRYPTO_memcmp(given.data(), right.data(), right.size()) == 0;
  if (!equal) return core::error{errc::unauthorized, "the call's signature is not by our secret"};
  return {};
}

}  // namespace adapters::jira

#include "adapters/pagerduty/hooks.hpp"

#include <array>
#include <boost/json/parse.hpp>
#include <openssl/crypto.h>
#include <openssl/hmac.h>

#include "adapters/pagerduty/wire.hpp"
#include "connector/http/text.hpp"

namespace adapters::pagerduty {

namespace adapter = connector::adapter;
namespace http = connector::http;
using core::errc;

namespace {

constexpr std::string_view version = "v1=";
constexpr std::size_t signatures_max = 16;

std::string hmac_hex(std::string const& key, std::string_view text) {
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned length = 0;
  auto const* bytes = reinterpret_cast<unsigned char const*>(text.data());
  auto const size = static_cast<int>(key.size());
  HMAC(EVP_sha256(), key.data(), size, bytes, text.size(), digest.data(), &length);
  static constexpr std::string_view digits = "0123456789abcdef";
  std::string hex;
  for (unsigned i = 0; i < length; ++i) {
    hex += digits[digest[i] >> 4];
    hex += digits[digest[i] & 15];
  }
  return hex;
}

std::string_view header(adapter::hook_call const& call, std::string_view name) {
  for (auto const& [key, value] : call.headers) {
    if (key == name) return value;
  }
  return {};
}

core::error refused(std::string why) { return {errc::rejected, "webhook: " + std::move(why)}; }

}  // namespace

bool hook_guard::is_signed(std::string_view signatures, std::string_view body) const {
  auto good = false;
  for (std::size_t n = 0; !signatures.empty() && n < signatures_max; ++n) {
    auto const comma = signatures.find(',');
    auto const one = http::trim(signatures.substr(0, comma));
    signatures = comma == signatures.npos ? std::string_view{} : signatures.substr(comma + 1);
    if (!one.starts_with(version)) continue;
    auto const given = one.substr(version.size());
    for (auto const& secret : secrets_) {
      auto const right = hmac_hex(secret.reveal(), body);
      // Every pair is compared, and in constant time.
      good |= given.size() == right.size() &&
              CRYPTO_memcmp(given.data(), right.data(), right.size()) == 0;
    }
  }
  return good;
}

core::result<void> hook_guard::accept(adapter::hook_call const& call, core::time_point now) {
  if (secrets_.empty()) return refused("no secret is configured, so nothing can be verified");
  if (call.body.size() > body_bytes_max) return refused("larger than PagerDuty sends");
  if (!is_signed(header(call, "x-pagerduty-signature"), call.body)) {
    return refused("no signature fits a secret that is configured");
  }
  boost::system::error_code ec;
  auto const parsed = json::parse(call.body, ec);
  auto const* envelope = ec ? nullptr : parsed.if_object();
  if (!envelope) return refused("signed, but no JSON");
  auto const id = text_at(*envelope, "event.id");
  auto const occurred = core::parse_time(text_at(*envelope, "event.occurred_at"));
  if (id.empty() || !occurred) return refused("signed, but without event.id and occurred_at");
  if (now - *occurred > age_max) return refused("an event of " + core::format_time(*occurred));
  if (*occurred - now > ahead_max) return refused("an event of the future; is the clock right?");
  if (!seen_.insert(id).second) {
    return core::error{errc::conflict, "webhook: event " + id + " came before"};
  }
  in_order_.push_back(id);
  if (in_order_.size() > remembered_max) {
    seen_.erase(in_order_.front());
    in_order_.pop_front();
  }
  return {};
}

}  // namespace adapters::pagerduty

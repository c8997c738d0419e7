#include "adapters/servicenow/sign_in.hpp"

#include <algorithm>
#include <charconv>

#include "adapters/servicenow/answer.hpp"
#include "adapters/servicenow/wire.hpp"
#include "connector/http/base64.hpp"
#include "connector/http/text.hpp"
#include "connector/http/url.hpp"

namespace adapters::servicenow {

namespace asio = boost::asio;
using core::errc;

namespace {

constexpr std::size_t cookies_max = 32;
constexpr std::size_t cookie_bytes_max = 4096;
// A token must outlive the way to the instance and any wait for a place there.
constexpr auto token_margin = std::chrono::seconds{60};
constexpr auto token_life_max = std::chrono::seconds{24 * 60 * 60};

}  // namespace

sign_in::sign_in(settings const& with, http::transport& transport, async::clock& clock)
    : base_url_{with.base_url},
      credential_{with.credential},
      transport_{transport},
      clock_{clock} {}

asio::awaitable<core::result<std::vector<http::header>>> sign_in::headers() {
  std::vector<http::header> signed_with;
  if (auto const* basic = std::get_if<basic_sign_in>(&credential_)) {
    auto const pair = http::base64(basic->user + ":" + basic->password.reveal());
    signed_with.push_back(http::header{"Authorization", "Basic " + pair});
  } else if (auto const* key = std::get_if<api_key_sign_in>(&credential_)) {
    signed_with.push_back(http::header{"x-sn-apikey", key->key.reveal()});
  } else {
    auto const good = co_await bearer(std::get<oauth_sign_in>(credential_));
    if (!good) co_return good.error();
    signed_with.push_back(http::header{"Authorization", "Bearer " + good->reveal()});
  }
  std::string jar;
  for (auto const& [name, value] : cookies_) {
    if (!jar.empty()) jar += "; ";
    jar += name + "=" + value.reveal();
  }
  if (!jar.empty()) signed_with.push_back(http::header{"Cookie", jar});
  co_return signed_with;
}

void sign_in::remember(http::response const& answer) {
  if (token_) token_->proven = true;
  for (auto const& header : answer.headers) {
    if (!http::same_word(header.name, "set-cookie")) continue;
    // Attributes are of no use: the cookies go back to the one origin they came from.
    auto const pair = std::string_view{header.value}.substr(0, header.value.find(';'));
    auto const equals = pair.find('=');
    if (equals == pair.npos || pair.size() > cookie_bytes_max) continue;
    auto const name = std::string{http::trim(pair.substr(0, equals))};
    auto const value = http::trim(pair.substr(equals + 1));
    if (name.empty()) continue;
    if (value.empty()) {
      cookies_.erase(name);
    } else if (cookies_.contains(name) || cookies_.size() < cookies_max) {
      cookies_[name] = core::secret{std::string{value}};
    }
  }
}

bool sign_in::renew(std::vector<http::header> const& used) {
  cookies_.clear();
  if (!std::holds_alternative<oauth_sign_in>(credential_)) return false;
  auto const sent = http::find(used, "Authorization");
  if (!token_ || sent != "Bearer " + token_->text.reveal()) return true;  // replaced meanwhile
  auto const worked_before = token_->proven;
  token_.reset();
  return worked_before;
}

std::string sign_in::redacted(std::string text) const {
  std::vector<core::secret> secrets;
  if (auto const* basic = std::get_if<basic_sign_in>(&credential_)) {
    secrets.emplace_back(http::base64(basic->user + ":" + basic->password.reveal()));
    secrets.push_back(basic->password);
  } else if (auto const* oauth = std::get_if<oauth_sign_in>(&credential_)) {
    secrets.push_back(oauth->client_secret);
    if (token_) secrets.push_back(token_->text);
  } else {
    secrets.push_back(std::get<api_key_sign_in>(credential_).key);
  }
  for (auto const& [name, value] : cookies_) secrets.push_back(value);
  return core::conceal(std::move(text), secrets);
}

asio::awaitable<core::result<core::secret>> sign_in::bearer(oauth_sign_in who) {
  auto const pass = co_await one_fetch_.enter();
  if (token_ && clock_.steady_now() < token_->good_until) co_return token_->text;
  token_.reset();
  auto fetched = co_await fetch_token(std::move(who));
  if (!fetched) co_return fetched.error();
  token_ = std::move(*fetched);
  co_return token_->text;
}

asio::awaitable<core::result<sign_in::token>> sign_in::fetch_token(oauth_sign_in who) {
  http::request call;
  call.method = "POST";
  call.url = base_url_ + "/oauth_token.do";
  // The endpoint takes this form alone; JSON fails with an error that does not say so.
  call.headers.push_back(http::header{"Content-Type", "application/x-www-form-urlencoded"});
  call.headers.push_back(http::header{"Accept", "application/json"});
  http::parameters form;
  form.emplace_back("grant_type", "client_credentials");
  form.emplace_back("client_id", who.client_id);
  form.emplace_back("client_secret", who.client_secret.reveal());
  call.body = http::form_encode(form);
  auto const asked_at = clock_.steady_now();
  auto answer = co_await transport_.send(std::move(call));
  if (!answer) {
    core::error failed = answer.error();
    failed.effect = core::effect::none;
    co_return failed;
  }
  auto const body = decode(*answer, intent::reads, clock_.now());
  if (!body) {
    core::error failed = body.error();
    failed.detail = "signing in: " + redacted(failed.detail);
    if (failed.code == errc::unauthorized) {
      failed.detail +=
          "; the instance says the same of a wrong secret, a locked user, and a grant that is "
          "switched off (glide.oauth.inbound.client.credential.grant_type.enabled) or without an "
          "application user";
    }
    co_return failed;
  }
  auto const* fields = body->if_object();
  token found;
  found.text = core::secret{fields ? text_at(*fields, "access_token") : std::string{}};
  if (found.text.empty()) {
    co_return core::error{errc::malformed, "signing in: the answer has no access_token"};
  }
  std::int64_t seconds = 0;
  auto const life = text_at(*fields, "expires_in");
  std::from_chars(life.data(), life.data() + life.size(), seconds);
  auto const lasts = std::clamp<std::chrono::seconds>(
      std::chrono::seconds{seconds} - token_margin, std::chrono::seconds{1}, token_life_max
  );
  found.good_until = asked_at + lasts;
  co_return found;
}

}  // namespace adapters::servicenow

#include "adapters/jira/sign_in.hpp"

#include <algorithm>
#include <boost/json/serialize.hpp>
#include <charconv>

#include "adapters/jira/answer.hpp"
#include "connector/http/base64.hpp"
#include "connector/http/url.hpp"

namespace adapters::jira {

namespace asio = boost::asio;
using core::errc;

namespace {

// A token must outlive the way to the site and any wait for a place there.
constexpr auto token_margin = std::chrono::seconds{60};
constexpr auto token_life_max = std::chrono::seconds{24 * 60 * 60};

}  // namespace

sign_in::sign_in(settings const& with, http::transport& transport, async::clock& clock)
    : credential_{with.credential}, edition_{with.edition}, transport_{transport}, clock_{clock} {}

asio::awaitable<core::result<http::header>> sign_in::header() {
  if (auto const* basic = std::get_if<basic_sign_in>(&credential_)) {
    auto const pair = http::base64(basic->user + ":" + basic->password.reveal());
    http::header const signature{"Authorization", "Basic " + pair};
    co_return signature;
  }
  core::secret text;
  if (auto const* own = std::get_if<token_sign_in>(&credential_)) {
    text = own->token;
  } else {
    auto const good = co_await bearer(std::get<oauth_sign_in>(credential_));
    if (!good) co_return good.error();
    text = *good;
  }
  http::header const signature{"Authorization", "Bearer " + text.reveal()};
  co_return signature;
}

void sign_in::proven() {
  if (token_) token_->proven = true;
}

bool sign_in::renew(http::header const& used) {
  if (!std::holds_alternative<oauth_sign_in>(credential_)) return false;
  if (!token_ || used.value != "Bearer " + token_->text.reveal())
    return true;  // replaced meanwhile
  auto const worked_before = token_->proven;
  token_.reset();
  return worked_before;
}

std::string sign_in::redacted(std::string text) const {
  std::vector<core::secret> secrets;
  if (auto const* basic = std::get_if<basic_sign_in>(&credential_)) {
    secrets.emplace_back(http::base64(basic->user + ":" + basic->password.reveal()));
    secrets.push_back(basic->password);
  } else if (auto const* own = std::get_if<token_sign_in>(&credential_)) {
    secrets.push_back(own->token);
  } else {
    secrets.push_back(std::get<oauth_sign_in>(credential_).client_secret);
  }
  if (token_) secrets.push_back(token_->text);
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
  call.url = who.token_url;
  call.headers.push_back(http::header{"Accept", "application/json"});
  // Atlassian's endpoint takes JSON, that of Data Center a form.
  if (edition_ == edition::cloud) {
    json::object body;
    body["grant_type"] = "client_credentials";
    body["client_id"] = who.client_id;
    body["client_secret"] = who.client_secret.reveal();
    call.headers.push_back(http::header{"Content-Type", "application/json"});
    call.body = json::serialize(body);
  } else {
    http::parameters form;
    form.emplace_back("grant_type", "client_credentials");
    form.emplace_back("client_id", who.client_id);
    form.emplace_back("client_secret", who.client_secret.reveal());
    call.headers.push_back(http::header{"Content-Type", "application/x-www-form-urlencoded"});
    call.body = http::form_encode(form);
  }
  auto const asked_at = clock_.steady_now();
  auto answer = co_await transport_.send(std::move(call));
  if (!answer) {
    core::error failed = answer.error();
    failed.detail = redacted(std::move(failed.detail));
    failed.effect = core::effect::none;
    co_return failed;
  }
  auto const body = decode(*answer, intent::reads, clock_.now());
  if (!body) {
    core::error failed = body.error();
    failed.detail = "signing in: " + redacted(failed.detail);
    // A wrong client is 401 or 403 there, with invalid_client or unauthorized_client in the body.
    auto const refused = failed.code == errc::forbidden || failed.code == errc::rejected;
    if (refused) failed.code = errc::unauthorized;
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

}  // namespace adapters::jira

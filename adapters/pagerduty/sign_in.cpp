#include "adapters/pagerduty/sign_in.hpp"

#include <algorithm>
#include <set>
#include <sstream>

#include "adapters/pagerduty/answer.hpp"
#include "connector/http/url.hpp"

namespace adapters::pagerduty {

namespace asio = boost::asio;
using core::errc;
using std::chrono::seconds;

namespace {

// A token must outlive the way to PagerDuty and any wait for a place there.
constexpr seconds token_margin{60};
constexpr seconds token_life_max{24 * 60 * 60};

}  // namespace

std::vector<std::string> const& needed_scopes() {
  static std::vector<std::string> const all{
      "abilities.read",
      "custom_fields.read",
      "escalation_policies.read",
      "incidents.read",
      "incidents.write",
      "priorities.read",
      "services.read",
      "users.read",
  };
  return all;
}

sign_in::sign_in(settings const& with, http::transport& transport, async::clock& clock)
    : credential_{with.credential},
      region_{with.region},
      login_url_{with.login_url},
      transport_{transport},
      clock_{clock} {}

asio::awaitable<core::result<core::secret>> sign_in::authorization() {
  if (auto const* key = std::get_if<key_sign_in>(&credential_)) {
    co_return core::secret{"Token token=" + key->key.reveal()};
  }
  auto const pass = co_await one_fetch_.enter();
  if (token_ && clock_.steady_now() < token_->good_until) co_return token_->header;
  token_.reset();
  auto fetched = co_await fetch(std::get<oauth_sign_in>(credential_));
  if (!fetched) co_return fetched.error();
  token_ = std::move(*fetched);
  co_return token_->header;
}

void sign_in::worked(core::secret const& used) {
  if (token_ && token_->header.reveal() == used.reveal()) token_->proven = true;
}

bool sign_in::renew(core::secret const& used) {
  if (!std::holds_alternative<oauth_sign_in>(credential_)) return false;
  if (!token_ || token_->header.reveal() != used.reveal()) return true;  // replaced meanwhile
  auto const worked_before = token_->proven;
  token_.reset();
  return worked_before;
}

std::string sign_in::redacted(std::string text) const {
  std::vector<core::secret> secrets;
  if (auto const* key = std::get_if<key_sign_in>(&credential_)) {
    secrets.push_back(key->key);
  } else {
    secrets.push_back(std::get<oauth_sign_in>(credential_).client_secret);
    if (token_)
      secrets.emplace_back(token_->header.reveal().substr(std::string_view{"Bearer "}.size()));
  }
  return core::conceal(std::move(text), secrets);
}

asio::awaitable<core::result<sign_in::token>> sign_in::fetch(oauth_sign_in who) {
  // Without the account's name the token would be good for nothing.
  std::string scope = "as_account-" + region_ + "." + who.subdomain;
  for (auto const& one : needed_scopes()) scope += " " + one;
  http::parameters form;
  form.emplace_back("grant_type", "client_credentials");
  form.emplace_back("client_id", who.client_id);
  form.emplace_back("client_secret", who.client_secret.reveal());
  form.emplace_back("scope", scope);
  http::request call;
  call.method = "POST";
  call.url = login_url_ + "/oauth/token";
  call.headers.push_back(http::header{"Content-Type", "application/x-www-form-urlencoded"});
  call.headers.push_back(http::header{"Accept", "application/json"});
  call.body = http::form_encode(form);
  auto const asked_at = clock_.steady_now();
  auto answer = co_await transport_.send(std::move(call));
  if (!answer) {
    core::error failed = answer.error();
    failed.effect = core::effect::none;
    failed.detail = "signing in: " + redacted(std::move(failed.detail));
    co_return failed;
  }
  auto const body = decode(*answer, intent::reads, clock_.now());
  if (!body) {
    core::error failed = body.error();
    failed.detail = "signing in: " + redacted(std::move(failed.detail));
    // The endpoint answers 400 to a wrong client as well as to a wrong form.
    if (failed.code == errc::rejected) failed.code = errc::unauthorized;
    co_return failed;
  }
  auto const* told = body->if_object();
  auto const* text = told ? told->if_contains("access_token") : nullptr;
  if (!text || !text->is_string() || text->get_string().empty()) {
    co_return core::error{errc::malformed, "signing in: the answer has no access_token"};
  }
  token found;
  found.header = core::secret{"Bearer " + std::string{text->get_string()}};
  auto const* life = told->if_contains("expires_in");
  auto const told_life = seconds{life && life->is_int64() ? life->get_int64() : 0};
  found.good_until =
      asked_at + std::clamp<seconds>(told_life - token_margin, seconds{1}, token_life_max);
  missing_.clear();
  if (auto const* granted = told->if_contains("scope"); granted && granted->is_string()) {
    std::istringstream words{std::string{granted->get_string()}};
    std::set<std::string> have;
    for (std::string word; words >> word;) have.insert(word);
    for (auto const& one : needed_scopes()) {
      if (!have.contains(one)) missing_.push_back(one);
    }
  }
  co_return found;
}

}  // namespace adapters::pagerduty

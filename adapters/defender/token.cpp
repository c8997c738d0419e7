#include "adapters/defender/token.hpp"

#include <algorithm>
#include <boost/json/parse.hpp>
#include <charconv>
#include <fstream>
#include <iterator>
#include <utility>

#include "adapters/defender/assertion.hpp"
#include "adapters/defender/words.hpp"
#include "connector/http/url.hpp"

namespace adapters::defender {
namespace asio = boost::asio;
namespace core = connector::core;
namespace http = connector::http;
namespace json = boost::json;
using namespace std::chrono_literals;

namespace {

constexpr std::size_t answer_bytes_max = 1u << 20;

std::string token_endpoint(settings const& s) {
  return s.login_url + "/" + http::percent_encode(s.tenant_id) + "/oauth2/v2.0/token";
}

http::request form_request(settings const& s, std::string body) {
  http::request call;
  call.method = "POST";
  call.url = token_endpoint(s);
  call.headers = {
      {"Content-Type", "application/x-www-form-urlencoded"}, {"Accept", "application/json"}};
  call.body = std::move(body);
  return call;
}

http::request assertion_request(settings const& s, core::secret const& assertion) {
  return form_request(
      s,
      http::form_encode({
          {"client_id", s.client_id},
          {"scope", s.resource + "/.default"},
          {"grant_type", "client_credentials"},
          {"client_assertion_type", "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"},
          {"client_assertion", assertion.reveal()},
      })
  );
}

http::request secret_request(settings const& s, by_secret const& with) {
  return form_request(
      s,
      http::form_encode({
          {"client_id", s.client_id},
          {"scope", s.resource + "/.default"},
          {"grant_type", "client_credentials"},
          {"client_secret", with.secret.reveal()},
      })
  );
}

/// https://learn.microsoft.com/entra/identity/managed-identities-azure-resources/how-to-use-vm-token
/// and, for App Service, https://learn.microsoft.com/azure/app-service/overview-managed-identity.
http::request managed_identity_request(settings const& s, by_managed_identity const& with) {
  auto const on_app_service = !with.app_service_header.empty();
  http::request call;
  call.url = s.identity_url + "?api-version=" + (on_app_service ? "2019-08-01" : "2018-02-01") +
             "&resource=" + http::percent_encode(s.resource);
  if (!with.client_id.empty()) call.url += "&client_id=" + http::percent_encode(with.client_id);
  if (on_app_service) {
    call.headers.push_back({"X-IDENTITY-HEADER", with.app_service_header.reveal()});
  } else {
    call.headers.push_back({"Metadata", "true"});
  }
  return call;
}

core::result<http::request> workload_request(settings const& s, by_workload_identity const& with) {
  std::ifstream in{with.token_file, std::ios::binary};
  std::string text{std::istreambuf_iterator<char>{in}, {}};
  while (text.ends_with('\n') || text.ends_with('\r') || text.ends_with(' ')) text.pop_back();
  if (text.empty()) {
    return core::error{core::errc::unauthorized, "no token can be read from " + with.token_file};
  }
  return assertion_request(s, core::secret{std::move(text)});
}

/// Entra writes numbers, the identity endpoints write texts.
std::optional<std::int64_t> number_at(core::record const& in, std::string_view key) {
  auto const text = core::text_of(core::field(in, key));
  std::int64_t number = 0;
  auto const* end = text.data() + text.size();
  auto const [stop, failed] = std::from_chars(text.data(), end, number);
  if (text.empty() || failed != std::errc{} || stop != end) return std::nullopt;
  return number;
}

bool fits_a_header(std::string_view token) {
  return !token.empty() && std::all_of(token.begin(), token.end(), [](unsigned char c) {
    return c > ' ' && c < 0x7f;
  });
}

}  // namespace

token_source::token_source(settings const& chosen, connector::adapter::surroundings with)
    : settings_{chosen}, with_{std::move(with)} {}

void token_source::drop(core::secret const& refused) {
  if (held_ && held_->text.reveal() == refused.reveal()) held_.reset();
}

std::string token_source::redacted(std::string words) const {
  std::vector<core::secret> secrets{latest_};
  if (auto const* with = std::get_if<by_secret>(&settings_.method)) secrets.push_back(with->secret);
  if (auto const* with = std::get_if<by_managed_identity>(&settings_.method)) {
    secrets.push_back(with->app_service_header);
  }
  return core::conceal(std::move(words), secrets);
}

asio::awaitable<core::result<core::secret>> token_source::token() {
  if (held_ && with_.clock.steady_now() < held_->renew_at) co_return held_->text;

  auto const asked_after = sign_ins_;
  auto const pass = co_await one_at_a_time_.enter();
  if (held_ && with_.clock.steady_now() < held_->renew_at) co_return held_->text;
  // Whoever queued while a sign-in failed shares its failure instead of repeating it at once.
  if (sign_ins_ != asked_after && last_failure_ && !held_) co_return *last_failure_;

  auto fresh = co_await sign_in();
  ++sign_ins_;
  if (fresh) {
    last_failure_.reset();
    held_ = std::move(*fresh);
    latest_ = held_->text;
    co_return held_->text;
  }
  last_failure_ = fresh.error();
  auto const now = with_.clock.steady_now();
  if (held_ && now < held_->end) {
    held_->renew_at = std::min(now + 30s, held_->end);
    co_return held_->text;
  }
  held_.reset();
  co_return *last_failure_;
}

asio::awaitable<core::result<token_source::held_token>> token_source::sign_in() {
  auto call = sign_in_request();
  if (!call) co_return call.error();
  call->deadline = settings_.deadline;
  call->body_bytes_max = answer_bytes_max;
  auto answer = co_await with_.transport.send(std::move(*call));
  if (!answer) {
    auto e = answer.error();
    e.detail = "sign-in: " + e.detail;
    e.effect = core::effect::none;
    co_return e;
  }
  co_return read_answer(*answer);
}

core::result<http::request> token_source::sign_in_request() {
  struct visitor {
    token_source& self;
    core::result<http::request> operator()(by_secret const& with) const {
      return secret_request(self.settings_, with);
    }
    core::result<http::request> operator()(by_certificate const& with) const {
      return self.certificate_request(with);
    }
    core::result<http::request> operator()(by_managed_identity const& with) const {
      return managed_identity_request(self.settings_, with);
    }
    core::result<http::request> operator()(by_workload_identity const& with) const {
      return workload_request(self.settings_, with);
    }
  };
  return std::visit(visitor{*this}, settings_.method);
}

core::result<http::request> token_source::certificate_request(by_certificate const& with) {
  auto const own = read_certificate(with.certificate_file, with.key_file);
  if (!own) return own.error();
  assertion_claims claims;
  claims.audience = token_endpoint(settings_);
  claims.client_id = settings_.client_id;
  claims.unique_id = connector::async::make_uuid(with_.random);
  claims.now = with_.clock.now();
  auto const assertion = sign_assertion(*own, claims);
  if (!assertion) return assertion.error();
  return assertion_request(settings_, *assertion);
}

core::result<token_source::held_token> token_source::read_answer(http::response const& answer) {
  json::error_code ec;
  reply read{answer.status, answer.headers, json::parse(answer.body, ec)};
  if (ec) read.body = nullptr;
  if (answer.status != 200) return sign_in_refusal(read, with_.clock.now());

  auto const* in = read.body.if_object();
  auto const* token = in ? core::field(*in, "access_token").if_string() : nullptr;
  auto const type = in ? core::text_of(core::field(*in, "token_type")) : std::string{};
  if (!token || !fits_a_header(*token) || !(type.empty() || equal_ignoring_case(type, "bearer"))) {
    return core::error{core::errc::malformed, "sign-in was answered without a bearer token"};
  }
  auto life = number_at(*in, "expires_in");
  if (!life) {
    // App Service tells only the end, in seconds since 1970.
    if (auto const end = number_at(*in, "expires_on")) {
      auto const now = with_.clock.now().time_since_epoch();
      life = *end - std::chrono::floor<std::chrono::seconds>(now).count();
    }
  }
  if (!life || *life <= 0) {
    return core::error{core::errc::malformed, "sign-in was answered with a token that has ended"};
  }
  constexpr std::int64_t day = 86'400;
  auto const span = std::chrono::seconds{std::min(*life, day)};
  auto const now = with_.clock.steady_now();
  auto const early = std::min<std::chrono::seconds>(5min, span / 2);
  return held_token{core::secret{std::string{*token}}, now + span - early, now + span};
}

}  // namespace adapters::defender

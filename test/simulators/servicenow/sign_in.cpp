#include <boost/json/serialize.hpp>

#include "connector/http/base64.hpp"
#include "test/simulators/servicenow/servicenow.hpp"

namespace simulators {
namespace {

constexpr std::size_t sessions_max = 10'000;

std::string form_value(
    std::vector<std::pair<std::string, std::string>> const& form, std::string_view name
) {
  for (auto const& [key, value] : form) {
    if (key == name) return value;
  }
  return {};
}

/// The value of one cookie of a Cookie header.
std::string cookie(std::string_view header, std::string_view name) {
  while (!header.empty()) {
    auto const end = std::min(header.find(';'), header.size());
    auto piece = header.substr(0, end);
    header.remove_prefix(std::min(end + 1, header.size()));
    while (!piece.empty() && piece.front() == ' ') piece.remove_prefix(1);
    auto const equals = piece.find('=');
    if (equals != piece.npos && piece.substr(0, equals) == name) {
      return std::string{piece.substr(equals + 1)};
    }
  }
  return {};
}

}  // namespace

actor servicenow::integration_user() const {
  return {settings_.user_name, user(settings_.user_name), settings_.roles, false};
}

bool servicenow::is_signed_in(http::request const& call, core::time_point now) const {
  auto const key = http::find(call.headers, "x-sn-apikey");
  if (!key.empty()) return !settings_.api_key.empty() && key == settings_.api_key;
  auto const authorization = http::find(call.headers, "Authorization");
  constexpr std::string_view basic = "Basic ";
  constexpr std::string_view bearer = "Bearer ";
  if (authorization.substr(0, basic.size()) == basic) {
    if (!settings_.basic_allowed) return false;
    auto const pair = http::from_base64(authorization.substr(basic.size()));
    return pair && *pair == settings_.user_name + ":" + settings_.password;
  }
  if (authorization.substr(0, bearer.size()) == bearer) {
    auto const at = tokens_.find(authorization.substr(bearer.size()));
    return at != tokens_.end() && at->second.expires > now;
  }
  return false;
}

http::response servicenow::token_endpoint(http::request const& call, core::time_point now) {
  // Nearly every failure reads the same, so that nothing can be learnt from it.
  auto const denied = [] {
    return json_answer(401, R"({"error_description":"access_denied","error":"server_error"})");
  };
  if (call.method != "POST") return denied();
  auto const type = media_type(http::find(call.headers, "Content-Type"));
  if (type != "application/x-www-form-urlencoded") return denied();
  auto const form = read_form(call.body);
  if (form_value(form, "client_id") != settings_.client_id ||
      form_value(form, "client_secret") != settings_.client_secret) {
    return denied();
  }
  auto const new_token = [&] {
    auto const n = ++last_id_;
    auto text = hex_id(settings_.seed + 21, n) + hex_id(settings_.seed + 22, n);
    std::erase_if(tokens_, [now](auto const& entry) { return entry.second.expires <= now; });
    tokens_[text] = token{now + settings_.token_life};
    return text;
  };
  json::object body;
  auto const grant = form_value(form, "grant_type");
  auto life = settings_.token_life.count();
  if (grant == "password") {
    if (!settings_.password_grant || form_value(form, "username") != settings_.user_name ||
        form_value(form, "password") != settings_.password) {
      return denied();
    }
    auto const known = tokens_.find(password_token_);
    if (known == tokens_.end() || known->second.expires <= now) {
      password_token_ = new_token();
    } else {
      life = unix_seconds(known->second.expires) - unix_seconds(now);
    }
    body["access_token"] = password_token_;
    auto const refresh = hex_id(settings_.seed + 23, 1) + hex_id(settings_.seed + 24, 1);
    refresh_tokens_[refresh] = settings_.user_name;
    body["refresh_token"] = refresh;
  } else if (grant == "client_credentials") {
    if (!settings_.client_credentials_grant) return denied();
    body["access_token"] = new_token();
  } else if (grant == "refresh_token") {
    if (!refresh_tokens_.contains(form_value(form, "refresh_token"))) return denied();
    body["access_token"] = new_token();
  } else {
    return denied();
  }
  body["scope"] = "useraccount";
  body["token_type"] = "Bearer";
  body["expires_in"] = life;
  return json_answer(200, json::serialize(body));
}

/// A caller that keeps its cookies keeps its session; one that drops them opens a new one each
/// time.
void servicenow::set_cookies(http::request const& call, http::response& out) {
  auto const known = cookie(http::find(call.headers, "Cookie"), "JSESSIONID");
  if (!known.empty() && sessions_.contains(known)) return;
  auto session = hex_id(settings_.seed + 31, ++sessions_opened_);
  for (auto& c : session) {
    if (c >= 'a' && c <= 'f') c = static_cast<char>(c - 'a' + 'A');
  }
  sessions_.insert(session);
  sessions_in_order_.push_back(session);
  if (sessions_in_order_.size() > sessions_max) {
    sessions_.erase(sessions_in_order_.front());
    sessions_in_order_.pop_front();
  }
  out.headers.push_back({"Set-Cookie", "JSESSIONID=" + session + "; Path=/; HttpOnly; Secure"});
  out.headers.push_back(
      {"Set-Cookie", "glide_user_route=glide." + session.substr(0, 16) + "; Path=/; HttpOnly"}
  );
  out.headers.push_back(
      {"Set-Cookie", "BIGipServerpool_instance=1234567890.40000.0000; path=/; Httponly; Secure"}
  );
}

}  // namespace simulators

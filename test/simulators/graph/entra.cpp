#include "test/simulators/graph/entra.hpp"

#include <boost/json/array.hpp>
#include <boost/json/serialize.hpp>
#include <memory>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>

#include "connector/http/base64.hpp"

namespace simulators {
namespace {

constexpr std::size_t tokens_max = 1000;
constexpr std::string_view assertion_type =
    "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

std::string_view form_value(
    std::vector<std::pair<std::string, std::string>> const& form, std::string_view name
) {
  for (auto const& [key, value] : form) {
    if (key == name) return value;
  }
  return {};
}

std::string_view text_of(json::object const& claims, std::string_view name) {
  auto const* value = claims.if_contains(name);
  return value != nullptr && value->is_string() ? std::string_view{value->get_string()} : "";
}

std::int64_t number_of(json::object const& claims, std::string_view name) {
  auto const* value = claims.if_contains(name);
  return value != nullptr && value->is_int64() ? value->get_int64() : 0;
}

struct certificate {
  std::string thumbprint_sha1;
  std::string thumbprint_sha256;
  std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)> key{nullptr, &EVP_PKEY_free};
};

std::optional<certificate> read_certificate(std::string const& pem) {
  std::unique_ptr<BIO, decltype(&BIO_free)> const in{
      BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())), &BIO_free};
  std::unique_ptr<X509, decltype(&X509_free)> const parsed{
      PEM_read_bio_X509(in.get(), nullptr, nullptr, nullptr), &X509_free};
  if (!parsed) return std::nullopt;
  auto const digest = [&parsed](EVP_MD const* kind) {
    std::string bytes(EVP_MAX_MD_SIZE, '\0');
    unsigned length = 0;
    X509_digest(parsed.get(), kind, reinterpret_cast<unsigned char*>(bytes.data()), &length);
    bytes.resize(length);
    return bytes;
  };
  certificate out;
  out.thumbprint_sha1 = digest(EVP_sha1());
  out.thumbprint_sha256 = digest(EVP_sha256());
  out.key.reset(X509_get_pubkey(parsed.get()));
  return out;
}

bool signature_holds(
    EVP_PKEY* key, bool pss, std::string_view signed_text, std::string_view signature
) {
  std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)> const context{
      EVP_MD_CTX_new(), &EVP_MD_CTX_free};
  EVP_PKEY_CTX* parameters = nullptr;
  if (EVP_DigestVerifyInit(context.get(), &parameters, EVP_sha256(), nullptr, key) != 1) {
    return false;
  }
  if (pss && (EVP_PKEY_CTX_set_rsa_padding(parameters, RSA_PKCS1_PSS_PADDING) != 1 ||
              EVP_PKEY_CTX_set_rsa_pss_saltlen(parameters, 32) != 1)) {
    return false;
  }
  return EVP_DigestVerify(
             context.get(),
             reinterpret_cast<unsigned char const*>(signature.data()),
             signature.size(),
             reinterpret_cast<unsigned char const*>(signed_text.data()),
             signed_text.size()
         ) == 1;
}

}  // namespace

bool entra::serves(target const& at) {
  auto const& parts = at.parts;
  if (parts.size() == 4 && parts[1] == "oauth2" && parts[2] == "v2.0" && parts[3] == "token") {
    return true;
  }
  return at.path == "/metadata/identity/oauth2/token";
}

http::response entra::handle(http::request const& call, target const& at, core::time_point now) {
  auto out = at.path == "/metadata/identity/oauth2/token" ? identity_endpoint(call, at, now)
                                                          : token_endpoint(call, at, now);
  out.headers.push_back({"Cache-Control", "no-store, no-cache"});
  out.headers.push_back({"Date", http_date(now)});
  return out;
}

entra::verdict entra::check(
    std::string_view authorization, std::string_view resource, core::time_point now
) const {
  constexpr std::string_view scheme = "Bearer ";
  if (authorization.substr(0, scheme.size()) != scheme) return verdict::absent;
  auto const at = tokens_.find(authorization.substr(scheme.size()));
  if (at == tokens_.end()) return verdict::unknown;
  if (at->second.expires <= now) return verdict::expired;
  if (at->second.resource != resource) return verdict::wrong_audience;
  return verdict::good;
}

std::string entra::issue(std::string_view resource, core::time_point now) {
  auto const n = ++counter_;
  std::string text = "sim." + hex_id(settings_.seed, n) + '.' + hex_id(settings_.seed + 1, n);
  tokens_[text] = token{std::string{resource}, now + settings_.token_life};
  issued_.push_back(text);
  if (issued_.size() > tokens_max) {
    tokens_.erase(issued_.front());
    issued_.pop_front();
  }
  return text;
}

http::response entra::refuse(
    int status, std::string_view error, int code, std::string_view why, core::time_point now
) {
  auto const n = ++counter_;
  auto const stamp = core::format_time_seconds(now) + "Z";
  auto const trace = guid(settings_.seed + 2, n);
  auto const correlation = guid(settings_.seed + 3, n);
  json::object body{
      {"error", error},
      {"error_description",
       "AADSTS" + std::to_string(code) + ": " + std::string{why} + "\r\nTrace ID: " + trace +
           "\r\nCorrelation ID: " + correlation + "\r\nTimestamp: " + stamp},
      {"error_codes", json::array{code}},
      {"timestamp", stamp},
      {"trace_id", trace},
      {"correlation_id", correlation},
      {"error_uri", settings_.login_origin + "/error?code=" + std::to_string(code)},
  };
  return answer(status, "application/json; charset=utf-8", json::serialize(body));
}

http::response entra::token_endpoint(
    http::request const& call, target const& at, core::time_point now
) {
  if (call.method != "POST") {
    return refuse(400, "invalid_request", 900561, "The endpoint only accepts POST requests.", now);
  }
  if (media_type(http::find(call.headers, "Content-Type")) != "application/x-www-form-urlencoded") {
    return refuse(
        400,
        "invalid_request",
        900144,
        "The request body must contain the following parameter: 'grant_type'.",
        now
    );
  }
  auto const& tenant = at.parts.front();
  if (tenant != settings_.tenant_id && tenant != settings_.tenant_domain) {
    return refuse(400, "invalid_request", 90002, "Tenant '" + tenant + "' not found.", now);
  }
  auto const form = read_form(call.body);
  for (std::string_view const name : {"grant_type", "client_id", "scope"}) {
    if (form_value(form, name).empty()) {
      return refuse(
          400,
          "invalid_request",
          900144,
          "The request body must contain the following parameter: '" + std::string{name} + "'.",
          now
      );
    }
  }
  if (form_value(form, "grant_type") != "client_credentials") {
    return refuse(
        400, "unsupported_grant_type", 70003, "The app requested an unsupported grant type.", now
    );
  }
  if (form_value(form, "client_id") != settings_.client_id) {
    return refuse(
        400, "unauthorized_client", 700016, "Application was not found in the directory.", now
    );
  }
  if (auto const assertion = form_value(form, "client_assertion"); !assertion.empty()) {
    if (form_value(form, "client_assertion_type") != assertion_type) {
      return refuse(401, "invalid_client", 50027, "The client assertion type is unknown.", now);
    }
    auto const endpoint = settings_.login_origin + at.path;
    if (auto const wrong = examine_assertion(assertion, endpoint, now)) {
      return refuse(401, "invalid_client", wrong->first, wrong->second, now);
    }
  } else if (auto const secret = form_value(form, "client_secret"); secret.empty()) {
    return refuse(
        401,
        "invalid_client",
        7000218,
        "The request body must contain the following parameter: 'client_assertion' or "
        "'client_secret'.",
        now
    );
  } else if (secret != settings_.client_secret) {
    return refuse(401, "invalid_client", 7000215, "Invalid client secret provided.", now);
  }
  constexpr std::string_view suffix = "/.default";
  auto const scope = form_value(form, "scope");
  if (scope.size() <= suffix.size() || scope.substr(scope.size() - suffix.size()) != suffix ||
      scope.find(' ') != scope.npos) {
    return refuse(
        400,
        "invalid_scope",
        70011,
        "The provided value for the input parameter 'scope' is not valid. The scope " +
            std::string{scope} + " is not valid.",
        now
    );
  }
  json::object body{
      {"token_type", "Bearer"},
      {"expires_in", settings_.token_life.count()},
      {"ext_expires_in", settings_.token_life.count()},
      {"access_token", issue(scope.substr(0, scope.size() - suffix.size()), now)},
  };
  return answer(200, "application/json; charset=utf-8", json::serialize(body));
}

std::optional<std::pair<int, std::string>> entra::examine_assertion(
    std::string_view assertion, std::string_view endpoint, core::time_point now
) {
  using complaint = std::pair<int, std::string>;
  auto const first = assertion.find('.');
  auto const last = assertion.rfind('.');
  if (first == assertion.npos || first == last) {
    return complaint{50027, "JWT token is invalid or malformed."};
  }
  auto const header_text = http::from_base64url(assertion.substr(0, first));
  auto const claims_text = http::from_base64url(assertion.substr(first + 1, last - first - 1));
  auto const signature = http::from_base64url(assertion.substr(last + 1));
  auto const header = header_text ? read_json(*header_text) : std::nullopt;
  auto const claims = claims_text ? read_json(*claims_text) : std::nullopt;
  if (!header || !claims || !signature || !header->is_object() || !claims->is_object()) {
    return complaint{50027, "JWT token is invalid or malformed."};
  }
  auto const& has = claims->get_object();
  auto const seconds = unix_seconds(now);
  if (number_of(has, "exp") <= seconds || number_of(has, "nbf") > seconds) {
    return complaint{700024, "Client assertion is not within its valid time range."};
  }
  if (!settings_.federated_issuer.empty() && text_of(has, "iss") == settings_.federated_issuer) {
    if (text_of(has, "sub") != settings_.federated_subject) {
      return complaint{70021, "No matching federated identity record found for the subject."};
    }
    if (text_of(has, "aud") != settings_.federated_audience) {
      return complaint{700212, "No matching federated identity record found for the audience."};
    }
    return std::nullopt;
  }
  auto registered = read_certificate(settings_.certificate_pem);
  if (!registered) {
    return complaint{700027, "The certificate used to sign the assertion is not registered."};
  }
  auto const& head = header->get_object();
  auto const by_sha256 = http::from_base64url(text_of(head, "x5t#S256"));
  auto const by_sha1 = http::from_base64url(text_of(head, "x5t"));
  bool const known = (by_sha256 && *by_sha256 == registered->thumbprint_sha256) ||
                     (by_sha1 && *by_sha1 == registered->thumbprint_sha1);
  auto const algorithm = text_of(head, "alg");
  bool const pss = algorithm == "PS256";
  if (!known || (!pss && algorithm != "RS256") ||
      !signature_holds(registered->key.get(), pss, assertion.substr(0, last), *signature)) {
    return complaint{700027, "Client assertion failed signature validation."};
  }
  if (text_of(has, "iss") != settings_.client_id || text_of(has, "sub") != settings_.client_id) {
    return complaint{700021, "Client assertion application identifier doesn't match."};
  }
  if (text_of(has, "aud") != endpoint) {
    return complaint{700023, "Client assertion audience claim does not match the endpoint."};
  }
  if (text_of(has, "jti").empty() || !seen_assertions_.insert(std::string{assertion}).second) {
    return complaint{700024, "The client assertion was used before or lacks its id."};
  }
  return std::nullopt;
}

http::response entra::identity_endpoint(
    http::request const& call, target const& at, core::time_point now
) {
  auto const refuse_with = [](int status, std::string_view error, std::string_view why) {
    json::object body{{"error", error}, {"error_description", why}};
    return answer(status, "application/json; charset=utf-8", json::serialize(body));
  };
  if (call.method != "GET") return refuse_with(405, "method_not_allowed", "Only GET is allowed.");
  if (http::find(call.headers, "Metadata") != "true") {
    return refuse_with(400, "bad_request_102", "Required metadata header not specified");
  }
  if (!at.parameter("api-version")) {
    return refuse_with(400, "bad_request_101", "Required query variable 'api-version' is missing");
  }
  auto const resource = at.parameter("resource").value_or("");
  if (resource.empty() || resource.find("/.default") != resource.npos) {
    return refuse_with(
        400,
        "invalid_resource",
        "AADSTS50001: The application named " + std::string{resource} + " was not found."
    );
  }
  auto const client = at.parameter("client_id");
  if (client && *client != settings_.managed_identity_client_id) {
    return refuse_with(400, "invalid_request", "Identity not found");
  }
  auto audience = resource;
  if (audience.back() == '/') audience.remove_suffix(1);
  auto const life = settings_.token_life.count();
  json::object body{
      {"access_token", issue(audience, now)},
      {"refresh_token", ""},
      {"expires_in", std::to_string(life)},
      {"expires_on", std::to_string(unix_seconds(now) + life)},
      {"not_before", std::to_string(unix_seconds(now) - 300)},
      {"resource", resource},
      {"token_type", "Bearer"},
  };
  return answer(200, "application/json; charset=utf-8", json::serialize(body));
}

}  // namespace simulators

#include "adapters/defender/failure.hpp"

#include <algorithm>
#include <array>

#include "adapters/defender/words.hpp"
#include "connector/http/wait.hpp"

namespace adapters::defender {
namespace core = connector::core;
namespace http = connector::http;
using core::errc;

namespace {

std::string text_at(core::value const& body, std::string_view path) {
  auto const* in = body.if_object();
  return in ? core::text_of(core::field(*in, path)) : std::string{};
}

errc code_of(int status) {
  switch (status) {
    case 401:
      return errc::unauthorized;
    case 403:
      return errc::forbidden;
    case 404:
    case 410:
      return errc::not_found;
    case 408:
      return errc::timeout;
    case 409:
    case 412:
    case 423:
      return errc::conflict;
    case 424:
      return errc::unavailable;
    case 429:
      return errc::rate_limited;
    default:
      break;
  }
  if (status >= 400 && status < 500) return errc::rejected;
  return status >= 500 ? errc::unavailable : errc::malformed;
}

/// A definite no leaves things as they are; anything else may have come too late to matter.
core::effect effect_of(int status, bool writes) {
  if (!writes || (status >= 400 && status < 500 && status != 408)) return core::effect::none;
  return core::effect::unknown;
}

std::string_view advice(int status, bool writes) {
  switch (status) {
    case 401:
      return "Graph does not accept the token: check that tenant_id, client_id and cloud belong "
             "together";
    case 403:
      return writes ? "grant the application permission SecurityIncident.ReadWrite.All and consent "
                      "to it as an administrator"
                    : "grant the application permission SecurityIncident.Read.All, or "
                      "SecurityIncident.ReadWrite.All where incidents are written too, and consent "
                      "to it as an administrator";
    case 404:
      return "no such incident in this tenant; it may be past its retention";
    default:
      break;
  }
  if (status >= 300 && status < 400) return "a redirect is not followed; check base_url";
  return {};
}

/// Ids that Microsoft's support asks for.
std::string trace_of(reply const& answer) {
  auto id = std::string{http::find(answer.headers, "request-id")};
  if (id.empty()) id = text_at(answer.body, "error.innerError.request-id");
  return tidy(id);
}

struct known_failure {
  std::int64_t code;
  std::string_view advice;
};

// Entra's AADSTS codes: https://learn.microsoft.com/entra/identity-platform/reference-error-codes
constexpr std::array known_failures{
    known_failure{70011, "the scope is not valid: check cloud"},
    known_failure{7000215, "the client secret is wrong: use the secret's value, not its id"},
    known_failure{7000222, "the client secret has expired: make a new one"},
    known_failure{
        700027, "the certificate is not registered for the application, or the key is another's"},
    known_failure{700024, "the signed assertion is outside its time: check this machine's clock"},
    known_failure{
        700016,
        "the application is not known in this tenant: check client_id and "
        "tenant_id"},
    known_failure{90002, "no such tenant: check tenant_id and cloud"},
    known_failure{900023, "no such tenant: check tenant_id and cloud"},
    known_failure{70021, "no federated credential matches the token file's issuer and subject"},
    known_failure{700213, "no federated credential matches the token file's issuer and subject"},
    known_failure{700211, "no federated credential matches the token file's issuer"},
    known_failure{700212, "no federated credential matches the token file's audience"},
    known_failure{
        53003,
        "conditional access blocks the application: ask the tenant's "
        "administrator"},
    known_failure{50105, "the application is not assigned to use this resource"},
    known_failure{7000112, "the application is disabled in this tenant"},
    known_failure{50196, "Entra stopped a loop of sign-ins; it will accept them again later"},
};

std::vector<std::int64_t> error_codes(core::value const& body) {
  std::vector<std::int64_t> codes;
  auto const* in = body.if_object();
  auto const* list = in ? core::field(*in, "error_codes").if_array() : nullptr;
  if (!list) return codes;
  for (auto const& code : *list) {
    if (auto const* number = code.if_int64()) codes.push_back(*number);
  }
  return codes;
}

errc sign_in_code(int status, bool loop, std::string_view error) {
  if (status == 429 || loop) return errc::rate_limited;
  if (status >= 500 || status == 408 || error == "temporarily_unavailable") {
    return errc::unavailable;
  }
  // The identity endpoint of a virtual machine answers these while it is being updated.
  if (status == 404 || status == 410) return errc::unavailable;
  return status >= 400 ? errc::unauthorized : errc::malformed;
}

}  // namespace

std::string tidy(std::string_view text) {
  constexpr std::size_t length_max = 300;
  std::string out;
  for (unsigned char c : text) {
    auto const visible = c >= ' ' && c != 0x7f;
    if (!visible && (out.empty() || out.ends_with(' '))) continue;
    out += visible ? static_cast<char>(c) : ' ';
    if (out.size() >= length_max) break;
  }
  // Not in the middle of a character.
  if (out.size() >= length_max) {
    while (!out.empty() && (static_cast<unsigned char>(out.back()) & 0xc0) == 0x80) out.pop_back();
    if (!out.empty() && static_cast<unsigned char>(out.back()) >= 0xc0) out.pop_back();
    out += "...";
  }
  return out;
}

core::error refusal(
    reply const& answer, std::string_view title, bool writes, core::time_point now
) {
  auto const status = answer.status;
  auto detail = std::string{title} + " was answered with " + std::to_string(status);
  auto const code = tidy(text_at(answer.body, "error.code"));
  auto const message = tidy(text_at(answer.body, "error.message"));
  if (!code.empty()) detail += " " + code;
  if (!message.empty()) detail += ": " + message;
  if (auto const hint = advice(status, writes); !hint.empty()) {
    detail += "; " + std::string{hint};
  }
  if (auto const trace = trace_of(answer); !trace.empty()) detail += " (request-id " + trace + ")";
  core::error e{code_of(status), std::move(detail), effect_of(status, writes)};
  e.retry_after = http::retry_after(answer.headers, now);
  return e;
}

core::error sign_in_refusal(reply const& answer, core::time_point now) {
  auto const error = tidy(text_at(answer.body, "error"));
  auto detail = "sign-in was answered with " + std::to_string(answer.status);
  if (!error.empty()) detail += " " + error;
  bool loop = false;
  for (auto const code : error_codes(answer.body)) {
    detail += ", AADSTS" + std::to_string(code);
    loop = loop || code == 50196;
    auto const* const known = std::find_if(
        known_failures.begin(), known_failures.end(), [&](auto const& k) { return k.code == code; }
    );
    if (known != known_failures.end()) detail += ": " + std::string{known->advice};
  }
  auto const trace = tidy(text_at(answer.body, "trace_id"));
  auto const correlation = tidy(text_at(answer.body, "correlation_id"));
  if (!trace.empty()) detail += " (trace_id " + trace + ", correlation_id " + correlation + ")";
  core::error e{sign_in_code(answer.status, loop, error), std::move(detail)};
  e.retry_after = http::retry_after(answer.headers, now);
  return e;
}

}  // namespace adapters::defender

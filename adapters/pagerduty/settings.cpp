#include "adapters/pagerduty/settings.hpp"

#include <algorithm>

#include "connector/http/url.hpp"

namespace adapters::pagerduty {

namespace http = connector::http;

namespace {

constexpr std::size_t field_name_max = 50;
constexpr std::size_t custom_fields_max = 30;

bool is_lower(char c) { return c >= 'a' && c <= 'z'; }
bool is_upper(char c) { return c >= 'A' && c <= 'Z'; }
bool is_digit(char c) { return c >= '0' && c <= '9'; }

bool is_loopback(std::string_view host) {
  auto const number = host.find_first_not_of("0123456789.") == host.npos;
  return host == "localhost" || host == "::1" || (number && host.starts_with("127."));
}

/// An origin only, https, or http to this very machine.
std::optional<std::string> complaint_about(std::string_view text) {
  auto const url = http::split(text);
  if (!url) return url.error().detail;
  if (url->target != "/" || text.find_first_of("?#") != text.npos || text.ends_with('/')) {
    return "only the address is wanted, such as " + http::to_string(url->origin) +
           ": the paths of the API are known";
  }
  if (url->origin.secure || is_loopback(url->origin.host)) return std::nullopt;
  return "must be https: the credential is sent with every call";
}

std::string url_from(config::section& from, std::string_view key, std::string_view otherwise) {
  auto url = from.url_or(key, otherwise);
  if (auto const wrong = complaint_about(url)) from.complain(from.at(key), *wrong);
  return url;
}

credential credential_from(config::section& from) {
  auto key = from.secret_if("api_key");
  auto oauth = from.sub("oauth");
  if (key.has_value() == oauth.has_value()) {
    from.complain(from.at(), "give exactly one of api_key and oauth");
  }
  credential found;
  if (key) found = key_sign_in{std::move(*key)};
  if (oauth) {
    oauth_sign_in app;
    app.client_id = oauth->text("client_id");
    app.client_secret = oauth->secret("client_secret");
    app.subdomain = oauth->text("subdomain");
    auto const plain = std::ranges::all_of(app.subdomain, [](char c) {
      return is_lower(c) || is_digit(c) || c == '-';
    });
    if (!plain) {
      from.complain(
          oauth->at("subdomain"),
          "the first part of the account's address: acme for acme.pagerduty.com, and for "
          "acme.eu.pagerduty.com"
      );
    }
    oauth->finish();
    found = std::move(app);
  }
  return found;
}

std::vector<core::secret> webhook_secrets_from(config::section& from) {
  std::vector<core::secret> all;
  auto webhook = from.sub("webhook");
  if (!webhook) return all;
  all.push_back(webhook->secret("secret"));
  if (auto next = webhook->secret_if("next_secret")) all.push_back(std::move(*next));
  webhook->finish();
  return all;
}

}  // namespace

bool is_id(std::string_view text) {
  constexpr std::size_t id_max = 64;
  return !text.empty() && text.size() <= id_max && std::ranges::all_of(text, [](char c) {
    return is_lower(c) || is_upper(c) || is_digit(c);
  });
}

bool is_field_name(std::string_view text) {
  return !text.empty() && text.size() <= field_name_max &&
         std::ranges::all_of(text, [](char c) { return is_lower(c) || is_digit(c) || c == '_'; });
}

bool is_address(std::string_view text) {
  auto const at = text.find('@');
  return at != text.npos && at > 0 && at + 1 < text.size() && text.find('@', at + 1) == text.npos &&
         std::ranges::all_of(text, [](char c) {
           return c > ' ' && c < 0x7f && c != ',' && c != '<' && c != '>';
         });
}

std::optional<settings> read_settings(config::section from) {
  settings found;
  from.text("system");
  found.region = from.one_of("region", {"us", "eu"}, "us");
  auto const eu = found.region == "eu";
  found.base_url =
      url_from(from, "base_url", eu ? "https://api.eu.pagerduty.com" : "https://api.pagerduty.com");
  found.login_url = url_from(from, "login_url", "https://identity.pagerduty.com");
  found.credential = credential_from(from);
  found.service = from.text("service");
  if (!found.service.empty() && !is_id(found.service)) {
    from.complain(
        from.at("service"),
        "the service's id is wanted, the last part of its address in PagerDuty, such as PIJ90N7"
    );
  }
  found.from = from.text("from");
  if (!found.from.empty() && !is_address(found.from)) {
    from.complain(from.at("from"), "the e-mail address of a user of the account is wanted");
  }
  found.custom_fields = from.texts("custom_fields");
  for (auto const& name : found.custom_fields) {
    if (is_field_name(name)) continue;
    from.complain(
        from.at("custom_fields"),
        "\"" + name +
            "\" is no name of a custom field: up to 50 lower-case letters, digits and "
            "underscores, as its Field Name in PagerDuty"
    );
  }
  if (found.custom_fields.size() > custom_fields_max) {
    from.complain(from.at("custom_fields"), "PagerDuty has at most 30 per incident type");
  }
  found.calls_at_once = static_cast<std::size_t>(from.number_or("calls_at_once", 2, 1, 16));
  found.webhook_secrets = webhook_secrets_from(from);
  from.finish();
  if (!from.clean()) return std::nullopt;
  return found;
}

std::optional<events_settings> read_events_settings(config::section from) {
  events_settings found;
  from.text("system");
  auto const eu = from.one_of("region", {"us", "eu"}, "us") == "eu";
  found.url = url_from(
      from, "base_url", eu ? "https://events.eu.pagerduty.com" : "https://events.pagerduty.com"
  );
  auto events = from.sub("events");
  found.routing_key = events->secret("routing_key");
  found.source = events->text_or("source", found.source);
  events->finish();
  constexpr std::size_t key_length = 32;
  if (auto const length = found.routing_key.reveal().size(); length > 0 && length != key_length) {
    from.complain(
        from.at("events"),
        "an integration key has 32 characters; this one has " + std::to_string(length)
    );
  }
  from.finish();
  if (!from.clean()) return std::nullopt;
  return found;
}

}  // namespace adapters::pagerduty

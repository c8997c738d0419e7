#include "adapters/jira/settings.hpp"

#include <algorithm>

#include "connector/http/url.hpp"

namespace adapters::jira {

namespace http = connector::http;

namespace {

constexpr std::string_view gateway = "https://api.atlassian.com/ex/jira/";
constexpr std::string_view cloud_token_url = "https://auth.atlassian.com/oauth/token";

bool is_loopback(std::string_view host) {
  auto const number = host.find_first_not_of("0123456789.") == host.npos;
  return host == "localhost" || host == "::1" || (number && host.starts_with("127."));
}

bool is_site_name(std::string_view name) {
  return !name.empty() && std::ranges::all_of(name, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-';
  });
}

void read_address(config::section& from, settings& into) {
  auto const site = from.text_if("site");
  auto const url = from.url_or("base_url", "");
  auto const cloud_id = from.text_if("cloud_id");
  if (site && !url.empty()) {
    from.complain(from.at("base_url"), "give either site or base_url, not both");
  } else if (site) {
    if (!is_site_name(*site)) {
      from.complain(
          from.at("site"),
          "a site is the first part of its address, such as example for example.atlassian.net; any "
          "other address goes into base_url"
      );
    }
    into.site_url = "https://" + *site + ".atlassian.net";
  } else if (url.empty()) {
    from.complain(from.at(), "site is missing: the first part of the address of a Cloud site");
  } else if (auto const wrong = complaint_about_base_url(url)) {
    from.complain(from.at("base_url"), *wrong);
  } else {
    into.site_url = url;
  }
  into.base_url = into.site_url;
  if (!cloud_id) return;
  if (into.edition != edition::cloud || !is_plain_word(*cloud_id)) {
    from.complain(
        from.at("cloud_id"),
        "the id of a Cloud site, as https://SITE.atlassian.net/_edge/tenant_info shows it"
    );
  }
  into.base_url = std::string{gateway} + *cloud_id;
}

void read_credential(config::section& from, settings& into) {
  auto basic = from.sub("basic");
  auto token = from.sub("api_token");
  auto oauth = from.sub("oauth");
  auto pat = from.secret_if("access_token");
  auto const ways = int{basic.has_value()} + int{token.has_value()} + int{oauth.has_value()} +
                    int{pat.has_value()};
  if (ways != 1) {
    from.complain(from.at(), "give exactly one of api_token, oauth, access_token and basic");
  }
  auto const cloud = into.edition == edition::cloud;
  if (token) {
    into.credential = basic_sign_in{token->text("email"), token->secret("token")};
    if (!cloud) from.complain(token->at(), "API tokens are of Cloud; use access_token or basic");
    token->finish();
  }
  if (basic) {
    into.credential = basic_sign_in{basic->text("user"), basic->secret("password")};
    if (cloud) from.complain(basic->at(), "Cloud takes no passwords; use api_token or oauth");
    basic->finish();
  }
  if (oauth) {
    oauth_sign_in found{oauth->text("client_id"), oauth->secret("client_secret"), {}};
    auto const own = into.site_url + "/rest/oauth2/latest/token";
    found.token_url = oauth->url_or("token_url", cloud ? cloud_token_url : std::string_view{own});
    if (auto const wrong = complaint_about_base_url(found.token_url)) {
      from.complain(oauth->at("token_url"), *wrong);
    }
    if (cloud && into.base_url == into.site_url && into.base_url.ends_with(".atlassian.net")) {
      from.complain(
          oauth->at(), "tokens of a service account are good at the gateway only: give cloud_id too"
      );
    }
    into.credential = std::move(found);
    oauth->finish();
  }
  if (pat) {
    into.credential = token_sign_in{std::move(*pat)};
    if (cloud) {
      from.complain(from.at("access_token"), "access tokens are of Data Center; use api_token");
    }
  }
}

}  // namespace

std::optional<std::string> complaint_about_base_url(std::string_view text) {
  auto const url = http::split(text);
  if (!url) return url.error().detail;
  if (text.find_first_of("?#") != text.npos || text.ends_with('/')) {
    return "an address and, where there is one, a context path are wanted, such as " +
           http::to_string(url->origin) + "/jira";
  }
  if (url->target.find("/rest/") != std::string::npos || url->target.ends_with("/rest")) {
    return "only the address is wanted: the paths of the API are known";
  }
  if (url->origin.secure || is_loopback(url->origin.host)) return std::nullopt;
  return "must be https: the credential is sent with every call";
}

bool is_plain_word(std::string_view text) {
  return !text.empty() && text.size() <= 200 && std::ranges::all_of(text, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
           c == '_' || c == '.';
  });
}

std::optional<settings> read_settings(config::section from) {
  settings found;
  from.text("system");
  found.edition = from.one_of("edition", {"cloud", "data_center"}, "cloud") == "cloud"
                      ? edition::cloud
                      : edition::data_center;
  read_address(from, found);
  read_credential(from, found);
  found.project = from.text("project");
  if (from.has("project") && !is_plain_word(found.project)) {
    from.complain(from.at("project"), "the key of a project, such as SEC");
  }
  found.issue_type = from.text("issue_type");
  found.request_type = from.text_or("request_type", "");
  found.label = from.text_or("label", found.label);
  if (!is_plain_word(found.label) || found.label.size() > 100) {
    from.complain(
        from.at("label"), "up to 100 letters, digits, dots, dashes and underscores: it is a label"
    );
  }
  found.calls_at_once = static_cast<std::size_t>(from.number_or("calls_at_once", 4, 1, 32));
  found.webhook_secret = from.secret_if("webhook_secret");
  from.finish();
  if (!from.clean()) return std::nullopt;
  return found;
}

}  // namespace adapters::jira

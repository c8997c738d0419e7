#include "adapters/servicenow/settings.hpp"

#include <algorithm>

#include "adapters/servicenow/query.hpp"
#include "connector/http/url.hpp"

namespace adapters::servicenow {

namespace http = connector::http;

namespace {

bool is_loopback(std::string_view host) {
  auto const number = host.find_first_not_of("0123456789.") == host.npos;
  return host == "localhost" || host == "::1" || (number && host.starts_with("127."));
}

bool is_instance_name(std::string_view name) {
  return !name.empty() && std::ranges::all_of(name, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-';
  });
}

std::string base_url_from(config::section& from) {
  auto const instance = from.text_if("instance");
  auto url = from.url_or("base_url", "");
  if (instance && !url.empty()) {
    from.complain(from.at("base_url"), "give either instance or base_url, not both");
  } else if (instance) {
    if (!is_instance_name(*instance)) {
      from.complain(
          from.at("instance"),
          "an instance is the first part of its address, such as dev12345; a custom address goes "
          "into base_url"
      );
    }
    return "https://" + *instance + ".service-now.com";
  } else if (url.empty()) {
    from.complain(
        from.at(), "instance is missing: the first part of the address, such as dev12345"
    );
  } else if (auto const wrong = complaint_about_base_url(url)) {
    from.complain(from.at("base_url"), *wrong);
  }
  return url;
}

credential credential_from(config::section& from) {
  auto basic = from.sub("basic");
  auto oauth = from.sub("oauth");
  auto key = from.secret_if("api_key");
  auto const ways = int{basic.has_value()} + int{oauth.has_value()} + int{key.has_value()};
  if (ways != 1) {
    from.complain(from.at(), "give exactly one of basic, oauth and api_key");
  }
  credential found;
  if (basic) {
    found = basic_sign_in{basic->text("user"), basic->secret("password")};
    basic->finish();
  }
  if (oauth) {
    found = oauth_sign_in{oauth->text("client_id"), oauth->secret("client_secret")};
    oauth->finish();
  }
  if (key) found = api_key_sign_in{std::move(*key)};
  return found;
}

}  // namespace

std::optional<std::string> complaint_about_base_url(std::string_view text) {
  auto const url = http::split(text);
  if (!url) return url.error().detail;
  auto const bare = http::to_string(url->origin);
  if (url->target != "/" || text.find_first_of("?#") != text.npos || text.ends_with('/')) {
    return "only the address is wanted, such as " + bare + ": the paths of the API are known";
  }
  if (url->origin.secure || is_loopback(url->origin.host)) return std::nullopt;
  return "must be https: the credential is sent with every call";
}

std::optional<std::chrono::minutes> parse_offset(std::string_view text) {
  if (text == "UTC" || text == "GMT" || text == "Z") return std::chrono::minutes{0};
  if (text.size() == 6 && text[3] == ':') {
    return parse_offset(std::string{text.substr(0, 3)}.append(text.substr(4)));
  }
  auto const is_digit = [](char c) { return c >= '0' && c <= '9'; };
  if (text.size() != 5 || (text[0] != '+' && text[0] != '-') ||
      !std::ranges::all_of(text.substr(1), is_digit)) {
    return std::nullopt;
  }
  auto const hours = (text[1] - '0') * 10 + (text[2] - '0');
  auto const minutes = (text[3] - '0') * 10 + (text[4] - '0');
  if (hours > 14 || minutes > 59) return std::nullopt;
  auto const total = std::chrono::minutes{hours * 60 + minutes};
  return text[0] == '-' ? -total : total;
}

std::optional<settings> read_settings(config::section from) {
  settings found;
  from.text("system");
  found.base_url = base_url_from(from);
  found.table = from.one_of("table", {"incident", "sn_si_incident"}, "incident");
  found.credential = credential_from(from);
  found.tag = from.text_or("correlation_display", "defender");
  if (!is_safe_key(found.tag) || found.tag.size() > 100) {
    from.complain(
        from.at("correlation_display"),
        "up to 100 letters, digits, dots, colons, dashes and underscores: it is part of a query"
    );
  }
  found.batch = from.flag_or("batch", true);
  found.calls_at_once = static_cast<std::size_t>(from.number_or("calls_at_once", 4, 1, 32));
  auto const offset = parse_offset(from.text_or("time_zone", "UTC"));
  if (!offset) {
    from.complain(
        from.at("time_zone"),
        "UTC or an offset such as +02:00; a zone with summer time would make the same note "
        "change its time twice a year: give the integration user the zone GMT"
    );
  }
  found.display_offset = offset.value_or(std::chrono::minutes{0});
  auto const journal = from.one_of("journal", {"auto", "table", "display"}, "auto");
  found.journal = journal == "table"     ? journal_source::table
                  : journal == "display" ? journal_source::display
                                         : journal_source::automatic;
  if (auto webhook = from.sub("webhook")) {
    found.hook_secrets.push_back(webhook->secret("secret"));
    if (auto next = webhook->secret_if("next_secret")) found.hook_secrets.push_back(*next);
    webhook->finish();
  }
  from.finish();
  if (!from.clean()) return std::nullopt;
  return found;
}

}  // namespace adapters::servicenow

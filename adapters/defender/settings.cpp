#include "adapters/defender/settings.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <filesystem>
#include <utility>

namespace adapters::defender {
namespace {

using connector::config::section;

// https://learn.microsoft.com/graph/deployments. Tokens of one cloud are no good in another.
constexpr std::array clouds{
    cloud{"global", "https://login.microsoftonline.com", "https://graph.microsoft.com"},
    cloud{"gcc", "https://login.microsoftonline.com", "https://graph.microsoft.com"},
    cloud{"gcc-high", "https://login.microsoftonline.us", "https://graph.microsoft.us"},
    cloud{"dod", "https://login.microsoftonline.us", "https://dod-graph.microsoft.us"},
    cloud{
        "china",
        "https://login.partner.microsoftonline.cn",
        "https://microsoftgraph.chinacloudapi.cn"},
};

struct parts {
  std::string_view scheme;
  std::string_view host;
};

/// Only what is needed to judge an address; empty host if it is none of ours to use.
parts split(std::string_view url) {
  auto const colon = url.find("://");
  if (colon == std::string_view::npos) return {};
  auto const rest = url.substr(colon + 3);
  for (unsigned char c : rest) {
    if (c <= ' ' || c >= 0x7f || c == '@' || c == '?' || c == '#' || c == '\\') return {};
  }
  auto host = rest.substr(0, rest.find('/'));
  if (host.starts_with('[')) {
    auto const end = host.find(']');
    host = end == std::string_view::npos ? std::string_view{} : host.substr(0, end + 1);
  } else {
    host = host.substr(0, host.find(':'));
  }
  return {url.substr(0, colon), host};
}

bool is_dotted_quad(std::string_view host) {
  return std::count(host.begin(), host.end(), '.') == 3 &&
         std::all_of(host.begin(), host.end(), [](unsigned char c) {
           return c == '.' || std::isdigit(c) != 0;
         });
}

bool is_loopback(std::string_view host) {
  if (host == "localhost" || host == "[::1]") return true;
  return host.starts_with("127.") && is_dotted_quad(host);
}

/// A tenant is a GUID or a domain; it becomes part of an address.
bool is_tenant(std::string_view text) {
  if (text == "common" || text == "organizations" || text == "consumers") return false;
  return !text.empty() && std::all_of(text.begin(), text.end(), [](unsigned char c) {
    return std::isalnum(c) != 0 || c == '-' || c == '.';
  });
}

std::string checked_url(
    section& from, std::string_view key, std::string otherwise, bool (*acceptable)(std::string_view)
) {
  if (!from.has(key)) {
    from.url_or(key, otherwise);
    return otherwise;
  }
  auto url = from.url_or(key, otherwise);
  if (!acceptable(url)) {
    from.complain(
        from.at(key),
        std::string{key} + ": https is required (http only to this machine), without user info, " +
            "query or fragment"
    );
    return otherwise;
  }
  return url;
}

/// Paths are relative to the file they are written in.
std::string path_beside(section const& from, std::string const& path) {
  auto const base = std::filesystem::path{from.at().file}.parent_path();
  return (base / path).lexically_normal().string();
}

sign_in_method certificate(section from) {
  by_certificate method;
  method.certificate_file = path_beside(from, from.text("certificate_file"));
  method.key_file = path_beside(from, from.text("key_file"));
  from.finish();
  return method;
}

sign_in_method workload_identity(section from, environment const& variables) {
  by_workload_identity method;
  // What Azure's webhook for Kubernetes sets in every pod that uses it.
  auto const usual = variables("AZURE_FEDERATED_TOKEN_FILE").value_or("");
  if (auto const file = from.text_if("token_file")) {
    method.token_file = path_beside(from, *file);
  } else {
    method.token_file = usual;
  }
  if (method.token_file.empty()) {
    from.complain(from.at(), "'token_file' is missing, and AZURE_FEDERATED_TOKEN_FILE is not set");
  }
  from.finish();
  return method;
}

sign_in_method managed_identity(std::string const& client_id, environment const& variables) {
  return by_managed_identity{
      client_id, connector::core::secret{variables("IDENTITY_HEADER").value_or("")}};
}

std::optional<sign_in_method> read_method(
    section& from, std::string const& client_id, environment const& variables
) {
  static constexpr auto ways =
      "one of client_secret, certificate, managed_identity: true, "
      "workload_identity";
  std::optional<sign_in_method> method;
  auto choose = [&](std::string_view key, sign_in_method chosen) {
    if (method) {
      from.complain(from.at(key), "only " + std::string{ways} + " can be used");
    }
    method = std::move(chosen);
  };
  if (auto secret = from.secret_if("client_secret")) {
    choose("client_secret", by_secret{std::move(*secret)});
  }
  if (auto details = from.sub("certificate")) choose("certificate", certificate(*details));
  if (auto details = from.sub("workload_identity")) {
    choose("workload_identity", workload_identity(*details, variables));
  }
  if (from.flag_or("managed_identity", false)) {
    choose("managed_identity", managed_identity(client_id, variables));
  }
  if (!method && !from.has("client_secret")) {
    from.complain(from.at(), "no way to sign in: " + std::string{ways} + " is required");
  }
  return method;
}

}  // namespace

cloud const* find_cloud(std::string_view name) {
  auto const* const found =
      std::find_if(clouds.begin(), clouds.end(), [&](cloud const& c) { return c.name == name; });
  return found == clouds.end() ? nullptr : found;
}

std::vector<std::string> cloud_names() {
  std::vector<std::string> names;
  for (auto const& c : clouds) names.emplace_back(c.name);
  return names;
}

bool is_acceptable_url(std::string_view url) {
  auto const [scheme, host] = split(url);
  if (host.empty()) return false;
  return scheme == "https" || (scheme == "http" && is_loopback(host));
}

bool is_acceptable_identity_url(std::string_view url) {
  if (is_acceptable_url(url)) return true;
  auto const [scheme, host] = split(url);
  return scheme == "http" && host.starts_with("169.254.") && is_dotted_quad(host);
}

std::optional<settings> read_settings(section& from, environment const& variables) {
  settings read;
  from.text_or("system", "defender");
  auto const name = from.one_of("cloud", cloud_names(), "global");
  auto const& home = *find_cloud(name);
  read.resource = home.graph_url;
  read.login_url = checked_url(from, "login_url", std::string{home.login_url}, &is_acceptable_url);
  read.base_url = checked_url(from, "base_url", std::string{home.graph_url}, &is_acceptable_url);
  if (!read.base_url.ends_with("/v1.0")) read.base_url += "/v1.0";
  read.identity_url = checked_url(
      from,
      "identity_url",
      // App Service and Container Apps say where to ask; the address is the platform's own.
      variables("IDENTITY_ENDPOINT").value_or(read.identity_url),
      &is_acceptable_identity_url
  );

  auto const managed = from.has("managed_identity");
  read.client_id = managed ? from.text_or("client_id", "") : from.text("client_id");
  read.tenant_id = managed ? from.text_or("tenant_id", "") : from.text("tenant_id");
  if (!read.tenant_id.empty() && !is_tenant(read.tenant_id)) {
    from.complain(
        from.at("tenant_id"),
        "'tenant_id' is the GUID or a domain name of one tenant, such as contoso.onmicrosoft.com"
    );
  }
  auto method = read_method(from, read.client_id, variables);
  if (method) read.method = std::move(*method);

  read.deadline = from.span_or("deadline", read.deadline);
  read.calls_at_once = static_cast<std::size_t>(from.number_or("calls_at_once", 4, 1, 16));
  read.page_rows = static_cast<std::size_t>(from.number_or("page_rows", 50, 1, 50));
  from.finish();
  if (!from.clean()) return std::nullopt;
  return read;
}

}  // namespace adapters::defender

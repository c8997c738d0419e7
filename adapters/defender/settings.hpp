#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "connector/config/section.hpp"
#include "connector/core/secret.hpp"

namespace adapters::defender {

/// How the application proves to Microsoft Entra who it is.
struct by_secret {
  connector::core::secret secret;
};

/// PEM files, read again for each sign-in, so that a renewed certificate needs no restart.
struct by_certificate {
  std::string certificate_file;
  std::string key_file;
};

/// Of the machine or container the service runs in.
struct by_managed_identity {
  std::string client_id;  ///< of a user-assigned identity; empty: the system-assigned one
  /// Not empty on App Service and Container Apps, which speak their own dialect.
  connector::core::secret app_service_header;
};

/// A token file that another issuer (Kubernetes, for one) keeps fresh; read for each sign-in.
struct by_workload_identity {
  std::string token_file;
};

using sign_in_method =
    std::variant<by_secret, by_certificate, by_managed_identity, by_workload_identity>;

struct settings {
  std::string tenant_id;
  std::string client_id;
  sign_in_method method;

  std::string login_url = "https://login.microsoftonline.com";
  std::string base_url = "https://graph.microsoft.com/v1.0";  ///< version included, no trailing /
  std::string resource = "https://graph.microsoft.com";       ///< what tokens are asked for
  std::string identity_url = "http://169.254.169.254/metadata/identity/oauth2/token";

  std::chrono::milliseconds deadline{30'000};  ///< for one call
  std::size_t calls_at_once = 4;
  std::size_t page_rows = 50;
};

/// Where one of Microsoft's clouds lives.
struct cloud {
  std::string_view name;
  std::string_view login_url;
  std::string_view graph_url;
};

/// Null if there is no such cloud.
cloud const* find_cloud(std::string_view name);
std::vector<std::string> cloud_names();

/// https to anywhere; http only to this machine. No user info, no query, no fragment.
bool is_acceptable_url(std::string_view url);

/// The same, and http to the link-local address where Azure answers its virtual machines.
bool is_acceptable_identity_url(std::string_view url);

using environment = std::function<std::optional<std::string>(std::string const& name)>;

/// Reads a connection's settings; complaints go to the section. Empty after a complaint.
std::optional<settings> read_settings(
    connector::config::section& from, environment const& variables
);

}  // namespace adapters::defender

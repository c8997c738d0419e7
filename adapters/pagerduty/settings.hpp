#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "connector/config/section.hpp"
#include "connector/core/secret.hpp"

namespace adapters::pagerduty {

namespace core = connector::core;
namespace config = connector::config;

/// A REST API key of the account or of a user.
struct key_sign_in {
  core::secret key;
};

/// Scoped OAuth: client credentials of an app, for the account that `subdomain` names.
struct oauth_sign_in {
  std::string client_id;
  core::secret client_secret;
  std::string subdomain;
};

using credential = std::variant<key_sign_in, oauth_sign_in>;

/// What one connection to one account needs to know. Plain data.
struct settings {
  std::string region = "us";  ///< or "eu"
  std::string base_url;       ///< scheme and authority only, no trailing slash
  std::string login_url;      ///< the same, of the token endpoint
  pagerduty::credential credential;
  std::string service;  ///< id of the service that new incidents are opened on
  std::string from;     ///< address of the user that writes are made as
  /// Names of the incident custom fields that take part; `cf_NAME` in maps.
  std::vector<std::string> custom_fields;
  std::size_t calls_at_once = 2;
  /// Secrets of webhook subscriptions. More than one only while they are being changed.
  std::vector<core::secret> webhook_secrets;
};

/// No delay is documented for the log or for lists after a write; both are read from replicas.
inline constexpr std::chrono::seconds list_lag{120};

/// One integration of a service, spoken to by the Events API: one way, without a credential but its
/// key.
struct events_settings {
  std::string url;  ///< scheme and authority only, no trailing slash
  core::secret routing_key;
  std::string source = "Microsoft Defender XDR";  ///< what the events say they come from
};

/// "PIJ90N7", "Q02JTSNZWHSEKV": letters and digits only, so safe in paths and queries.
bool is_id(std::string_view text);

/// What PagerDuty lets a custom field be called: lower-case letters, digits, underscores; 50 at
/// most.
bool is_field_name(std::string_view text);

/// Looks like an address; PagerDuty itself decides whether it is somebody's.
bool is_address(std::string_view text);

/// Reads a connection's section; null after a complaint.
std::optional<settings> read_settings(config::section from);

/// The same for a section that has `events`.
std::optional<events_settings> read_events_settings(config::section from);

}  // namespace adapters::pagerduty

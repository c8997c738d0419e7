#pragma once

#include <chrono>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "connector/config/section.hpp"
#include "connector/core/secret.hpp"

namespace adapters::servicenow {

namespace core = connector::core;
namespace config = connector::config;

/// A local account of the instance; best one with "web service access only".
struct basic_sign_in {
  std::string user;
  core::secret password;
};

/// OAuth 2.0 client credentials; the registry entry names the user the calls run as.
struct oauth_sign_in {
  std::string client_id;
  core::secret client_secret;
};

/// Inbound REST API key, sent as x-sn-apikey.
struct api_key_sign_in {
  core::secret key;
};

using credential = std::variant<basic_sign_in, oauth_sign_in, api_key_sign_in>;

/// Where comments and work notes are read from.
enum class journal_source {
  automatic,  ///< the table if it can be read, else the display value; decided by looking
  table,      ///< sys_journal_field: ids, user names and UTC stamps
  display,    ///< the display value of the journal field, one text that has to be taken apart
};

/// What one connection needs to know. Plain data: everything but `read_settings` works from this.
struct settings {
  std::string base_url;  ///< scheme and authority only, no trailing slash
  std::string table = "incident";
  servicenow::credential credential;
  std::string tag = "defender";  ///< goes into correlation_display of every ticket we create
  bool batch = true;
  std::size_t calls_at_once = 4;
  std::chrono::minutes display_offset{0};  ///< of the integration user's zone; see journal.hpp
  journal_source journal = journal_source::automatic;
  std::vector<core::secret> hook_secrets;  ///< of webhooks: the one in use, and the next
};

/// What is wrong with a base URL; none if it will do. https, or http to this very machine; an
/// origin only, since a path, a query or a user name in it would end up in every call.
std::optional<std::string> complaint_about_base_url(std::string_view url);

/// "UTC", "GMT", "Z", "+02:00", "-0530".
std::optional<std::chrono::minutes> parse_offset(std::string_view text);

/// Reads a connection's section; null after a complaint.
std::optional<settings> read_settings(config::section from);

}  // namespace adapters::servicenow

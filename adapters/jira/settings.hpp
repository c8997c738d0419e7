#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "connector/config/section.hpp"
#include "connector/core/secret.hpp"

namespace adapters::jira {

namespace core = connector::core;
namespace config = connector::config;

/// The two products that go by the name of Jira: other paths, other user keys, other rich text.
enum class edition { cloud, data_center };

/// Cloud: e-mail address and API token. Data Center: user name and password.
struct basic_sign_in {
  std::string user;
  core::secret password;
};

/// OAuth 2.0 client credentials: a service account of Cloud, or of Data Center from version 11.
struct oauth_sign_in {
  std::string client_id;
  core::secret client_secret;
  std::string token_url;
};

/// A personal access token of Data Center.
struct token_sign_in {
  core::secret token;
};

using credential = std::variant<basic_sign_in, oauth_sign_in, token_sign_in>;

/// What one connection needs to know. Plain data: everything but `read_settings` works from this.
struct settings {
  std::string base_url;  ///< calls go here; scheme, authority and context path, no trailing slash
  std::string site_url;  ///< where people open issues; differs from base_url behind the gateway
  jira::edition edition = edition::cloud;
  jira::credential credential;
  std::string project;       ///< key of the project that new issues go to
  std::string issue_type;    ///< name of the type of new issues
  std::string request_type;  ///< Service Management: value of "Request Type"; empty: none
  std::string label = "defender-sync";  ///< on every issue of ours; polling goes by it
  std::size_t calls_at_once = 4;
  std::optional<core::secret> webhook_secret;
};

/// What is wrong with a base URL; none if it will do. https, or http to this very machine.
std::optional<std::string> complaint_about_base_url(std::string_view url);

/// Letters, digits, dot, dash and underscore: needs no quoting in JQL and is a label as it stands.
bool is_plain_word(std::string_view text);

/// Reads a connection's section; null after a complaint.
std::optional<settings> read_settings(config::section from);

}  // namespace adapters::jira

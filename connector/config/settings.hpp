#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "connector/config/section.hpp"
#include "connector/core/secret.hpp"

/// The configuration file as typed values. What a connection says beyond `system` and `http` is the
/// business of its adapter, which reads `connection::settings` by itself.
namespace connector::config {

/// Where /healthz, /readyz and /metrics answer. Loopback unless the file says otherwise.
struct listen_settings {
  std::string address = "127.0.0.1";  ///< an IP address, IPv6 without brackets
  std::uint16_t port = 8080;          ///< 0: any free one
};

enum class log_format { text, json };

struct log_settings {
  std::string level = "info";  ///< trace, debug, info, warn or error
  log_format format = log_format::text;
};

/// How connections reach the other side. Empty means: not set. Paths are ready to be opened.
struct http_settings {
  std::string ca_file;
  std::string client_certificate;
  std::string client_key;
  core::secret client_key_password;  ///< for an encrypted key
  std::string proxy;                 ///< "http://host:port"
  std::string proxy_user;
  core::secret proxy_password;
  std::vector<std::string> no_proxy;  ///< hosts and domains reached without it

  friend bool operator==(http_settings const& a, http_settings const& b);
};

struct poll_settings {
  std::chrono::milliseconds every = std::chrono::seconds{60};
  std::chrono::milliseconds lookback = std::chrono::hours{1};  ///< how far back the first poll goes
  /// Every linked pair is compared once in this time; zero: never.
  std::chrono::milliseconds sweep = std::chrono::hours{24};
};

/// What to do while a comparison with the real systems finds something; see `validate --live`.
enum class on_finding { warn, hold_rule, hold_route };

struct finding_choice {
  std::string id;  ///< "M102"; whether there is such a finding is not checked here
  on_finding action = on_finding::warn;
  position at;
};

struct validation_settings {
  /// From one comparison to the next; zero: never.
  std::chrono::milliseconds every = std::chrono::hours{6};
  std::vector<finding_choice> choices;  ///< a later one for the same finding counts
};

/// Where webhooks are taken, if they are.
struct hook_settings {
  bool taken = false;
  /// Their own address; none: that of `listen`.
  std::optional<listen_settings> listen;
};

struct connection {
  std::string name;
  std::string system;          ///< "defender"
  config::http_settings http;  ///< the connection's own, over the file's
  config::section settings;    ///< for the adapter; `system` and `http` are read already
};

struct route {
  std::string name;
  std::string from, to;            ///< names of connections
  std::string mapping;             ///< path of the mapping file
  validation_settings validation;  ///< the file's, with the route's own over it
  position at;                     ///< of the route
  position mapping_at;             ///< of the mapping's path
};

struct settings {
  std::string store;  ///< path of the SQLite file
  listen_settings listen;
  log_settings log;
  poll_settings poll;
  hook_settings hooks;
  std::vector<connection> connections;  ///< in the order of the file
  std::vector<route> routes;            ///< in the order of the file

  [[nodiscard]] connection const* find_connection(std::string_view name) const;
};

struct loaded {
  config::settings settings;  ///< as far as it could be read; to be used only without complaints
  std::shared_ptr<config::complaints>
      complaints;  ///< shared with every section, so that adapters add theirs

  [[nodiscard]] bool good() const { return complaints->empty(); }
};

/// Reads a configuration file. Paths in it are relative to its folder. `systems` are the words that
/// `system:` may be. Never throws for what a file says; complaints come in the order of its lines
/// and hold no secret.
loaded load(
    std::string const& path,
    std::shared_ptr<reference_source const> references,
    std::span<std::string const> systems
);

/// As `load`, for a text that is already there; `file` names it in positions.
loaded load_text(
    std::string_view text,
    std::string const& file,
    std::shared_ptr<reference_source const> references,
    std::span<std::string const> systems
);

}  // namespace connector::config

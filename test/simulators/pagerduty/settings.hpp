#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace simulators {

/// How the simulated account is set up. Members marked "open" stand for points that the public
/// texts leave open; each default asks more of a client.
struct pagerduty_settings {
  // --- the account and its credentials -----------------------------------------------------------
  std::string origin = "https://api.pagerduty.com";
  std::string api_key = "simulated-api-key";
  bool key_reads_only = false;
  std::string client_id = "simulated-client";
  std::string client_secret = "simulated-secret";
  std::string account = "as_account-us.acme";  ///< what a scope has to name
  /// What the app may ask for; anything else is dropped from a token without a word.
  std::vector<std::string> scopes{
      "abilities.read",
      "custom_fields.read",
      "escalation_policies.read",
      "incidents.read",
      "incidents.write",
      "priorities.read",
      "services.read",
      "users.read",
  };
  std::chrono::seconds token_life{86'400};
  std::string requester = "svc.defender@acme.example";  ///< the address of the connector's user
  std::string routing_key = "0123456789abcdef0123456789abcdef";
  std::string webhook_secret = "simulated-webhook-secret";
  std::uint64_t seed = 1;  ///< for ids

  // --- the plan ----------------------------------------------------------------------------------
  bool has_priorities = true;     ///< false: 402
  bool has_custom_fields = true;  ///< false: 402
  bool has_urgencies = true;
  std::size_t calls_per_minute = 960;   ///< 0: no limit
  std::size_t creates_per_minute = 30;  ///< open: "heavily limited", no number given; 0: no limit
  std::size_t events_per_minute = 120;  ///< 0: no limit
  /// Open: whether a 429 tells when to come back; documented as "may come without".
  bool limits_are_told = false;

  // --- rules -------------------------------------------------------------------------------------
  /// How late lists and the log are. Reads by id are not.
  std::chrono::milliseconds list_lag{0};
  /// Open: the log's order. Observed newest first.
  bool newest_first = true;
  /// Open: whether `until` takes in the second it names.
  bool until_is_inclusive = false;
  /// Open: whether log entries embed the whole incident as it is now, or a reference only.
  bool log_embeds_incidents = false;
  /// Open: whether an entry for a changed title or priority says which it was and its values. The
  /// API description shows it for a changed service, clients know it for priorities.
  bool log_tells_values = false;
  /// Open: whether a note, a custom field or an escalation alone moves `updated_at`.
  bool notes_move_updated_at = false;
  bool custom_fields_move_updated_at = false;
  /// Open: the zone that times of notes are shown in, as minutes; documented samples have offsets.
  std::chrono::minutes notes_zone{-300};
  /// Open: the longest title that REST takes.
  std::size_t title_characters = 255;
  /// Open: the longest note.
  std::size_t note_characters = 25'000;
  /// Open: acknowledging twice is refused with 1002, or taken as another acknowledgement.
  bool refuse_acknowledging_twice = true;
  /// PUT with another status on a resolved incident reopens it (documented in September 2025).
  bool reopening = true;
  /// Open: the status for a custom field that is not defined; the API description has 403, 404,
  /// 500.
  int undefined_field_status = 404;
  /// Whether incidents that a REST client opened can be merged; the texts name those with alerts
  /// and those made by hand.
  bool rest_incidents_merge = true;

  /// The positions that samples and connectors speak for.
  static pagerduty_settings observed() {
    pagerduty_settings s;
    s.creates_per_minute = 120;
    s.limits_are_told = true;
    s.until_is_inclusive = true;
    s.log_embeds_incidents = true;
    s.log_tells_values = true;
    s.notes_move_updated_at = true;
    s.custom_fields_move_updated_at = true;
    s.notes_zone = std::chrono::minutes{0};
    s.title_characters = 1024;
    s.refuse_acknowledging_twice = false;
    return s;
  }
};

}  // namespace simulators

#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace simulators {

/// How the simulated tenant behaves. Members marked "open" stand for points that Microsoft's public
/// texts leave open; each default is the position that asks more of a client. The README lists them
/// with what speaks for each.
struct graph_settings {
  // --- the tenant and the app registration ---------------------------------------------------
  std::string origin = "https://graph.microsoft.com";  ///< where a URL's origin is not in the call
  std::string resource = "https://graph.microsoft.com";  ///< the audience that tokens are for
  std::string login_origin = "https://login.microsoftonline.com";
  std::string tenant_id = "cfcdbe43-297b-4c6b-ac7e-8d7f6befb514";
  std::string tenant_domain = "contoso.onmicrosoft.com";
  std::string client_id = "11111111-2222-4333-8444-555555555555";
  std::string client_secret = "simulated-secret";
  std::string app_display_name = "ITSM Connector";
  /// PEM of the certificate registered for the app; empty: no certificate is registered.
  std::string certificate_pem;
  /// Issuer, subject and audience of a federated credential; empty issuer: none registered.
  std::string federated_issuer;
  std::string federated_subject;
  std::string federated_audience = "api://AzureADTokenExchange";
  /// Client id of the user-assigned managed identity; the system-assigned one always exists.
  std::string managed_identity_client_id = "22222222-3333-4444-8555-666666666666";
  std::chrono::seconds token_life{3599};
  /// Application permissions in the token; a call that lacks its own gets 403.
  std::vector<std::string> permissions{
      "SecurityIncident.ReadWrite.All", "SecurityAlert.ReadWrite.All", "SecurityData.Manage.All"};
  std::uint64_t seed = 1;  ///< for ids that look random

  // --- lists -------------------------------------------------------------------------------------
  /// Open: rows of a page when $top is absent (Splunk's connector assumes 50).
  std::size_t page_rows = 10;
  enum class paging { skip, skip_token };
  /// Open: what a nextLink carries. With `skip`, rows shift while incidents change.
  paging next_link = paging::skip;
  enum class order { created, updated };
  /// Open: what "most recent first" means for a list without $orderby.
  order default_order = order::created;
  /// Open: how long a change takes to show in lists. No position is the harshest; see README.
  std::chrono::milliseconds list_lag{0};
  enum class gated_literals { refused, with_prefer, accepted };
  /// Open: whether a filter may name a member that the Prefer header gates.
  gated_literals filter_gated = gated_literals::refused;
  /// Alerts inside one incident of an expanded list before `alerts@odata.nextLink`; 0: all.
  std::size_t expanded_alerts = 20;
  /// Incidents last updated before this are gone (portal retention is 180 days); 0: kept for ever.
  std::chrono::hours retention{180 * 24};

  // --- writes ------------------------------------------------------------------------------------
  /// Open: most characters of a comment (the portal says 30,000; an older alert API said 1,000).
  std::size_t comment_characters = 1000;
  /// Open: whether a comment's text comes back as HTML, with `<`, `>` and `&` escaped.
  bool comments_as_html = true;
  /// Open: whether a comment alone moves lastUpdateDateTime.
  bool comment_moves_stamp = false;
  enum class redirected_write { applied, forwarded, bad_request, not_found };
  /// Open: what a PATCH or comment on a merged incident does. `applied` answers 200 with the dead
  /// incident, as one public fixture shows.
  redirected_write write_to_redirected = redirected_write::applied;
  /// Open: whether a determination that does not belong to the classification is refused.
  bool refuse_mismatched_pair = true;
  /// Open: whether enumeration members are taken in any case, as the page's examples suggest.
  bool any_enum_case = false;
  /// Open: an unset classification or determination reads "unknown" (true) or null.
  bool unset_reads_unknown = true;

  // --- Defender Experts
  // ----------------------------------------------------------------------------
  /// Open: the literal texts in assignedTo.
  std::string experts_name = "Defender Experts";
  std::string customer_name = "Customer";
  /// Open: the owner after the Experts closed a false positive: this text, or null if empty.
  std::string experts_unassigned = "Unassigned";

  // --- refusals
  // --------------------------------------------------------------------------------------
  /// Open: whether 150 calls a minute, stated for alerts, govern incidents too; 0: no limit.
  std::size_t calls_per_minute = 150;
  enum class retry_header { absent, seconds, date };
  /// Open: what a 429 says about when to come back.
  retry_header retry_after = retry_header::absent;
  /// Open: whether 403 and 404 carry a code ("Forbidden") or, like the known 400, an empty one.
  bool empty_error_codes = true;

  /// The positions that public fixtures and connectors speak for.
  static graph_settings observed() {
    graph_settings s;
    s.page_rows = 50;
    s.next_link = paging::skip_token;
    s.default_order = order::updated;
    s.filter_gated = gated_literals::with_prefer;
    s.comment_characters = 30'000;
    s.comments_as_html = false;
    s.comment_moves_stamp = true;
    s.refuse_mismatched_pair = false;
    s.any_enum_case = true;
    s.experts_unassigned = "";
    s.retry_after = retry_header::seconds;
    s.empty_error_codes = false;
    return s;
  }
};

}  // namespace simulators

#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace simulators {

/// A rule of sys_rate_limit_rules: at most so many Table API calls in a clock hour.
struct rate_limit_rule {
  std::size_t calls_per_hour = 0;
  std::string user_name;  ///< empty: everybody together
};

/// How the simulated instance is set up. Members marked "open" stand for points that the public
/// texts leave open or tell to verify per instance; each default asks more of a client.
struct servicenow_settings {
  // --- the instance and its credentials ------------------------------------------------------
  std::string origin = "https://instance.service-now.com";  ///< where the call names none
  std::string user_name = "svc.defender";                   ///< the integration user
  std::string password = "simulated-password";
  /// Roles of the integration user. "admin" lifts every rule; "itil_admin" may close.
  std::vector<std::string> roles{"itil", "sn_si.write", "snc_platform_rest_api_access"};
  std::string client_id = "simulated-client";
  std::string client_secret = "simulated-secret";
  std::string api_key = "simulated-key";  ///< empty: the plugin is not installed
  bool basic_allowed = true;              ///< false: hardened, 401 for Basic
  bool password_grant = true;             ///< false: glide.oauth.inbound.ropc... disabled
  bool client_credentials_grant = true;
  std::chrono::seconds token_life{1799};
  std::uint64_t seed = 1;  ///< for sys_ids

  // --- what is installed and how -----------------------------------------------------------------
  bool security_incidents = true;  ///< false: sn_si_incident is an invalid table
  /// glide.invalid_query.returns_no_rows; false: a term with a typo is dropped.
  bool invalid_query_returns_no_rows = false;
  enum class journal_access { granted, forbidden, empty };
  journal_access journals = journal_access::granted;  ///< reading sys_journal_field
  /// Tables that an ACL keeps from the integration user: 403. Nobody but administrators sees
  /// policies unless somebody grants it.
  std::vector<std::string> unreadable_tables{
      "sys_data_policy2", "sys_data_policy_rule", "sys_ui_policy", "sys_ui_policy_action"};
  std::chrono::minutes user_zone{0};            ///< of the integration user
  std::string user_date_format = "yyyy-MM-dd";  ///< or "dd/MM/yyyy", "MM-dd-yyyy"
  bool hibernating = false;                     ///< every call answers 200 with HTML
  std::vector<rate_limit_rule> rate_limits;
  /// Fields that a data policy demands on create, by table-independent name.
  std::vector<std::string> mandatory_on_create;
  /// Columns that an ACL keeps the integration user from writing: ignored without a word.
  std::vector<std::string> read_only_columns;
  /// An assignment rule overwrites assignment_group (a sys_id) right after create; empty: none.
  std::string assignment_rule_group;
  /// Requests of one batch that fit into its time quota; the rest is unserviced. 0: all.
  std::size_t batch_requests_serviced = 0;
  /// How late query results are (a read replica for lists). Reads by sys_id in the path are not.
  std::chrono::milliseconds list_lag{0};

  // --- rules
  // -----------------------------------------------------------------------------------------
  /// Data policy: Resolved and Closed need close_code and close_notes in the record.
  bool resolve_needs_close_fields = true;
  /// On Hold, Awaiting Caller needs a comment in the same write.
  bool awaiting_caller_needs_comment = true;
  /// Open: "^^" inside a value stands for one "^".
  bool doubled_caret_escapes = false;
  /// Open: whether a work note or comment alone moves sys_updated_on and sys_mod_count.
  bool journal_moves_stamp = false;
  /// Open: whether assigned_to must be a member of assignment_group by REST too.
  bool assignee_must_be_member = true;
  enum class bad_reference { kept, emptied };
  /// Open: what a reference to nothing reads back as; its display value is empty either way.
  bad_reference references_to_nothing = bad_reference::kept;
  enum class abort_answer { unchanged, forbidden };
  /// Open: what a write that a rule aborts answers: 200 with the unchanged record, or 403.
  abort_answer aborted_write = abort_answer::unchanged;
  /// Open: whether a closed record still takes work notes and comments from non-admins.
  bool closed_takes_notes = false;
  /// NIST Stateful (true) aborts state jumps of security incidents; NIST Open lets them pass.
  bool stateful_security_process = true;

  /// The positions that documents, fixtures and connectors speak for.
  static servicenow_settings observed() {
    servicenow_settings s;
    s.doubled_caret_escapes = true;
    s.journal_moves_stamp = true;
    s.assignee_must_be_member = false;
    s.references_to_nothing = bad_reference::emptied;
    s.aborted_write = abort_answer::forbidden;
    s.closed_takes_notes = true;
    s.unreadable_tables.clear();
    return s;
  }
};

}  // namespace simulators

#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace simulators {

struct jira_status {
  std::string id;
  std::string name;
  std::string category;  ///< "new", "indeterminate", "done"
};

struct jira_screen_field {
  std::string id;
  bool required = false;
};

struct jira_transition {
  std::string id;
  std::string name;
  std::string from;  ///< a status id; empty: from every status
  std::string to;
  std::vector<jira_screen_field> screen;  ///< empty: no screen
};

/// How the simulated Jira is set up. Members marked "open" stand for points that the public texts
/// leave open; each default asks more of a client.
struct jira_settings {
  enum class edition { cloud, data_center };

  // --- the site and its credentials ------------------------------------------------------------
  std::string origin = "https://example.atlassian.net";  ///< where the call names none
  jira_settings::edition edition = edition::cloud;
  std::string email = "svc.defender@example.com";  ///< Data Center: the user name is svc.defender
  std::string api_token = "simulated-api-token";   ///< Data Center: the password
  std::string access_token = "simulated-access-token";
  std::string client_id = "simulated-client";
  std::string client_secret = "simulated-secret";
  std::string cloud_id = "11111111-2222-4333-8444-555555555555";
  std::chrono::seconds token_life{3600};
  std::string context_path;             ///< "/jira", as Data Center often has
  std::chrono::minutes user_zone{120};  ///< the account's: stamps are shown, dates are read in it
  std::string user_zone_name = "Etc/GMT-2";
  std::uint64_t seed = 1;

  // --- projects and workflow -------------------------------------------------------------------
  std::string project = "SEC";
  std::string issue_type = "Task";
  bool service_project = false;  ///< of Jira Service Management: comments are public unless said
  std::vector<jira_status> statuses{
      {"10000", "To Do", "new"}, {"3", "In Progress", "indeterminate"}, {"10001", "Done", "done"}};
  /// One way round with a screen before the end: nothing goes straight from To Do to Done.
  std::vector<jira_transition> transitions{
      {"11", "Start work", "10000", "3", {}},
      {"21", "Stop work", "3", "10000", {}},
      {"31", "Resolve", "3", "10001", {{"resolution", true}, {"assignee", false}}},
      {"41", "Reopen", "10001", "3", {}}};
  std::vector<std::string> priorities{"Highest", "High", "Medium", "Low", "Lowest"};
  std::vector<std::string> resolutions{
      "Done", "Won't Do", "Duplicate", "Cannot Reproduce", "Declined"};
  std::vector<std::string> required_on_create;  ///< beside project, issuetype and summary
  bool priority_on_screens = true;              ///< false: as in many team-managed projects
  bool finished_is_editable = true;  ///< false: jira.issue.editable=false on done statuses
  std::vector<std::string> permissions{
      "BROWSE_PROJECTS",
      "CREATE_ISSUES",
      "EDIT_ISSUES",
      "ADD_COMMENTS",
      "TRANSITION_ISSUES",
      "ASSIGN_ISSUES"};

  // --- limits ----------------------------------------------------------------------------------
  bool burst_limits = true;      ///< per second and endpoint: GET 100, POST 100, PUT 50, DELETE 50
  bool per_issue_limits = true;  ///< writes: 20 in 2 s, 100 in 30 s
  /// Rows of a page where more than ids are asked for. Up to 5,000 otherwise; "fewer with many
  /// fields" says the reference, without a figure.
  std::size_t page_rows_max = 100;
  /// How late searches are. Any length is possible; the documents give none.
  std::chrono::milliseconds list_lag{0};

  // --- open points -----------------------------------------------------------------------------
  enum class paging { by_offset, by_row };
  /// Open: what nextPageToken stands for. By offset, rows shift when issues change meanwhile.
  jira_settings::paging token_paging = paging::by_offset;
  /// Open: whether times given as numbers compare by the minute, as quoted ones do.
  bool numbers_by_the_minute = true;
  /// Open: whether a wrong credential is refused everywhere, or answered as to nobody.
  bool anonymous_fallback = true;
  /// Open: whether comments of other than service projects carry jsdPublic: true too.
  bool public_flag_everywhere = true;
  enum class stamp { seconds, milliseconds };
  /// Open: what the number in changelog/bulkfetch counts.
  jira_settings::stamp bulk_changelog_stamp = stamp::seconds;
  /// Open: how much of a time the index keeps. Where seconds, it compares and orders by them.
  jira_settings::stamp index_stamp = stamp::seconds;
  /// Open: whether an e-mail address can be seen, and so searched and compared.
  bool emails_hidden = true;
  /// Open: whether Data Center tells an issue that the account may not see (403) from one that is
  /// not there (404). The reference has 404 for both; tests of Atlassian's own Java client expect
  /// 403.
  bool hidden_is_forbidden = true;

  /// The positions that documents, fixtures and connectors speak for.
  static jira_settings observed() {
    jira_settings s;
    s.token_paging = paging::by_row;
    s.numbers_by_the_minute = false;
    s.anonymous_fallback = false;
    s.bulk_changelog_stamp = stamp::milliseconds;
    s.index_stamp = stamp::milliseconds;
    s.emails_hidden = false;
    s.hidden_is_forbidden = false;
    return s;
  }
};

}  // namespace simulators

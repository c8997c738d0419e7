#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "test/simulators/jira/issue.hpp"
#include "test/simulators/jira/jql.hpp"
#include "test/simulators/jira/settings.hpp"
#include "test/simulators/wire.hpp"

namespace simulators {

/// A Jira: Cloud (REST v3, Atlassian documents) or Data Center (REST v2, wiki text), one project
/// with one issue type and one workflow, and a second project that issues can be moved to. `GET /`
/// shows the issues.
class jira : public simulator {
 public:
  explicit jira(jira_settings settings = {}, core::time_point born = {});
  jira(jira const&) = delete;
  jira& operator=(jira const&) = delete;

  http::response handle(http::request const& call, core::time_point now) override;

  /// May be changed at any time.
  jira_settings& settings() { return settings_; }
  jira_settings const& settings() const { return settings_; }

  // --- what people do
  // ------------------------------------------------------------------------------ They act with
  // every right and past screens, as an administrator can; `who` is an account id or a name. Issues
  // are named by id, by key (a former one too) or by a label.

  /// Answers the new issue's id. `fields` in the API's names, priority and the like by name.
  std::string create_issue(json::object const& fields, std::string_view who, core::time_point now);
  bool edit(
      std::string_view issue, json::object const& fields, std::string_view who, core::time_point now
  );
  bool label(
      std::string_view issue,
      std::string_view add,
      std::string_view remove,
      std::string_view who,
      core::time_point now
  );
  bool comment(
      std::string_view issue,
      std::string_view text,
      bool internal,
      std::string_view who,
      core::time_point now
  );
  /// To a status by its name, without a walk.
  bool put_into(
      std::string_view issue,
      std::string_view status,
      std::string_view resolution,
      std::string_view who,
      core::time_point now
  );
  bool move(
      std::string_view issue, std::string_view project, std::string_view who, core::time_point now
  );
  bool archive(std::string_view issue, bool archived, core::time_point now);
  /// A security level starts, or stops, keeping the issue from the account.
  bool hide(std::string_view issue, bool hidden, core::time_point now);
  bool remove(std::string_view issue, core::time_point now);

  /// Answers the account id.
  std::string create_user(std::string_view name, std::string_view email, bool active = true);

  // --- looking in
  // ------------------------------------------------------------------------------------

  [[nodiscard]] jira_snapshot find(std::string_view issue) const;
  /// As a call of REST would show it, with these fields; none if it is hidden.
  [[nodiscard]] std::optional<json::object> as_shown(
      std::string_view issue, std::vector<std::string> const& fields
  ) const;
  /// As scripts see it: key, status, resolution, priority, assignee (e-mail), labels, comments as
  /// text.
  [[nodiscard]] json::object told(jira_issue const& one) const;
  void each_issue(std::function<void(jira_issue const&)> const& visit) const;
  [[nodiscard]] std::size_t issues() const { return current_.size(); }
  /// How many issues carry each label that begins like this.
  [[nodiscard]] std::map<std::string, std::size_t> issues_by_label(std::string_view prefix) const;
  [[nodiscard]] std::string account(std::string_view name_or_email) const;
  void revoke_tokens() { tokens_.clear(); }

 private:
  struct context {
    http::request const& call;
    target const& at;
    core::time_point now;
    std::string method;
    json::value body;
  };
  struct user {
    std::string id, name, email;
    bool active = true;
  };
  /// What is wrong with a write, by field; "" for messages of no field.
  using complaints = std::vector<std::pair<std::string, std::string>>;

  // jira.cpp: the way of a call
  http::response route(context& in, std::vector<std::string> const& path);
  http::response token_endpoint(http::request const& call, core::time_point now);
  [[nodiscard]] bool is_signed_in(http::request const& call, core::time_point now) const;
  std::optional<http::response> limited(context const& in, std::string const& operation);
  std::optional<http::response> issue_limited(jira_issue& one, core::time_point now);
  http::response refuse(int status, std::string_view message) const;
  http::response refuse(int status, complaints const& why) const;
  http::response page() const;
  [[nodiscard]] bool is_cloud() const { return settings_.edition == jira_settings::edition::cloud; }
  [[nodiscard]] bool may(std::string_view permission) const;

  // reads.cpp
  http::response get_issue(context const& in, jira_issue const& one);
  http::response search(context const& in);
  http::response bulk_fetch(context const& in);
  http::response comments(context const& in, jira_issue const& one);
  http::response transitions(context const& in, jira_issue const& one);
  [[nodiscard]] json::object render(jira_issue const& one, std::vector<std::string> const& fields)
      const;
  [[nodiscard]] json::value render_field(jira_issue const& one, std::string_view field) const;
  [[nodiscard]] json::object render_comment(jira_issue const& of, jira_comment const& one) const;
  [[nodiscard]] json::value render_user(std::string_view id) const;
  [[nodiscard]] json::object render_status(std::string_view id) const;
  [[nodiscard]] json::value render_named(std::string_view kind, std::string_view name) const;
  [[nodiscard]] json::object render_type() const;
  [[nodiscard]] json::object render_project(std::string_view key) const;
  [[nodiscard]] std::vector<std::string> all_fields() const;
  [[nodiscard]] std::string stamp(core::time_point at) const;
  [[nodiscard]] bool is_service_project(std::string_view key) const;

  // changelog.cpp
  http::response changelog(context const& in, jira_issue const& one);
  http::response bulk_changelog(context const& in);
  [[nodiscard]] json::object render_history(jira_issue const& one) const;
  [[nodiscard]] json::object render_change(jira_change const& one) const;
  /// What an entry tells of a change, field by field.
  [[nodiscard]] std::vector<jira_change::item> differences(
      jira_issue const& before, jira_issue const& next
  ) const;

  // writes.cpp
  http::response create(context const& in);
  http::response bulk_create(context const& in);
  std::string create_one(json::value const& body, core::time_point now, complaints& why);
  http::response update(context const& in, jira_issue const& one);
  http::response transit(context const& in, jira_issue const& one);
  http::response add_comment(context const& in, jira_issue const& one);
  http::response add_remote_link(context const& in, jira_issue const& one);
  void set_field(jira_issue& into, std::string_view name, json::value const& v, complaints& why)
      const;
  void operate(
      jira_issue& into,
      json::object const& update,
      std::set<std::string> const& screen,
      complaints& why
  ) const;
  [[nodiscard]] std::optional<std::string> rich_text(json::value const& v) const;
  void change_labels(
      jira_issue& into, std::string_view add, std::string_view remove, complaints& why
  ) const;
  [[nodiscard]] std::set<std::string> edit_screen() const;
  /// Stores what is different, with its history, and lets searches see it later.
  void store(jira_issue next, std::string_view who, core::time_point now, bool touched = false);
  void enter(jira_issue& one, jira_transition const& by) const;

  // meta.cpp
  http::response create_meta(context const& in, std::vector<std::string> const& path);
  http::response edit_meta();
  http::response fields();
  http::response assignable(context const& in);
  http::response one_user(context const& in);
  http::response my_permissions(context const& in);
  [[nodiscard]] json::object field_meta(std::string_view field, bool required) const;

  // people.cpp
  [[nodiscard]] user const* find_user(std::string_view id) const;
  [[nodiscard]] jira_issue* visible(std::string_view id_or_key);
  void show(jira_snapshot what, std::uint64_t id, core::time_point now);
  void settle_index(core::time_point now);

  jira_settings settings_;
  std::vector<user> users_;
  std::string self_id_;
  std::map<std::uint64_t, std::shared_ptr<jira_issue>> current_;
  std::map<std::string, std::uint64_t, std::less<>> keys_;  ///< former ones too
  std::map<std::uint64_t, jira_snapshot> indexed_;
  struct showing {
    std::uint64_t id = 0;
    std::uint64_t revision = 0;
    jira_snapshot what;  ///< null: removed
  };
  std::multimap<core::time_point, showing> pending_;
  std::map<std::uint64_t, std::uint64_t> shown_;  ///< revision by issue
  std::uint64_t last_id_ = 10000;
  std::uint64_t last_number_ = 0;
  std::uint64_t last_other_ = 0;
  std::uint64_t revision_ = 0;
  std::map<std::string, core::time_point, std::less<>> tokens_;
  std::uint64_t last_token_ = 0;

  struct search_token {
    std::string query;
    std::size_t offset = 0;
    jira_snapshot last;
    core::time_point expires{};
  };
  std::map<std::string, search_token, std::less<>> searches_;
  struct bucket {
    double left = 0;
    core::time_point at{};
  };
  std::map<std::string, bucket, std::less<>> buckets_;
};

/// documents.cpp: what is wrong with an Atlassian document; none if it is one that Jira takes.
std::optional<std::string> complaint_about_document(json::value const& document);

}  // namespace simulators

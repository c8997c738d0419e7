#pragma once

#include <boost/json/object.hpp>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "test/simulators/servicenow/rules.hpp"
#include "test/simulators/servicenow/settings.hpp"
#include "test/simulators/servicenow/table.hpp"
#include "test/simulators/wire.hpp"

namespace simulators {

/// A ServiceNow instance: Table API (v1, v2 and without version), batch API and token endpoint,
/// with a standard instance's tables, users, choices and rules. `GET /` shows the incidents.
class servicenow : public simulator {
 public:
  explicit servicenow(servicenow_settings settings = {}, core::time_point born = {});
  servicenow(servicenow const&) = delete;
  servicenow& operator=(servicenow const&) = delete;

  http::response handle(http::request const& call, core::time_point now) override;

  /// May be changed at any time.
  servicenow_settings& settings() { return settings_; }
  servicenow_settings const& settings() const { return settings_; }

  // --- what people and jobs do -------------------------------------------------------------------
  // They act with every right and past data policies, as forms make people do it right; `who` is a
  // user_name. Those that name a record answer false if there is none.

  std::string create_record(
      std::string_view table, json::object const& fields, std::string_view who, core::time_point now
  );
  bool edit(
      std::string_view sys_id,
      json::object const& fields,
      std::string_view who,
      core::time_point now
  );
  /// `element` is "comments" or "work_notes". A comment by the caller ends Awaiting Caller.
  bool add_journal(
      std::string_view sys_id,
      std::string_view element,
      std::string_view text,
      std::string_view who,
      core::time_point now
  );
  bool resolve(
      std::string_view sys_id,
      std::string_view close_code,
      std::string_view close_notes,
      std::string_view who,
      core::time_point now
  );
  bool close(std::string_view sys_id, std::string_view who, core::time_point now);
  bool reopen(std::string_view sys_id, std::string_view who, core::time_point now);
  bool remove(std::string_view sys_id, core::time_point now);
  /// An ACL starts, or stops, keeping the record from the integration user.
  bool hide(std::string_view sys_id, bool hidden, core::time_point now);
  /// A background script with setWorkflow(false) and autoSysFields(false): no stamps, no rules.
  bool script_edit(std::string_view sys_id, json::object const& fields, core::time_point now);

  /// Answers the new record's sys_id.
  std::string create_user(
      std::string_view user_name,
      std::string_view name,
      std::string_view email,
      core::time_point now
  );
  std::string create_group(std::string_view name, core::time_point now);
  void add_member(std::string_view user, std::string_view group, core::time_point now);

  /// Adds an entry to a choice list, or makes one inactive or active again.
  void set_choice(choice_entry const& entry, bool active, core::time_point now);

  // --- looking in
  // -------------------------------------------------------------------------------------

  /// The raw values of a task record as it is, whatever queries show.
  [[nodiscard]] std::optional<json::object> record(std::string_view sys_id) const;
  /// Of that record's latest version; 0 if there is none.
  [[nodiscard]] std::uint64_t revision(std::string_view sys_id) const;
  void each_record(std::string_view table, std::function<void(json::object const&)> const& visit)
      const;
  [[nodiscard]] std::size_t records(std::string_view table) const;

  struct journal_entry {
    std::string sys_id;
    std::string element;
    std::string text;
    std::string author;
    std::string at;
  };
  /// Oldest first.
  [[nodiscard]] std::vector<journal_entry> journal(std::string_view sys_id) const;

  /// How many records carry each correlation_id; those without one are left out.
  [[nodiscard]] std::map<std::string, std::size_t> tickets_by_correlation(std::string_view table
  ) const;

  /// The sys_ids of records with this value in number, correlation_id or another indexed column.
  [[nodiscard]] std::vector<std::string> find_ids(
      std::string_view table, std::string_view column, std::string_view value
  ) const;

  /// The sys_id of a user (by user_name) or group (by name); empty if there is none.
  [[nodiscard]] std::string user(std::string_view user_name) const;
  [[nodiscard]] std::string group(std::string_view name) const;

  [[nodiscard]] std::uint64_t sessions_opened() const { return sessions_opened_; }
  void revoke_tokens() { tokens_.clear(); }

 private:
  struct context {
    http::request const& call;
    target const& at;
    core::time_point now;
    std::string method;
    bool first_version = false;  ///< /api/now/v1: an empty list is 404
    bool in_batch = false;
  };

  // servicenow.cpp: the way of a call
  http::response serve(http::request const& call, target const& at, core::time_point now, bool);
  http::response route(context& in, std::vector<std::string> const& rest);
  http::response batch(context const& in);
  std::optional<http::response> check_headers(context const& in) const;
  std::optional<http::response> check_rates(core::time_point now, http::response& headers);
  http::response refuse(int status, std::string_view message, std::string_view detail) const;
  void note(context const& in, std::string_view operation);
  [[nodiscard]] std::string origin(target const& at) const;
  http::response page(core::time_point now) const;

  // sign_in.cpp: who is calling
  bool is_signed_in(http::request const& call, core::time_point now) const;
  http::response token_endpoint(http::request const& call, core::time_point now);
  void set_cookies(http::request const& call, http::response& out);
  [[nodiscard]] actor integration_user() const;

  // reads.cpp: reading
  http::response list(context const& in, table const& from);
  http::response get(context const& in, table const& from, std::string_view sys_id);
  /// How an answer shows records, from the call's parameters.
  struct rendering {
    enum class values { raw, display, both };
    rendering::values values = rendering::values::raw;
    bool with_links = true;
    std::string origin;
    std::vector<std::string> fields;  ///< empty: all
  };
  [[nodiscard]] rendering rendering_of(target const& at) const;
  void render(std::string& out, table const& of, row const& record, rendering const& how) const;
  void render_value(
      std::string& out,
      table const& of,
      row const& record,
      std::uint16_t position,
      rendering const& how
  ) const;
  [[nodiscard]] std::string display(table const& of, row const& record, std::uint16_t position)
      const;
  [[nodiscard]] std::string display_of_reference(std::string_view table, std::string_view sys_id)
      const;
  [[nodiscard]] std::string journal_blob(std::string_view sys_id, std::string_view element) const;
  [[nodiscard]] std::string local_time(std::string_view utc) const;
  /// The table, record and column that a dotted name leads to; null where it leads nowhere.
  struct walked {
    table const* of = nullptr;
    table::snapshot record;  ///< null: an empty reference on the way
    std::uint16_t position = 0;
  };
  [[nodiscard]] std::optional<walked> walk(
      table const& from, row const& record, std::string_view path
  ) const;
  [[nodiscard]] bool is_path(table const& from, std::string_view path) const;

  // writes.cpp: changing
  http::response create(context const& in, table& into);
  http::response update(context const& in, table& of, std::string_view sys_id);
  http::response erase(context const& in, table& of, std::string_view sys_id);
  struct input {
    std::vector<std::pair<std::uint16_t, std::string>> values;
    std::vector<note_text> notes;
  };
  input read_input(table const& of, json::object const& body, bool display_values) const;
  [[nodiscard]] input permitted_part(table const& of, input sent) const;
  [[nodiscard]] std::string converted(
      field const& column, std::string_view text, bool display_values
  ) const;
  /// Stores what the rules let through; `before` is null for a new record.
  verdict store(
      table& of,
      row const* before,
      row next,
      std::vector<note_text> const& notes,
      actor const& who,
      core::time_point now
  );
  void write_notes(
      table const& of,
      std::string_view sys_id,
      std::vector<note_text> const& notes,
      std::string_view who,
      core::time_point now
  );
  [[nodiscard]] row new_record(table const& of, actor const& who, core::time_point now);
  std::string insert(table& into, json::object const& fields, core::time_point now);

  // people.cpp
  [[nodiscard]] actor person(std::string_view who) const;
  [[nodiscard]] table* task_table_of(std::string_view sys_id);
  [[nodiscard]] table const* task_table_of(std::string_view sys_id) const;
  [[nodiscard]] table* find_table(std::string_view name);
  [[nodiscard]] table const* find_table(std::string_view name) const;
  [[nodiscard]] core::time_point visible_at(core::time_point now) const;
  void install(core::time_point born);
  // metadata.cpp
  using tables = std::map<std::string, std::shared_ptr<table>, std::less<>>;
  static std::shared_ptr<table> ship(std::string const& name, core::time_point born);
  static tables shipped(core::time_point born);
  /// The table, to be changed: a copy, if others share it.
  table& own(std::string_view name);
  [[nodiscard]] std::string const* label_of(std::string const& choice) const;
  /// What the settings demand, as policies that can be read.
  void publish_policies();
  struct policy;
  void publish(policy const& one);
  [[nodiscard]] bool is_member(std::string_view user, std::string_view group) const;

  servicenow_settings settings_;
  /// Those that tell of the instance itself are shared among all until somebody changes them.
  tables tables_;
  core::time_point born_{};
  std::uint64_t last_id_ = 0;
  std::map<std::string, std::uint64_t, std::less<>> last_number_;  ///< by prefix
  std::uint64_t last_transaction_ = 0;

  struct token {
    core::time_point expires{};
  };
  std::map<std::string, token, std::less<>> tokens_;
  std::map<std::string, std::string, std::less<>> refresh_tokens_;
  std::string password_token_;  ///< a second grant inside its life answers the same one
  std::set<std::string, std::less<>> sessions_;
  std::deque<std::string> sessions_in_order_;
  std::uint64_t sessions_opened_ = 0;

  struct rate_count {
    std::int64_t hour = 0;
    std::int64_t commit = 0;  ///< the 30-second slot of the last commit
    std::size_t committed = 0;
    std::size_t pending = 0;
  };
  std::vector<rate_count> rates_;
  std::map<std::string, std::string, std::less<>> labels_;  ///< beside the standard ones
};

}  // namespace simulators

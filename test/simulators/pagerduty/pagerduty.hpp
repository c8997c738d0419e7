#pragma once

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <deque>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "test/simulators/pagerduty/settings.hpp"
#include "test/simulators/wire.hpp"

namespace simulators {

/// A PagerDuty account: the REST API's incidents, notes, log entries, custom fields, users,
/// priorities, policies and services, the token endpoint, the Events API, and the webhooks it would
/// send. `GET /` shows the incidents.
class pagerduty : public simulator {
 public:
  explicit pagerduty(pagerduty_settings settings = {}, core::time_point born = {});
  pagerduty(pagerduty const&) = delete;
  pagerduty& operator=(pagerduty const&) = delete;

  http::response handle(http::request const& call, core::time_point now) override;

  /// May be changed at any time.
  pagerduty_settings& settings() { return settings_; }
  pagerduty_settings const& settings() const { return settings_; }

  // --- what people and the clock do --------------------------------------------------------------
  // `who` is a user's address. False if there is no such incident or it cannot be done.

  bool acknowledge(std::string_view id, std::string_view who, core::time_point now);
  bool resolve(std::string_view id, std::string_view who, core::time_point now);
  bool reopen(std::string_view id, std::string_view who, core::time_point now);
  /// title, urgency, priority (a name), service, escalation_policy (a name), assigned_to (an
  /// address); others are custom fields.
  bool edit(
      std::string_view id, json::object const& fields, std::string_view who, core::time_point now
  );
  /// Answers the note's id; empty if there is no such incident.
  std::string annotate(
      std::string_view id, std::string_view text, std::string_view who, core::time_point now
  );
  bool edit_note(
      std::string_view id, std::string_view note, std::string_view text, core::time_point now
  );
  bool escalate(std::string_view id, core::time_point now);
  bool merge(
      std::string_view source, std::string_view target, std::string_view who, core::time_point now
  );
  /// Somebody is notified: a log entry, and no change.
  bool notify(std::string_view id, core::time_point now);
  /// The service's timeouts: nobody in particular.
  bool time_out(std::string_view id, core::time_point now);
  /// The connector's user loses sight of it.
  bool hide(std::string_view id, bool hidden);
  std::string create_by_hand(std::string_view title, std::string_view who, core::time_point now);
  /// Answers the new user's id.
  std::string add_user(std::string_view name, std::string_view address);
  std::string add_policy(std::string_view name, std::vector<std::string> addresses);
  void define_field(std::string_view name, std::string_view data_type);
  void revoke_tokens() { tokens_.clear(); }

  // --- looking in --------------------------------------------------------------------------------

  /// The incident as it is, with its notes and custom fields; names in place of ids where people
  /// would see names.
  [[nodiscard]] std::optional<json::object> incident(std::string_view id) const;
  /// As a call of REST would show it, custom fields included; none if it is hidden.
  [[nodiscard]] std::optional<json::object> as_shown(std::string_view id) const;
  void each_incident(std::function<void(json::object const&)> const& visit) const;
  [[nodiscard]] std::size_t incidents() const { return order_.size(); }
  /// Ids with this number or incident_key, oldest first.
  [[nodiscard]] std::vector<std::string> find_ids(std::string_view number_or_key) const;
  [[nodiscard]] std::map<std::string, std::size_t> incidents_by_key() const;
  [[nodiscard]] std::string user(std::string_view address) const;
  [[nodiscard]] std::string priority(std::string_view name) const;
  [[nodiscard]] std::string policy(std::string_view name) const;
  [[nodiscard]] std::string service() const { return service_; }

  /// A webhook call as it would be sent, signed with `secrets`, oldest first.
  struct delivery {
    std::vector<std::pair<std::string, std::string>> headers;  ///< names in lower case
    std::string body;
  };
  [[nodiscard]] std::vector<delivery> take_deliveries(std::vector<std::string> const& secrets);

 private:
  struct note {
    std::string id, text, author;
    core::time_point at{}, updated{};
  };
  struct alert_state {
    std::string key;
    bool open = true;
  };
  struct state {
    std::string id, title, status, urgency, key, service, policy, priority, type, details;
    std::int64_t number = 0;
    std::string via;  ///< how it was made
    std::vector<std::pair<std::string, core::time_point>> assigned, acknowledged;
    std::string assigned_via, changed_by, changed_by_type, merged_into;
    core::time_point created{}, updated{}, status_changed{};
    std::optional<core::time_point> resolved;
    json::object custom;
    std::vector<alert_state> alerts;
    bool hidden = false;
    std::uint64_t revision = 0;  ///< what lists show never goes back to an earlier one
  };
  struct record {
    state now;
    std::optional<state> shown;  ///< in lists
    std::vector<note> notes;
  };
  struct log_entry {
    std::string id, type, incident, agent, agent_type, summary;
    core::time_point at{}, visible{};
    json::object channel;
    json::array assignees;
  };
  struct person {
    std::string id, name, address, role;
  };
  struct escalation {
    std::string id, name;
    std::vector<std::string> users;
  };
  struct level {
    std::string id, name;
  };
  struct custom_field {
    std::string id, name, data_type;
  };
  /// Who does something: a user, the service or nobody.
  struct actor {
    std::string id, type;
  };
  struct context {
    http::request const& call;
    target const& at;
    core::time_point now;
    actor who;
    std::vector<std::string> scopes;  ///< empty with a key
    bool by_key = false;
  };
  /// A refusal on its way out.
  struct refused {
    int status;
    std::int64_t code;
    std::string message;
    std::vector<std::string> errors;
  };

  // pagerduty.cpp: the way of a call
  http::response serve(http::request const& call, target const& at, core::time_point now);
  http::response route(context& in);
  http::response token_endpoint(http::request const& call, core::time_point now);
  std::optional<http::response> check_sign_in(context& in);
  std::optional<http::response> check_rate(
      std::string_view bucket, std::size_t most, core::time_point now, http::response& headers
  );
  void need_scope(context const& in, std::string_view scope) const;
  void need_requester(context& in) const;
  static http::response refuse(refused const& why);
  [[nodiscard]] http::response page() const;

  // reads.cpp
  http::response list_incidents(context const& in);
  http::response get_incident(context const& in, std::string_view id);
  http::response list_log(context const& in, std::string_view incident);
  http::response list_notes(context const& in, std::string_view id);
  http::response list_simple(context const& in, std::string_view member, json::array all);
  [[nodiscard]] json::object render(state const& of, std::set<std::string> const& include) const;
  [[nodiscard]] json::object render_entry(log_entry const& of, std::set<std::string> const& include)
      const;
  [[nodiscard]] json::object render_note(note const& of) const;
  [[nodiscard]] json::array custom_values(state const& of) const;
  [[nodiscard]] json::object reference(
      std::string_view id, std::string_view type, std::string_view summary, std::string_view path
  ) const;
  [[nodiscard]] json::object agent_reference(std::string_view id, std::string_view type) const;
  [[nodiscard]] json::array render_users(std::string_view query) const;
  [[nodiscard]] json::array render_policies(std::string_view query) const;

  // writes.cpp
  http::response create(context& in);
  http::response update(context& in, std::string_view id);
  http::response update_many(context& in);
  http::response merge_call(context& in, std::string_view id);
  http::response add_note(context& in, std::string_view id);
  http::response change_note(context& in, std::string_view id, std::string_view note);
  http::response set_custom(context& in, std::string_view id);
  http::response add_status_update(context& in, std::string_view id);
  http::response snooze(context& in, std::string_view id);
  json::object read_body(context const& in, std::string_view member) const;
  /// Applies the members of a PUT to a copy; throws `refused`. Log entries to write come back.
  struct planned {
    state next;
    std::vector<log_entry> entries;
    bool moved = false;
  };
  planned plan(
      state const& from, json::object const& members, actor const& who, core::time_point now
  );
  void store(planned what, actor const& who, core::time_point now);
  void check_custom(std::string_view name, json::value const& value) const;

  // account.cpp
  record* find(std::string_view id_or_number);
  [[nodiscard]] record const* find(std::string_view id_or_number) const;
  record& visible(std::string_view id_or_number);
  [[nodiscard]] person const* person_by(std::string_view address) const;
  [[nodiscard]] actor actor_for(std::string_view address) const;
  std::string open(state first, actor const& who, std::string_view channel, core::time_point now);
  void log(log_entry entry, actor const& who, core::time_point now);
  void log(
      std::string_view incident,
      std::string_view type,
      std::string_view summary,
      actor const& who,
      json::object channel,
      core::time_point now
  );
  log_entry entry_for(state const& of, std::string_view type, std::string_view summary) const;
  void log_custom(
      state const& of,
      std::string_view name,
      json::value const& value,
      actor const& who,
      core::time_point now
  );
  /// What an entry says of one field's change; see `log_tells_values`.
  static json::object field_change(
      std::string_view list,
      std::string_view id,
      std::string_view name,
      json::value const& from,
      json::value const& to
  );
  void show(std::string_view id, core::time_point now);
  void publish(core::time_point now);
  void announce(std::string_view event, state const& of, actor const& who, core::time_point now);
  void announce_note(state const& of, note const& about, actor const& who, core::time_point now);
  void assign_policy(state& to, core::time_point now) const;
  std::string new_id(std::string_view prefix);

  // events.cpp
  http::response enqueue(http::request const& call, core::time_point now);

  pagerduty_settings settings_;
  std::map<std::string, record, std::less<>> records_;
  std::vector<std::string> order_;
  std::multimap<std::string, std::string, std::less<>> by_key_;
  std::map<std::string, std::string, std::less<>> by_number_;
  std::deque<log_entry> log_;
  std::multimap<core::time_point, std::pair<std::string, state>> pending_;
  std::vector<person> people_;
  std::vector<escalation> policies_;
  std::vector<level> priorities_;
  std::vector<custom_field> fields_;
  std::string service_;
  struct token {
    core::time_point expires{};
    std::vector<std::string> scopes;
  };
  std::map<std::string, token, std::less<>> tokens_;
  struct minute {
    std::int64_t which = 0;
    std::size_t count = 0;
  };
  std::map<std::string, minute, std::less<>> rates_;
  std::deque<std::pair<std::string, std::string>> events_;  ///< webhook id, body
  std::uint64_t last_id_ = 0;
  std::int64_t last_number_ = 0;
  std::uint64_t last_revision_ = 0;
  core::time_point latest_{};
};

}  // namespace simulators

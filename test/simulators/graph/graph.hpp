#pragma once

#include <boost/json/object.hpp>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "test/simulators/graph/documents.hpp"
#include "test/simulators/graph/entra.hpp"
#include "test/simulators/graph/settings.hpp"
#include "test/simulators/wire.hpp"

namespace simulators {

/// Microsoft Graph v1.0: security incidents, alerts_v2 and $batch, with the token endpoints that
/// guard them. `GET /` shows the incidents as a plain page.
class graph : public simulator {
 public:
  explicit graph(graph_settings settings = {});
  graph(graph const&) = delete;
  graph& operator=(graph const&) = delete;

  http::response handle(http::request const& call, core::time_point now) override;

  /// May be changed at any time; seed and retention too.
  graph_settings& settings() { return settings_; }
  graph_settings const& settings() const { return settings_; }

  // --- what Defender and people do
  // ---------------------------------------------------------------- `now` is the time of the deed.
  // Those that name an incident answer false if there is none, or if the product would not do it.

  /// Adds an incident. Members of `record` are kept as they are, later or earlier generations'
  /// names included; what a new incident always has and `record` lacks is filled in. Answers its
  /// id.
  std::string add_incident(json::object record, core::time_point now);

  /// As `add_incident`, but keeps the record exactly, unfilled: for recorded payloads. An `alerts`
  /// member becomes the incident's alerts. Needs an id.
  void load_incident(json::object record);

  /// Adds an alert to an incident: severity grows to the alert's if that is higher.
  std::string add_alert(std::string_view incident, json::object alert, core::time_point now);

  /// A person changes members in the portal. Nothing is checked but the existence.
  bool edit(
      std::string_view id, json::object const& fields, std::string_view who, core::time_point now
  );
  bool comment(
      std::string_view id, std::string_view text, std::string_view who, core::time_point now
  );

  /// Defender merges `source` into `target`. False, without effect, where the correlation rules
  /// forbid it: one is resolved, or owners, classifications or determinations differ.
  bool merge(std::string_view source, std::string_view target, core::time_point now);

  bool experts_take(std::string_view id, core::time_point now);
  /// A response waits for the customer: awaitingAction, assigned to Customer.
  bool experts_hand_over(std::string_view id, std::string_view summary, core::time_point now);
  /// A true positive that the Experts dealt with: resolved, assigned to Customer.
  bool experts_remediate(std::string_view id, std::string_view summary, core::time_point now);
  /// A false positive or expected activity: resolved, unassigned, with a comment.
  bool experts_dismiss(
      std::string_view id,
      std::string_view classification,
      std::string_view determination,
      std::string_view text,
      core::time_point now
  );

  // --- looking in
  // ------------------------------------------------------------------------------------

  /// The incident as it is, whatever lists show; none if there is none.
  [[nodiscard]] std::optional<json::object> incident(std::string_view id) const;
  /// Grows with every version of any incident; 0: there is none of this id.
  [[nodiscard]] std::uint64_t incident_revision(std::string_view id) const;
  /// In alphabetical order.
  [[nodiscard]] std::vector<std::string> incident_ids() const;
  /// Visits all incidents as they are, oldest change first.
  void each_incident(std::function<void(json::object const&)> const& visit) const;
  [[nodiscard]] std::size_t incidents() const { return incidents_.size(); }

  /// Withdraws all tokens, as an operator does who suspects a leak.
  void revoke_tokens() { entra_.revoke_all(); }

 private:
  struct context {
    http::request const& call;
    target const& at;
    core::time_point now;
    std::string version = "/v1.0";  ///< the path's first segment
    std::string request_id;
    std::string client_request_id;
    bool sees_gated = false;
    bool in_batch = false;
  };

  // graph.cpp: the way of a call
  http::response resource(context const& in);
  http::response route(context const& in);
  http::response batch(context const& in);
  http::response batch_item(context const& in, json::object const& item);
  std::optional<http::response> refuse_caller(context const& in);
  std::optional<http::response> throttle(context const& in);
  http::response refuse(
      context const& in, int status, std::string_view code, std::string_view message
  ) const;
  http::response refuse_unnamed(
      context const& in, int status, std::string_view code, std::string_view message
  ) const;
  void note(context const& in, std::string_view operation);
  [[nodiscard]] std::string origin(context const& in) const;
  http::response page(core::time_point now) const;

  // lists.cpp: reading
  http::response list(context const& in, documents const& from, std::string_view path);
  http::response get_incident(context const& in, std::string_view id);
  http::response get_alert(context const& in, std::string_view id);
  http::response incident_alerts(context const& in, std::string_view id);
  [[nodiscard]] std::string shown(
      context const& in, document const& of, std::vector<std::string> const& select, bool expand
  ) const;
  [[nodiscard]] documents::snapshot find(
      context const& in, documents const& from, std::string_view id
  ) const;
  [[nodiscard]] bool retained(document const& of, core::time_point now) const;

  // writes.cpp: changing
  http::response patch_incident(context const& in, std::string_view id);
  http::response patch_alert(context const& in, std::string_view id);
  http::response comment_incident(context const& in, std::string_view id);
  http::response comment_alert(context const& in, std::string_view id);
  http::response merge_incidents(context const& in);
  http::response move_alerts(context const& in);
  /// The document that a write to `id` really changes; an answer where it is refused.
  struct write_place {
    documents::snapshot place;
    std::optional<http::response> refusal;
  };
  write_place place_of_write(context const& in, std::string_view id);
  std::optional<http::response> read_object(context const& in, json::object& out) const;
  std::string complaint_about(std::string_view name, json::value& value, bool is_alert) const;

  // people.cpp: the deeds, by whomever
  void change(
      document const& of, json::object const& fields, std::string_view author, core::time_point now
  );
  void add_comment(
      document const& to,
      std::string_view text,
      std::string_view author,
      std::string_view modified_by,
      bool moves_stamp,
      core::time_point now
  );
  bool may_merge(document const& source, document const& target) const;
  void join(document const& source, document const& target, std::string_view, core::time_point now);
  bool attach(std::string_view alert, std::string_view incident, core::time_point now);
  void put_incident(document next, core::time_point now);
  void put_alert(document next, core::time_point now);
  [[nodiscard]] core::time_point visible_at(core::time_point now) const;

  graph_settings settings_;
  entra entra_;
  documents incidents_;
  documents alerts_;
  std::uint64_t last_incident_ = 0;
  std::uint64_t last_alert_ = 0;
  std::uint64_t last_request_ = 0;
  std::int64_t minute_ = 0;  ///< the minute that `calls_this_minute_` counts
  std::size_t calls_this_minute_ = 0;
};

/// Defender's stamps step by 1/300 s, as SQL Server's datetime does.
core::time_point defender_stamp(core::time_point at);
/// Always a point and digits as Defender writes them: "2026-02-25T16:29:33.1Z".
std::string defender_time(core::time_point at);

}  // namespace simulators

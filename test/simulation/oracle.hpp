#pragma once

#include <deque>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "connector/async/clock.hpp"
#include "test/simulation/chronicle.hpp"
#include "test/simulation/disk.hpp"
#include "test/simulation/place.hpp"
#include "test/simulation/watched.hpp"

namespace simulation {

/// The promises of the sync, as code. It sees what people do, what the services hold, what goes
/// through the ports and what becomes durable, and complains in words.
class oracle final : public witness {
 public:
  struct surroundings {
    connector::async::clock& clock;
    incident_place& incidents;
    ticket_place& tickets;
    disk& on;
    chronicle& history;
    std::shared_ptr<mapping::field_map const> map;
  };
  explicit oracle(surroundings with) : with_{std::move(with)} {}

  /// While the world runs; each says at once what is wrong.
  void on_connect(mapping::side to, adapter::capabilities const& declared) override {
    overlap_[to] = declared.list_lag;
    history_[to] = declared.history;
  }
  void on_update(mapping::side to, adapter::update const& call) override;
  void on_comment(mapping::side to, adapter::new_comment const& call) override;
  void on_create(adapter::creation const& call) override;
  void on_seen(mapping::side from, adapter::object const& object) override;
  void on_answer(
      mapping::side to, adapter::update const& call, core::result<adapter::receipt> const& answer
  ) override;
  void on_commit(store::changes const& all);
  /// A new process remembers no wait that an earlier one was asked for.
  void on_start() { closed_until_.clear(); }
  void on_call(mapping::side to);
  void on_closed(mapping::side to, std::chrono::seconds span);
  void check_keys();
  /// Our account could not see the first ticket, and there was no other to find that out by.
  bool was_hidden_without_control(std::string const& key);

  /// After act two. `known` holds the answers that rules asked for.
  void check_end(mapping::answers const& known);

  /// After act two, of everything that was journalled, oldest first: replayed, each decision comes
  /// out the same under the map that made it, one of `maps`.
  void check_replay(
      std::vector<store::journal_entry> const& all,
      std::vector<std::shared_ptr<mapping::field_map const>> const& maps
  );

  void complain(std::string what);
  [[nodiscard]] std::vector<std::string> const& complaints() const { return complaints_; }

  /// How often the journal said what; to see that worlds reach every branch.
  [[nodiscard]] std::map<std::string, int> const& kinds() const { return kinds_; }

 private:
  store::link const* link_of(mapping::side s, std::string const& id) const;
  bool is_out_of_sight(store::link const& link) const;
  void check_link(store::link const& link, mapping::answers const& known);
  void check_rule(
      store::link const& link,
      mapping::rule const& rule,
      adapter::object const& incident,
      adapter::object const& ticket,
      mapping::view const& view
  );
  void check_last_edit(
      store::link const& link,
      mapping::rule const& rule,
      adapter::object const& incident,
      adapter::object const& ticket,
      mapping::view const& view
  );
  void check_comments(store::link const& link);
  void check_cursor(store::cursor const& moved);
  [[nodiscard]] place const& place_of(mapping::side s) const;
  bool was_known_merged(std::string const& incident) const;
  void note_decision(store::link const& link, core::record const& line);
  bool on_record(store::link const& link, mapping::rule const& rule, core::time_point since) const;

  struct note {
    core::time_point at;
    std::string link, kind, rule;
  };

  surroundings with_;
  std::vector<std::string> complaints_;
  std::vector<note> notes_;
  std::map<std::string, int> kinds_;
  std::map<std::tuple<std::string, mapping::side, std::string>, store::comment_entry> ledger_;
  std::map<mapping::side, std::chrono::seconds> overlap_;
  [[nodiscard]] bool notices_edits_in_between(mapping::side side) const {
    auto const how = history_.find(side);
    return how != history_.end() && (how->second == adapter::edit_history::counter ||
                                     how->second == adapter::edit_history::compare_and_set);
  }
  /// While the outcome of an update was unknown, from its record on.
  struct doubt {
    core::record fields;
    core::time_point from{};
    std::optional<core::time_point> until;
  };
  void note_doubt(store::link const& of, std::optional<store::outstanding> const& sent);
  bool was_in_doubt(
      mapping::side side,
      std::string const& id,
      mapping::rule const& rule,
      chronicle::entry const& e
  ) const;
  /// Whether an update of ours that took effect then spoke for the rule.
  bool was_written(
      mapping::side side, std::string const& id, mapping::rule const& rule, core::time_point at
  ) const;
  std::map<chronicle::object_key, std::vector<doubt>> doubts_;
  std::map<std::string, core::time_point> hidden_at_;  ///< tickets, when they last were
  std::set<std::string> first_ones_;                   ///< keys sent while no ticket was known
  std::set<std::string> hidden_twins_;
  std::map<mapping::side, adapter::edit_history> history_;
  /// By link and rule: since when there is a base.
  std::map<std::pair<std::string, std::string>, core::time_point> compared_;
  /// Incidents that a process was shown as merged, since when; and when what was last sent to each
  /// was put on record.
  std::map<std::string, core::time_point> known_merged_;
  std::map<std::string, core::time_point> recorded_;
  std::map<std::string, int> refused_;  ///< by side, id and fields
  std::map<mapping::side, connector::async::clock::steady_point> closed_until_;
  std::map<mapping::side, int> calls_while_closed_;
};

}  // namespace simulation

#pragma once

#include <map>
#include <span>
#include <unordered_map>

#include "connector/mapping/prove.hpp"
#include "connector/mapping/prove_domain.hpp"
#include "connector/mapping/prove_groups.hpp"

namespace connector::mapping {

/// A value of a field, by its number in the field's list.
using value_id = std::uint32_t;

/// One pair of records, as far as a group of rules sees it, with what each rule last agreed on.
struct pair_state {
  struct base {
    std::uint32_t incident = 0, ticket = 0;  ///< see merge_model; 0: none yet
    bool operator==(base const&) const = default;
  };
  std::vector<value_id> values;  ///< one per field of the group
  std::vector<base> bases;       ///< one per rule of the group
  bool operator==(pair_state const&) const = default;
};
struct pair_state_hash {
  std::size_t operator()(pair_state const& s) const;
};

/// What one pass of the sync does to a pair.
struct merge_step {
  struct write {
    std::size_t rule = 0;   ///< in the map
    std::size_t field = 0;  ///< of the group
    value_id value = 0;
    config::position where;
    bool contested = false;  ///< both sides had moved, and the map's conflict choice decided
  };
  pair_state next;
  side to = side::ticket;
  std::vector<write> writes;  ///< empty: nothing is left to do
  bool by_clock = false;      ///< which side changed last mattered

  /// What a rule of the group writes to the incident instead, if the link remembers it.
  struct memory {
    std::size_t index = 0;
    std::vector<value_id> values;
  };
  bool by_memory = false;
  std::vector<memory> memories;  ///< of rules after those whose memory was given
};

/// The three-way merge of connector/sync/decide.cpp over numbered values. Rules are asked once for
/// each combination of the values they see. What may be looked up is answered as if everybody was
/// known under a key of his own.
class merge_model {
 public:
  static constexpr std::uint32_t no_base = 0;
  static constexpr std::uint32_t other_base = 1;  ///< differs from every value

  merge_model(program const& p, rule_group const& g, std::size_t fresh);

  [[nodiscard]] rule_group const& group() const { return group_; }
  [[nodiscard]] std::vector<stand_in> const& domain(std::size_t field) const {
    return domains_[field];
  }
  [[nodiscard]] core::value const& value(std::size_t field, value_id v) const {
    return values_[field][v];
  }
  [[nodiscard]] std::size_t values_of(std::size_t field) const { return values_[field].size(); }
  [[nodiscard]] value_id unset(std::size_t) const { return 0; }

  /// The ticket as it is made for these incident values; the ticket's other fields as in `values`.
  pair_state create(std::vector<value_id> values);

  /// One pass. `entering`: values of input fields that are written to that side in the same pass.
  struct arrival {
    side on = side::ticket;
    std::vector<value_id> values;  ///< all fields, inputs as they will be
  };
  /// `remembered` ascends by rule; see connector/sync/kept_values.hpp.
  merge_step pass(
      pair_state const& from,
      side later,
      arrival const* entering = nullptr,
      std::span<merge_step::memory const> remembered = {}
  );

  /// The base of the rule at `index` of the group for these values.
  pair_state::base agreed(std::size_t index, std::vector<value_id> const& values);
  bool applies(std::size_t index, std::vector<value_id> const& values);

 private:
  struct wanted {
    wish::kind what = wish::kind::leave;
    std::vector<value_id> values;  ///< one per field of the rule on that side
    bool is_there = false;         ///< nothing changes
    config::position where;
  };
  struct opinion {
    bool applies = false;                              ///< with what is being written
    bool applied_before = false;                       ///< without
    std::uint32_t incident = 0, ticket = 0;            ///< groups, as bases number them
    std::uint32_t incident_then = 0, ticket_then = 0;  ///< with what is being written
    bool incident_unset = false, ticket_unset = false;
    bool corresponds = false;
    int incident_rank = -1, ticket_rank = -1;
    wanted to_ticket, to_incident;
    std::vector<std::vector<value_id>> lost;  ///< incident values that mean the ticket's, too
  };
  opinion const& ask(
      std::size_t index, std::vector<value_id> const& actual, std::vector<value_id> const& projected
  );
  opinion evaluate(
      std::size_t index, std::vector<value_id> const& actual, std::vector<value_id> const& projected
  );
  void records(
      std::size_t index,
      std::vector<value_id> const& values,
      core::record& incident,
      core::record& ticket
  ) const;
  wanted want(std::size_t index, side to, view const& now, core::group const& there);
  wanted as_wanted(std::size_t index, side to, wish const& w, core::group const& there);
  std::vector<std::vector<value_id>> lost_values(
      std::size_t index, core::group const& ticket, view const& now
  );
  bool learn(wish const& w);
  value_id number(std::size_t field, core::value const& v);
  std::uint32_t group_number(core::group const& g);
  std::optional<wish> merged_wish(
      std::size_t index, pair_state::base const& base, std::vector<value_id> const& projected
  );

  program const& program_;
  rule_group const& group_;
  std::shared_ptr<field_map const> map_;
  std::vector<std::vector<stand_in>> domains_;
  std::vector<std::vector<core::value>> values_;
  std::vector<std::unordered_map<std::string, value_id>> numbers_;
  std::unordered_map<std::string, std::uint32_t> groups_;
  /// By number. In parentheses: braces would make one group of two values.
  std::vector<core::group> group_values_ = std::vector<core::group>(other_base + 1);
  std::vector<std::vector<std::size_t>> seen_by_;  ///< fields of the group that a rule sees
  std::vector<std::vector<std::size_t>> incident_fields_, ticket_fields_;  ///< of a rule, in order
  std::vector<std::map<std::vector<value_id>, opinion>> opinions_;
  answers known_;
  facts facts_{"T-1", "https://tickets.example/T-1", "https://incidents.example/1"};
};

}  // namespace connector::mapping

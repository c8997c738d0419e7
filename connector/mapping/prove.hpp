#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <vector>

#include "connector/core/value.hpp"
#include "connector/mapping/finding.hpp"
#include "connector/mapping/map.hpp"

/// What can be known of a map before it runs: that no edit makes the two sides overwrite each other
/// without end, that no edit comes back as something else, and which values do not survive the way
/// there and back. Pure, and bounded by `proof_limits`; what the bounds leave open is said.
namespace connector::mapping {

struct program;

struct proof_limits {
  std::size_t passes_max = 400'000;  ///< merges tried for one set of rules that share fields
  std::size_t values_max = 64;       ///< of one field that rules work out from each other
  std::size_t trips_max = 20'000;    ///< values of one rule sent there and back
};

/// How one rule is known to come to rest.
struct rule_proof {
  enum class kind {
    walked,    ///< every value tried, both ways, to a fixed point
    argued,    ///< unbounded values; `argument` says why they come to rest
    unproved,  ///< neither; `argument` says why not
  };
  std::string rule;
  config::position where;
  rule_proof::kind by = kind::argued;
  std::string argument;
  std::vector<std::string> with;  ///< the rules that share fields with it, itself included
  std::size_t passes = 0;         ///< merges tried for all of them together
};

/// The way of one value to the other side and back, as the rows have it.
struct round_trip {
  enum class kind {
    same,         ///< comes back as it was
    declared,     ///< does not, and the map says so
    lost,         ///< does not
    system_only,  ///< does not, and no map could: only the system itself sets it
    stays,        ///< does not go, or nothing is written back
  };
  std::string rule;
  config::position where;  ///< of the row that decides the way there
  side from = side::incident;
  std::string value, there, back;
  round_trip::kind what = kind::same;
};
std::string_view name(round_trip::kind k);
std::string_view name(rule_proof::kind k);

/// The edits that lead to a finding, so that it can be played with real systems: an incident is
/// made, gets its ticket, and then both are edited as `edits` says, each time until all is quiet.
struct replay {
  struct edit {
    core::record incident, ticket;  ///< only what changes
  };
  std::string id;        ///< of the finding
  core::record created;  ///< the incident
  core::record arrived;  ///< what the new ticket holds that no rule wrote
  std::vector<edit> edits;
  /// False: which of two changes came last, or what rules of another group write, matters too.
  bool certain = true;
};

struct proof {
  std::vector<finding> findings;
  std::vector<rule_proof> rules;
  std::vector<round_trip> trips;
  std::vector<replay> replays;
  std::size_t passes = 0;
};

proof prove(std::shared_ptr<program const> const& of, proof_limits const& limits = {});

}  // namespace connector::mapping

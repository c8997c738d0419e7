#pragma once

#include <optional>
#include <string>
#include <vector>

#include "connector/adapter/adapter.hpp"
#include "connector/mapping/program.hpp"

/// A map against what a real system says of itself. Pure: the descriptions and answers are given.
/// Nothing is concluded from what a description leaves out.
namespace connector::mapping {

/// What was found, and the rule it is about.
struct live_finding {
  finding what;
  std::string rule;  ///< empty: the map as a whole

  friend bool operator==(live_finding const& a, live_finding const& b) {
    return a.what.id == b.what.id && a.what.text == b.what.text && a.rule == b.rule;
  }
};

/// Compares what the map reads and writes on one side with the system on that side: fields, kinds,
/// choices, flags, lengths, what each workflow step demands, and whether every state that the map
/// asks for can be reached. By place in the file.
std::vector<live_finding> compare(program const& map, side on, adapter::description const& real);

/// A user, group or other entry that the map names.
struct named_entry {
  open_question question;
  config::position at;
  std::string rule;
};
std::vector<named_entry> named_entries(program const& map);

/// Names that the system does not know, or knows more than once. A question without an answer in
/// `known` is passed over.
std::vector<live_finding> check_names(std::vector<named_entry> const& all, answers const& known);

/// What changed since `before`, the rules it touches, and what will come of it.
std::vector<live_finding> drift(
    program const& map,
    side on,
    adapter::description const& before,
    adapter::description const& after
);

}  // namespace connector::mapping

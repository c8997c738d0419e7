#pragma once

#include <random>
#include <string>
#include <string_view>
#include <vector>

#include "connector/core/value.hpp"

namespace connector::sync {

/// A map over the models of world.hpp as far as its rules.
inline constexpr std::string_view map_head =
    "mapping: m\nversion: 1\nincident: incidents\nticket: tickets\nopen: all\n"
    "merging_settles_after: 0s\nrules:\n";

/// Makes maps with one to three rules over fields that several of them may share, and edits of
/// these fields. Not every map compiles.
class map_maker {
 public:
  explicit map_maker(std::uint64_t seed) : random_{seed} {}

  std::string map();

  /// Any values of one side, or one of them.
  core::record edit(bool incident, bool one);

  std::size_t pick(std::size_t below) { return random_() % below; }

 private:
  struct field {
    std::string name;
    std::vector<std::string> values;
  };

  std::string value_of(field const& f) { return f.values[pick(f.values.size())]; }
  std::string rule(std::size_t number);
  std::string choice(std::string const& name, field const& a, field const& b);

  std::mt19937_64 random_;
  std::vector<field> incident_{
      {"status", {"active", "inProgress", "resolved"}}, {"severity", {"low", "medium", "high"}}};
  std::vector<field> ticket_{{"state", {"1", "2", "6", "7"}}, {"urgency", {"1", "2", "3"}}};
};

}  // namespace connector::sync

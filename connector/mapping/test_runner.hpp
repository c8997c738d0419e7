#pragma once

#include <set>
#include <string>
#include <tuple>
#include <vector>

#include "connector/mapping/apply.hpp"
#include "connector/mapping/map_test.hpp"
#include "connector/mapping/program.hpp"
#include "connector/mapping/walk.hpp"

namespace connector::mapping {

/// What of a map can be touched: a row on the way to a side, or a condition that held or did not.
enum class touch { to_ticket, to_incident, held, not_held };

/// The places that tests came by.
class touched_places {
 public:
  void add(config::position const& at, touch how) {
    all_.emplace(at.file, at.line, at.column, how);
  }
  [[nodiscard]] bool contains(config::position const& at, touch how) const {
    return all_.contains({at.file, at.line, at.column, how});
  }

 private:
  std::set<std::tuple<std::string, int, int, touch>> all_;
};

/// Runs tests on one map. The map may be a mutant of the one that the tests were written for.
class test_runner {
 public:
  test_runner(field_map const& map, program const& data) : map_{map}, data_{data} {}

  /// What does not come out as the test says; empty where all does.
  std::vector<test_failure> run(map_test const& t);

  [[nodiscard]] touched_places const& touched() const { return touched_; }

 private:
  struct outcome_of_rule {
    rule const* by = nullptr;
    side to = side::ticket;
    wish const* want = nullptr;
    bool conflict = false;
  };
  using outcomes = std::vector<outcome_of_rule>;

  void run_plain(map_test const& t);
  void run_steps(map_test const& t);
  void check_comments(map_test const& t);
  void check_merged(map_test const& t);
  void check_text(
      map_test::expected_text const& wanted, std::string const& got, std::string const& what
  );
  void fail(place at, std::string text);
  void check_opens(map_test const& t);
  void check_lane(map_test const& t);
  void check_new_ticket(bool expected, outcomes const& all);
  application apply_with_answers(map_test const& t, side to);
  void check(
      core::record const& got,
      outcomes const& from,
      side on,
      std::vector<map_test::expected> const& wanted
  );
  void check_not_parked(outcomes const& from, side on, map_test::expected const& e);
  void announce(std::vector<std::pair<std::string, place>> const& parks);
  void check_waiting(
      std::vector<std::pair<std::string, place>> const& wanted,
      outcomes const& from,
      wish::kind how,
      std::string_view words
  );
  void note_rules(outcomes const& all);
  void note_conditions(core::record const& incident, core::record const& ticket);

  field_map const& map_;
  program const& data_;
  map_test const* current_ = nullptr;
  std::vector<test_failure> failures_;
  std::vector<std::string> parks_;  ///< announced by the test or step at hand
  touched_places touched_;
};

}  // namespace connector::mapping

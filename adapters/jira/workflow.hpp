#pragma once

#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "adapters/jira/answer.hpp"

/// A status cannot be set; only the transitions on offer can be made. What is on offer depends on
/// the workflow, that is on project and issue type, on the status, and on conditions.
namespace adapters::jira {

/// A status, as issues and transitions show it.
struct status {
  std::string id;
  std::string name;
  std::string category;  ///< "new", "indeterminate", "done": names can be translated, these cannot
};

struct transition {
  std::string id;
  std::string name;
  status to;
  struct screen_field {
    bool required = false;
    bool has_default = false;
    std::vector<std::string> choices;
  };
  std::map<std::string, screen_field, std::less<>> screen;  ///< what can be sent along
};

/// Of {"id","name","statusCategory":{"key"}}.
status status_in(json::object const& from);

/// Of GET .../transitions?expand=transitions.fields; those that are not available are left out.
std::vector<transition> transitions_in(json::value const& answer);

/// True if `wanted` names this status: by its name, case aside, or by its id.
bool is_status(status const& one, std::string_view wanted);

/// What is known of one workflow: the transitions seen in each status.
class workflow {
 public:
  void learn(status const& in, std::vector<transition> offered);
  void forget(std::string_view status_id) { seen_.erase(std::string{status_id}); }

  [[nodiscard]] std::vector<transition> const* offered_in(std::string_view status_id) const;

  /// The transitions of a shortest way, over what was seen. Empty if there is none.
  [[nodiscard]] std::vector<transition> path(std::string_view from_id, std::string_view wanted)
      const;

  /// Statuses that can be reached, nearest first, but whose own transitions were never seen.
  [[nodiscard]] std::vector<status> unseen_from(std::string_view from_id) const;

  /// One step from here into the unknown that does not lead away from a goal of that category: to a
  /// status of the goal's category, or under way. None if there is no such step.
  [[nodiscard]] std::optional<transition> towards(
      std::string_view from_id, std::string_view goal_category, std::set<std::string> const& been
  ) const;

  [[nodiscard]] std::map<std::string, std::vector<transition>> const& seen() const { return seen_; }
  [[nodiscard]] std::map<std::string, status> const& statuses() const { return statuses_; }

 private:
  std::map<std::string, std::vector<transition>> seen_;  ///< by status id
  std::map<std::string, status> statuses_;
};

}  // namespace adapters::jira

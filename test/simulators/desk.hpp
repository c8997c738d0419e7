#pragma once

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "test/simulators/control_words.hpp"
#include "test/simulators/faults.hpp"

namespace simulators {

/// One simulated ticket system as the control API plays it: the people who work its tickets. To
/// host another system, implement this and add it to `make_desks`.
class desk {
 public:
  virtual ~desk() = default;

  [[nodiscard]] virtual std::string_view name() const = 0;  ///< "servicenow"
  virtual simulator& service() = 0;
  /// Where it can be reached, for the addresses in its answers.
  virtual void lives_at(std::string const& origin) = 0;

  /// Every ticket as it is, comments included.
  [[nodiscard]] virtual json::array tickets() const = 0;
  /// `named` by id, label or key; throws `misuse` if there is none.
  [[nodiscard]] virtual json::object ticket(std::string const& named) const = 0;
  /// A person's new ticket; answers what names it.
  virtual json::object create(json::object const& body, core::time_point now) = 0;
  /// What a person does to a ticket; false if the system would not do it. Throws `misuse` for an
  /// unknown deed.
  virtual bool act(
      std::string const& named,
      std::string_view deed,
      json::object const& body,
      core::time_point now
  ) = 0;
  /// {kind: {"tickets", "keys", "duplicates": {key: count}}}
  [[nodiscard]] virtual json::object duplicates() const = 0;
  /// False if there is no such setting.
  virtual bool set(std::string_view setting, double value) = 0;
  virtual bool set_list(std::string_view, std::vector<std::string> const&) { return false; }
  /// What an administrator changes about the system itself; false if it knows no such deed.
  virtual bool administer(std::string_view, json::object const&, core::time_point) { return false; }
  /// No limit on calls any more; for measurements.
  virtual void lift_limits() = 0;
  /// More for the statistics.
  [[nodiscard]] virtual json::object figures() const { return {}; }

  simulators::faults faults{2};
};

/// Positions of the open points: as observed, or the hard ones.
enum class open_points { observed, hard };

/// One of each ticket system, in the order of the options of the executable.
std::vector<std::unique_ptr<desk>> make_desks(open_points chosen, core::time_point now);

std::unique_ptr<desk> make_servicenow_desk(open_points chosen, core::time_point now);
std::unique_ptr<desk> make_jira_desk(open_points chosen, core::time_point now);
std::unique_ptr<desk> make_pagerduty_desk(open_points chosen, core::time_point now);

}  // namespace simulators

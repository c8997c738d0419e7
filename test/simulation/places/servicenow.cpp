#include "test/simulators/servicenow/servicenow.hpp"

#include <boost/json/object.hpp>

#include "adapters/servicenow/adapter.hpp"
#include "adapters/servicenow/wire.hpp"
#include "test/simulation/places/places.hpp"

namespace simulation {
namespace {

namespace json = boost::json;

/// Agents, a caller, and jobs of the instance.
enum class deed {
  reset,
  begin,
  hold,
  resolve,
  resolve_unfounded,
  close,
  cancel,
  urgent,
  routine,
  rename,
  describe,
  note_resolution,
  to_abel,
  to_beth,
  to_nobody,
  recode,
  remove,
  hide,
  show,
  script,
};

std::vector<habit> const every_habit{
    {"sets the state back to New", 3},
    {"starts work", 6},
    {"puts it on hold for a vendor", 2},
    {"resolves it", 5},
    {"resolves it as unfounded", 3},
    {"closes it", 1},
    {"cancels it", 1},
    {"sets urgency and impact to 1", 5},
    {"sets urgency to 3", 5},
    {"changes the short description", 6},
    {"changes the description", 5},
    {"changes the resolution notes", 6},
    {"assigns it to abel", 4},
    {"assigns it to beth", 4},
    {"assigns it to nobody", 3},
    {"changes the resolution code", 3},
    {"deletes it", 1},
    {"hides it behind an ACL", 0},
    {"lets it be seen again", 0},
    {"runs a script over it that moves no stamp", 0},
};

constexpr std::string_view tag = "defender";
constexpr std::string_view base_url = "https://instance.service-now.com";

class service_now final : public ticket_place {
 public:
  service_now(temper const& with, core::time_point born) : instance_{settings_of(with), born} {}

  simulators::simulator& service() override { return instance_; }
  std::vector<std::string> origins() const override { return {std::string{base_url}}; }

  std::unique_ptr<adapter::system> connect(adapter::surroundings with) override {
    adapters::servicenow::settings chosen;
    chosen.base_url = base_url;
    chosen.credential = adapters::servicenow::basic_sign_in{
        instance_.settings().user_name, core::secret{instance_.settings().password}};
    chosen.tag = tag;
    return adapters::servicenow::make_system(std::move(chosen), std::move(with));
  }

  std::vector<habit> const& habits() const override { return every_habit; }
  bool do_habit(std::string const& id, int which, int n, core::time_point now) override;

  bool say(
      std::string const& id, std::string const& text, std::string const& who, core::time_point now
  ) override {
    auto const before = instance_.journal(id).size();
    instance_.add_journal(id, "work_notes", text, who, now);
    return instance_.journal(id).size() > before;
  }

  void touch(std::string const& id, core::time_point now) override {
    instance_.edit(id, {{"subcategory", "touched " + std::to_string(++touches_)}}, "admin", now);
  }

  std::optional<adapter::object> look(std::string const& id) const override {
    auto const revision = instance_.revision(id);
    auto& last = looked_at_[id];
    if (revision != 0 && last.first == revision) return last.second;
    auto const found = instance_.record(id);
    if (!found) return std::nullopt;
    static adapters::servicenow::origin const origin{std::string{base_url}, "incident"};
    auto object = adapters::servicenow::to_object(
        *found, origin, fields_, adapters::servicenow::absent::tolerate
    );
    if (!object) return std::nullopt;
    last = {revision, std::move(*object)};
    return last.second;
  }

  std::vector<std::string> comments(std::string const& id) const override {
    std::vector<std::string> out;
    for (auto const& entry : instance_.journal(id)) out.push_back(entry.text);
    return out;
  }

  bool takes_comments(std::string const& id) const override {
    auto const found = instance_.record(id);
    return !found || found->at("state") != "7" || instance_.settings().closed_takes_notes;
  }

  bool is_visible(std::string const&) const override { return !hides_; }

  void set_list_lag(milliseconds lag) override { instance_.settings().list_lag = lag; }
  milliseconds list_lag_max() const override { return std::chrono::seconds{110}; }
  milliseconds search_lag_max() const override { return std::chrono::seconds{25}; }

  std::vector<std::string_view> const& drifts() const override {
    static std::vector<std::string_view> const all{
        "subcategory becomes mandatory on create",
        "short_description becomes read-only",
        "urgency becomes read-only",
        "assigned_to must be a member of the group",
        "an assignment rule sets the group",
        "the work notes' table cannot be read any more",
        "an ACL hides every ticket",
    };
    return all;
  }
  void drift(int which, bool begins, core::time_point now) override;

  bool comments_move_stamps() const override { return instance_.settings().journal_moves_stamp; }

  std::vector<std::pair<std::string, std::string>> tickets() const override {
    std::vector<std::pair<std::string, std::string>> all;
    for (auto const& [key, count] : instance_.tickets_by_correlation("incident")) {
      for (auto& id : instance_.find_ids("incident", "correlation_id", key)) {
        all.emplace_back(std::move(id), key);
      }
    }
    return all;
  }

 private:
  static simulators::servicenow_settings settings_of(temper const& with) {
    auto s =
        with.hard ? simulators::servicenow_settings{} : simulators::servicenow_settings::observed();
    s.seed = with.seed;
    return s;
  }

  simulators::servicenow instance_;
  /// By id, with the revision that it was: the oracle looks far more often than anything changes.
  mutable std::map<std::string, std::pair<std::uint64_t, adapter::object>> looked_at_;
  int touches_ = 0;
  bool hides_ = false;
  std::vector<std::string> fields_{
      "number",
      "short_description",
      "description",
      "state",
      "impact",
      "urgency",
      "assigned_to",
      "assignment_group",
      "close_code",
      "close_notes",
      "category"};
};

bool service_now::do_habit(std::string const& id, int which, int n, core::time_point now) {
  auto const found = instance_.record(id);
  if (!found) return false;
  auto const number = std::to_string(n);
  std::string const who = which % 2 == 0 ? "abel.tuter" : "beth.anglin";
  auto const edit = [&](json::object const& fields) {
    return instance_.edit(id, fields, who, now);
  };
  bool const is_over = found->at("state") == "7" || found->at("state") == "8";
  auto const what = static_cast<deed>(which);
  // People at a form cannot change a closed record either.
  if (is_over && what < deed::remove) return false;
  switch (what) {
    case deed::reset:
      return edit({{"state", "1"}});
    case deed::begin:
      return edit({{"state", "2"}});
    case deed::hold:
      return edit({{"state", "3"}, {"hold_reason", "4"}});
    case deed::resolve:
      return instance_.resolve(id, "Solution provided", "Fixed " + number, who, now);
    case deed::resolve_unfounded:
      return instance_.resolve(id, "No resolution provided", "Unfounded " + number, who, now);
    case deed::close:
      return found->at("state") == "6" && instance_.close(id, who, now);
    case deed::cancel:
      return edit({{"state", "8"}});
    case deed::urgent:
      return edit({{"urgency", "1"}, {"impact", "1"}});
    case deed::routine:
      return edit({{"urgency", "3"}});
    case deed::rename:
      return edit({{"short_description", "Reworded " + number}});
    case deed::describe:
      return edit({{"description", "Described " + number}});
    case deed::note_resolution:
      return edit({{"close_notes", "Noted " + number}});
    case deed::to_abel:
      return edit({{"assigned_to", instance_.user("abel.tuter")}});
    case deed::to_beth:
      return edit({{"assigned_to", instance_.user("beth.anglin")}});
    case deed::to_nobody:
      return edit({{"assigned_to", ""}});
    case deed::recode:
      return found->at("state") == "6" && edit({{"close_code", "User error"}});
    case deed::remove:
      return instance_.remove(id, now);
    case deed::hide:
      return instance_.hide(id, true, now);
    case deed::show:
      return instance_.hide(id, false, now);
    case deed::script:
      return instance_.script_edit(id, {{"category", "network"}}, now);
  }
  return false;
}

void service_now::drift(int which, bool begins, core::time_point now) {
  auto& s = instance_.settings();
  switch (which) {
    case 0:
      s.mandatory_on_create =
          begins ? std::vector<std::string>{"subcategory"} : std::vector<std::string>{};
      break;
    case 1:
    case 2:
      s.read_only_columns.clear();
      if (begins) s.read_only_columns.push_back(which == 1 ? "short_description" : "urgency");
      break;
    case 3:
      s.assignee_must_be_member = begins;
      break;
    case 4:
      s.assignment_rule_group = begins ? instance_.group("Service Desk") : std::string{};
      break;
    case 6:
      // Looked at again by an administrator afterwards: an ACL alone moves no stamp.
      hides_ = begins;
      for (auto const& [id, key] : tickets()) {
        instance_.hide(id, begins, now);
        if (!begins) touch(id, now);
      }
      break;
    default:
      s.journals = begins ? simulators::servicenow_settings::journal_access::forbidden
                          : simulators::servicenow_settings::journal_access::granted;
      break;
  }
}

}  // namespace

std::unique_ptr<ticket_place> make_servicenow(temper const& with, core::time_point born) {
  return std::make_unique<service_now>(with, born);
}

}  // namespace simulation

#include "test/simulators/servicenow/servicenow.hpp"

#include <boost/json/object.hpp>

#include "adapters/servicenow/adapter.hpp"
#include "adapters/servicenow/wire.hpp"
#include "test/simulation/places/deeds.hpp"
#include "test/simulation/places/places.hpp"

namespace simulation {
namespace {

namespace json = boost::json;

constexpr std::string_view tag = "defender";
constexpr std::string_view base_url = "https://instance.service-now.com";

class service_now final : public ticket_place {
 public:
  service_now(temper const& with, core::time_point born) : instance_{settings_of(with), born} {}

  simulators::servicenow& instance() { return instance_; }
  void hide_all(bool hidden, core::time_point now);

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

  std::vector<habit> const& habits() const override;
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

  std::vector<std::string_view> const& drifts() const override;
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

/// An agent, a caller or a job of the instance, at one record.
struct hand {
  simulators::servicenow& instance;
  std::string const& id;
  std::string state;
  std::string number;  ///< makes texts unique
  std::string who;
  core::time_point now;

  /// Nobody can change a closed record at a form.
  [[nodiscard]] bool is_over() const { return state == "7" || state == "8"; }
  [[nodiscard]] bool edit(json::object const& fields) const {
    return !is_over() && instance.edit(id, fields, who, now);
  }
  [[nodiscard]] bool set(std::string_view column, std::string_view text) const {
    return edit({{column, text}});
  }
  [[nodiscard]] bool resolve(std::string_view code, std::string const& notes) const {
    return !is_over() && instance.resolve(id, code, notes + number, who, now);
  }
};

using doing = hand const&;

std::vector<deed<hand>> const deeds{
    {"sets the state back to New", 3, [](doing h) { return h.set("state", "1"); }},
    {"starts work", 6, [](doing h) { return h.set("state", "2"); }},
    {"puts it on hold for a vendor",
     2,
     [](doing h) {
       return h.edit({{"state", "3"}, {"hold_reason", "4"}});
     }},
    {"resolves it", 5, [](doing h) { return h.resolve("Solution provided", "Fixed "); }},
    {"resolves it as unfounded",
     3,
     [](doing h) { return h.resolve("No resolution provided", "Unfounded "); }},
    {"closes it",
     1,
     [](doing h) { return h.state == "6" && h.instance.close(h.id, h.who, h.now); }},
    {"cancels it", 1, [](doing h) { return h.set("state", "8"); }},
    {"sets urgency and impact to 1",
     5,
     [](doing h) {
       return h.edit({{"urgency", "1"}, {"impact", "1"}});
     }},
    {"sets urgency to 3", 5, [](doing h) { return h.set("urgency", "3"); }},
    {"changes the short description",
     6,
     [](doing h) { return h.set("short_description", "Reworded " + h.number); }},
    {"changes the description",
     5,
     [](doing h) { return h.set("description", "Described " + h.number); }},
    {"changes the resolution notes",
     6,
     [](doing h) { return h.set("close_notes", "Noted " + h.number); }},
    {"assigns it to abel",
     4,
     [](doing h) { return h.set("assigned_to", h.instance.user("abel.tuter")); }},
    {"assigns it to beth",
     4,
     [](doing h) { return h.set("assigned_to", h.instance.user("beth.anglin")); }},
    {"assigns it to nobody", 3, [](doing h) { return h.set("assigned_to", ""); }},
    {"changes the resolution code",
     3,
     [](doing h) { return h.state == "6" && h.set("close_code", "User error"); }},
    {"deletes it", 1, [](doing h) { return h.instance.remove(h.id, h.now); }},
    {"hides it behind an ACL", 0, [](doing h) { return h.instance.hide(h.id, true, h.now); }},
    {"lets it be seen again", 0, [](doing h) { return h.instance.hide(h.id, false, h.now); }},
    {"runs a script over it that moves no stamp",
     0,
     [](doing h) {
       return h.instance.script_edit(h.id, {{"category", "network"}}, h.now);
     }},
};

void read_only(service_now& at, std::string_view column, bool begins) {
  auto& all = at.instance().settings().read_only_columns;
  all.clear();
  if (begins) all.emplace_back(column);
}

std::vector<upheaval<service_now>> const upheavals{
    {"subcategory becomes mandatory on create",
     [](service_now& at, bool begins, core::time_point) {
       auto& mandatory = at.instance().settings().mandatory_on_create;
       mandatory.clear();
       if (begins) mandatory.emplace_back("subcategory");
     }},
    {"short_description becomes read-only",
     [](service_now& at, bool begins, core::time_point) {
       read_only(at, "short_description", begins);
     }},
    {"urgency becomes read-only",
     [](service_now& at, bool begins, core::time_point) { read_only(at, "urgency", begins); }},
    {"assigned_to must be a member of the group",
     [](service_now& at, bool begins, core::time_point) {
       at.instance().settings().assignee_must_be_member = begins;
     }},
    {"an assignment rule sets the group",
     [](service_now& at, bool begins, core::time_point) {
       at.instance().settings().assignment_rule_group =
           begins ? at.instance().group("Service Desk") : std::string{};
     }},
    {"the work notes' table cannot be read any more",
     [](service_now& at, bool begins, core::time_point) {
       using access = simulators::servicenow_settings::journal_access;
       at.instance().settings().journals = begins ? access::forbidden : access::granted;
     }},
    {"an ACL hides every ticket",
     [](service_now& at, bool begins, core::time_point now) { at.hide_all(begins, now); }},
};

std::vector<habit> const& service_now::habits() const {
  static auto const all = habits_of(deeds);
  return all;
}

bool service_now::do_habit(std::string const& id, int which, int n, core::time_point now) {
  auto const found = instance_.record(id);
  if (!found) return false;
  std::string const state{found->at("state").as_string()};
  std::string const who = which % 2 == 0 ? "abel.tuter" : "beth.anglin";
  hand const somebody{instance_, id, state, std::to_string(n), who, now};
  return deeds[static_cast<std::size_t>(which)].doing(somebody);
}

std::vector<std::string_view> const& service_now::drifts() const {
  static auto const all = words_of(upheavals);
  return all;
}

void service_now::drift(int which, bool begins, core::time_point now) {
  upheavals[static_cast<std::size_t>(which)].set(*this, begins, now);
}

/// Looked at again by an administrator afterwards: an ACL alone moves no stamp.
void service_now::hide_all(bool hidden, core::time_point now) {
  hides_ = hidden;
  for (auto const& [id, key] : tickets()) {
    instance_.hide(id, hidden, now);
    if (!hidden) touch(id, now);
  }
}

}  // namespace

std::unique_ptr<ticket_place> make_servicenow(temper const& with, core::time_point born) {
  return std::make_unique<service_now>(with, born);
}

}  // namespace simulation

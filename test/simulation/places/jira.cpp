#include "test/simulators/jira/jira.hpp"

#include <algorithm>
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>

#include "adapters/jira/adapter.hpp"
#include "adapters/jira/wire.hpp"
#include "test/simulation/places/places.hpp"

namespace simulation {
namespace {

namespace json = boost::json;

/// Agents, and administrators of the site.
enum class deed {
  start,
  stop,
  resolve,
  decline,
  reopen,
  skip,
  raise,
  lower,
  rename,
  describe,
  note_outcome,
  label,
  strip,
  re_resolve,
  to_abel,
  to_beth,
  to_nobody,
  move,
  archive,
  hide,
  remove,
};

std::vector<habit> const every_habit{
    {"starts work", 6},
    {"stops work", 4},
    {"resolves it", 5},
    {"declines it", 3},
    {"reopens it", 3},
    {"puts it straight back to To Do", 1},
    {"sets the priority to High", 5},
    {"sets the priority to Low", 5},
    {"changes the summary", 6},
    {"changes the external text", 5},
    {"changes the outcome", 6},
    {"adds a label", 3},
    {"takes all labels of people away", 2},
    {"changes the resolution", 3},
    {"assigns it to abel", 4},
    {"assigns it to beth", 4},
    {"assigns it to nobody", 3},
    {"moves it to another project", 1},
    {"archives it", 1},
    {"hides it behind a security level", 1},
    {"deletes it", 1},
};

constexpr std::string_view base_url = "https://example.atlassian.net";
constexpr std::string_view tag = "defender-sync";
constexpr std::string_view abel = "abel.tuter@example.com";
constexpr std::string_view beth = "beth.anglin@example.com";

class jira final : public ticket_place {
 public:
  jira(temper const& with, core::time_point born)
      : site_{settings_of(with), born}, words_{adapter_settings()} {
    site_.create_user("Abel Tuter", abel);
    site_.create_user("Beth Anglin", beth);
  }

  simulators::simulator& service() override { return site_; }
  std::vector<std::string> origins() const override { return {std::string{base_url}}; }

  std::unique_ptr<adapter::system> connect(adapter::surroundings with) override {
    return adapters::jira::make_system(adapter_settings(), std::move(with));
  }

  /// Jira asks for much by POST.
  errand errand_of(http::request const& call) const override {
    if (call.method == "PUT") return errand::change;
    if (call.method != "POST") return errand::read;
    auto const path = std::string_view{call.url}.substr(0, call.url.find('?'));
    if (path.ends_with("/transitions")) return errand::change;
    return path.ends_with("/search/jql") || path.ends_with("/bulkfetch") ? errand::read
                                                                         : errand::make;
  }

  std::vector<habit> const& habits() const override { return every_habit; }
  bool do_habit(std::string const& id, int which, int n, core::time_point now) override;

  bool say(
      std::string const& id,
      std::string const& text,
      std::string const& /*who*/,
      core::time_point now
  ) override {
    return is_visible(id) && site_.comment(id, text, true, beth, now);
  }

  void touch(std::string const& id, core::time_point now) override {
    site_.edit(id, {{"duedate", days_[++touches_ % days_.size()]}}, beth, now);
  }

  std::optional<adapter::object> look(std::string const& id) const override {
    auto found = site_.as_shown(id, words_.names_for(fields_));
    if (!found) return std::nullopt;
    // It is there whether or not a screen shows it.
    found->at("fields").as_object()["priority"] = json::object{{"name", site_.find(id)->priority}};
    auto object = words_.to_object(*found, fields_);
    if (!object) return std::nullopt;
    return std::move(*object);
  }

  std::vector<std::string> comments(std::string const& id) const override {
    std::vector<std::string> out;
    auto const found = site_.find(id);
    if (!found) return out;
    for (auto const& one : found->comments) out.push_back(words_.plain(one.body));
    return out;
  }

  bool takes_comments(std::string const& id) const override {
    auto const found = site_.find(id);
    return !found || !found->archived;
  }

  bool is_visible(std::string const& id) const override {
    auto const found = site_.find(id);
    return found && !found->hidden && !found->archived;
  }

  void set_list_lag(milliseconds lag) override { site_.settings().list_lag = lag; }
  milliseconds list_lag_max() const override { return std::chrono::minutes{14}; }
  /// With the latest effect of a create, within the horizon.
  milliseconds search_lag_max() const override { return std::chrono::seconds{220}; }

  std::vector<std::string_view> const& drifts() const override {
    static std::vector<std::string_view> const all{
        "duedate becomes mandatory on create",
        "priority leaves the screens",
        "finished issues cannot be edited",
        "nothing can be resolved without another field",
        "the permission to edit is withdrawn",
        "the permission to move issues is withdrawn",
        "a security level hides every ticket",
    };
    return all;
  }
  void drift(int which, bool begins, core::time_point now) override;

  bool comments_move_stamps() const override { return true; }

  std::vector<std::pair<std::string, std::string>> tickets() const override {
    std::vector<std::pair<std::string, std::string>> all;
    site_.each_issue([&](simulators::jira_issue const& one) {
      for (auto const& label : one.labels) {
        auto key = words_.key_in(label);
        if (!key.empty()) all.emplace_back(std::to_string(one.id), std::move(key));
      }
    });
    return all;
  }

 private:
  static simulators::jira_settings settings_of(temper const& with) {
    auto s = with.hard ? simulators::jira_settings{} : simulators::jira_settings::observed();
    s.origin = base_url;
    s.service_project = with.seed % 3 == 0;
    s.seed = with.seed;
    return s;
  }
  adapters::jira::settings adapter_settings() const {
    adapters::jira::settings chosen;
    chosen.base_url = chosen.site_url = base_url;
    auto const& site = site_.settings();
    chosen.credential = adapters::jira::basic_sign_in{site.email, core::secret{site.api_token}};
    chosen.project = site.project;
    chosen.issue_type = site.issue_type;
    chosen.label = tag;
    return chosen;
  }

  simulators::jira site_;
  adapters::jira::translator words_;
  std::size_t touches_ = 0;
  std::vector<std::string> const days_{"2026-03-01", "2026-03-02"};
  std::vector<std::string> fields_{
      "summary",
      "status",
      "resolution",
      "priority",
      "labels",
      "assignee",
      "customfield_10040",
      "customfield_10044"};
};

bool jira::do_habit(std::string const& id, int which, int n, core::time_point now) {
  auto const found = site_.find(id);
  if (!found || found->archived || found->hidden) return false;
  auto const number = std::to_string(n);
  auto const who = which % 2 == 0 ? abel : beth;
  auto const edit = [&](json::object const& fields) { return site_.edit(id, fields, who, now); };
  auto const shown = site_.told(*found);
  std::string_view const status{shown.at("status").as_string()};
  // People move issues by the transitions that are offered to them.
  auto const go = [&](std::string_view from, std::string_view to, std::string_view resolution) {
    return status == from && site_.put_into(id, to, resolution, who, now);
  };
  bool const is_locked = status == "Done" && !site_.settings().finished_is_editable;
  auto const what = static_cast<deed>(which);
  if (is_locked && what >= deed::raise && what <= deed::to_nobody) return false;
  switch (what) {
    case deed::start:
      return go("To Do", "In Progress", {});
    case deed::stop:
      return go("In Progress", "To Do", {});
    case deed::resolve:
      return go("In Progress", "Done", "Done");
    case deed::decline:
      return go("In Progress", "Done", "Declined");
    case deed::reopen:
      return go("Done", "In Progress", {});
    case deed::skip:
      return go("Done", "To Do", {});
    case deed::raise:
      return edit({{"priority", "High"}});
    case deed::lower:
      return edit({{"priority", "Low"}});
    case deed::rename:
      return edit({{"summary", "Reworded " + number}});
    case deed::describe:
      return edit({{"customfield_10040", "Described " + number}});
    case deed::note_outcome:
      return edit({{"customfield_10044", "Noted " + number}});
    case deed::label:
      return site_.label(id, "fast-" + number, {}, who, now);
    case deed::strip: {
      json::array kept;
      for (auto const& label : found->labels) {
        if (words_.is_own_label(label)) kept.emplace_back(label);
      }
      return edit({{"labels", std::move(kept)}});
    }
    case deed::re_resolve:
      return status == "Done" && edit({{"resolution", "Won't Do"}});
    case deed::to_abel:
      return edit({{"assignee", abel}});
    case deed::to_beth:
      return edit({{"assignee", beth}});
    case deed::to_nobody:
      return edit({{"assignee", ""}});
    case deed::move:
      return site_.move(id, "OPS", who, now);
    case deed::archive: {
      // Not the only one: what is archived no search shows, so that none could be judged by it.
      auto const all = tickets();
      auto const is_shown = [&](auto const& other) {
        return other.first != id && is_visible(other.first);
      };
      return std::any_of(all.begin(), all.end(), is_shown) && site_.archive(id, true, now);
    }
    case deed::hide:
      return site_.hide(id, true, now);
    case deed::remove:
      return site_.remove(id, now);
  }
  return false;
}

void jira::drift(int which, bool begins, core::time_point now) {
  auto& s = site_.settings();
  auto const permit = [&](std::string_view permission) {
    std::erase(s.permissions, permission);
    if (!begins) s.permissions.emplace_back(permission);
  };
  switch (which) {
    case 0:
      s.required_on_create.clear();
      if (begins) s.required_on_create.emplace_back("duedate");
      break;
    case 1:
      s.priority_on_screens = !begins;
      break;
    case 2:
      s.finished_is_editable = !begins;
      break;
    case 3:
      for (auto& transition : s.transitions) {
        if (transition.name != "Resolve") continue;
        std::erase_if(transition.screen, [](auto const& f) { return f.id == "duedate"; });
        if (begins) transition.screen.push_back({"duedate", true});
      }
      break;
    case 4:
      permit("EDIT_ISSUES");
      break;
    case 5:
      permit("TRANSITION_ISSUES");
      break;
    default:
      // Looked at again by somebody afterwards: sight alone moves no stamp.
      for (auto const& [id, key] : tickets()) {
        site_.hide(id, begins, now);
        if (!begins) touch(id, now);
      }
      break;
  }
}

}  // namespace

std::unique_ptr<ticket_place> make_jira(temper const& with, core::time_point born) {
  return std::make_unique<jira>(with, born);
}

}  // namespace simulation

#include <algorithm>
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>

#include "test/simulation/places/deeds.hpp"
#include "test/simulation/places/jira.hpp"

namespace simulation {

namespace json = boost::json;

namespace {

constexpr std::string_view abel = "abel.tuter@example.com";
constexpr std::string_view beth = "beth.anglin@example.com";

/// An agent, or an administrator of the site, at one issue.
struct hand {
  jira& place;
  std::string const& id;
  simulators::jira_snapshot issue;
  std::string status;
  std::string number;  ///< makes texts unique
  std::string_view who;
  core::time_point now;

  simulators::jira& site() const { return place.site(); }
  bool is_locked() const { return status == "Done" && !site().settings().finished_is_editable; }
  bool edit(json::object const& fields) const {
    return !is_locked() && site().edit(id, fields, who, now);
  }
  bool set(std::string_view field, std::string_view text) const { return edit({{field, text}}); }
  /// By a transition that is offered there, or straight, as an administrator can.
  bool go(std::string_view from, std::string_view to, std::string_view resolution = {}) const {
    return status == from && site().put_into(id, to, resolution, who, now);
  }
};

bool take_labels_away(hand const& h) {
  json::array own;
  for (auto const& label : h.issue->labels) {
    if (h.place.words().is_own_label(label)) own.emplace_back(label);
  }
  return h.edit({{"labels", std::move(own)}});
}

/// Not the only one: what is archived no search shows, so that none could be judged by it.
bool archive(hand const& h) {
  auto const all = h.place.tickets();
  auto const is_another = [&](auto const& one) {
    return one.first != h.id && h.place.is_visible(one.first);
  };
  return std::ranges::any_of(all, is_another) && h.site().archive(h.id, true, h.now);
}

using doing = hand const&;

std::vector<deed<hand>> const deeds{
    {"starts work", 6, [](doing h) { return h.go("To Do", "In Progress"); }},
    {"stops work", 4, [](doing h) { return h.go("In Progress", "To Do"); }},
    {"resolves it", 5, [](doing h) { return h.go("In Progress", "Done", "Done"); }},
    {"declines it", 3, [](doing h) { return h.go("In Progress", "Done", "Declined"); }},
    {"reopens it", 3, [](doing h) { return h.go("Done", "In Progress"); }},
    {"puts it straight back to To Do", 1, [](doing h) { return h.go("Done", "To Do"); }},
    {"sets the priority to High", 5, [](doing h) { return h.set("priority", "High"); }},
    {"sets the priority to Low", 5, [](doing h) { return h.set("priority", "Low"); }},
    {"changes the summary", 6, [](doing h) { return h.set("summary", "Reworded " + h.number); }},
    {"changes the external text",
     5,
     [](doing h) { return h.set("customfield_10040", "Described " + h.number); }},
    {"changes the outcome",
     6,
     [](doing h) { return h.set("customfield_10044", "Noted " + h.number); }},
    {"adds a label",
     3,
     [](doing h) {
       return !h.is_locked() && h.site().label(h.id, "fast-" + h.number, {}, h.who, h.now);
     }},
    {"takes all labels of people away", 2, take_labels_away},
    {"changes the resolution",
     3,
     [](doing h) { return h.status == "Done" && h.set("resolution", "Won't Do"); }},
    {"assigns it to abel", 4, [](doing h) { return h.set("assignee", abel); }},
    {"assigns it to beth", 4, [](doing h) { return h.set("assignee", beth); }},
    {"assigns it to nobody", 3, [](doing h) { return h.set("assignee", ""); }},
    {"moves it to another project",
     1,
     [](doing h) { return h.site().move(h.id, "OPS", h.who, h.now); }},
    {"archives it", 1, archive},
    {"hides it behind a security level",
     1,
     [](doing h) { return h.site().hide(h.id, true, h.now); }},
    {"deletes it", 1, [](doing h) { return h.site().remove(h.id, h.now); }},
};

void permit(jira& at, std::string_view permission, bool permitted) {
  auto& all = at.site().settings().permissions;
  std::erase(all, permission);
  if (permitted) all.emplace_back(permission);
}

void want_due_date_to_resolve(jira& at, bool wanted, core::time_point /*now*/) {
  for (auto& transition : at.site().settings().transitions) {
    if (transition.name != "Resolve") continue;
    std::erase_if(transition.screen, [](auto const& f) { return f.id == "duedate"; });
    if (wanted) transition.screen.push_back({"duedate", true});
  }
}

/// Looked at again by somebody afterwards: sight alone moves no stamp.
void hide_all(jira& at, bool hidden, core::time_point now) {
  for (auto const& [id, key] : at.tickets()) {
    at.site().hide(id, hidden, now);
    if (!hidden) at.touch(id, now);
  }
}

std::vector<upheaval<jira>> const upheavals{
    {"duedate becomes mandatory on create",
     [](jira& at, bool begins, core::time_point) {
       auto& required = at.site().settings().required_on_create;
       required.clear();
       if (begins) required.emplace_back("duedate");
     }},
    {"priority leaves the screens",
     [](jira& at, bool begins, core::time_point) {
       at.site().settings().priority_on_screens = !begins;
     }},
    {"finished issues cannot be edited",
     [](jira& at, bool begins, core::time_point) {
       at.site().settings().finished_is_editable = !begins;
     }},
    {"nothing can be resolved without another field", want_due_date_to_resolve},
    {"the permission to edit is withdrawn",
     [](jira& at, bool begins, core::time_point) { permit(at, "EDIT_ISSUES", !begins); }},
    {"the permission to move issues is withdrawn",
     [](jira& at, bool begins, core::time_point) { permit(at, "TRANSITION_ISSUES", !begins); }},
    {"a security level hides every ticket", hide_all},
};

}  // namespace

std::vector<habit> const& jira::habits() const {
  static auto const all = habits_of(deeds);
  return all;
}

bool jira::do_habit(std::string const& id, int which, int n, core::time_point now) {
  auto const found = site_.find(id);
  if (!found || found->archived || found->hidden) return false;
  auto const shown = site_.told(*found);
  std::string const status{shown.at("status").as_string()};
  auto const who = which % 2 == 0 ? abel : beth;
  hand const somebody{*this, id, found, status, std::to_string(n), who, now};
  return deeds[static_cast<std::size_t>(which)].doing(somebody);
}

std::vector<std::string_view> const& jira::drifts() const {
  static auto const all = words_of(upheavals);
  return all;
}

void jira::drift(int which, bool begins, core::time_point now) {
  upheavals[static_cast<std::size_t>(which)].set(*this, begins, now);
}

}  // namespace simulation

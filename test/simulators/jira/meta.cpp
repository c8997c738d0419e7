#include <algorithm>
#include <array>
#include <boost/json/array.hpp>
#include <boost/json/serialize.hpp>

#include "test/simulators/jira/jira.hpp"

namespace simulators {
namespace {

struct kind {
  std::string_view id, name, type, items, system, custom;
  int custom_id = 0;
};

constexpr std::string_view types_prefix = "com.atlassian.jira.plugin.system.customfieldtypes:";

constexpr std::array kinds{
    kind{"summary", "Summary", "string", "", "summary", ""},
    kind{"description", "Description", "string", "", "description", ""},
    kind{"environment", "Environment", "string", "", "environment", ""},
    kind{"issuetype", "Issue Type", "issuetype", "", "issuetype", ""},
    kind{"project", "Project", "project", "", "project", ""},
    kind{"status", "Status", "status", "", "status", ""},
    kind{"priority", "Priority", "priority", "", "priority", ""},
    kind{"resolution", "Resolution", "resolution", "", "resolution", ""},
    kind{"labels", "Labels", "array", "string", "labels", ""},
    kind{"assignee", "Assignee", "user", "", "assignee", ""},
    kind{"reporter", "Reporter", "user", "", "reporter", ""},
    kind{"components", "Components", "array", "component", "components", ""},
    kind{"duedate", "Due date", "date", "", "duedate", ""},
    kind{"created", "Created", "datetime", "", "created", ""},
    kind{"updated", "Updated", "datetime", "", "updated", ""},
    kind{
        "customfield_10010",
        "Request Type",
        "sd-customerrequesttype",
        "",
        "",
        "com.atlassian.servicedesk:vp-origin",
        10010},
    kind{"customfield_10040", "External id", "string", "", "", "textfield", 10040},
    kind{"customfield_10041", "Findings", "string", "", "", "textarea", 10041},
    kind{"customfield_10042", "Team", "option", "", "", "select", 10042},
    kind{"customfield_10043", "Handler", "user", "", "", "userpicker", 10043},
    kind{"customfield_10044", "Outcome", "string", "", "", "textfield", 10044},
};

json::object schema_of(kind const& k) {
  json::object out{{"type", k.type}};
  if (!k.items.empty()) out["items"] = k.items;
  if (!k.system.empty()) out["system"] = k.system;
  if (!k.custom.empty()) {
    auto const full = k.custom.find(':') != k.custom.npos;
    out["custom"] =
        full ? std::string{k.custom} : std::string{types_prefix} + std::string{k.custom};
    out["customId"] = k.custom_id;
  }
  return out;
}

}  // namespace

json::object jira::field_meta(std::string_view field, bool required) const {
  json::object out;
  out["required"] = required;
  auto const at =
      std::find_if(kinds.begin(), kinds.end(), [&](kind const& k) { return k.id == field; });
  if (at != kinds.end()) {
    out["schema"] = schema_of(*at);
    out["name"] = at->name;
  }
  out["key"] = field;
  out["hasDefaultValue"] = field == "priority";
  out["operations"] = field == "labels" ? json::array{"add", "set", "remove"} : json::array{"set"};
  json::array allowed;
  if (field == "priority" || field == "resolution") {
    for (auto const& name : field == "priority" ? settings_.priorities : settings_.resolutions) {
      allowed.push_back(render_named(field, name));
    }
  }
  if (field == "customfield_10042") {
    for (auto const* value : {"red", "blue"})
      allowed.push_back(json::object{{"id", value}, {"value", value}});
  }
  if (!allowed.empty()) out["allowedValues"] = std::move(allowed);
  return out;
}

http::response jira::create_meta(context const& in, std::vector<std::string> const& path) {
  if (path.size() < 4 || path[3] != "issuetypes")
    return refuse(404, "Issue createmeta with this path is not available.");
  if (path[2] != settings_.project)
    return refuse(404, "No project could be found with key '" + path[2] + "'.");
  auto const from =
      std::strtoull(std::string{in.at.parameter("startAt").value_or("0")}.c_str(), nullptr, 10);
  auto const most = std::min<std::size_t>(
      200,
      std::strtoull(std::string{in.at.parameter("maxResults").value_or("50")}.c_str(), nullptr, 10)
  );
  json::array all;
  std::string list;
  if (path.size() == 4) {
    list = is_cloud() ? "issueTypes" : "values";
    all.push_back(render_type());
  } else {
    if (path[4] != "10004") return refuse(404, "No issue type could be found.");
    list = is_cloud() ? "fields" : "values";
    auto screen = edit_screen();
    screen.insert({"project", "issuetype"});
    for (auto const& name : screen) {
      auto const& more = settings_.required_on_create;
      auto const must = name == "summary" || name == "project" || name == "issuetype" ||
                        std::find(more.begin(), more.end(), name) != more.end();
      auto one = field_meta(name, must);
      one["fieldId"] = name;
      all.push_back(std::move(one));
    }
  }
  json::array page;
  for (auto i = from; i < all.size() && page.size() < most; ++i) page.push_back(all[i]);
  json::object out;
  out["startAt"] = from;
  out["maxResults"] = most;
  out["total"] = all.size();
  out[list] = std::move(page);
  return json_answer(200, json::serialize(out));
}

http::response jira::edit_meta() {
  json::object all;
  for (auto const& name : edit_screen()) all[name] = field_meta(name, name == "summary");
  return json_answer(200, json::serialize(json::object{{"fields", std::move(all)}}));
}

http::response jira::fields() {
  json::array all;
  for (auto const& each : kinds) {
    if (each.id == "customfield_10010" && !settings_.service_project) continue;
    json::object one;
    one["id"] = each.id;
    one["key"] = each.id;
    one["name"] = each.name;
    one["custom"] = !each.custom.empty();
    one["orderable"] = true;
    one["navigable"] = true;
    one["searchable"] = true;
    one["clauseNames"] = json::array{each.id};
    one["schema"] = schema_of(each);
    all.push_back(std::move(one));
  }
  return json_answer(200, json::serialize(all));
}

http::response jira::assignable(context const& in) {
  if (in.at.parameter("project") != settings_.project)
    return refuse(404, "No project could be found.");
  auto const query = in.at.parameter(is_cloud() ? "query" : "username");
  if (!query) return refuse(400, "The query parameter is required.");
  auto const wanted = lower_case(*query);
  json::array found;
  for (auto const& each : users_) {
    if (!each.active) continue;
    // An address is found by its whole, a name by its beginning.
    auto const matches = lower_case(each.email) == wanted ||
                         lower_case(each.name).starts_with(wanted) ||
                         (!is_cloud() && each.id == wanted);
    if (matches) found.push_back(render_user(each.id));
  }
  return json_answer(200, json::serialize(found));
}

http::response jira::one_user(context const& in) {
  auto const id = in.at.parameter(is_cloud() ? "accountId" : "username");
  auto const* found = id ? find_user(*id) : nullptr;
  if (!found)
    return refuse(404, "Specified user does not exist or you do not have required permissions");
  return json_answer(200, json::serialize(render_user(found->id)));
}

http::response jira::my_permissions(context const& in) {
  auto const asked = in.at.parameter("permissions");
  if (is_cloud() && !asked) return refuse(400, "The 'permissions' query parameter is required.");
  json::object all;
  int id = 0;
  for (auto const* name :
       {"BROWSE_PROJECTS",
        "CREATE_ISSUES",
        "EDIT_ISSUES",
        "ADD_COMMENTS",
        "TRANSITION_ISSUES",
        "ASSIGN_ISSUES",
        "RESOLVE_ISSUES"}) {
    if (asked && asked->find(name) == asked->npos) continue;
    json::object one;
    one["id"] = std::to_string(++id);
    one["key"] = name;
    one["name"] = name;
    one["type"] = "PROJECT";
    one["description"] = "";
    one["havePermission"] = may(name);
    all[name] = std::move(one);
  }
  return json_answer(200, json::serialize(json::object{{"permissions", std::move(all)}}));
}

}  // namespace simulators

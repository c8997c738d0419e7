#include <algorithm>
#include <array>
#include <boost/json/array.hpp>
#include <boost/json/serialize.hpp>

#include "test/simulators/jira/body.hpp"
#include "test/simulators/jira/jira.hpp"

namespace simulators {
namespace {

constexpr std::size_t summary_max = 255;
constexpr std::size_t label_max = 255;
constexpr std::size_t bulk_creates_max = 50;
constexpr std::size_t comments_max = 5000;

std::string off_screen(std::string_view field) {
  return "Field '" + std::string{field} +
         "' cannot be set. It is not on the appropriate screen, or unknown.";
}

}  // namespace

std::optional<std::string> jira::rich_text(json::value const& v) const {
  if (v.is_null()) return std::nullopt;
  if (is_cloud()) return complaint_about_document(v);
  if (!v.is_string()) return "Operation value must be a string";
  if (count_characters(v.get_string()) > text_max) return std::string{too_long};
  return std::nullopt;
}

std::set<std::string> jira::edit_screen() const {
  std::set<std::string> all{
      "summary",
      "description",
      "environment",
      "labels",
      "assignee",
      "reporter",
      "duedate",
      "components",
      "customfield_10040",
      "customfield_10041",
      "customfield_10042",
      "customfield_10043",
      "customfield_10044"};
  if (settings_.priority_on_screens) all.insert("priority");
  if (settings_.service_project) all.insert("customfield_10010");
  return all;
}

void jira::change_labels(
    jira_issue& into, std::string_view add, std::string_view remove, complaints& why
) const {
  if (add.find(' ') != add.npos) {
    why.emplace_back(
        "labels", "The label '" + std::string{add} + "' contains spaces which is invalid."
    );
    return;
  }
  if (add.size() > label_max) {
    why.emplace_back(
        "labels",
        "The label '" + std::string{add} + "' exceeds the maximum length of 255 characters."
    );
    return;
  }
  auto& all = into.labels;
  if (!remove.empty()) std::erase(all, remove);
  if (!add.empty() && std::find(all.begin(), all.end(), add) == all.end()) all.emplace_back(add);
  std::sort(all.begin(), all.end());
}

void jira::set_field(jira_issue& into, std::string_view name, json::value const& v, complaints& why)
    const {
  auto const wrong = [&](std::string words) {
    why.emplace_back(std::string{name}, std::move(words));
  };
  auto const* object = v.if_object();
  auto const named = [&](std::vector<std::string> const& all,
                         std::size_t first_id) -> std::optional<std::string> {
    if (!object) return std::nullopt;
    for (std::size_t i = 0; i < all.size(); ++i) {
      if (text(*object, "name") == all[i] || text(*object, "id") == std::to_string(first_id + i))
        return all[i];
    }
    return std::nullopt;
  };
  if (name == "summary") {
    if (!v.is_string() || v.get_string().empty())
      return wrong("You must specify a summary of the issue.");
    std::string const summary{v.get_string()};
    if (summary.find('\n') != summary.npos)
      return wrong("The summary is invalid because it contains newline characters.");
    if (count_characters(summary) > summary_max)
      return wrong("Summary can't exceed 255 characters.");
    into.fields["summary"] = summary;
  } else if (name == "description" || name == "environment" || name == "customfield_10041") {
    if (auto problem = rich_text(v)) return wrong(*problem);
    into.fields[name] = v;
  } else if (name == "labels") {
    if (!v.is_array()) return wrong("data was not an array");
    into.labels.clear();
    for (auto const& each : v.get_array()) {
      if (!each.is_string()) return wrong("string expected at index 0");
      change_labels(into, each.get_string(), {}, why);
    }
  } else if (name == "priority") {
    auto const found = named(settings_.priorities, 1);
    if (!found) return wrong("Specify a valid priority ID or name");
    into.priority = *found;
  } else if (name == "resolution") {
    auto const found = named(settings_.resolutions, 10000);
    if (!found) return wrong("Could not find valid 'id' or 'name' in resolution object.");
    into.resolution = *found;
  } else if (name == "assignee" || name == "reporter" || name == "customfield_10043") {
    auto const id = object ? text(*object, is_cloud() ? "accountId" : "name") : std::string{};
    auto const* person = find_user(id);
    if (!v.is_null() && (!object || id.empty())) return wrong("expected an object with an account");
    if (!v.is_null() && (!person || !person->active))
      return wrong("User '" + id + "' cannot be assigned issues.");
    if (name == "assignee") into.assignee = id;
    if (name == "reporter") into.reporter = id;
    if (name == "customfield_10043") into.fields[name] = v.is_null() ? v : render_user(id);
  } else if (name == "duedate") {
    auto const fits = v.is_string() && v.get_string().size() == 10 &&
                      core::parse_time(std::string{v.get_string()} + " 00:00:00");
    if (!v.is_null() && !fits)
      return wrong("Error parsing date string: must be of format yyyy-MM-dd");
    into.fields["duedate"] = v;
  } else if (name == "components") {
    if (!v.is_array() || !v.get_array().empty()) return wrong("Component name is not valid");
  } else if (name == "customfield_10042") {
    auto const option = object ? text(*object, "value") : std::string{};
    if (!v.is_null() && option != "red" && option != "blue")
      return wrong("Specify a valid 'id' or 'name' for customfield_10042");
    into.fields[name] = v;
  } else if (name == "customfield_10010") {
    if (!v.is_string() || v.get_string().empty()) return wrong("Request type is invalid");
    json::object type{{"requestType", json::object{{"id", v}, {"name", v}}}};
    into.fields[name] = std::move(type);
  } else {
    if (!v.is_null() && !v.is_string()) return wrong("Operation value must be a string");
    if (v.is_string() && count_characters(v.get_string()) > summary_max)
      return wrong("The entered text is too long. It exceeds the allowed limit of 255 characters.");
    into.fields[name] = v;
  }
}

void jira::operate(
    jira_issue& into,
    json::object const& update,
    std::set<std::string> const& screen,
    complaints& why
) const {
  for (auto const& [name, operations] : update) {
    if (!screen.contains(std::string{name})) {
      why.emplace_back(name, off_screen(name));
      continue;
    }
    if (!operations.is_array()) {
      why.emplace_back(name, "operations must be an array");
      continue;
    }
    for (auto const& each : operations.get_array()) {
      auto const* one = each.if_object();
      if (!one || one->size() != 1) {
        why.emplace_back(name, "one operation each");
        continue;
      }
      auto const& [verb, value] = *one->begin();
      if (name == "labels" && value.is_string() && (verb == "add" || verb == "remove")) {
        auto const label = std::string{value.get_string()};
        change_labels(into, verb == "add" ? label : "", verb == "remove" ? label : "", why);
      } else if (verb == "set") {
        set_field(into, name, value, why);
      } else {
        why.emplace_back(
            name,
            "Field '" + std::string{name} + "' does not support operation '" + std::string{verb} +
                "'"
        );
      }
    }
  }
}

void jira::store(jira_issue next, std::string_view who, core::time_point now, bool touched) {
  auto const& before = *current_.at(next.id);
  jira_change change;
  change.items = differences(before, next);
  if (before.resolution.empty() != next.resolution.empty()) {
    next.resolved = next.resolution.empty()
                        ? core::time_point{}
                        : core::time_point{std::chrono::floor<std::chrono::milliseconds>(now)};
  }
  if (!change.items.empty() || touched) {
    next.updated = std::max<core::time_point>(
        next.updated, std::chrono::floor<std::chrono::milliseconds>(now)
    );
  }
  if (!change.items.empty()) {
    change.id = ++last_id_;
    change.author = account(who);
    change.at = next.updated;
    next.changes.push_back(std::move(change));
  }
  auto const id = next.id;
  // In place: whoever holds the issue sees what was stored.
  *current_[id] = next;
  if (!next.hidden && !next.archived)
    show(std::make_shared<jira_issue const>(std::move(next)), id, now);
}

std::string jira::create_one(json::value const& body, core::time_point now, complaints& why) {
  auto const* whole = body.if_object();
  auto const* fields_at = whole ? whole->if_contains("fields") : nullptr;
  if (!fields_at || !fields_at->is_object()) {
    why.emplace_back("", "one of 'fields' or 'update' required");
    return {};
  }
  auto const& fields = fields_at->get_object();
  auto const part = [&](std::string_view name) -> json::object {
    auto const* at = fields.if_contains(name);
    return at && at->is_object() ? at->get_object() : json::object{};
  };
  auto const project = part("project");
  if (text(project, "key") != settings_.project && text(project, "id") != "10100") {
    why.emplace_back("project", "Specify a valid project ID or key");
  }
  auto const type = part("issuetype");
  if (text(type, "name") != settings_.issue_type && text(type, "id") != "10004") {
    why.emplace_back("issuetype", "Specify an issue type");
  }
  if (!fields.contains("summary"))
    why.emplace_back("summary", "You must specify a summary of the issue.");
  for (auto const& name : settings_.required_on_create) {
    if (!fields.contains(name)) why.emplace_back(name, "Field '" + name + "' is required");
  }
  jira_issue next;
  next.project = settings_.project;
  next.status = settings_.statuses.front().id;
  next.priority = settings_.priorities[settings_.priorities.size() / 2];
  next.reporter = self_id_;
  auto const screen = edit_screen();
  for (auto const& [name, value] : fields) {
    if (name == "project" || name == "issuetype") continue;
    if (!screen.contains(std::string{name})) {
      why.emplace_back(name, off_screen(name));
    } else {
      set_field(next, name, value, why);
    }
  }
  if (auto const* update = whole->if_contains("update"); update && update->is_object()) {
    operate(next, update->get_object(), screen, why);
  }
  if (auto const* properties = whole->if_contains("properties");
      properties && properties->is_array()) {
    for (auto const& each : properties->get_array()) {
      auto const* one = each.if_object();
      auto const key = one ? text(*one, "key") : std::string{};
      auto const* value = one ? one->if_contains("value") : nullptr;
      if (key.empty() || key.size() > 255 || !value || json::serialize(*value).size() > 32768) {
        why.emplace_back("", "The property is not valid.");
      } else {
        next.properties[key] = *value;
      }
    }
  }
  if (!why.empty()) return {};
  next.id = ++last_id_;
  next.number = ++last_number_;
  next.created = next.updated = std::chrono::floor<std::chrono::milliseconds>(now);
  keys_[next.key()] = next.id;
  auto const id = next.id;
  current_[id] = std::make_shared<jira_issue>(next);
  show(std::make_shared<jira_issue const>(std::move(next)), id, now);
  return std::to_string(id);
}

namespace {

json::object created(jira const& by, std::string const& id) {
  auto const& origin = by.settings().origin;
  auto const cloud = by.settings().edition == jira_settings::edition::cloud;
  return {
      {"id", id},
      {"key", by.find(id)->key()},
      {"self", origin + (cloud ? "/rest/api/3/issue/" : "/rest/api/2/issue/") + id}};
}

}  // namespace

http::response jira::create(context const& in) {
  if (!may("CREATE_ISSUES"))
    return refuse(403, "You do not have permission to create issues in this project.");
  complaints why;
  auto const id = create_one(in.body, in.now, why);
  if (!why.empty()) return refuse(400, why);
  return json_answer(201, json::serialize(created(*this, id)));
}

http::response jira::bulk_create(context const& in) {
  auto const* list = in.body.get_object().if_contains("issueUpdates");
  if (!list || !list->is_array()) return refuse(400, "issueUpdates must be an array.");
  if (list->get_array().size() > bulk_creates_max)
    return refuse(400, "The number of issues to create is limited to 50.");
  if (!may("CREATE_ISSUES"))
    return refuse(403, "You do not have permission to create issues in this project.");
  json::array issues, errors;
  for (std::size_t i = 0; i < list->get_array().size(); ++i) {
    complaints why;
    auto const id = create_one(list->get_array()[i], in.now, why);
    if (why.empty()) {
      issues.push_back(created(*this, id));
      continue;
    }
    auto const said = refuse(400, why);
    json::object one;
    one["status"] = 400;
    one["elementErrors"] = read_json(said.body).value();
    one["failedElementNumber"] = i;
    errors.push_back(std::move(one));
  }
  auto const status = issues.empty() ? 400 : 201;
  json::object out;
  out["issues"] = std::move(issues);
  out["errors"] = std::move(errors);
  return json_answer(status, json::serialize(out));
}

http::response jira::update(context const& in, jira_issue const& one) {
  if (!may("EDIT_ISSUES"))
    return refuse(403, "You do not have permission to edit issues in this project.");
  auto const finished =
      std::any_of(settings_.statuses.begin(), settings_.statuses.end(), [&](auto const& s) {
        return s.id == one.status && s.category == "done";
      });
  if (finished && !settings_.finished_is_editable)
    return refuse(400, "The issue is not editable in its current status.");
  auto next = one;
  complaints why;
  auto const screen = edit_screen();
  auto const& body = in.body.get_object();
  auto const* fields = body.if_contains("fields");
  auto const* update = body.if_contains("update");
  if ((!fields || !fields->is_object()) && (!update || !update->is_object())) {
    return refuse(400, "one of 'fields' or 'update' required");
  }
  if (fields && fields->is_object()) {
    for (auto const& [name, value] : fields->get_object()) {
      if (update && update->is_object() && update->get_object().contains(name)) {
        why.emplace_back(
            name, "Field '" + std::string{name} + "' cannot be in both fields and update."
        );
      } else if (!screen.contains(std::string{name})) {
        why.emplace_back(name, off_screen(name));
      } else {
        set_field(next, name, value, why);
      }
    }
  }
  if (update && update->is_object()) operate(next, update->get_object(), screen, why);
  if (!why.empty()) return refuse(400, why);
  auto const id = next.id;
  store(std::move(next), self_id_, in.now);
  if (in.at.parameter("returnIssue") == "true" && is_cloud()) {
    return json_answer(200, json::serialize(render(*current_.at(id), {"*all"})));
  }
  return answer(204, {}, {});
}

void jira::enter(jira_issue& one, jira_transition const& by) const {
  auto const category = [&](std::string const& id) {
    for (auto const& status : settings_.statuses) {
      if (status.id == id) return status.category;
    }
    return std::string{};
  };
  // The post-function of nearly every workflow: what leaves the end is unresolved again.
  if (category(one.status) == "done" && category(by.to) != "done") one.resolution.clear();
  one.status = by.to;
}

http::response jira::transit(context const& in, jira_issue const& one) {
  auto const& body = in.body.get_object();
  auto const* which = body.if_contains("transition");
  auto const id = which && which->is_object() ? text(which->get_object(), "id") : std::string{};
  if (id.empty()) return refuse(400, "Missing 'transition' identifier");
  auto const by = std::find_if(
      settings_.transitions.begin(),
      settings_.transitions.end(),
      [&](jira_transition const& t) {
        return t.id == id && (t.from.empty() || t.from == one.status);
      }
  );
  if (by == settings_.transitions.end() || !may("TRANSITION_ISSUES")) {
    return refuse(400, "Transition id '" + id + "' is not valid for this issue.");
  }
  auto next = one;
  complaints why;
  std::set<std::string> screen;
  for (auto const& field : by->screen) screen.insert(field.id);
  std::set<std::string> given;
  enter(next, *by);
  if (auto const* fields = body.if_contains("fields"); fields && fields->is_object()) {
    for (auto const& [name, value] : fields->get_object()) {
      given.insert(std::string{name});
      if (!screen.contains(std::string{name})) {
        why.emplace_back(name, off_screen(name));
      } else {
        set_field(next, name, value, why);
      }
    }
  }
  if (auto const* update = body.if_contains("update"); update && update->is_object()) {
    for (auto const& [name, value] : update->get_object()) given.insert(std::string{name});
    operate(next, update->get_object(), screen, why);
  }
  for (auto const& field : by->screen) {
    if (!field.required || given.contains(field.id)) continue;
    auto const has = (field.id == "resolution" && !next.resolution.empty()) ||
                     (field.id == "assignee" && !next.assignee.empty());
    auto label = field.id;
    label[0] = static_cast<char>(std::toupper(static_cast<unsigned char>(label[0])));
    if (!has) why.emplace_back(field.id, label + " is required.");
  }
  if (!why.empty()) return refuse(400, why);
  store(std::move(next), self_id_, in.now);
  return answer(204, {}, {});
}

http::response jira::add_comment(context const& in, jira_issue const& one) {
  if (!may("ADD_COMMENTS"))
    return refuse(403, "You do not have the permission to comment on this issue.");
  auto const& body = in.body.get_object();
  auto const* said = body.if_contains("body");
  if (!said || said->is_null()) return refuse(400, {{"comment", "Comment body can not be empty!"}});
  if (auto const wrong = rich_text(*said)) return refuse(400, {{"comment", *wrong}});
  if (one.comments.size() >= comments_max)
    return refuse(413, "The number of comments on this issue has reached its limit.");
  auto next = one;
  jira_comment comment;
  comment.id = ++last_id_;
  comment.author = self_id_;
  comment.body = *said;
  comment.created = comment.updated = std::chrono::floor<std::chrono::milliseconds>(in.now);
  if (auto const* properties = body.if_contains("properties");
      properties && properties->is_array()) {
    for (auto const& each : properties->get_array()) {
      auto const* property = each.if_object();
      if (!property || text(*property, "key") != "sd.public.comment") continue;
      auto const* value = property->if_contains("value");
      auto const* object = value ? value->if_object() : nullptr;
      auto const* internal = object ? object->if_contains("internal") : nullptr;
      comment.internal = internal && *internal == json::value(true);
    }
  }
  auto const shown = render_comment(next, comment);
  next.comments.push_back(std::move(comment));
  store(std::move(next), self_id_, in.now, true);
  return json_answer(201, json::serialize(shown));
}

http::response jira::add_remote_link(context const& in, jira_issue const& one) {
  auto const& body = in.body.get_object();
  auto const* object = body.if_contains("object");
  auto const* about = object ? object->if_object() : nullptr;
  if (!about || text(*about, "url").empty() || text(*about, "title").empty()) {
    return refuse(400, {{"title", "'title' is required."}, {"url", "'url' is required."}});
  }
  auto const global = text(body, "globalId");
  if (global.size() > 255)
    return refuse(400, {{"globalId", "'globalId' can't have more than 255 characters."}});
  auto next = one;
  auto link = body;
  for (auto& each : next.remote_links) {
    if (global.empty() || text(each.get_object(), "globalId") != global) continue;
    link["id"] = each.at("id");
    each = link;
    auto const id = link["id"];
    store(std::move(next), self_id_, in.now);
    return json_answer(
        200,
        json::serialize(json::object{
            {"id", id},
            {"self",
             settings_.origin + "/rest/api/3/issue/" + one.key() + "/remotelink/" +
                 json::serialize(id)}})
    );
  }
  auto const id = static_cast<std::int64_t>(++last_id_);
  link["id"] = id;
  next.remote_links.push_back(std::move(link));
  store(std::move(next), self_id_, in.now, true);
  return json_answer(
      201,
      json::serialize(json::object{
          {"id", id},
          {"self",
           settings_.origin + "/rest/api/3/issue/" + one.key() + "/remotelink/" +
               std::to_string(id)}})
  );
}

}  // namespace simulators

#include <algorithm>
#include <array>
#include <boost/json/array.hpp>
#include <boost/json/serialize.hpp>
#include <cstdio>

#include "test/simulators/jira/body.hpp"
#include "test/simulators/jira/jira.hpp"

namespace simulators {
namespace {

constexpr std::size_t rows_of_ids_max = 5000;
constexpr std::size_t data_center_rows_max = 1000;
constexpr std::size_t bulk_ids_max = 100;
constexpr std::size_t reconciled_max = 50;
constexpr std::size_t shown_comments_max = 20;  // of the field; the rest has an endpoint of its own
constexpr auto token_life = std::chrono::hours{24 * 7};

std::size_t number(json::object const& from, std::string_view name, std::size_t otherwise) {
  auto const* at = from.if_contains(name);
  if (!at) return otherwise;
  if (at->is_int64() && at->get_int64() >= 0) return static_cast<std::size_t>(at->get_int64());
  if (at->is_uint64()) return static_cast<std::size_t>(at->get_uint64());
  if (at->is_string()) return std::strtoull(at->get_string().c_str(), nullptr, 10);
  return otherwise;
}

/// The parameters of a GET as the body of the POST that asks the same.
json::object as_body(target const& at) {
  json::object out;
  for (auto const& [name, value] : at.query) {
    auto const list = name == "fields" || name == "reconcileIssues" || name == "properties";
    if (!list) {
      out[name] = value;
      continue;
    }
    auto* const known = out.if_contains(name);
    json::array all = known ? known->get_array() : json::array{};
    for (auto& each : split(value)) all.emplace_back(std::move(each));
    out[name] = std::move(all);
  }
  return out;
}

}  // namespace

std::string jira::stamp(core::time_point at) const {
  auto const ms = milliseconds_of(at) % 1000;
  auto const zone = settings_.user_zone.count();
  auto text = core::format_time_seconds(at + settings_.user_zone);
  text[10] = 'T';
  std::array<char, 16> tail{};
  std::snprintf(
      tail.data(),
      tail.size(),
      ".%03d%c%02d%02d",
      static_cast<int>((ms + 1000) % 1000),
      zone < 0 ? '-' : '+',
      static_cast<int>(std::abs(zone) / 60),
      static_cast<int>(std::abs(zone) % 60)
  );
  return text + tail.data();
}

json::value jira::render_user(std::string_view id) const {
  auto const* found = find_user(id);
  if (!found) return nullptr;
  json::object out;
  auto const base = settings_.origin + "/rest/api/" + (is_cloud() ? "3" : "2");
  json::object avatars;
  for (auto const* size : {"16x16", "24x24", "32x32", "48x48"}) {
    avatars[size] = settings_.origin + "/avatar?size=" + size;
  }
  if (is_cloud()) {
    out["self"] = base + "/user?accountId=" + found->id;
    out["accountId"] = found->id;
    out["accountType"] = "atlassian";
  } else {
    out["self"] = base + "/user?username=" + found->id;
    out["name"] = found->id;
    out["key"] = "JIRAUSER" + found->id;
  }
  auto const hidden = is_cloud() && settings_.emails_hidden && found->id != self_id_;
  if (!hidden) out["emailAddress"] = found->email;
  out["avatarUrls"] = std::move(avatars);
  out["displayName"] = found->name;
  out["active"] = found->active;
  out["timeZone"] = settings_.user_zone_name;
  return out;
}

json::object jira::render_status(std::string_view id) const {
  json::object out;
  for (auto const& status : settings_.statuses) {
    if (status.id != id) continue;
    auto const base = settings_.origin + "/rest/api/" + (is_cloud() ? "3" : "2");
    auto const number = status.category == "new" ? 2 : status.category == "done" ? 3 : 4;
    json::object category;
    category["self"] = base + "/statuscategory/" + std::to_string(number);
    category["id"] = number;
    category["key"] = status.category;
    category["colorName"] = number == 2 ? "blue-gray" : number == 3 ? "green" : "yellow";
    category["name"] = number == 2 ? "To Do" : number == 3 ? "Done" : "In Progress";
    out["self"] = base + "/status/" + status.id;
    out["description"] = "";
    out["iconUrl"] = settings_.origin + "/";
    out["name"] = status.name;
    out["id"] = status.id;
    out["statusCategory"] = std::move(category);
  }
  return out;
}

json::value jira::render_named(std::string_view kind, std::string_view name) const {
  if (name.empty()) return nullptr;
  auto const& all = kind == "priority" ? settings_.priorities : settings_.resolutions;
  auto const at = std::find(all.begin(), all.end(), name);
  auto const index = at - all.begin();
  auto const id = std::to_string(kind == "priority" ? 1 + index : 10000 + index);
  json::object out;
  out["self"] =
      settings_.origin + "/rest/api/" + (is_cloud() ? "3/" : "2/") + std::string{kind} + "/" + id;
  if (kind == "priority")
    out["iconUrl"] = settings_.origin + "/images/icons/priorities/" + id + ".svg";
  if (kind == "resolution") out["description"] = "";
  out["name"] = name;
  out["id"] = id;
  return out;
}

json::object jira::render_type() const {
  json::object out;
  out["self"] = settings_.origin + "/rest/api/" + (is_cloud() ? "3" : "2") + "/issuetype/10004";
  out["id"] = "10004";
  out["description"] = "A small, distinct piece of work.";
  out["iconUrl"] = settings_.origin + "/issuetype.svg";
  out["name"] = settings_.issue_type;
  out["subtask"] = false;
  out["avatarId"] = 10318;
  if (is_cloud()) out["hierarchyLevel"] = 0;
  return out;
}

bool jira::is_service_project(std::string_view key) const {
  return settings_.service_project && key == settings_.project;
}

json::object jira::render_project(std::string_view key) const {
  json::object avatars;
  for (auto const* size : {"16x16", "24x24", "32x32", "48x48"}) {
    avatars[size] = settings_.origin + "/projectavatar?size=" + size;
  }
  json::object out;
  auto const id = key == settings_.project ? "10100" : "10101";
  out["self"] = settings_.origin + "/rest/api/" + (is_cloud() ? "3" : "2") + "/project/" + id;
  out["id"] = id;
  out["key"] = key;
  out["name"] = std::string{key} + " project";
  out["projectTypeKey"] = is_service_project(key) ? "service_desk" : "software";
  out["simplified"] = false;
  out["avatarUrls"] = std::move(avatars);
  return out;
}

json::object jira::render_comment(jira_issue const& of, jira_comment const& one) const {
  json::object out;
  auto const id = std::to_string(one.id);
  out["self"] = settings_.origin + "/rest/api/" + (is_cloud() ? "3" : "2") + "/issue/" +
                std::to_string(of.id) + "/comment/" + id;
  out["id"] = id;
  out["author"] = render_user(one.author);
  out["body"] = one.body;
  out["updateAuthor"] = render_user(one.author);
  out["created"] = stamp(one.created);
  out["updated"] = stamp(one.updated);
  if (is_service_project(of.project)) {
    out["jsdPublic"] = !one.internal;
  } else if (settings_.public_flag_everywhere && is_cloud()) {
    out["jsdPublic"] = true;
  }
  return out;
}

json::value jira::render_field(jira_issue const& one, std::string_view field) const {
  if (field == "status") return render_status(one.status);
  if (field == "priority")
    return settings_.priority_on_screens ? render_named("priority", one.priority) : json::value{};
  if (field == "resolution") return render_named("resolution", one.resolution);
  if (field == "resolutiondate")
    return one.resolved == core::time_point{} ? json::value(nullptr)
                                              : json::value(stamp(one.resolved));
  if (field == "assignee") return render_user(one.assignee);
  if (field == "reporter" || field == "creator") return render_user(one.reporter);
  if (field == "issuetype") return render_type();
  if (field == "project") return render_project(one.project);
  if (field == "created") return json::value(stamp(one.created));
  if (field == "updated") return json::value(stamp(one.updated));
  if (field == "labels") {
    json::array out;
    for (auto const& label : one.labels) out.emplace_back(label);
    return out;
  }
  if (field == "comment") {
    json::array list;
    auto const most = is_cloud() ? shown_comments_max : one.comments.size();
    auto const from = one.comments.size() > most ? one.comments.size() - most : 0;
    for (auto i = from; i < one.comments.size(); ++i)
      list.push_back(render_comment(one, one.comments[i]));
    json::object out;
    out["comments"] = std::move(list);
    out["self"] = settings_.origin + "/rest/api/3/issue/" + std::to_string(one.id) + "/comment";
    out["maxResults"] = one.comments.size() - from;
    out["total"] = one.comments.size();
    out["startAt"] = 0;
    return out;
  }
  auto const* at = one.fields.if_contains(field);
  if (at) return *at;
  return field == "components" || field == "fixVersions" ? json::value(json::array{})
                                                         : json::value(nullptr);
}

std::vector<std::string> jira::all_fields() const {
  std::vector<std::string> all{"summary",           "description",
                               "environment",       "status",
                               "resolution",        "resolutiondate",
                               "assignee",          "reporter",
                               "creator",           "project",
                               "issuetype",         "created",
                               "updated",           "labels",
                               "components",        "duedate",
                               "comment",           "customfield_10040",
                               "customfield_10041", "customfield_10042",
                               "customfield_10043", "customfield_10044"};
  if (settings_.priority_on_screens) all.emplace_back("priority");
  if (settings_.service_project) all.emplace_back("customfield_10010");
  return all;
}

json::object jira::render(jira_issue const& one, std::vector<std::string> const& asked) const {
  json::object out;
  out["expand"] = "operations,versionedRepresentations,editmeta,changelog,renderedFields";
  out["id"] = std::to_string(one.id);
  out["self"] = settings_.origin + "/rest/api/" + (is_cloud() ? "3" : "2") + "/issue/" +
                std::to_string(one.id);
  out["key"] = one.key();
  json::object fields;
  for (auto const& name : all_fields()) {
    auto const all = std::find_if(asked.begin(), asked.end(), [](std::string const& each) {
      return each == "*all" || each == "*navigable";
    });
    if (all == asked.end() && std::find(asked.begin(), asked.end(), name) == asked.end()) continue;
    fields[name] = render_field(one, name);
  }
  out["fields"] = std::move(fields);
  return out;
}

http::response jira::get_issue(context const& in, jira_issue const& one) {
  auto const asked = in.at.parameter("fields");
  auto out = render(one, asked ? split(*asked) : std::vector<std::string>{"*all"});
  auto const properties = in.at.parameter("properties");
  if (properties) {
    json::object shown;
    for (auto const& name : split(*properties)) {
      if (auto const* value = one.properties.if_contains(name)) shown[name] = *value;
    }
    out["properties"] = std::move(shown);
  }
  auto const expand = in.at.parameter("expand").value_or("");
  if (expand.find("changelog") != expand.npos) out["changelog"] = render_history(one);
  return json_answer(200, json::serialize(out));
}

http::response jira::search(context const& in) {
  auto const body = in.method == "GET" ? as_body(in.at) : in.body.get_object();
  auto const jql_text = [&] {
    auto const* at = body.if_contains("jql");
    return at && at->is_string() ? std::string{at->get_string()} : std::string{};
  }();
  std::string wrong;
  auto const query = jql_query::parse(jql_text, settings_, in.now, wrong);
  if (!wrong.empty()) return refuse(400, wrong);
  if (is_cloud() && !query.is_bounded()) {
    return refuse(
        400,
        "Unbounded JQL queries are not allowed here. Please add a search restriction to your query."
    );
  }
  auto fields = texts(body, "fields");
  auto const only_ids =
      fields.empty() || (fields.size() == 1 && (fields[0] == "id" || fields[0] == "key"));
  auto const cap = !is_cloud() ? data_center_rows_max
                   : only_ids  ? rows_of_ids_max
                               : settings_.page_rows_max;
  auto const rows_max = std::min(number(body, "maxResults", 50), cap);
  auto const reconciled = texts(body, "reconcileIssues");
  if (reconciled.size() > reconciled_max)
    return refuse(400, "The number of issues to reconcile is limited to 50.");

  std::vector<jira_snapshot> found;
  for (auto const& [id, indexed] : indexed_) {
    auto one = indexed;
    if (std::find(reconciled.begin(), reconciled.end(), std::to_string(id)) != reconciled.end()) {
      auto const now = current_.find(id);
      if (now == current_.end() || now->second->hidden) continue;
      one = now->second;
    }
    if (query.matches(*one)) found.push_back(std::move(one));
  }
  for (auto const& id : reconciled) {
    auto const key = std::strtoull(id.c_str(), nullptr, 10);
    auto const now = current_.find(key);
    if (indexed_.contains(key) || now == current_.end() || now->second->hidden) continue;
    if (query.matches(*now->second)) found.push_back(now->second);
  }
  auto const before = [&](jira_snapshot const& a, jira_snapshot const& b) {
    return query.before(*a, *b);
  };
  std::sort(found.begin(), found.end(), before);

  std::string form = jql_text;
  for (auto const& field : fields) form += "|" + field;
  std::size_t from = 0;
  if (is_cloud()) {
    auto const* token = body.if_contains("nextPageToken");
    if (token && token->is_string() && !token->get_string().empty()) {
      auto const at = searches_.find(std::string_view{token->get_string()});
      if (at == searches_.end() || at->second.query != form || at->second.expires < in.now) {
        return refuse(400, "The provided next page token is invalid or expired.");
      }
      from = at->second.offset;
      if (settings_.token_paging == jira_settings::paging::by_row) {
        auto const next = std::upper_bound(found.begin(), found.end(), at->second.last, before);
        from = static_cast<std::size_t>(next - found.begin());
      }
    }
  } else {
    from = number(body, "startAt", 0);
  }
  auto const to = std::min(found.size(), from + rows_max);
  json::array issues;
  for (auto i = std::min(from, found.size()); i < to; ++i) {
    // Without a word about fields there is only the id.
    if (fields.empty() && is_cloud()) {
      issues.push_back(json::object{{"id", std::to_string(found[i]->id)}});
    } else {
      issues.push_back(
          render(*found[i], fields.empty() ? std::vector<std::string>{"*navigable"} : fields)
      );
    }
  }
  if (conditions.duplicate_rows && !issues.empty()) issues.push_back(issues.front());
  json::object out;
  if (is_cloud()) {
    out["isLast"] = to >= found.size();
    if (to < found.size() && rows_max > 0) {
      auto const token = "Q" + hex_id(settings_.seed + 5, ++last_token_);
      searches_[token] = {form, to, found[to - 1], in.now + token_life};
      out["nextPageToken"] = token;
    }
  } else {
    out["expand"] = "schema,names";
    out["startAt"] = from;
    out["maxResults"] = rows_max;
    out["total"] = found.size();
  }
  out["issues"] = std::move(issues);
  return json_answer(200, json::serialize(out));
}

http::response jira::bulk_fetch(context const& in) {
  auto const& body = in.body.get_object();
  auto const ids = texts(body, "issueIdsOrKeys");
  if (ids.empty()) return refuse(400, "issueIdsOrKeys must not be empty.");
  if (ids.size() > bulk_ids_max) return refuse(400, "Bulk fetch is limited to 100 issues.");
  auto fields = texts(body, "fields");
  if (fields.empty()) fields.emplace_back("*navigable");
  // A list here, and a text with commas everywhere else.
  auto const* expand = body.if_contains("expand");
  if (expand && !expand->is_array()) return refuse(400, "expand must be an array.");
  auto const expanded = texts(body, "expand");
  auto const with_history =
      std::find(expanded.begin(), expanded.end(), "changelog") != expanded.end();
  std::map<std::uint64_t, json::object> found;
  json::array errors;
  for (auto const& id : ids) {
    auto* const one = visible(id);
    if (!one) {
      errors.push_back(json::object{
          {"id", id},
          {"errorMessage", "Issue does not exist or you do not have permission to see it."}});
      continue;
    }
    auto const stale = conditions.stale_reads && indexed_.contains(one->id);
    auto const& shown = stale ? *indexed_.at(one->id) : *one;
    found[one->id] = render(shown, fields);
    if (with_history) found[one->id]["changelog"] = render_history(shown);
  }
  json::array issues;
  for (auto& [id, one] : found) issues.push_back(std::move(one));
  json::object out;
  out["issues"] = std::move(issues);
  out["issueErrors"] = std::move(errors);
  return json_answer(200, json::serialize(out));
}

http::response jira::comments(context const& in, jira_issue const& one) {
  auto const from =
      std::strtoull(std::string{in.at.parameter("startAt").value_or("0")}.c_str(), nullptr, 10);
  auto const most = std::min<std::size_t>(
      100,
      std::strtoull(std::string{in.at.parameter("maxResults").value_or("50")}.c_str(), nullptr, 10)
  );
  json::array list;
  for (auto i = from; i < one.comments.size() && list.size() < most; ++i)
    list.push_back(render_comment(one, one.comments[i]));
  json::object out;
  out["startAt"] = from;
  out["maxResults"] = most;
  out["total"] = one.comments.size();
  out["comments"] = std::move(list);
  return json_answer(200, json::serialize(out));
}

http::response jira::transitions(context const& in, jira_issue const& one) {
  auto const expand = in.at.parameter("expand").value_or("");
  auto const with_fields = expand.find("transitions.fields") != expand.npos;
  json::array list;
  for (auto const& each : settings_.transitions) {
    if (!each.from.empty() && each.from != one.status) continue;
    if (!may("TRANSITION_ISSUES")) continue;
    json::object shown;
    shown["id"] = each.id;
    shown["name"] = each.name;
    shown["to"] = render_status(each.to);
    if (is_cloud()) {
      shown["hasScreen"] = !each.screen.empty();
      shown["isGlobal"] = each.from.empty();
      shown["isInitial"] = false;
      shown["isAvailable"] = true;
      shown["isConditional"] = false;
      shown["isLooped"] = false;
    }
    if (with_fields) {
      json::object fields;
      for (auto const& field : each.screen) fields[field.id] = field_meta(field.id, field.required);
      shown["fields"] = std::move(fields);
    }
    list.push_back(std::move(shown));
  }
  json::object out;
  out["expand"] = "transitions";
  out["transitions"] = std::move(list);
  return json_answer(200, json::serialize(out));
}

}  // namespace simulators

#include <algorithm>
#include <boost/json/array.hpp>
#include <boost/json/serialize.hpp>

#include "test/simulators/jira/body.hpp"
#include "test/simulators/jira/jira.hpp"

namespace simulators {
namespace {

using shown_value = std::pair<std::string, std::string>;  ///< id and words

/// How the changelog tells a value: in words, whatever its kind. Documents lose their form.
std::string logged_text(json::value const& v) {
  if (v.is_string()) return std::string{v.get_string()};
  if (v.is_null()) return {};
  if (auto const* list = v.if_array()) {
    std::string all;
    for (auto const& each : *list) all += (all.empty() ? "" : ",") + logged_text(each);
    return all;
  }
  auto const* object = v.if_object();
  if (!object) return json::serialize(v);
  if (object->contains("value")) return text(*object, "value");
  if (object->contains("displayName")) return text(*object, "displayName");
  std::string all = text(*object, "text");
  auto const* content = object->if_contains("content");
  if (!content || !content->is_array()) return all;
  for (auto const& each : content->get_array()) all += logged_text(each);
  return text(*object, "type") == "paragraph" ? all + "\n" : all;
}

}  // namespace

std::vector<jira_change::item> jira::differences(jira_issue const& before, jira_issue const& next)
    const {
  std::vector<jira_change::item> items;
  auto const note = [&](std::string field, std::string const& from, std::string const& to) {
    if (from != to) items.push_back({std::move(field), {}, from, {}, to});
  };
  // Where values have ids, both stand in the log: "from" and "fromString".
  auto const note_named = [&](std::string field, shown_value const& from, shown_value const& to) {
    if (from != to) {
      items.push_back({std::move(field), from.first, from.second, to.first, to.second});
    }
  };
  auto const joined = [](std::vector<std::string> const& all) {
    std::string out;
    for (auto const& each : all) out += (out.empty() ? "" : " ") + each;
    return out;
  };
  auto const status_name = [&](std::string const& id) {
    for (auto const& status : settings_.statuses) {
      if (status.id == id) return status.name;
    }
    return id;
  };
  auto const named = [&](std::string_view kind, std::string const& name) {
    auto const shown = render_named(kind, name);
    return shown_value{shown.is_object() ? text(shown.get_object(), "id") : std::string{}, name};
  };
  auto const person = [&](std::string const& id) {
    auto const* found = find_user(id);
    if (!found) return shown_value{};
    // Data Center keeps people's keys here, which are not their names.
    return shown_value{is_cloud() ? found->id : "JIRAUSER" + found->id, found->name};
  };
  note_named(
      "status", {before.status, status_name(before.status)}, {next.status, status_name(next.status)}
  );
  note_named(
      "resolution", named("resolution", before.resolution), named("resolution", next.resolution)
  );
  note_named("priority", named("priority", before.priority), named("priority", next.priority));
  note_named("assignee", person(before.assignee), person(next.assignee));
  note("labels", joined(before.labels), joined(next.labels));
  note("Key", before.key(), next.key());
  for (auto const& [name, value] : next.fields) {
    auto const* old = before.fields.if_contains(name);
    if ((old ? *old : json::value(nullptr)) == value) continue;
    jira_change::item item{name, {}, old ? logged_text(*old) : std::string{}, {}, {}};
    item.to_text = logged_text(value);
    items.push_back(std::move(item));
  }
  return items;
}

json::object jira::render_history(jira_issue const& one) const {
  json::array entries;  // newest first
  for (auto at = one.changes.rbegin(); at != one.changes.rend(); ++at)
    entries.push_back(render_change(*at));
  json::object log;
  log["startAt"] = 0;
  log["maxResults"] = entries.size();
  log["total"] = entries.size();
  log["histories"] = std::move(entries);
  return log;
}

json::object jira::render_change(jira_change const& one) const {
  json::array items;
  for (auto const& each : one.items) {
    json::object item;
    item["field"] = each.field;
    item["fieldtype"] = each.field.starts_with("customfield_") ? "custom" : "jira";
    if (is_cloud()) item["fieldId"] = each.field;
    item["from"] = each.from.empty() ? json::value(nullptr) : json::value(each.from);
    item["fromString"] = each.from_text.empty() && each.field != "labels"
                             ? json::value(nullptr)
                             : json::value(each.from_text);
    item["to"] = each.to.empty() ? json::value(nullptr) : json::value(each.to);
    item["toString"] = each.to_text.empty() && each.field != "labels" ? json::value(nullptr)
                                                                      : json::value(each.to_text);
    items.push_back(std::move(item));
  }
  json::object out;
  out["id"] = std::to_string(one.id);
  out["author"] = render_user(one.author);
  out["created"] = stamp(one.at);
  out["items"] = std::move(items);
  return out;
}

http::response jira::changelog(context const& in, jira_issue const& one) {
  auto const from =
      std::strtoull(std::string{in.at.parameter("startAt").value_or("0")}.c_str(), nullptr, 10);
  auto const most = std::min<std::size_t>(
      100,
      std::strtoull(std::string{in.at.parameter("maxResults").value_or("100")}.c_str(), nullptr, 10)
  );
  json::array values;  // oldest first
  for (auto i = from; i < one.changes.size() && values.size() < most; ++i)
    values.push_back(render_change(one.changes[i]));
  json::object out;
  out["self"] = settings_.origin + "/rest/api/3/issue/" + std::to_string(one.id) + "/changelog";
  out["maxResults"] = most;
  out["startAt"] = from;
  out["total"] = one.changes.size();
  out["isLast"] = from + values.size() >= one.changes.size();
  out["values"] = std::move(values);
  return json_answer(200, json::serialize(out));
}

http::response jira::bulk_changelog(context const& in) {
  auto const& body = in.body.get_object();
  auto const ids = texts(body, "issueIdsOrKeys");
  auto const fields = texts(body, "fieldIds");
  if (ids.empty() || ids.size() > 1000)
    return refuse(400, "Between 1 and 1000 issue ids or keys are needed.");
  if (fields.size() > 10) return refuse(400, "At most 10 field ids can be given.");
  json::array logs;
  for (auto const& id : ids) {
    auto* const one = visible(id);
    if (!one) continue;
    json::array entries;
    for (auto const& each : one->changes) {
      auto change = each;
      std::erase_if(change.items, [&](jira_change::item const& item) {
        return !fields.empty() &&
               std::find(fields.begin(), fields.end(), item.field) == fields.end();
      });
      if (change.items.empty()) continue;
      auto shown = render_change(change);
      auto const ms = milliseconds_of(change.at);
      shown["created"] =
          settings_.bulk_changelog_stamp == jira_settings::stamp::seconds ? ms / 1000 : ms;
      entries.push_back(std::move(shown));
    }
    json::object log;
    log["issueId"] = std::to_string(one->id);
    log["changeHistories"] = std::move(entries);
    logs.push_back(std::move(log));
  }
  json::object out;
  out["issueChangeLogs"] = std::move(logs);
  return json_answer(200, json::serialize(out));
}

}  // namespace simulators

#include <algorithm>
#include <boost/json/array.hpp>

#include "test/simulators/jira/jira.hpp"

namespace simulators {
namespace {

/// What is readable in a document or a wiki text.
void append_text(json::value const& v, std::string& out) {
  if (auto const* text = v.if_string()) {
    out += *text;
    return;
  }
  auto const* node = v.if_object();
  if (!node) return;
  if (auto const* text = node->if_contains("text"); text && text->is_string())
    out += text->get_string();
  auto const* type = node->if_contains("type");
  auto const paragraph = type && type->is_string() && type->get_string() == "paragraph";
  if (type && type->is_string() && type->get_string() == "hardBreak") out += '\n';
  if (auto const* content = node->if_contains("content"); content && content->is_array()) {
    for (auto const& each : content->get_array()) append_text(each, out);
  }
  if (paragraph) out += "\n\n";
}

std::string readable(json::value const& v) {
  std::string out;
  append_text(v, out);
  while (out.ends_with('\n')) out.pop_back();
  return out;
}

json::value document(std::string_view text) {
  json::object node{{"type", "text"}, {"text", text}};
  json::object paragraph{{"type", "paragraph"}, {"content", json::array{std::move(node)}}};
  return json::object{
      {"type", "doc"}, {"version", 1}, {"content", json::array{std::move(paragraph)}}};
}

}  // namespace

std::string jira::create_user(std::string_view name, std::string_view email, bool active) {
  auto id = is_cloud() ? "5b10" + hex_id(settings_.seed, users_.size() + 1).substr(0, 20)
                       : std::string{email.substr(0, email.find('@'))};
  users_.push_back({id, std::string{name}, std::string{email}, active});
  return id;
}

jira::user const* jira::find_user(std::string_view id) const {
  auto const at =
      std::find_if(users_.begin(), users_.end(), [&](user const& u) { return u.id == id; });
  return at == users_.end() ? nullptr : &*at;
}

std::string jira::account(std::string_view name_or_email) const {
  for (auto const& each : users_) {
    if (each.id == name_or_email || each.name == name_or_email || each.email == name_or_email)
      return each.id;
  }
  return {};
}

jira_issue* jira::visible(std::string_view id_or_key) {
  auto const key = keys_.find(id_or_key);
  std::uint64_t const id =
      key != keys_.end() ? key->second : std::strtoull(std::string{id_or_key}.c_str(), nullptr, 10);
  auto const at = current_.find(id);
  return at == current_.end() || at->second->hidden ? nullptr : at->second.get();
}

jira_snapshot jira::find(std::string_view issue) const {
  auto const key = keys_.find(issue);
  auto const id =
      key != keys_.end() ? key->second : std::strtoull(std::string{issue}.c_str(), nullptr, 10);
  auto const at = current_.find(id);
  if (at != current_.end()) return at->second;
  for (auto const& [each, one] : current_) {
    if (std::find(one->labels.begin(), one->labels.end(), issue) != one->labels.end()) return one;
  }
  return nullptr;
}

void jira::show(jira_snapshot what, std::uint64_t id, core::time_point now) {
  auto const lag = settings_.list_lag + conditions.extra_lag;
  auto const revision = ++revision_;
  pending_.emplace(now + lag, showing{id, revision, std::move(what)});
  settle_index(now);
}

void jira::settle_index(core::time_point now) {
  while (!pending_.empty() && pending_.begin()->first <= now) {
    auto const next = std::move(pending_.begin()->second);
    pending_.erase(pending_.begin());
    auto& shown = shown_[next.id];
    if (next.revision < shown) continue;
    shown = next.revision;
    if (next.what) {
      indexed_[next.id] = next.what;
    } else {
      indexed_.erase(next.id);
    }
  }
}

std::string jira::create_issue(
    json::object const& fields, std::string_view who, core::time_point now
) {
  jira_issue next;
  next.id = ++last_id_;
  next.number = ++last_number_;
  next.project = settings_.project;
  next.status = settings_.statuses.front().id;
  next.priority = settings_.priorities[settings_.priorities.size() / 2];
  next.reporter = account(who);
  next.created = next.updated = std::chrono::floor<std::chrono::milliseconds>(now);
  keys_[next.key()] = next.id;
  auto const id = next.id;
  current_[id] = std::make_shared<jira_issue>(next);
  show(std::make_shared<jira_issue const>(std::move(next)), id, now);
  edit(std::to_string(id), fields, who, now);
  return std::to_string(id);
}

bool jira::edit(
    std::string_view issue, json::object const& fields, std::string_view who, core::time_point now
) {
  auto const found = find(issue);
  if (!found) return false;
  auto next = *found;
  for (auto const& [name, value] : fields) {
    auto const text = value.is_string() ? std::string{value.get_string()} : std::string{};
    if (name == "priority") {
      next.priority = text;
    } else if (name == "assignee") {
      next.assignee = text.empty() ? text : account(text);
    } else if (name == "resolution") {
      next.resolution = text;
    } else if (name == "status") {
      for (auto const& status : settings_.statuses) {
        if (status.name == text) next.status = status.id;
      }
    } else if (name == "labels" && value.is_array()) {
      next.labels.clear();
      for (auto const& each : value.get_array()) next.labels.emplace_back(each.as_string());
    } else if ((name == "description" || name == "environment") && value.is_string() && is_cloud()) {
      next.fields[name] = document(text);
    } else {
      next.fields[name] = value;
    }
  }
  store(std::move(next), who, now);
  return true;
}

bool jira::label(
    std::string_view issue,
    std::string_view add,
    std::string_view remove,
    std::string_view who,
    core::time_point now
) {
  auto const found = find(issue);
  if (!found) return false;
  auto next = *found;
  complaints why;
  change_labels(next, add, remove, why);
  store(std::move(next), who, now);
  return why.empty();
}

bool jira::comment(
    std::string_view issue,
    std::string_view text,
    bool internal,
    std::string_view who,
    core::time_point now
) {
  auto const found = find(issue);
  if (!found) return false;
  auto next = *found;
  jira_comment one;
  one.id = ++last_id_;
  one.author = account(who);
  one.body = is_cloud() ? document(text) : json::value(text);
  one.created = one.updated = std::chrono::floor<std::chrono::milliseconds>(now);
  one.internal = internal;
  next.comments.push_back(std::move(one));
  store(std::move(next), who, now, true);
  return true;
}

bool jira::put_into(
    std::string_view issue,
    std::string_view status,
    std::string_view resolution,
    std::string_view who,
    core::time_point now
) {
  auto const found = find(issue);
  auto const to =
      std::find_if(settings_.statuses.begin(), settings_.statuses.end(), [&](auto const& s) {
        return s.name == status;
      });
  if (!found || to == settings_.statuses.end()) return false;
  auto next = *found;
  jira_transition direct;
  direct.to = to->id;
  enter(next, direct);
  if (!resolution.empty()) next.resolution = resolution;
  store(std::move(next), who, now);
  return true;
}

bool jira::move(
    std::string_view issue, std::string_view project, std::string_view who, core::time_point now
) {
  auto const found = find(issue);
  if (!found || found->project == project) return false;
  auto next = *found;
  next.former_keys.push_back(next.key());
  next.project = project;
  next.number = ++last_other_;
  keys_[next.key()] = next.id;
  store(std::move(next), who, now, true);
  return true;
}

bool jira::archive(std::string_view issue, bool archived, core::time_point now) {
  auto const found = find(issue);
  if (!found) return false;
  auto next = *found;
  next.archived = archived;
  auto const id = next.id;
  *current_[id] = next;
  show(archived ? nullptr : std::make_shared<jira_issue const>(std::move(next)), id, now);
  return true;
}

bool jira::hide(std::string_view issue, bool hidden, core::time_point now) {
  auto const found = find(issue);
  if (!found) return false;
  auto next = *found;
  next.hidden = hidden;
  auto const id = next.id;
  *current_[id] = next;
  show(hidden ? nullptr : std::make_shared<jira_issue const>(std::move(next)), id, now);
  return true;
}

bool jira::remove(std::string_view issue, core::time_point now) {
  auto const found = find(issue);
  if (!found) return false;
  auto const id = found->id;
  current_.erase(id);
  show(nullptr, id, now);
  return true;
}

void jira::each_issue(std::function<void(jira_issue const&)> const& visit) const {
  for (auto const& [id, one] : current_) visit(*one);
}

std::map<std::string, std::size_t> jira::issues_by_label(std::string_view prefix) const {
  std::map<std::string, std::size_t> out;
  for (auto const& [id, one] : current_) {
    for (auto const& label : one->labels) {
      if (label.starts_with(prefix)) ++out[label];
    }
  }
  return out;
}

std::optional<json::object> jira::as_shown(
    std::string_view issue, std::vector<std::string> const& fields
) const {
  auto const found = find(issue);
  if (!found || found->hidden) return std::nullopt;
  return render(*found, fields);
}

json::object jira::told(jira_issue const& one) const {
  json::object out;
  out["id"] = std::to_string(one.id);
  out["key"] = one.key();
  for (auto const& status : settings_.statuses) {
    if (status.id == one.status) out["status"] = status.name;
  }
  out["resolution"] = one.resolution.empty() ? json::value(nullptr) : json::value(one.resolution);
  out["priority"] = one.priority;
  auto const* assignee = find_user(one.assignee);
  out["assignee"] = assignee ? json::value(assignee->email) : json::value(nullptr);
  json::array labels;
  for (auto const& label : one.labels) labels.emplace_back(label);
  out["labels"] = std::move(labels);
  for (auto const& [name, value] : one.fields) {
    out[name] = value.is_object() ? json::value(readable(value)) : value;
  }
  json::array comments;
  for (auto const& each : one.comments) {
    auto const* author = find_user(each.author);
    comments.push_back(json::object{
        {"id", std::to_string(each.id)},
        {"text", readable(each.body)},
        {"author", author ? author->name : std::string{}},
        {"internal", each.internal}});
  }
  out["comments"] = std::move(comments);
  out["remote_links"] = one.remote_links;
  out["archived"] = one.archived;
  return out;
}

}  // namespace simulators

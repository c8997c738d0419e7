#include "adapters/jira/workflow.hpp"

#include <algorithm>
#include <deque>

#include "connector/http/text.hpp"

namespace adapters::jira {

namespace http = connector::http;

status status_in(json::object const& from) {
  status found;
  found.id = text_at(from, "id");
  found.name = text_at(from, "name");
  if (auto const* category = object_at(from, "statusCategory")) {
    found.category = text_at(*category, "key");
  }
  return found;
}

std::vector<transition> transitions_in(json::value const& answer) {
  std::vector<transition> all;
  auto const* whole = answer.if_object();
  auto const* list = whole ? array_at(*whole, "transitions") : nullptr;
  if (!list) return all;
  for (auto const& each : *list) {
    auto const* one = each.if_object();
    auto const* to = one ? object_at(*one, "to") : nullptr;
    if (!to) continue;
    auto const* available = one->if_contains("isAvailable");
    if (available && available->is_bool() && !available->get_bool()) continue;
    transition found;
    found.id = text_at(*one, "id");
    found.name = text_at(*one, "name");
    found.to = status_in(*to);
    if (auto const* fields = object_at(*one, "fields")) {
      for (auto const& [name, meta] : *fields) {
        auto const* about = meta.if_object();
        if (!about) continue;
        auto& field = found.screen[name];
        auto const flag = [about](std::string_view key) {
          auto const* at = about->if_contains(key);
          return at && at->is_bool() && at->get_bool();
        };
        field.required = flag("required");
        field.has_default = flag("hasDefaultValue");
        if (auto const* allowed = array_at(*about, "allowedValues")) {
          for (auto const& value : *allowed) {
            auto const* choice = value.if_object();
            if (!choice) continue;
            auto text = text_at(*choice, "name");
            field.choices.push_back(text.empty() ? text_at(*choice, "value") : std::move(text));
          }
        }
      }
    }
    all.push_back(std::move(found));
  }
  return all;
}

bool is_status(status const& one, std::string_view wanted) {
  return one.id == wanted || http::same_word(one.name, wanted);
}

void workflow::learn(status const& in, std::vector<transition> offered) {
  statuses_[in.id] = in;
  for (auto const& one : offered) statuses_[one.to.id] = one.to;
  seen_[in.id] = std::move(offered);
}

std::vector<transition> const* workflow::offered_in(std::string_view status_id) const {
  auto const at = seen_.find(std::string{status_id});
  return at == seen_.end() ? nullptr : &at->second;
}

std::vector<transition> workflow::path(std::string_view from_id, std::string_view wanted) const {
  std::map<std::string, transition const*>
      arrived;  // by which transition a status was first reached
  std::map<std::string, std::string> before;
  std::deque<std::string> open{std::string{from_id}};
  arrived[open.front()] = nullptr;
  while (!open.empty()) {
    auto const here = open.front();
    open.pop_front();
    auto const* offered = offered_in(here);
    if (!offered) continue;
    for (auto const& one : *offered) {
      if (!arrived.emplace(one.to.id, &one).second) continue;
      before[one.to.id] = here;
      if (is_status(one.to, wanted)) {
        std::vector<transition> way;
        for (auto at = one.to.id; arrived.at(at); at = before.at(at))
          way.push_back(*arrived.at(at));
        std::ranges::reverse(way);
        return way;
      }
      open.push_back(one.to.id);
    }
  }
  return {};
}

std::vector<status> workflow::unseen_from(std::string_view from_id) const {
  std::vector<status> unseen;
  std::set<std::string> reached{std::string{from_id}};
  std::deque<std::string> open{std::string{from_id}};
  while (!open.empty()) {
    auto const here = open.front();
    open.pop_front();
    auto const* offered = offered_in(here);
    if (!offered) {
      auto const known = statuses_.find(here);
      if (known != statuses_.end()) unseen.push_back(known->second);
      continue;
    }
    for (auto const& one : *offered) {
      if (reached.insert(one.to.id).second) open.push_back(one.to.id);
    }
  }
  return unseen;
}

std::optional<transition> workflow::towards(
    std::string_view from_id, std::string_view goal_category, std::set<std::string> const& been
) const {
  auto const* offered = offered_in(from_id);
  if (!offered) return std::nullopt;
  for (auto const& category : {std::string{"indeterminate"}, std::string{goal_category}}) {
    for (auto const& one : *offered) {
      if (one.to.category == category && !been.contains(one.to.id)) return one;
    }
  }
  return std::nullopt;
}

}  // namespace adapters::jira

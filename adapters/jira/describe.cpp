#include "adapters/jira/describe.hpp"

#include <algorithm>
#include <map>

#include "adapters/jira/jql.hpp"
#include "connector/http/url.hpp"

namespace adapters::jira {

namespace asio = boost::asio;
using core::errc;

namespace {

constexpr std::size_t rows_per_page = 100;
constexpr std::size_t pages_max = 20;

using fields = std::map<std::string, adapter::description::field>;

/// The word of our models for a kind of field; empty where none fits.
std::string kind_of(json::object const& meta) {
  auto const* schema = object_at(meta, "schema");
  if (!schema) return {};
  auto const type = text_at(*schema, "type");
  if (type == "array") return "set";
  if (type == "user") return "person";
  if (type == "priority" || type == "resolution" || type == "status" || type == "option") {
    return "choice";
  }
  if (type != "string") return {};
  auto const system = text_at(*schema, "system");
  auto const long_text = system == "description" || system == "environment" ||
                         text_at(*schema, "custom").ends_with(":textarea");
  return long_text ? "markup" : "text";
}

/// One field's entry of createmeta, editmeta or a screen.
adapter::description::field field_in(std::string name, json::object const& meta) {
  adapter::description::field found;
  found.name = std::move(name);
  if (auto const* schema = object_at(meta, "schema")) {
    found.type = text_at(*schema, "type");
    auto const items = text_at(*schema, "items");
    if (!items.empty()) found.type += " of " + items;
  }
  found.kind = kind_of(meta);
  auto const flag = [&meta](std::string_view key) {
    auto const* at = meta.if_contains(key);
    return at && at->is_bool() && at->get_bool();
  };
  found.mandatory = flag("required") && !flag("hasDefaultValue");
  if (auto const* allowed = array_at(meta, "allowedValues")) {
    found.choices.emplace();
    for (auto const& each : *allowed) {
      auto const* one = each.if_object();
      auto text = one ? text_at(*one, "name") : std::string{};
      if (text.empty() && one) text = text_at(*one, "value");
      if (text.empty() && each.is_string()) text = each.get_string();
      if (!text.empty()) found.choices->push_back(std::move(text));
    }
  }
  if (found.name == "summary") found.length = 255;
  if (found.name == "description" || found.name == "environment") found.length = 32767;
  return found;
}

/// Every entry of a list that comes in pages by startAt.
asio::awaitable<core::result<json::array>> all_of(
    client& by, std::string path, std::vector<std::string_view> names
) {
  json::array all;
  for (std::size_t page = 0; page < pages_max; ++page) {
    auto const answer = co_await by.get(
        path + "?startAt=" + std::to_string(all.size()) +
        "&maxResults=" + std::to_string(rows_per_page)
    );
    if (!answer) co_return answer.error();
    auto const* whole = answer->if_object();
    json::array const* list = nullptr;
    for (auto const name : names) {
      if (!list && whole) list = array_at(*whole, name);
    }
    if (!list) co_return core::error{errc::malformed, "the answer has no list of " + path};
    all.insert(all.end(), list->begin(), list->end());
    auto const* total = whole->if_contains("total");
    auto const count =
        total && total->is_int64() ? static_cast<std::size_t>(total->get_int64()) : 0;
    if (list->empty() || all.size() >= count) break;
  }
  co_return all;
}

asio::awaitable<core::result<fields>> fields_for_creating(client& by, settings const& with) {
  auto const base =
      by.api() + "/issue/createmeta/" + http::percent_encode(with.project) + "/issuetypes";
  // Cloud names its lists otherwise than Data Center.
  std::vector<std::string_view> const type_lists{"issueTypes", "values"};
  std::vector<std::string_view> const field_lists{"fields", "values"};
  auto const types = co_await all_of(by, base, type_lists);
  if (!types) co_return types.error();
  std::string id;
  for (auto const& each : *types) {
    auto const* one = each.if_object();
    if (one && text_at(*one, "name") == with.issue_type) id = text_at(*one, "id");
  }
  if (id.empty()) {
    co_return core::error{
        errc::not_found,
        with.project + " has no issue type \"" + with.issue_type +
            "\" that the account may create"};
  }
  auto const entries = co_await all_of(by, base + "/" + id, field_lists);
  if (!entries) co_return entries.error();
  fields found;
  for (auto const& each : *entries) {
    auto const* one = each.if_object();
    auto const name = one ? text_at(*one, "fieldId") : std::string{};
    if (!name.empty()) found[name] = field_in(name, *one);
  }
  co_return found;
}

/// One of our issues in each status, as the way to see what can be done from there.
asio::awaitable<core::result<std::optional<issue>>> an_issue(client& by, settings const& with) {
  search what;
  what.jql = "project = " + jql_quoted(with.project) +
             " AND issuetype = " + jql_quoted(with.issue_type) + " ORDER BY updated DESC";
  what.fields.assign(standing_fields.begin(), standing_fields.end());
  what.rows_max = 1;
  auto const found = co_await by.find(std::move(what));
  if (!found) co_return found.error();
  std::optional<issue> first;
  if (!found->issues.empty()) first = found->issues.front();
  co_return first;
}

void add_workflow(adapter::description& to, workflow const& flow) {
  for (auto const& [id, one] : flow.statuses()) {
    to.states.push_back(one.name);
    auto const* offered = flow.offered_in(id);
    if (!offered) {
      to.exits_unseen.push_back(one.name);
      to.unseen.push_back("transitions out of \"" + one.name + "\": no issue is there now");
      continue;
    }
    for (auto const& step : *offered) {
      adapter::description::step found;
      found.from = one.name;
      found.to = step.to.name;
      for (auto const& [name, field] : step.screen) {
        if (field.required && !field.has_default) found.demands.push_back(name);
      }
      to.steps.push_back(std::move(found));
    }
  }
}

/// A resolution stands on the screens of transitions, and on no other.
void add_screens(fields& to, workflow const& flow) {
  for (auto const& [id, offered] : flow.seen()) {
    for (auto const& step : offered) {
      for (auto const& [name, on_screen] : step.screen) {
        auto& field = to[name];
        if (!field.name.empty() && name != "resolution") continue;
        field.name = name;
        if (field.type.empty()) field.type = name;
        field.kind = on_screen.choices.empty() ? "" : "choice";
        if (on_screen.choices.empty()) continue;
        if (!field.choices) field.choices.emplace();
        for (auto const& choice : on_screen.choices) {
          auto const known = std::ranges::find(*field.choices, choice) != field.choices->end();
          if (!known) field.choices->push_back(choice);
        }
      }
    }
  }
}

}  // namespace

asio::awaitable<core::result<adapter::description>> describe(
    client& by, settings const& with, walker& moves
) {
  adapter::description told;
  told.workflow_field = "status";
  auto known = co_await fields_for_creating(by, with);
  if (!known) co_return known.error();
  auto const example = co_await an_issue(by, with);
  if (!example) co_return example.error();
  if (*example) {
    auto const at = standing_of(**example);
    if (!at) co_return at.error();
    auto const meta = co_await by.get(by.api() + "/issue/" + at->issue_id + "/editmeta");
    if (!meta) co_return meta.error();
    auto const* whole = meta->if_object();
    auto const* editable = whole ? object_at(*whole, "fields") : nullptr;
    for (auto& [name, field] : *known) {
      field.writable = editable && editable->contains(name);
    }
    if (editable) {
      for (auto const& [name, one] : *editable) {
        if (!known->contains(name) && one.is_object()) {
          (*known)[name] = field_in(name, one.get_object());
        }
      }
    }
    auto const flow = co_await moves.explore(*at);
    if (!flow) co_return flow.error();
    add_workflow(told, **flow);
    add_screens(*known, **flow);
  } else {
    told.unseen.push_back(
        "which fields can be edited, and the whole workflow: " + with.project +
        " has no issue of type \"" + with.issue_type + "\" yet"
    );
  }
  // The connection itself says these.
  for (auto const* ours : {"project", "issuetype"}) {
    if (auto const at = known->find(ours); at != known->end()) at->second.mandatory = false;
  }
  // These stand on no form for creating or editing; some are made of other resources.
  for (auto const* beside :
       {"resolution", "resolutiondate", "portal_link", "comment", "reply_to_customer"}) {
    auto& field = (*known)[beside];
    if (field.name.empty()) field.name = beside;
  }
  for (auto& [name, field] : *known) told.fields.push_back(std::move(field));
  co_return told;
}

}  // namespace adapters::jira

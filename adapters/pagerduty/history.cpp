#include "adapters/pagerduty/history.hpp"

#include <algorithm>
#include <array>

namespace adapters::pagerduty {
namespace {

/// Entries whose very type says what became of the status.
struct meaning {
  std::string_view type;
  std::string_view status;
};
constexpr std::array statuses{
    meaning{"acknowledge_log_entry", "acknowledged"},
    meaning{"unacknowledge_log_entry", "triggered"},
    meaning{"resolve_log_entry", "resolved"},
};

constexpr std::array handovers{"assign_log_entry", "delegate_log_entry", "escalate_log_entry"};

/// Fields whose change is a field_value_change_log_entry.
constexpr std::array plain_fields{"title", "priority", "service", "incident_type"};

bool is_one_of(auto const& words, std::string_view word) {
  return std::ranges::find(words, word) != words.end();
}

/// Nobody in particular has it while several are called.
std::optional<core::value> assignee_in(json::object const& entry) {
  auto const* all = entry.if_contains("assignees");
  auto const* list = all ? all->if_array() : nullptr;
  if (!list || list->size() != 1) return std::nullopt;
  auto const* one = list->front().if_object();
  auto const id = one ? text_at(*one, "id") : std::string{};
  if (id.empty()) return std::nullopt;
  return core::value(id);
}

/// The lists of changed fields that an entry may come with.
json::array const* changeset_in(json::object const& entry, std::string_view kind) {
  auto const* channel = entry.if_contains("channel");
  auto const* of = channel ? channel->if_object() : nullptr;
  auto const* set = of ? of->if_contains("changeset") : nullptr;
  auto const* lists = set ? set->if_object() : nullptr;
  auto const* list = lists ? lists->if_contains(kind) : nullptr;
  return list ? list->if_array() : nullptr;
}

/// True if the two can be one field's names.
bool speaks_of(past_change const& change, std::string_view field) {
  if (change.field == untold_field) return is_one_of(plain_fields, field);
  if (change.field == untold_custom) return field.starts_with(custom_prefix);
  return change.field == field;
}

}  // namespace

std::vector<past_change> changes_in(json::object const& entry) {
  auto const at = core::parse_time(text_at(entry, "created_at"));
  if (!at) return {};
  past_change one;
  one.at = *at;
  if (text_at(entry, "agent.type").starts_with("user")) one.author = text_at(entry, "agent.id");
  one.author_name = text_at(entry, "agent.summary");
  auto const type = text_at(entry, "type");
  for (auto const& [name, status] : statuses) {
    if (type != name) continue;
    one.field = "status";
    one.value = core::value(status);
    return {one};
  }
  // Opened again, or another alert of an incident that is open: its status is not told.
  if (type == "trigger_log_entry") {
    one.field = "status";
    return {one};
  }
  if (is_one_of(handovers, type)) {
    one.field = "assigned_to";
    one.value = assignee_in(entry);
    return {one};
  }
  if (type == "urgency_change_log_entry") {
    one.field = "urgency";
    return {one};
  }
  // Not in the API description, but in what it sends.
  if (type == "priority_change_log_entry") {
    one.field = "priority";
    auto const id = text_at(entry, "channel.new_priority.id");
    if (!id.empty()) one.value = core::value(id);
    return {one};
  }
  auto const is_custom = type == "custom_field_value_change_log_entry";
  if (!is_custom && type != "field_value_change_log_entry") return {};
  auto const* fields = changeset_in(entry, is_custom ? "customer_fields" : "application_fields");
  if (!fields || fields->empty()) {
    one.field = is_custom ? untold_custom : untold_field;
    return {one};
  }
  std::vector<past_change> all;
  for (auto const& each : *fields) {
    auto const* field = each.if_object();
    auto const name = field ? text_at(*field, "name") : std::string{};
    if (name.empty() || (!is_custom && name != "urgency" && !is_one_of(plain_fields, name))) {
      continue;
    }
    auto change = one;
    change.field = is_custom ? std::string{custom_prefix} + name : name;
    auto const* value = field->if_contains("value");
    // Of what a value that is no text would be, nothing is said.
    if (value && (is_custom || value->is_string())) change.value = *value;
    all.push_back(std::move(change));
  }
  return all;
}

std::vector<adapter::lost_edit> edits_replaced(
    std::vector<past_change> const& all,
    std::string_view self,
    core::time_point seen,
    core::time_point until,
    core::record const& written
) {
  std::vector<adapter::lost_edit> found;
  for (auto const& field : written) {
    std::string_view const name = field.key();
    auto const is_ours = [&](past_change const& change) {
      return change.author == self || (change.author.empty() && change.value == field.value());
    };
    core::time_point ours{};
    for (auto const& change : all) {
      if (!is_ours(change) || !speaks_of(change, name) || change.at > until) continue;
      ours = std::max(ours, change.at);
    }
    auto const last = ours >= seen ? ours : until;
    past_change const* theirs = nullptr;
    for (auto const& change : all) {
      if (is_ours(change) || !speaks_of(change, name)) continue;
      if (change.at < seen || change.at > last) continue;
      if (!theirs || change.at >= theirs->at) theirs = &change;
    }
    if (!theirs || theirs->value == field.value()) continue;
    adapter::lost_edit one;
    one.field = name;
    one.value = theirs->value;
    one.by = theirs->author_name;
    one.at = theirs->at;
    found.push_back(std::move(one));
  }
  return found;
}

}  // namespace adapters::pagerduty

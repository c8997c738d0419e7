#include "test/simulators/graph/documents.hpp"

#include <boost/json/array.hpp>
#include <boost/json/monotonic_resource.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

#include "test/simulators/graph/vocabulary.hpp"

namespace simulators {
namespace {

std::string_view text_member(json::object const& members, std::string_view name) {
  auto const* value = members.if_contains(name);
  auto const* text = value == nullptr ? nullptr : value->if_string();
  return text == nullptr ? std::string_view{} : std::string_view{*text};
}

/// The schema's own copy of the word, so that documents need not hold theirs.
std::string_view word_member(json::object const& members, std::string_view name, bool is_alert) {
  auto const* found =
      vocabulary::find(vocabulary::of_property(name, is_alert), text_member(members, name), true);
  return found == nullptr ? std::string_view{} : found->name;
}

core::time_point time_member(json::object const& members, std::string_view name) {
  return core::parse_time(text_member(members, name)).value_or(core::time_point{});
}

void hide_gated(json::object& members, std::string_view name, bool is_alert) {
  if (vocabulary::is_gated(name, is_alert, text_member(members, name))) {
    members[name] = "unknownFutureValue";
  }
}

template <class Visit>
void each_evidence(json::object& members, Visit visit) {
  auto* evidence = members.if_contains("evidence");
  auto* list = evidence == nullptr ? nullptr : evidence->if_array();
  if (list == nullptr) return;
  for (auto& item : *list) {
    if (auto* object = item.if_object()) visit(*object);
  }
}

bool holds_gated(json::object const& members, bool is_alert) {
  for (std::string_view const name : {"status", "serviceSource", "detectionSource"}) {
    if (vocabulary::is_gated(name, is_alert, text_member(members, name))) return true;
  }
  auto const* evidence = members.if_contains("evidence");
  auto const* list = evidence == nullptr ? nullptr : evidence->if_array();
  if (list == nullptr) return false;
  for (auto const& item : *list) {
    auto const* object = item.if_object();
    if (object == nullptr) continue;
    auto const status = text_member(*object, "remediationStatus");
    if (vocabulary::is_gated("remediationStatus", is_alert, status)) return true;
  }
  return false;
}

odata::literal text_literal(std::string_view text) {
  if (text.empty()) return std::monostate{};
  return std::string{text};
}

}  // namespace

odata::literal document::property(std::string_view name) const {
  if (name == "lastUpdateDateTime") return updated;
  if (name == "createdDateTime") return created;
  if (name == "status") return text_literal(status);
  if (name == "severity") return text_literal(severity);
  if (name == "classification") return text_literal(classification);
  if (name == "determination") return text_literal(determination);
  if (name == "serviceSource") return text_literal(service_source);
  if (name == "assignedTo") {
    if (assigned_to) return *assigned_to;
    return std::monostate{};
  }
  if (name == "id") return id;
  return text_literal(text_member(members(), name));
}

json::object document::members() const {
  auto memory = json::make_shared_resource<json::monotonic_resource>(2 * wire.size());
  return json::parse(wire, std::move(memory)).as_object();
}

void document::assign(json::object const& members) {
  created = time_member(members, "createdDateTime");
  updated = time_member(members, "lastUpdateDateTime");
  status = word_member(members, "status", is_alert);
  severity = word_member(members, "severity", is_alert);
  classification = word_member(members, "classification", is_alert);
  determination = word_member(members, "determination", is_alert);
  if (is_alert) {
    service_source = word_member(members, "serviceSource", true);
    incident_id = text_member(members, "incidentId");
  } else {
    redirected_to = text_member(members, "redirectIncidentId");
  }
  auto const* owner = members.if_contains("assignedTo");
  assigned_to.reset();
  if (owner != nullptr && owner->is_string()) assigned_to = std::string{owner->get_string()};
  is_gated = holds_gated(members, is_alert);
  wire = json::serialize(members);
}

json::object without_gated(json::object members, bool is_alert) {
  hide_gated(members, "status", is_alert);
  hide_gated(members, "serviceSource", is_alert);
  hide_gated(members, "detectionSource", is_alert);
  each_evidence(members, [is_alert](json::object& item) {
    hide_gated(item, "remediationStatus", is_alert);
  });
  return members;
}

documents::snapshot documents::current(std::string_view id) const {
  auto const at = slots_.find(id);
  return at == slots_.end() ? nullptr : at->second.current;
}

documents::snapshot documents::listed(std::string_view id) const {
  auto const at = slots_.find(id);
  return at == slots_.end() ? nullptr : at->second.listed;
}

void documents::show(slot& of, snapshot const& version) {
  if (of.listed && of.listed->revision > version->revision) return;
  if (of.listed) {
    by_updated_.erase(key{of.listed->updated, of.listed->number});
    by_created_.erase(key{of.listed->created, of.listed->number});
  }
  of.listed = version;
  by_updated_[key{version->updated, version->number}] = version;
  by_created_[key{version->created, version->number}] = version;
}

void documents::put(document next, core::time_point visible_at) {
  next.revision = ++revision_;
  auto version = std::make_shared<document const>(std::move(next));
  auto& at = slots_[version->id];
  at.current = version;
  if (visible_at == core::time_point{}) {
    show(at, version);
  } else {
    pending_.emplace(visible_at, std::move(version));
  }
}

void documents::publish(core::time_point now) {
  while (!pending_.empty() && pending_.begin()->first <= now) {
    auto const version = pending_.begin()->second;
    pending_.erase(pending_.begin());
    show(slots_.at(version->id), version);
  }
}

}  // namespace simulators

#include <algorithm>
#include <boost/json/array.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <string>

#include "test/simulators/graph/graph.hpp"
#include "test/simulators/graph/vocabulary.hpp"

namespace simulators {
namespace {

constexpr std::size_t chain_max = 20;

std::string quoted(std::string_view text) { return "'" + std::string{text} + "'"; }

bool is_writable(std::string_view name, bool is_alert) {
  if (name == "status" || name == "classification" || name == "determination" ||
      name == "assignedTo") {
    return true;
  }
  if (is_alert) return name == "customDetails";
  return name == "customTags" || name == "description" || name == "displayName" ||
         name == "severity" || name == "resolvingComment" || name == "summary";
}

/// Words that exist in the type but that a client may not write.
bool is_refused_word(std::string_view name, std::string_view word, bool is_alert) {
  if (word == "unknownFutureValue") return true;
  if (name == "status" && is_alert) return word == "unknown";
  // Only the Experts set awaitingAction; redirected is the outcome of a merge.
  if (name == "status") return word == "awaitingAction" || word == "redirected";
  // Withdrawn from the API in 2022.
  if (name == "determination") return word == "apt" || word == "securityPersonnel";
  return false;
}

std::string_view member_text(json::object const& members, std::string_view name) {
  auto const* value = members.if_contains(name);
  return value != nullptr && value->is_string() ? std::string_view{value->get_string()} : "";
}

}  // namespace

/// What is wrong with writing `value` to `name`; brings words into the schema's spelling.
std::string graph::complaint_about(std::string_view name, json::value& value, bool is_alert) const {
  auto const members = is_alert ? vocabulary::alert_members() : vocabulary::incident_members();
  auto const type = std::string{"'microsoft.graph.security."} + (is_alert ? "alert'" : "incident'");
  if (!vocabulary::is_member(members, name)) {
    return "The property " + quoted(name) + " does not exist on type " + type + ".";
  }
  if (!is_writable(name, is_alert)) return "The property " + quoted(name) + " is read-only.";
  if (name == "customTags") {
    bool const is_list =
        value.is_array() &&
        std::all_of(value.get_array().begin(), value.get_array().end(), [](json::value const& tag) {
          return tag.is_string();
        });
    return is_list ? "" : "An array of strings was expected for 'customTags'.";
  }
  if (name == "customDetails") return value.is_object() ? "" : "An object was expected.";
  auto const words = vocabulary::of_property(name, is_alert);
  if (value.is_null()) {
    bool const nullable = name != "status" && name != "severity";
    return nullable ? "" : "A null value was found for the property " + quoted(name) + ".";
  }
  if (!value.is_string()) return "A string was expected for the property " + quoted(name) + ".";
  if (words.empty()) return {};
  auto const* word = vocabulary::find(words, value.get_string(), settings_.any_enum_case);
  if (word == nullptr || is_refused_word(name, word->name, is_alert)) {
    return "Cannot convert the value " + quoted(value.get_string()) + " to the type of " +
           quoted(name) + ".";
  }
  value = word->name;
  return {};
}

graph::write_place graph::place_of_write(context const& in, std::string_view id) {
  auto found = incidents_.current(id);
  if (!found || !retained(*found, in.now)) {
    return {nullptr, refuse_unnamed(in, 404, "NotFound", "Incident not found.")};
  }
  if (found->status != "redirected") return {std::move(found), std::nullopt};
  using position = graph_settings::redirected_write;
  switch (settings_.write_to_redirected) {
    case position::applied:
      break;
    case position::forwarded:
      for (std::size_t i = 0; i < chain_max && found->status == "redirected"; ++i) {
        auto next = incidents_.current(found->redirected_to);
        if (!next) break;
        found = std::move(next);
      }
      break;
    case position::bad_request:
      return {nullptr, refuse(in, 400, "BadRequest", "The incident was merged into another.")};
    case position::not_found:
      return {nullptr, refuse_unnamed(in, 404, "NotFound", "Incident not found.")};
  }
  return {std::move(found), std::nullopt};
}

http::response graph::patch_incident(context const& in, std::string_view id) {
  json::object body;
  if (auto refused = read_object(in, body)) return std::move(*refused);
  body.erase("@odata.type");
  if (body.empty()) return refuse(in, 400, "BadRequest", "The request body is empty.");
  for (auto& [name, value] : body) {
    auto const wrong = complaint_about(name, value, false);
    if (!wrong.empty()) return refuse(in, 400, "BadRequest", wrong);
  }
  auto [place, refusal] = place_of_write(in, id);
  if (refusal) return std::move(*refusal);
  // A merge is not undone by a write: the answer seen in public had the written owner and
  // classification, and the status still "redirected".
  if (place->status == "redirected") body.erase("status");

  if (settings_.refuse_mismatched_pair &&
      (body.contains("classification") || body.contains("determination"))) {
    auto const classification = body.contains("classification")
                                    ? member_text(body, "classification")
                                    : place->classification;
    auto const determination =
        body.contains("determination") ? member_text(body, "determination") : place->determination;
    if (!vocabulary::is_pair(classification, determination)) {
      return refuse(
          in,
          400,
          "BadRequest",
          "The determination " + quoted(determination) + " is not valid for the classification " +
              quoted(classification) + "."
      );
    }
  }
  change(*place, body, "API-App:" + settings_.app_display_name, in.now);

  auto const after = incidents_.current(place->id);
  std::string out = "{\"@odata.context\":";
  append_quoted(out, origin(in) + in.version + "/$metadata#security/incidents/$entity");
  out += ',';
  out += std::string_view{shown(in, *after, {}, false)}.substr(1);
  return answer(200, "application/json;odata.metadata=minimal;charset=utf-8", std::move(out));
}

http::response graph::patch_alert(context const& in, std::string_view id) {
  json::object body;
  if (auto refused = read_object(in, body)) return std::move(*refused);
  body.erase("@odata.type");
  if (body.empty()) return refuse(in, 400, "BadRequest", "The request body is empty.");
  for (auto& [name, value] : body) {
    auto const wrong = complaint_about(name, value, true);
    if (!wrong.empty()) return refuse(in, 400, "BadRequest", wrong);
  }
  auto const found = alerts_.current(id);
  if (!found) return refuse_unnamed(in, 404, "NotFound", "Alert not found.");
  change(*found, body, "API-App:" + settings_.app_display_name, in.now);
  auto const after = alerts_.current(id);
  std::string out = "{\"@odata.context\":";
  append_quoted(out, origin(in) + in.version + "/$metadata#security/alerts_v2/$entity");
  out += ',';
  out += std::string_view{shown(in, *after, {}, false)}.substr(1);
  return answer(200, "application/json;odata.metadata=minimal;charset=utf-8", std::move(out));
}

namespace {

/// The text of a new comment, or what is wrong with the body.
std::pair<std::string, std::string> read_comment(json::object const& body, std::size_t limit) {
  for (auto const& [name, value] : body) {
    if (name == "@odata.type") {
      if (value != "microsoft.graph.security.alertComment" &&
          value != "#microsoft.graph.security.alertComment") {
        return {{}, "The type named in '@odata.type' does not fit."};
      }
    } else if (name != "comment") {
      return {{}, "The property " + quoted(name) + " does not exist or is read-only."};
    }
  }
  auto const text = member_text(body, "comment");
  if (text.empty()) return {{}, "The property 'comment' is required."};
  if (count_characters(text) > limit) {
    return {{}, "The comment is longer than " + std::to_string(limit) + " characters."};
  }
  return {std::string{text}, {}};
}

http::response comments_answer(document const& of, std::string_view origin) {
  // The context names alerts_v2 for incidents too, in the reference's own example.
  std::string out = "{\"@odata.context\":";
  append_quoted(
      out, std::string{origin} + "/v1.0/$metadata#security/alerts_v2('" + of.id + "')/comments"
  );
  auto const members = of.members();
  auto const* comments = members.if_contains("comments");
  out += ",\"value\":" + (comments == nullptr ? std::string{"[]"} : json::serialize(*comments));
  out += '}';
  return answer(200, "application/json;odata.metadata=minimal;charset=utf-8", std::move(out));
}

}  // namespace

http::response graph::comment_incident(context const& in, std::string_view id) {
  json::object body;
  if (auto refused = read_object(in, body)) return std::move(*refused);
  auto const [text, wrong] = read_comment(body, settings_.comment_characters);
  if (!wrong.empty()) return refuse(in, 400, "BadRequest", wrong);
  auto [place, refusal] = place_of_write(in, id);
  if (refusal) return std::move(*refusal);
  add_comment(
      *place,
      text,
      settings_.app_display_name,
      "API-App:" + settings_.app_display_name,
      settings_.comment_moves_stamp,
      in.now
  );
  return comments_answer(*incidents_.current(place->id), origin(in));
}

http::response graph::comment_alert(context const& in, std::string_view id) {
  json::object body;
  if (auto refused = read_object(in, body)) return std::move(*refused);
  auto const [text, wrong] = read_comment(body, settings_.comment_characters);
  if (!wrong.empty()) return refuse(in, 400, "BadRequest", wrong);
  auto const found = alerts_.current(id);
  if (!found) return refuse_unnamed(in, 404, "NotFound", "Alert not found.");
  add_comment(*found, text, settings_.app_display_name, {}, settings_.comment_moves_stamp, in.now);
  return comments_answer(*alerts_.current(id), origin(in));
}

http::response graph::merge_incidents(context const& in) {
  json::object body;
  if (auto refused = read_object(in, body)) return std::move(*refused);
  auto const* ids = body.if_contains("incidentIds");
  if (ids == nullptr || !ids->is_array() || ids->get_array().size() < 2) {
    return refuse(in, 400, "BadRequest", "At least two incident ids are required.");
  }
  std::vector<documents::snapshot> all;
  for (auto const& id : ids->get_array()) {
    auto found = id.is_string() ? incidents_.current(std::string{id.get_string()}) : nullptr;
    if (!found) return refuse_unnamed(in, 404, "NotFound", "Incident not found.");
    all.push_back(std::move(found));
  }
  // Which one survives is Defender's choice: the oldest, here.
  std::sort(all.begin(), all.end(), [](auto const& a, auto const& b) {
    return std::pair{a->created, a->number} < std::pair{b->created, b->number};
  });
  auto const target = all.front();
  for (auto at = all.begin() + 1; at != all.end(); ++at) {
    if ((*at)->id == target->id || !may_merge(**at, *target)) {
      return refuse(in, 400, "BadRequest", "The incidents cannot be merged.");
    }
  }
  auto const author = "API-App:" + settings_.app_display_name;
  for (auto at = all.begin() + 1; at != all.end(); ++at) {
    join(**at, *incidents_.current(target->id), author, in.now);
  }
  auto const text = member_text(body, "incidentComment");
  if (!text.empty()) {
    add_comment(
        *incidents_.current(target->id), text, settings_.app_display_name, author, true, in.now
    );
  }
  std::string out = "{\"@odata.context\":";
  append_quoted(out, origin(in) + in.version + "/$metadata#microsoft.graph.security.mergeResponse");
  out += ",\"targetIncidentId\":";
  append_quoted(out, target->id);
  out += '}';
  return answer(200, "application/json;odata.metadata=minimal;charset=utf-8", std::move(out));
}

http::response graph::move_alerts(context const& in) {
  json::object body;
  if (auto refused = read_object(in, body)) return std::move(*refused);
  auto const* ids = body.if_contains("alertIds");
  auto const target = std::string{member_text(body, "incidentId")};
  if (ids == nullptr || !ids->is_array() || ids->get_array().empty() || target.empty()) {
    return refuse(in, 400, "BadRequest", "'alertIds' and 'incidentId' are required.");
  }
  for (auto const& id : ids->get_array()) {
    if (!id.is_string() || !alerts_.current(std::string{id.get_string()})) {
      return refuse_unnamed(in, 404, "NotFound", "Alert not found.");
    }
  }
  if (!incidents_.current(target)) {
    return refuse_unnamed(in, 404, "NotFound", "Incident not found.");
  }
  for (auto const& id : ids->get_array()) attach(std::string{id.get_string()}, target, in.now);
  std::string out = "{\"targetIncidentId\":";
  append_quoted(out, target);
  out += '}';
  return answer(200, "application/json;odata.metadata=minimal;charset=utf-8", std::move(out));
}

}  // namespace simulators

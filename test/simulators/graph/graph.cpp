#include "test/simulators/graph/graph.hpp"

#include <algorithm>
#include <boost/json/array.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <set>

namespace simulators {
namespace {

constexpr std::size_t batch_items_max = 20;

bool has_any(std::vector<std::string> const& have, std::initializer_list<std::string_view> wanted) {
  return std::any_of(wanted.begin(), wanted.end(), [&have](std::string_view one) {
    return std::find(have.begin(), have.end(), one) != have.end();
  });
}

bool is_read(std::string_view method) { return method == "GET"; }

/// "active" of "security", "incidents", id, "comments": the operation's name without ids.
std::string pattern_of(std::vector<std::string> const& parts) {
  std::string out;
  for (std::size_t i = 1; i < parts.size(); ++i) {
    out += '/';
    bool const is_id = i == 3 && parts[i].find("microsoft.graph.") != 0 &&
                       parts[i] != "mergeIncidents" && parts[i] != "moveAlerts";
    out += is_id ? "{id}" : parts[i];
  }
  return out;
}

}  // namespace

graph::graph(graph_settings settings) : settings_{std::move(settings)}, entra_{settings_} {}

http::response graph::handle(http::request const& call, core::time_point now) {
  auto const at = read_target(call.url);
  std::string const client_id{http::find(call.headers, "client-request-id")};
  auto const request_id = guid(settings_.seed + 7, ++last_request_);
  context in{call, at ? *at : target{}, now, "/v1.0", request_id, client_id, false, false};
  if (in.client_request_id.empty()) in.client_request_id = request_id;

  http::response out;
  if (!at) {
    out = html_answer(400, "<html><body><h2>Bad Request - Invalid URL</h2></body></html>");
  } else if (at->path == "/" && is_read(call.method)) {
    return page(now);
  } else if (entra::serves(*at)) {
    count(
        call.method + (at->path.front() == '/' && at->parts.front() == "metadata"
                           ? " /metadata/identity/oauth2/token"
                           : " /{tenant}/oauth2/v2.0/token")
    );
    return entra_.handle(call, *at, now);
  } else {
    incidents_.publish(now);
    alerts_.publish(now);
    in.version = at->parts.empty() ? "" : "/" + at->parts.front();
    auto const prefer = http::find(call.headers, "Prefer");
    in.sees_gated = prefer.find("include-unknown-enum-members") != prefer.npos;
    out = resource(in);
  }
  out.headers.push_back({"request-id", in.request_id});
  out.headers.push_back({"client-request-id", in.client_request_id});
  out.headers.push_back({"Date", http_date(now)});
  return out;
}

std::string graph::origin(context const& in) const {
  return in.at.origin.empty() ? settings_.origin : in.at.origin;
}

void graph::note(context const& in, std::string_view operation) {
  auto name = in.call.method + ' ' + std::string{operation};
  count(in.in_batch ? "batch: " + name : name);
}

http::response graph::refuse(
    context const& in, int status, std::string_view code, std::string_view message
) const {
  auto date = core::format_time(std::chrono::floor<std::chrono::seconds>(in.now));
  date.pop_back();  // The service leaves the Z out here.
  json::object body{
      {"error",
       json::object{
           {"code", code},
           {"message", message},
           {"details", json::array{}},
           {"innerError",
            json::object{
                {"date", date},
                {"request-id", in.request_id},
                {"client-request-id", in.client_request_id},
            }},
       }},
  };
  return answer(status, "application/json", json::serialize(body));
}

http::response graph::refuse_unnamed(
    context const& in, int status, std::string_view code, std::string_view message
) const {
  return refuse(in, status, settings_.empty_error_codes ? "" : code, message);
}

/// 401 for a token that is no good here.
std::optional<http::response> graph::refuse_caller(context const& in) {
  auto const authorization = http::find(in.call.headers, "Authorization");
  std::string_view why;
  auto verdict = entra_.check(authorization, settings_.resource, in.now);
  if (verdict == entra::verdict::wrong_audience) {
    // A simulator on another address is a resource under that address too.
    verdict = entra_.check(authorization, settings_.origin, in.now);
  }
  switch (verdict) {
    case entra::verdict::good:
      return std::nullopt;
    case entra::verdict::absent:
      why = "Access token is empty.";
      break;
    case entra::verdict::unknown:
      why = "Access token validation failure.";
      break;
    case entra::verdict::expired:
      why = "Lifetime validation failed, the token is expired.";
      break;
    case entra::verdict::wrong_audience:
      why = "Access token validation failure. Invalid audience.";
      break;
  }
  auto out = refuse(in, 401, "InvalidAuthenticationToken", why);
  out.headers.push_back({"WWW-Authenticate", "Bearer realm=\"\", error=\"invalid_token\""});
  return out;
}

std::optional<http::response> graph::throttle(context const& in) {
  if (settings_.calls_per_minute == 0) return std::nullopt;
  auto const minute = unix_seconds(in.now) / 60;
  if (minute != minute_) {
    minute_ = minute;
    calls_this_minute_ = 0;
  }
  if (++calls_this_minute_ <= settings_.calls_per_minute) return std::nullopt;
  auto out = refuse(in, 429, "TooManyRequests", "Too many requests.");
  auto const wait = (minute + 1) * 60 - unix_seconds(in.now);
  if (settings_.retry_after == graph_settings::retry_header::seconds) {
    out.headers.push_back({"Retry-After", std::to_string(wait)});
  } else if (settings_.retry_after == graph_settings::retry_header::date) {
    out.headers.push_back({"Retry-After", http_date(in.now + std::chrono::seconds{wait})});
  }
  return out;
}

http::response graph::resource(context const& in) {
  if (auto refused = refuse_caller(in)) {
    note(in, "refused: 401");
    return std::move(*refused);
  }
  auto const& parts = in.at.parts;
  if (in.version == "/v1.0" && parts.size() == 2 && parts[1] == "$batch") return batch(in);
  if (auto throttled = throttle(in)) {
    note(in, "refused: 429");
    return std::move(*throttled);
  }
  return route(in);
}

http::response graph::route(context const& in) {
  auto const& parts = in.at.parts;
  auto const& method = in.call.method;
  if (in.version != "/v1.0" || parts.size() < 3 || parts[1] != "security") {
    return refuse(in, 400, "BadRequest", "Resource not found for the segment.");
  }
  bool const incidents = parts[2] == "incidents";
  if (!incidents && parts[2] != "alerts_v2") {
    return refuse(in, 400, "BadRequest", "Resource not found for the segment '" + parts[2] + "'.");
  }
  note(in, pattern_of(parts));

  bool const merges =
      parts.size() == 4 && incidents &&
      (parts[3] == "mergeIncidents" || parts[3] == "microsoft.graph.security.mergeIncidents");
  bool const moves =
      parts.size() == 4 && !incidents &&
      (parts[3] == "moveAlerts" || parts[3] == "microsoft.graph.security.moveAlerts");
  bool const writes = !is_read(method);
  bool const permitted =
      merges || moves       ? has_any(settings_.permissions, {"SecurityData.Manage.All"})
      : incidents && writes ? has_any(settings_.permissions, {"SecurityIncident.ReadWrite.All"})
      : incidents           ? has_any(
                        settings_.permissions,
                        {"SecurityIncident.Read.All", "SecurityIncident.ReadWrite.All"}
                    )
      : writes
          ? has_any(settings_.permissions, {"SecurityAlert.ReadWrite.All"})
          : has_any(
                settings_.permissions, {"SecurityAlert.Read.All", "SecurityAlert.ReadWrite.All"}
            );
  if (!permitted) {
    return refuse_unnamed(
        in, 403, "Forbidden", "Missing application roles. API required roles are not in the token."
    );
  }
  if (writes && media_type(http::find(in.call.headers, "Content-Type")) != "application/json") {
    return refuse(in, 415, "UnsupportedMediaType", "The media type of the body is not supported.");
  }

  if (merges && method == "POST") return merge_incidents(in);
  if (moves && method == "POST") return move_alerts(in);
  if (parts.size() == 3 && is_read(method)) {
    return list(in, incidents ? incidents_ : alerts_, in.at.path);
  }
  if (parts.size() == 4 && is_read(method)) {
    return incidents ? get_incident(in, parts[3]) : get_alert(in, parts[3]);
  }
  if (parts.size() == 4 && method == "PATCH") {
    return incidents ? patch_incident(in, parts[3]) : patch_alert(in, parts[3]);
  }
  if (parts.size() == 5 && parts[4] == "comments" && method == "POST") {
    return incidents ? comment_incident(in, parts[3]) : comment_alert(in, parts[3]);
  }
  if (parts.size() == 5 && incidents && parts[4] == "alerts" && is_read(method)) {
    return incident_alerts(in, parts[3]);
  }
  return refuse(
      in, 405, "Request_BadRequest", "Specified HTTP method is not allowed for the request target."
  );
}

http::response graph::batch(context const& in) {
  note(in, "/$batch");
  if (in.call.method != "POST") return refuse(in, 405, "BadRequest", "Only POST is allowed.");
  if (media_type(http::find(in.call.headers, "Content-Type")) != "application/json") {
    return refuse(in, 415, "UnsupportedMediaType", "The media type of the body is not supported.");
  }
  json::object body;
  if (auto refused = read_object(in, body)) return std::move(*refused);
  auto const* requests = body.if_contains("requests");
  auto const* items = requests == nullptr ? nullptr : requests->if_array();
  if (items == nullptr || items->empty()) {
    return refuse(in, 400, "BadRequest", "Invalid batch payload format.");
  }
  if (items->size() > batch_items_max) {
    return refuse(
        in, 400, "BadRequest", "Number of batch request steps exceeds the maximum value of 20."
    );
  }
  std::set<std::string> seen;
  for (auto const& item : *items) {
    auto const* object = item.if_object();
    auto const* id = object == nullptr ? nullptr : object->if_contains("id");
    bool const good = id != nullptr && id->is_string() && object->contains("method") &&
                      object->contains("url") && object->at("method").is_string() &&
                      object->at("url").is_string() &&
                      seen.emplace(std::string_view{id->get_string()}).second;
    if (!good) return refuse(in, 400, "BadRequest", "Invalid batch payload format.");
  }

  std::set<std::string> failed;
  std::vector<std::string> answers;
  for (auto const& item : *items) {
    auto const& object = item.get_object();
    std::string const id{object.at("id").get_string()};
    bool blocked = false;
    if (auto const* on = object.if_contains("dependsOn"); on != nullptr && on->is_array()) {
      for (auto const& one : on->get_array()) {
        blocked = blocked || !one.is_string() || failed.contains(std::string{one.get_string()}) ||
                  !seen.contains(std::string{one.get_string()});
      }
    }
    auto const one = blocked ? refuse(in, 424, "FailedDependency", "A dependency failed.")
                             : batch_item(in, object);
    if (one.status >= 400) failed.insert(id);
    std::string text = "{\"id\":";
    append_quoted(text, id);
    text += ",\"status\":" + std::to_string(one.status) + ",\"headers\":{";
    bool first = true;
    for (auto const& header : one.headers) {
      if (!first) text += ',';
      first = false;
      append_quoted(text, header.name);
      text += ':';
      append_quoted(text, header.value);
    }
    text += "},\"body\":" + (one.body.empty() ? "null" : one.body) + '}';
    answers.push_back(std::move(text));
  }
  // The order of the answers is not promised, so it is never that of the requests.
  std::reverse(answers.begin(), answers.end());
  std::string out = "{\"responses\":[";
  for (std::size_t i = 0; i < answers.size(); ++i) {
    if (i > 0) out += ',';
    out += answers[i];
  }
  out += "]}";
  return answer(200, "application/json", std::move(out));
}

http::response graph::batch_item(context const& in, json::object const& item) {
  http::request call;
  call.method = std::string{item.at("method").get_string()};
  std::string const url{item.at("url").get_string()};
  call.url = "/v1.0" + (url.empty() || url.front() != '/' ? "/" + url : url);
  if (auto const* headers = item.if_contains("headers"); headers && headers->is_object()) {
    for (auto const& [name, value] : headers->get_object()) {
      if (value.is_string()) {
        call.headers.push_back({std::string{name}, std::string{value.get_string()}});
      }
    }
  }
  if (auto const* body = item.if_contains("body")) call.body = json::serialize(*body);
  auto at = read_target(call.url);
  if (!at) return refuse(in, 400, "BadRequest", "Invalid URL in a batch step.");
  at->origin = origin(in);
  auto const prefer = http::find(call.headers, "Prefer");
  context inner{
      call,
      *at,
      in.now,
      "/v1.0",
      guid(settings_.seed + 7, ++last_request_),
      in.client_request_id,
      prefer.find("include-unknown-enum-members") != prefer.npos,
      true,
  };
  if (auto throttled = throttle(inner)) {
    note(inner, "refused: 429");
    return std::move(*throttled);
  }
  return route(inner);
}

std::optional<http::response> graph::read_object(context const& in, json::object& out) const {
  auto body = read_json(in.call.body);
  if (!body || !body->is_object()) {
    return refuse(
        in,
        400,
        "BadRequest",
        "Unable to read JSON request payload. Please ensure the "
        "Content-Type header is set and payload is of valid JSON format."
    );
  }
  out = std::move(body->get_object());
  return std::nullopt;
}

http::response graph::page(core::time_point) const {
  std::string out =
      "<!doctype html><meta charset=\"utf-8\"><title>Incidents</title><h1>Incidents</h1>"
      "<table border=\"1\" cellpadding=\"4\"><tr><th>id<th>name<th>severity<th>status<th>assigned "
      "to<th>classification<th>determination<th>tags<th>changed<th>by<th>comments</tr>";
  constexpr std::size_t rows_max = 500;
  std::size_t rows = 0;
  auto const text = [](json::object const& members, std::string_view name) {
    auto const* value = members.if_contains(name);
    if (value == nullptr || value->is_null()) return std::string{};
    return html_escaped(
        value->is_string() ? std::string{value->get_string()} : json::serialize(*value)
    );
  };
  auto const& index = incidents_.by_updated();
  for (auto at = index.rbegin(); at != index.rend() && rows < rows_max; ++at, ++rows) {
    auto const members = incidents_.current(at->second->id)->members();
    out += "<tr>";
    for (auto const* name :
         {"id",
          "displayName",
          "severity",
          "status",
          "assignedTo",
          "classification",
          "determination",
          "customTags",
          "lastUpdateDateTime",
          "lastModifiedBy"}) {
      out += "<td>" + text(members, name);
    }
    out += "<td>";
    if (auto const* comments = members.if_contains("comments"); comments && comments->is_array()) {
      for (auto const& each : comments->get_array()) {
        if (each.is_object()) {
          out += "<p>" + text(each.get_object(), "createdByDisplayName") + ": " +
                 text(each.get_object(), "comment");
        }
      }
    }
    out += "</tr>";
  }
  out += "</table>";
  if (index.size() > rows) out += "<p>and " + std::to_string(index.size() - rows) + " more";
  return html_answer(200, std::move(out));
}

}  // namespace simulators

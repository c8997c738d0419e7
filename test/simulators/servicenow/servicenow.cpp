#include "test/simulators/servicenow/servicenow.hpp"

#include <algorithm>
#include <boost/json/array.hpp>
#include <boost/json/serialize.hpp>

#include "connector/http/base64.hpp"

namespace simulators {
namespace {

std::string_view status_text(int status) {
  switch (status) {
    case 200:
      return "OK";
    case 201:
      return "Created";
    case 204:
      return "No Content";
    case 400:
      return "Bad Request";
    case 401:
      return "Unauthorized";
    case 403:
      return "Forbidden";
    case 404:
      return "Not Found";
    case 405:
      return "Method Not Allowed";
    case 406:
      return "Not Acceptable";
    case 415:
      return "Unsupported Media Type";
    case 429:
      return "Too Many Requests";
    default:
      return "";
  }
}

bool accepts_json(std::string_view accept) {
  return accept.find("application/json") != accept.npos || accept.find("*/*") != accept.npos ||
         accept.find("application/*") != accept.npos;
}

}  // namespace

servicenow::servicenow(servicenow_settings settings, core::time_point born)
    : settings_{std::move(settings)} {
  install(born);
}

std::string servicenow::origin(target const& at) const {
  return at.origin.empty() ? settings_.origin : at.origin;
}

void servicenow::note(context const& in, std::string_view operation) {
  auto const name = in.method + ' ' + std::string{operation};
  count(in.in_batch ? "batch: " + name : name);
}

http::response servicenow::refuse(int status, std::string_view message, std::string_view detail)
    const {
  std::string body = "{\"error\":{\"message\":";
  append_quoted(body, message);
  body += ",\"detail\":";
  if (detail.empty()) {
    body += "null";
  } else {
    append_quoted(body, detail);
  }
  body += "},\"status\":\"failure\"}";
  return json_answer(status, std::move(body));
}

http::response servicenow::handle(http::request const& call, core::time_point now) {
  for (auto& [name, each] : tables_) each->publish(now);
  auto const at = read_target(call.url);
  if (!at) return html_answer(400, "<html><body><h1>HTTP Status 400</h1></body></html>");
  if (at->path == "/" && call.method == "GET") return page(now);
  http::response out;
  if (settings_.hibernating) {
    count("hibernating");
    out = html_answer(
        200,
        "<html><head><title>Instance Hibernating page</title></head><body>Your instance is "
        "hibernating.</body></html>"
    );
  } else if (at->path == "/oauth_token.do") {
    count("POST /oauth_token.do");
    out = token_endpoint(call, now);
  } else {
    out = serve(call, *at, now, false);
    set_cookies(call, out);
  }
  out.headers.push_back(
      {"X-Transaction-ID", hex_id(settings_.seed + 41, ++last_transaction_).substr(0, 12)}
  );
  out.headers.push_back({"Server", "ServiceNow"});
  out.headers.push_back({"Date", http_date(now)});
  return out;
}

http::response servicenow::serve(
    http::request const& call, target const& at, core::time_point now, bool in_batch
) {
  context in{call, at, now, call.method, false, in_batch};
  auto const override_method = http::find(call.headers, "X-HTTP-Method-Override");
  if (call.method == "POST" && !override_method.empty()) in.method = override_method;

  if (!in_batch && !is_signed_in(call, now)) {
    note(in, "refused: 401");
    auto out = refuse(401, "User Not Authenticated", "Required to provide Auth information");
    out.headers.push_back({"WWW-Authenticate", "BASIC realm=\"Service-now\""});
    out.headers.push_back({"X-Is-Logged-In", "false"});
    return out;
  }
  http::response headers;
  if (auto refused = check_rates(now, headers)) {
    note(in, "refused: 429");
    return std::move(*refused);
  }
  auto parts = at.parts;
  http::response out;
  if (parts.size() < 3 || parts[0] != "api" || parts[1] != "now") {
    out = refuse(400, "Requested URI does not represent any resource", {});
  } else {
    parts.erase(parts.begin(), parts.begin() + 2);
    if (parts[0] == "v1" || parts[0] == "v2") {
      in.first_version = parts[0] == "v1";
      parts.erase(parts.begin());
    }
    out = route(in, parts);
  }
  for (auto& header : headers.headers) out.headers.push_back(std::move(header));
  out.headers.push_back({"X-Is-Logged-In", "true"});
  if (http::find(call.headers, "X-no-response-body") == "true" && out.status < 300) {
    out.body.clear();
  }
  return out;
}

std::optional<http::response> servicenow::check_headers(context const& in) const {
  auto const accept = http::find(in.call.headers, "Accept");
  if (accept.empty()) return refuse(400, "Missing request header", "Accept header is required");
  if (!accepts_json(accept)) return refuse(406, "Requested media type is not acceptable", accept);
  if (in.method == "GET" || in.method == "DELETE") return std::nullopt;
  auto const type = http::find(in.call.headers, "Content-Type");
  if (type.empty()) {
    return refuse(400, "Missing request header", "Content-Type header is required");
  }
  if (media_type(type) != "application/json") {
    return refuse(415, "Unsupported media type", media_type(type));
  }
  return std::nullopt;
}

/// Counts the call under each rule; a count is committed only every 30 seconds, so a rule bites
/// late.
std::optional<http::response> servicenow::check_rates(
    core::time_point now, http::response& headers
) {
  auto const seconds = unix_seconds(now);
  rates_.resize(settings_.rate_limits.size());
  for (std::size_t i = 0; i < rates_.size(); ++i) {
    auto const& rule = settings_.rate_limits[i];
    if (!rule.user_name.empty() && rule.user_name != settings_.user_name) continue;
    auto& rate = rates_[i];
    if (rate.hour != seconds / 3600) rate = {seconds / 3600, seconds / 30, 0, 0};
    if (rate.commit != seconds / 30) {
      rate.commit = seconds / 30;
      rate.committed += rate.pending;
      rate.pending = 0;
    }
    auto const reset = (rate.hour + 1) * 3600;
    std::vector<http::header> const limits{
        {"X-RateLimit-Limit", std::to_string(rule.calls_per_hour)},
        {"X-RateLimit-Reset", std::to_string(reset)},
        {"X-RateLimit-Rule", hex_id(settings_.seed + 51, i)},
    };
    if (rate.committed >= rule.calls_per_hour) {
      auto out = refuse(
          429,
          "Rate limit exceeded",
          "Rate limit of " + std::to_string(rule.calls_per_hour) +
              " requests per hour for Table API exceeded"
      );
      out.headers.insert(out.headers.end(), limits.begin(), limits.end());
      out.headers.push_back({"Retry-After", std::to_string(reset - seconds)});
      return out;
    }
    ++rate.pending;
    headers.headers.insert(headers.headers.end(), limits.begin(), limits.end());
  }
  return std::nullopt;
}

http::response servicenow::route(context& in, std::vector<std::string> const& rest) {
  if (rest.size() == 1 && rest[0] == "batch") {
    note(in, "/api/now/batch");
    if (in.method != "POST" || in.in_batch) return refuse(405, "Method not supported", {});
    return batch(in);
  }
  if (rest.size() < 2 || rest.size() > 3 || rest[0] != "table") {
    return refuse(400, "Requested URI does not represent any resource", {});
  }
  auto const* const of = std::as_const(*this).find_table(rest[1]);
  bool const missing =
      of == nullptr || (rest[1] == "sn_si_incident" && !settings_.security_incidents);
  note(in, "/api/now/table/" + (missing ? "?" : rest[1]) + (rest.size() == 3 ? "/{sys_id}" : ""));
  if (auto wrong = check_headers(in)) return std::move(*wrong);
  if (missing) return refuse(400, "Invalid table " + rest[1], {});
  auto const& closed = settings_.unreadable_tables;
  if (in.method == "GET" && std::find(closed.begin(), closed.end(), rest[1]) != closed.end()) {
    return refuse(403, "Insufficient rights", "Insufficient rights to query records");
  }
  if (rest[1].find("_policy") != std::string::npos) publish_policies();
  if (rest.size() == 2) {
    if (in.method == "GET") return list(in, *std::as_const(*this).find_table(rest[1]));
    if (in.method == "POST") return create(in, own(rest[1]));
  } else {
    if (in.method == "GET") return get(in, *std::as_const(*this).find_table(rest[1]), rest[2]);
    if (in.method == "PATCH" || in.method == "PUT") return update(in, own(rest[1]), rest[2]);
    if (in.method == "DELETE") return erase(in, own(rest[1]), rest[2]);
  }
  return refuse(405, "Method not supported", {});
}

/// Sequential, not transactional; what does not fit into the time quota is named unserviced.
http::response servicenow::batch(context const& in) {
  if (auto wrong = check_headers(in)) return std::move(*wrong);
  auto const body = read_json(in.call.body);
  auto const* object = body ? body->if_object() : nullptr;
  auto const* requests = object == nullptr ? nullptr : object->if_contains("rest_requests");
  if (requests == nullptr || !requests->is_array() || !object->contains("batch_request_id")) {
    return refuse(400, "Invalid batch request", "batch_request_id and rest_requests are required");
  }
  auto const& id = object->at("batch_request_id");
  if (!id.is_string()) return refuse(400, "Invalid batch request", "batch_request_id");

  std::string serviced;
  std::string unserviced;
  std::size_t done = 0;
  for (auto const& each : requests->get_array()) {
    auto const* item = each.if_object();
    auto const text = [item](std::string_view name) -> std::string {
      auto const* value = item == nullptr ? nullptr : item->if_contains(name);
      return value != nullptr && value->is_string() ? std::string{value->get_string()} : "";
    };
    auto const item_id = text("id");
    if (settings_.batch_requests_serviced > 0 && done >= settings_.batch_requests_serviced) {
      if (!unserviced.empty()) unserviced += ',';
      append_quoted(unserviced, item_id);
      continue;
    }
    ++done;
    http::request call;
    call.method = text("method");
    call.url = text("url");
    auto const decoded = http::from_base64(text("body"));
    call.body = decoded.value_or("");
    auto const* headers = item == nullptr ? nullptr : item->if_contains("headers");
    if (headers != nullptr && headers->is_array()) {
      for (auto const& header : headers->get_array()) {
        if (!header.is_object()) continue;
        auto const& pair = header.get_object();
        auto const* name = pair.if_contains("name");
        auto const* value = pair.if_contains("value");
        if (name != nullptr && value != nullptr && name->is_string() && value->is_string()) {
          call.headers.push_back({std::string{name->get_string()}, std::string{value->get_string()}}
          );
        }
      }
    }
    auto at = read_target(call.url);
    http::response answer;
    if (!at || !decoded || !at->origin.empty()) {
      answer = refuse(400, "Requested URI does not represent any resource", {});
    } else {
      at->origin = origin(in.at);
      answer = serve(call, *at, in.now, true);
    }
    auto const* no_headers =
        item == nullptr ? nullptr : item->if_contains("exclude_response_headers");
    bool const silent = no_headers != nullptr && *no_headers == json::value(true);
    if (!serviced.empty()) serviced += ',';
    serviced += "{\"id\":";
    append_quoted(serviced, item_id);
    serviced += ",\"body\":\"" + http::base64(answer.body) +
                "\",\"status_code\":" + std::to_string(answer.status) + ",\"status_text\":\"";
    serviced += status_text(answer.status);
    serviced += "\",\"headers\":[";
    bool first = true;
    for (auto const& header : answer.headers) {
      if (silent) break;
      if (!first) serviced += ',';
      first = false;
      serviced += "{\"name\":";
      append_quoted(serviced, header.name);
      serviced += ",\"value\":";
      append_quoted(serviced, header.value);
      serviced += '}';
    }
    serviced += "],\"execution_time\":5}";
  }
  std::string out = "{\"batch_request_id\":";
  append_quoted(out, id.get_string());
  out += ",\"serviced_requests\":[" + serviced + "],\"unserviced_requests\":[" + unserviced + "]}";
  return json_answer(200, std::move(out));
}

http::response servicenow::page(core::time_point) const {
  std::string out = "<!doctype html><meta charset=\"utf-8\"><title>Tickets</title><h1>Tickets</h1>";
  constexpr std::size_t rows_max = 500;
  for (auto const* name : {"incident", "sn_si_incident"}) {
    auto const& of = *find_table(name);
    if (of.size() == 0) continue;
    out += "<h2>" + html_escaped(of.columns().label()) +
           "</h2><table border=\"1\" cellpadding=\"4\"><tr>";
    static constexpr std::string_view shown[]{
        "number",
        "short_description",
        "state",
        "priority",
        "assignment_group",
        "assigned_to",
        "close_code",
        "correlation_id",
        "sys_updated_on",
        "sys_updated_by",
    };
    for (auto const column : shown) out += "<th>" + std::string{column};
    out += "<th>notes</tr>";
    encoded_query::query newest;
    newest.branches.emplace_back();
    newest.orders.push_back({"sys_updated_on", true});
    table::search wanted;
    wanted.query = newest;
    wanted.limit = rows_max;
    wanted.counted = false;
    for (auto const& record : of.find(wanted).rows) {
      out += "<tr>";
      for (auto const column : shown) {
        out += "<td>" + html_escaped(display(of, *record, *of.columns().find(column)));
      }
      out += "<td>";
      for (auto const& entry : journal(of.text(*record, "sys_id"))) {
        out += "<p>" + html_escaped(entry.author + " (" + entry.element + "): " + entry.text);
      }
      out += "</tr>";
    }
    out += "</table>";
    if (of.size() > rows_max) out += "<p>and " + std::to_string(of.size() - rows_max) + " more";
  }
  return html_answer(200, std::move(out));
}

}  // namespace simulators

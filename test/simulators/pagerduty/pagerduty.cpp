#include "test/simulators/pagerduty/pagerduty.hpp"

#include <algorithm>
#include <boost/json/serialize.hpp>
#include <sstream>

namespace simulators {
namespace {

constexpr std::string_view version_wanted = "version=2";

http::response done(int status, json::object const& body) {
  return answer(status, "application/json; charset=utf-8", json::serialize(body));
}

}  // namespace

pagerduty::pagerduty(pagerduty_settings settings, core::time_point /*born*/)
    : settings_{std::move(settings)} {
  auto const requester = add_user("Defender Connector", settings_.requester);
  (void)requester;
  add_user("Ann Analyst", "ann@contoso.com");
  add_user("Beth Anglin", "beth@acme.example");
  add_user("Carl Carter", "carl@acme.example");
  add_policy("Security Operations", {"beth@acme.example"});
  add_policy("Customer response", {"carl@acme.example", "beth@acme.example"});
  for (auto const* name : {"P1", "P2", "P3", "P4", "P5"}) {
    priorities_.push_back({new_id("P"), name});
  }
  service_ = "PSECOPS";
  define_field("defender_id", "string");
  define_field("alerts", "integer");
}

http::response pagerduty::refuse(refused const& why) {
  json::object error{{"message", why.message}, {"code", why.code}};
  if (!why.errors.empty()) {
    json::array all;
    for (auto const& one : why.errors) all.emplace_back(one);
    error["errors"] = std::move(all);
  }
  return done(why.status, {{"error", std::move(error)}});
}

http::response pagerduty::handle(http::request const& call, core::time_point now) {
  latest_ = std::max(latest_, now);
  publish(now);
  auto const at = read_target(call.url);
  if (!at) return html_answer(400, "<html><body><h1>400 Bad Request</h1></body></html>");
  http::response out;
  if (at->path == "/" && call.method == "GET") {
    out = page();
  } else if (at->path == "/oauth/token") {
    count("POST /oauth/token");
    out = token_endpoint(call, now);
  } else if (at->path == "/v2/enqueue") {
    count("POST /v2/enqueue");
    out = enqueue(call, now);
  } else {
    out = serve(call, *at, now);
  }
  out.headers.push_back({"Date", http_date(now)});
  out.headers.push_back({"X-Request-Id", guid(settings_.seed + 7, ++last_id_)});
  return out;
}

http::response pagerduty::token_endpoint(http::request const& call, core::time_point now) {
  auto const refuse_token = [](int status, std::string_view error, std::string_view why) {
    return done(status, {{"error", error}, {"error_description", why}});
  };
  if (call.method != "POST") return refuse_token(405, "invalid_request", "POST only");
  if (media_type(http::find(call.headers, "Content-Type")) != "application/x-www-form-urlencoded") {
    return refuse_token(400, "invalid_request", "form expected");
  }
  std::string grant, id, secret, scope;
  for (auto const& [name, value] : read_form(call.body)) {
    if (name == "grant_type") grant = value;
    if (name == "client_id") id = value;
    if (name == "client_secret") secret = value;
    if (name == "scope") scope = value;
  }
  if (grant != "client_credentials") {
    return refuse_token(400, "unsupported_grant_type", "The grant type is not supported.");
  }
  if (id != settings_.client_id || secret != settings_.client_secret) {
    return refuse_token(401, "invalid_client", "Client authentication failed.");
  }
  token granted;
  granted.expires = now + settings_.token_life;
  std::string shown;
  std::istringstream words{scope};
  // What is unknown, or not the app's, is dropped without a word.
  for (std::string word; words >> word;) {
    auto const known = std::ranges::find(settings_.scopes, word) != settings_.scopes.end();
    if (!known && word != settings_.account) continue;
    granted.scopes.push_back(word);
    shown += (shown.empty() ? "" : " ") + word;
  }
  auto const text = "pdus+" + hex_id(settings_.seed + 11, ++last_id_);
  tokens_[text] = std::move(granted);
  return done(
      200,
      {{"access_token", text},
       {"scope", shown},
       {"token_type", "bearer"},
       {"expires_in", settings_.token_life.count()}}
  );
}

std::optional<http::response> pagerduty::check_sign_in(context& in) {
  std::string_view const given = http::find(in.call.headers, "Authorization");
  constexpr std::string_view by_key = "Token token=";
  constexpr std::string_view by_token = "Bearer ";
  if (given.starts_with(by_key) && given.substr(by_key.size()) == settings_.api_key) {
    in.by_key = true;
    return std::nullopt;
  }
  if (given.starts_with(by_token)) {
    auto const at = tokens_.find(given.substr(by_token.size()));
    auto const names_account = [&](token const& t) {
      return std::ranges::find(t.scopes, settings_.account) != t.scopes.end();
    };
    if (at != tokens_.end() && in.now < at->second.expires && names_account(at->second)) {
      in.scopes = at->second.scopes;
      return std::nullopt;
    }
  }
  count(in.call.method + " refused: 401");
  return refuse({401, 2006, "Authentication failed", {}});
}

void pagerduty::need_scope(context const& in, std::string_view scope) const {
  auto const writes = scope.ends_with(".write");
  if (in.by_key) {
    if (writes && settings_.key_reads_only) throw refused{403, 2010, "Access Denied", {}};
    return;
  }
  if (std::ranges::find(in.scopes, scope) == in.scopes.end()) {
    throw refused{403, 2010, "Access Denied", {}};
  }
}

/// Every write is made as somebody.
void pagerduty::need_requester(context& in) const {
  auto const from = http::find(in.call.headers, "From");
  if (from.empty()) {
    throw refused{400, 2001, "Invalid Input Provided", {"From header must be a valid email."}};
  }
  auto const* who = person_by(from);
  if (!who) throw refused{400, 1008, "Requester User Not Found", {}};
  if (who->role.starts_with("read_only")) {
    throw refused{403, 1018, "Requester not authorized to perform action", {}};
  }
  in.who = {who->id, "user_reference"};
}

std::optional<http::response> pagerduty::check_rate(
    std::string_view bucket, std::size_t most, core::time_point now, http::response& headers
) {
  if (most == 0) return std::nullopt;
  auto const seconds = unix_seconds(now);
  auto const at = rates_.try_emplace(std::string{bucket}).first;
  auto& rate = at->second;
  if (rate.which != seconds / 60) rate = {seconds / 60, 0};
  auto const left = 60 - seconds % 60;
  auto const full = rate.count >= most;
  if (!full) ++rate.count;
  auto const told = settings_.limits_are_told;
  std::vector<http::header> limits;
  if (told) {
    limits = {
        {"ratelimit-limit", std::to_string(most)},
        {"ratelimit-remaining", std::to_string(most - rate.count)},
        {"ratelimit-reset", std::to_string(left)},
    };
  }
  if (!full) {
    // The limit that is closest to being hit is the one shown.
    headers.headers = std::move(limits);
    return std::nullopt;
  }
  auto out = told ? refuse({429, 2020, "Rate Limit Exceeded", {}}) : html_answer(429, "");
  for (auto& one : limits) out.headers.push_back(std::move(one));
  return out;
}

http::response pagerduty::serve(http::request const& call, target const& at, core::time_point now) {
  context in{call, at, now, {}, {}, false};
  if (auto refusal = check_sign_in(in)) return std::move(*refusal);
  http::response headers;
  if (auto refusal = check_rate("all", settings_.calls_per_minute, now, headers)) {
    count(call.method + " refused: 429");
    return std::move(*refusal);
  }
  if (call.method == "POST" && at.path == "/incidents") {
    if (auto refusal = check_rate("creates", settings_.creates_per_minute, now, headers)) {
      count("POST /incidents refused: 429");
      return std::move(*refusal);
    }
  }
  http::response out;
  try {
    auto const accepts = http::find(call.headers, "Accept");
    if (accepts.find(version_wanted) == accepts.npos) {
      throw refused{400, 2001, "Invalid Input Provided", {"API version 2 has to be accepted."}};
    }
    if (!call.body.empty() &&
        media_type(http::find(call.headers, "Content-Type")) != "application/json") {
      throw refused{400, 2001, "Invalid Input Provided", {"The body has to be JSON."}};
    }
    out = route(in);
  } catch (refused const& why) {
    out = refuse(why);
  }
  for (auto& header : headers.headers) out.headers.push_back(std::move(header));
  return out;
}

http::response pagerduty::route(context& in) {
  auto const& parts = in.at.parts;
  auto const& method = in.call.method;
  auto const n = parts.size();
  auto const is = [&](std::size_t i, std::string_view word) { return n > i && parts[i] == word; };
  auto const reads = method == "GET";

  if (is(0, "incidents") && n >= 3 && is(1, "types") && n == 4 && is(3, "custom_fields") && reads) {
    count("GET /incidents/types/{type}/custom_fields");
    need_scope(in, "custom_fields.read");
    if (!settings_.has_custom_fields) throw refused{402, 2014, "Missing Account Ability", {}};
    json::array all;
    for (auto const& field : fields_) {
      all.push_back(json::object{
          {"id", field.id},
          {"type", "field"},
          {"name", field.name},
          {"display_name", field.name},
          {"data_type", field.data_type},
          {"field_type", "single_value"},
          {"description", nullptr},
          {"enabled", true},
          {"summary", field.name},
          {"self", settings_.origin + "/incidents/custom_fields/" + field.id},
          {"created_at", "2026-01-01T00:00:00Z"},
          {"updated_at", "2026-01-01T00:00:00Z"},
      });
    }
    // This list has no pages.
    return done(200, {{"fields", std::move(all)}});
  }
  if (is(0, "incidents")) {
    if (n == 1) {
      count(method + " /incidents");
      need_scope(in, reads ? "incidents.read" : "incidents.write");
      if (reads) return list_incidents(in);
      need_requester(in);
      if (method == "POST") return create(in);
      if (method == "PUT") return update_many(in);
    } else if (n == 2) {
      count(method + " /incidents/{id}");
      need_scope(in, reads ? "incidents.read" : "incidents.write");
      if (reads) return get_incident(in, parts[1]);
      if (method == "PUT") {
        need_requester(in);
        return update(in, parts[1]);
      }
    } else if (n == 3) {
      count(method + " /incidents/{id}/" + parts[2]);
      need_scope(in, reads ? "incidents.read" : "incidents.write");
      if (reads && parts[2] == "notes") return list_notes(in, parts[1]);
      if (reads && parts[2] == "log_entries") return list_log(in, parts[1]);
      if (!reads) need_requester(in);
      if (method == "POST" && parts[2] == "notes") return add_note(in, parts[1]);
      if (method == "POST" && parts[2] == "status_updates") return add_status_update(in, parts[1]);
      if (method == "POST" && parts[2] == "snooze") return snooze(in, parts[1]);
      if (method == "PUT" && parts[2] == "merge") return merge_call(in, parts[1]);
    } else if (n == 4 && parts[2] == "notes") {
      count(method + " /incidents/{id}/notes/{note}");
      need_scope(in, "incidents.write");
      need_requester(in);
      return change_note(in, parts[1], parts[3]);
    } else if (n == 4 && parts[2] == "custom_fields" && parts[3] == "values") {
      count(method + " /incidents/{id}/custom_fields/values");
      need_scope(in, reads ? "incidents.read" : "incidents.write");
      if (!settings_.has_custom_fields) throw refused{402, 2014, "Missing Account Ability", {}};
      if (reads) return done(200, {{"custom_fields", custom_values(visible(parts[1]).now)}});
      if (method == "PUT") return set_custom(in, parts[1]);
    }
    throw refused{404, 2100, "Not Found", {}};
  }
  if (!reads) throw refused{404, 2100, "Not Found", {}};
  if (is(0, "log_entries") && n == 1) {
    count("GET /log_entries");
    need_scope(in, "incidents.read");
    return list_log(in, {});
  }
  if (is(0, "abilities") && n == 1) {
    count("GET /abilities");
    need_scope(in, "abilities.read");
    json::array all;
    all.emplace_back("teams");
    if (settings_.has_urgencies) all.emplace_back("urgencies");
    if (settings_.has_priorities) all.emplace_back("priorities");
    return done(200, {{"abilities", std::move(all)}});
  }
  auto const query = in.at.parameter("query").value_or("");
  if (is(0, "priorities") && n == 1) {
    count("GET /priorities");
    need_scope(in, "priorities.read");
    if (!settings_.has_priorities) throw refused{402, 2014, "Missing Account Ability", {}};
    json::array all;
    std::int64_t order = static_cast<std::int64_t>(priorities_.size());
    for (auto const& one : priorities_) {
      auto entry = reference(one.id, "priority", one.name, "priorities");
      entry["name"] = one.name;
      entry["description"] = one.name;
      entry["order"] = order-- * 1000;
      entry["color"] = "a8171c";
      all.push_back(std::move(entry));
    }
    return list_simple(in, "priorities", std::move(all));
  }
  if (is(0, "users") && n == 1) {
    count("GET /users");
    need_scope(in, "users.read");
    return list_simple(in, "users", render_users(query));
  }
  if (is(0, "escalation_policies") && n == 1) {
    count("GET /escalation_policies");
    need_scope(in, "escalation_policies.read");
    return list_simple(in, "escalation_policies", render_policies(query));
  }
  json::object service = reference(service_, "service", "Defender", "services");
  service["name"] = "Defender";
  service["status"] = "active";
  service["auto_resolve_timeout"] = nullptr;
  service["acknowledgement_timeout"] = nullptr;
  if (is(0, "services") && n == 1) {
    count("GET /services");
    need_scope(in, "services.read");
    json::array all;
    if (query.empty() || lower_case("Defender").find(lower_case(query)) != std::string::npos) {
      all.push_back(service);
    }
    return list_simple(in, "services", std::move(all));
  }
  if (n == 2) {
    count("GET /" + parts[0] + "/{id}");
    auto const entry = [&](std::string_view member, json::array const& all) -> http::response {
      for (auto const& one : all) {
        if (one.at("id") == json::value(parts[1])) return done(200, {{member, one}});
      }
      throw refused{404, 2100, "Not Found", {}};
    };
    if (parts[0] == "users") {
      need_scope(in, "users.read");
      return entry("user", render_users({}));
    }
    if (parts[0] == "escalation_policies") {
      need_scope(in, "escalation_policies.read");
      return entry("escalation_policy", render_policies({}));
    }
    if (parts[0] == "services") {
      need_scope(in, "services.read");
      json::array all;
      all.push_back(service);
      return entry("service", all);
    }
  }
  throw refused{404, 2100, "Not Found", {}};
}

http::response pagerduty::page() const {
  constexpr std::size_t rows_max = 500;
  std::string out =
      "<!doctype html><meta charset=\"utf-8\"><title>Incidents</title><h1>Incidents</h1>"
      "<table border=\"1\" cellpadding=\"4\"><tr><th>number<th>title<th>status<th>urgency"
      "<th>priority<th>escalation policy<th>assigned to<th>incident key<th>notes</tr>";
  std::size_t rows = 0;
  for (auto at = order_.rbegin(); at != order_.rend() && rows < rows_max; ++at, ++rows) {
    auto const one = *incident(*at);
    out += "<tr>";
    for (auto const* member :
         {"incident_number",
          "title",
          "status",
          "urgency",
          "priority",
          "escalation_policy",
          "assigned_to",
          "incident_key"}) {
      auto const& value = one.at(member);
      out += "<td>" + html_escaped(
                          value.is_string() ? std::string{value.get_string()}
                          : value.is_null() ? std::string{}
                                            : json::serialize(value)
                      );
    }
    out += "<td>";
    for (auto const& each : one.at("notes").get_array()) {
      auto const& n = each.get_object();
      out += "<p>" + html_escaped(
                         std::string{n.at("author").get_string()} + ": " +
                         std::string{n.at("text").get_string()}
                     );
    }
    out += "</tr>";
  }
  out += "</table>";
  return html_answer(200, std::move(out));
}

}  // namespace simulators

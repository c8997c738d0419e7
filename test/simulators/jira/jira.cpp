#include "test/simulators/jira/jira.hpp"

#include <algorithm>
#include <boost/json/array.hpp>
#include <boost/json/serialize.hpp>

#include "connector/http/base64.hpp"

namespace simulators {
namespace {

constexpr std::size_t ids_in_patterns = 5;

/// "/issue/{id}/comment": numbers and keys are taken for what they are.
std::string pattern(std::vector<std::string> const& path) {
  std::string out;
  for (auto const& part : path) {
    auto const digits =
        part.find_first_of("0123456789") != std::string::npos && part.size() >= ids_in_patterns;
    auto const key = part.find('-') != std::string::npos &&
                     part.find_first_of("0123456789") != std::string::npos;
    out += '/';
    out += digits || key ? "{id}" : part;
  }
  return out;
}

}  // namespace

jira::jira(jira_settings settings, core::time_point) : settings_{std::move(settings)} {
  self_id_ = create_user("Defender Integration", settings_.email);
  create_user("Mia Krystof", "mia@example.com");
  create_user("Ann Analyst", "ann.analyst@contoso.com");
  create_user("Bob Desk", "bob.desk@example.com");
  create_user("Gone Colleague", "gone@example.com", false);
}

bool jira::may(std::string_view permission) const {
  auto const& all = settings_.permissions;
  return std::find(all.begin(), all.end(), permission) != all.end();
}

http::response jira::refuse(int status, std::string_view message) const {
  json::object body;
  body["errorMessages"] = json::array{message};
  body["errors"] = json::object{};
  return json_answer(status, json::serialize(body));
}

http::response jira::refuse(int status, complaints const& why) const {
  json::array messages;
  json::object errors;
  for (auto const& [field, words] : why) {
    if (field.empty()) {
      messages.emplace_back(words);
    } else {
      errors[field] = words;
    }
  }
  json::object body;
  body["errorMessages"] = std::move(messages);
  body["errors"] = std::move(errors);
  return json_answer(status, json::serialize(body));
}

http::response jira::handle(http::request const& call, core::time_point now) {
  settle_index(now);
  auto const at = read_target(call.url);
  if (!at) return html_answer(400, "<html><body><h1>Bad Request</h1></body></html>");
  auto path = at->parts;
  if (!settings_.context_path.empty()) {
    auto const prefix = settings_.context_path.substr(1);
    if (path.empty() || path.front() != prefix)
      return html_answer(404, "<html><body>Not Found</body></html>");
    path.erase(path.begin());
  }
  if (path.empty()) return page();
  auto const token_path = is_cloud()
                              ? std::vector<std::string>{"oauth", "token"}
                              : std::vector<std::string>{"rest", "oauth2", "latest", "token"};
  http::response out;
  if (path == token_path) {
    count("POST /oauth/token");
    out = token_endpoint(call, now);
  } else {
    // The gateway: /ex/jira/{cloudId}/rest/...
    if (is_cloud() && path.size() > 3 && path[0] == "ex" && path[1] == "jira" &&
        path[2] == settings_.cloud_id) {
      path.erase(path.begin(), path.begin() + 3);
    }
    auto const version = is_cloud() ? "3" : "2";
    auto const known = path.size() > 3 && path[0] == "rest" && path[1] == "api" &&
                       (path[2] == version || path[2] == "latest");
    if (!known) {
      out = html_answer(
          404, "<html><head><title>Oops, you&#39;ve found a dead link.</title></head></html>"
      );
    } else {
      path.erase(path.begin(), path.begin() + 3);
      context in{call, *at, now, call.method, {}};
      auto const signed_in = is_signed_in(call, now);
      auto const self = path.size() == 1 && path[0] == "myself";
      if (!signed_in && (self || !settings_.anonymous_fallback || call.method == "PUT")) {
        out = refuse(401, "Client must be authenticated to access this resource.");
        out.headers.push_back({"WWW-Authenticate", "OAuth realm=\"" + settings_.origin + "\""});
      } else if (!signed_in) {
        // Nobody sees no issue of a project that is not public.
        auto const searching = path[0] == "search";
        out = searching
                  ? json_answer(
                        200,
                        is_cloud() ? R"({"issues":[],"isLast":true})"
                                   : R"({"startAt":0,"maxResults":50,"total":0,"issues":[]})"
                    )
                  : refuse(404, "Issue does not exist or you do not have permission to see it.");
        out.headers.push_back({"X-Seraph-LoginReason", "AUTHENTICATED_FAILED"});
      } else {
        out = route(in, path);
      }
    }
  }
  out.headers.push_back({"Date", http_date(now)});
  out.headers.push_back({"X-ARequestId", hex_id(settings_.seed, ++last_token_)});
  return out;
}

bool jira::is_signed_in(http::request const& call, core::time_point now) const {
  auto const header = http::find(call.headers, "Authorization");
  if (header.starts_with("Basic ")) {
    auto const pair = http::from_base64(header.substr(6));
    auto const name = is_cloud() ? settings_.email : std::string{"svc.defender"};
    return pair && *pair == name + ":" + settings_.api_token;
  }
  if (!header.starts_with("Bearer ")) return false;
  auto const token = header.substr(7);
  if (!is_cloud() && token == settings_.access_token) return true;
  auto const at = tokens_.find(token);
  return at != tokens_.end() && now < at->second;
}

http::response jira::token_endpoint(http::request const& call, core::time_point now) {
  if (call.method != "POST")
    return answer(405, "application/json", R"({"error":"method_not_allowed"})");
  std::map<std::string, std::string> sent;
  auto const type = media_type(http::find(call.headers, "Content-Type"));
  if (is_cloud()) {
    auto const body = read_json(call.body);
    if (type != "application/json" || !body || !body->is_object()) {
      return json_answer(
          400, R"({"error":"invalid_request","error_description":"body is not JSON"})"
      );
    }
    for (auto const& [name, value] : body->get_object()) {
      if (value.is_string()) sent[std::string{name}] = value.get_string();
    }
  } else {
    if (type != "application/x-www-form-urlencoded")
      return json_answer(400, R"({"error":"invalid_request"})");
    for (auto& [name, value] : read_form(call.body)) sent[name] = value;
  }
  if (sent["grant_type"] != "client_credentials")
    return json_answer(400, R"({"error":"unsupported_grant_type"})");
  if (sent["client_id"] != settings_.client_id ||
      sent["client_secret"] != settings_.client_secret) {
    return json_answer(401, R"({"error":"access_denied","error_description":"Unauthorized"})");
  }
  auto const token = "eyJ" + hex_id(settings_.seed + 77, ++last_token_);
  tokens_[token] = now + settings_.token_life;
  json::object body{
      {"access_token", token},
      {"expires_in", settings_.token_life.count()},
      {"token_type", "Bearer"},
      {"scope", "read:jira-work write:jira-work read:jira-user"}};
  return json_answer(200, json::serialize(body));
}

namespace {

http::response too_many(
    std::string_view reason, std::chrono::seconds wait, std::size_t limit, core::time_point now
) {
  auto out = json_answer(429, R"({"errorMessages":["Rate limit exceeded."],"errors":{}})");
  auto reset = core::format_time(
      std::chrono::floor<std::chrono::seconds>(now + wait + std::chrono::seconds{1})
  );
  out.headers.push_back({"Retry-After", std::to_string(wait.count())});
  out.headers.push_back({"X-RateLimit-Limit", std::to_string(limit)});
  out.headers.push_back({"X-RateLimit-Remaining", "0"});
  out.headers.push_back({"X-RateLimit-Reset", std::move(reset)});
  out.headers.push_back({"RateLimit-Reason", std::string{reason}});
  return out;
}

}  // namespace

std::optional<http::response> jira::limited(context const& in, std::string const& operation) {
  if (!is_cloud() || !settings_.burst_limits) return std::nullopt;
  double const rate = in.method == "PUT" || in.method == "DELETE" ? 50
                      : operation == "GET /issue/{id}"            ? 150
                                                                  : 100;
  auto const [at, fresh] = buckets_.try_emplace(operation, bucket{rate, in.now});
  auto& b = at->second;
  std::chrono::duration<double> const passed = in.now - b.at;
  b.left = std::min(rate, b.left + passed.count() * rate);
  b.at = in.now;
  if (b.left < 1)
    return too_many(
        "jira-burst-based", std::chrono::seconds{1}, static_cast<std::size_t>(rate), in.now
    );
  b.left -= 1;
  return std::nullopt;
}

std::optional<http::response> jira::issue_limited(jira_issue& one, core::time_point now) {
  using namespace std::chrono_literals;
  if (!is_cloud() || !settings_.per_issue_limits) return std::nullopt;
  auto& writes = one.writes;
  while (!writes.empty() && now - writes.front() >= 30s) writes.pop_front();
  auto const in_two =
      std::count_if(writes.begin(), writes.end(), [&](auto at) { return now - at < 2s; });
  if (in_two >= 20) return too_many("jira-per-issue-on-write", 2s, 20, now);
  if (writes.size() >= 100) return too_many("jira-per-issue-on-write", 30s, 100, now);
  writes.push_back(now);
  return std::nullopt;
}

http::response jira::route(context& in, std::vector<std::string> const& path) {
  auto const operation = in.method + " " + pattern(path);
  count(operation);
  if (auto refused = limited(in, operation)) return std::move(*refused);
  auto const get = in.method == "GET";
  auto const post = in.method == "POST";
  auto const put = in.method == "PUT";
  if (!get && in.method != "DELETE") {
    if (media_type(http::find(in.call.headers, "Content-Type")) != "application/json") {
      return refuse(415, "Unsupported Media Type");
    }
    auto body = read_json(in.call.body);
    if (!body || !body->is_object())
      return refuse(400, "There was an error parsing JSON. Check that your request body is valid.");
    in.body = std::move(*body);
  }
  auto const& first = path[0];
  auto const size = path.size();
  auto const not_found = [&] {
    return refuse(404, "Issue does not exist or you do not have permission to see it.");
  };
  if (first == "myself" && size == 1 && get) {
    auto self = render_user(self_id_).get_object();
    self["timeZone"] = settings_.user_zone_name;
    self["locale"] = "en_US";
    self["groups"] = json::object{{"size", 1}, {"items", json::array{}}};
    self["applicationRoles"] = json::object{{"size", 1}, {"items", json::array{}}};
    return json_answer(200, json::serialize(self));
  }
  if (first == "serverInfo" && get) {
    json::object info{
        {"baseUrl", settings_.origin},
        {"version", is_cloud() ? "1001.0.0-SNAPSHOT" : "10.3.1"},
        {"versionNumbers", is_cloud() ? json::array{1001, 0, 0} : json::array{10, 3, 1}},
        {"deploymentType", is_cloud() ? "Cloud" : "Server"},
        {"buildNumber", 100300},
        {"buildDate", stamp(in.now)},
        {"serverTime", stamp(in.now)},
        {"scmInfo", hex_id(settings_.seed, 1)},
        {"serverTitle", "Jira"}};
    return json_answer(200, json::serialize(info));
  }
  if (first == "mypermissions" && get) return my_permissions(in);
  if (first == "field" && size == 1 && get) return fields();
  if (first == "user" && size == 1 && get) return one_user(in);
  if (first == "user" && size == 3 && path[1] == "assignable" && path[2] == "search" && get)
    return assignable(in);
  if (first == "project" && size == 2 && get) {
    if (path[1] != settings_.project)
      return refuse(404, "No project could be found with key '" + path[1] + "'.");
    return json_answer(200, json::serialize(render_project(path[1])));
  }
  if (first == "search") {
    if (is_cloud() && size == 1) {
      return refuse(
          410,
          "The requested API has been removed. Please migrate to the /rest/api/3/search/jql API."
      );
    }
    auto const right = is_cloud() ? size == 2 && path[1] == "jql" : size == 1;
    if (right && (post || get)) return search(in);
    return refuse(404, "Not Found");
  }
  if (first == "changelog" && size == 2 && path[1] == "bulkfetch" && is_cloud() && post)
    return bulk_changelog(in);
  if (first != "issue") return refuse(404, "Not Found");
  if (size == 1 && post) return create(in);
  if (size == 2 && path[1] == "bulk" && post) return bulk_create(in);
  if (size == 2 && path[1] == "bulkfetch" && is_cloud() && post) return bulk_fetch(in);
  if (size >= 2 && path[1] == "createmeta" && get) return create_meta(in, path);
  if (size < 2) return refuse(405, "Method Not Allowed");
  auto* const one = visible(path[1]);
  if (!one && !is_cloud() && settings_.hidden_is_forbidden && find(path[1])) {
    return refuse(403, "You do not have the permission to see the specified issue.");
  }
  if (!one) return not_found();
  // What a stale replica shows, where the weather says so.
  auto const stale = conditions.stale_reads && indexed_.contains(one->id);
  auto const& read = stale ? *indexed_.at(one->id) : static_cast<jira_issue const&>(*one);
  auto const what = size > 2 ? path[2] : std::string{};
  if (get) {
    if (size == 2) return get_issue(in, read);
    if (what == "transitions") return transitions(in, read);
    if (what == "comment") return comments(in, read);
    if (what == "editmeta") return edit_meta();
    if (what == "changelog" && is_cloud()) return changelog(in, read);
    if (what == "properties" && size == 4) {
      auto const* value = read.properties.if_contains(path[3]);
      if (!value) return refuse(404, "The property with key '" + path[3] + "' does not exist.");
      return json_answer(200, json::serialize(json::object{{"key", path[3]}, {"value", *value}}));
    }
    if (what == "remotelink") return json_answer(200, json::serialize(read.remote_links));
  }
  if (!put && !post) return refuse(405, "Method Not Allowed");
  if (one->archived) return refuse(400, "The issue is archived and cannot be changed.");
  if (auto refused = issue_limited(*one, in.now)) return std::move(*refused);
  if (put && size == 2) return update(in, *one);
  if (post && what == "transitions") return transit(in, *one);
  if (post && what == "comment") return add_comment(in, *one);
  if (post && what == "remotelink") return add_remote_link(in, *one);
  return refuse(405, "Method Not Allowed");
}

http::response jira::page() const {
  std::string out =
      "<!doctype html><meta charset=utf-8><title>Jira (simulated)</title><h1>Jira (simulated)</h1>"
      "<table border=1 "
      "cellpadding=4><tr><th>Key<th>Status<th>Priority<th>Summary<th>Assignee<th>Comments";
  for (auto const& [id, one] : current_) {
    auto const seen = told(*one);
    auto const text = [&](std::string_view name) {
      auto const* at = seen.if_contains(name);
      return at && at->is_string() ? html_escaped(std::string_view{at->get_string()})
                                   : std::string{};
    };
    out += "<tr><td>" + text("key") + "<td>" + text("status") + "<td>" + text("priority") + "<td>" +
           text("summary") + "<td>" + text("assignee") + "<td>" +
           std::to_string(one->comments.size());
  }
  return html_answer(200, out + "</table>");
}

}  // namespace simulators

#pragma once

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <gtest/gtest.h>
#include <string>
#include <string_view>
#include <vector>

#include "connector/http/base64.hpp"
#include "connector/http/url.hpp"
#include "test/simulators/graph/graph.hpp"
#include "test/simulators/servicenow/servicenow.hpp"

/// Short ways to ask a simulator in tests.
namespace simulators::testing {

inline core::time_point at(std::string_view text) { return *core::parse_time(text); }

inline json::object object_of(http::response const& answer) {
  return json::parse(answer.body).as_object();
}

inline std::string text_at(json::object const& of, std::string_view name) {
  auto const& value = of.at(name);
  return value.is_string() ? std::string{value.get_string()} : json::serialize(value);
}

inline std::string quote(std::string_view text) { return http::percent_encode(text); }

/// A signed-in Graph client that sends what a good client sends.
class graph_client {
 public:
  graph_client(graph& service, core::time_point& now) : service_{service}, now_{now} {
    http::request sign_in;
    sign_in.method = "POST";
    auto const& settings = service.settings();
    sign_in.url = settings.login_origin + "/" + settings.tenant_id + "/oauth2/v2.0/token";
    sign_in.headers = {{"Content-Type", "application/x-www-form-urlencoded"}};
    sign_in.body =
        "client_id=" + settings.client_id + "&scope=" + quote(settings.resource + "/.default") +
        "&client_secret=" + quote(settings.client_secret) + "&grant_type=client_credentials";
    token = text_at(object_of(service.handle(sign_in, now)), "access_token");
  }

  http::response call(std::string_view method, std::string_view path, std::string body = {}) {
    http::request request;
    request.method = method;
    request.url = path.substr(0, 4) == "http"
                      ? std::string{path}
                      : "https://graph.microsoft.com/v1.0" + std::string{path};
    request.headers.push_back({"Authorization", "Bearer " + token});
    if (prefers) request.headers.push_back({"Prefer", "include-unknown-enum-members"});
    if (method != "GET") request.headers.push_back({"Content-Type", "application/json"});
    request.body = std::move(body);
    return service_.handle(request, now_);
  }

  http::response get(std::string_view path) { return call("GET", path); }

  std::string token;
  bool prefers = true;

 private:
  graph& service_;
  core::time_point& now_;
};

/// A ServiceNow client with Basic credentials that sends what a good client sends.
class servicenow_client {
 public:
  servicenow_client(servicenow& service, core::time_point& now) : service_{service}, now_{now} {
    headers = {
        {"Authorization",
         "Basic " + http::base64(service.settings().user_name + ":" + service.settings().password)},
        {"Accept", "application/json"},
    };
  }

  http::response call(std::string_view method, std::string_view path, std::string body = {}) {
    http::request request;
    request.method = method;
    request.url = "https://instance.service-now.com" + std::string{path};
    request.headers = headers;
    if (method != "GET") request.headers.push_back({"Content-Type", "application/json"});
    request.body = std::move(body);
    return service_.handle(request, now_);
  }

  http::response get(std::string_view path) { return call("GET", path); }

  /// Creates an incident and answers its record.
  json::object create(json::object const& fields) {
    auto const answer = call("POST", "/api/now/table/incident", json::serialize(fields));
    EXPECT_EQ(answer.status, 201) << answer.body;
    return object_of(answer).at("result").as_object();
  }

  json::object patch(std::string_view sys_id, json::object const& fields, int status = 200) {
    auto const answer =
        call("PATCH", "/api/now/table/incident/" + std::string{sys_id}, json::serialize(fields));
    EXPECT_EQ(answer.status, status) << answer.body;
    auto body = object_of(answer);
    return body.contains("result") ? body.at("result").as_object() : body;
  }

  /// The numbers that a query finds.
  std::vector<std::string> numbers(std::string_view query, std::string_view more = {}) {
    auto const answer =
        get("/api/now/table/incident?sysparm_fields=number&sysparm_query=" + quote(query) +
            std::string{more});
    EXPECT_EQ(answer.status, 200) << answer.body;
    std::vector<std::string> found;
    auto const body = object_of(answer);
    for (auto const& row : body.at("result").as_array()) {
      found.push_back(text_at(row.as_object(), "number"));
    }
    return found;
  }

  std::vector<http::header> headers;

 private:
  servicenow& service_;
  core::time_point& now_;
};

inline std::vector<std::string> ids_of(http::response const& list) {
  std::vector<std::string> ids;
  auto const body = object_of(list);
  for (auto const& row : body.at("value").as_array()) {
    ids.push_back(text_at(row.as_object(), "id"));
  }
  return ids;
}

}  // namespace simulators::testing

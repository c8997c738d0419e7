#include "world.hpp"

#include <algorithm>
#include <boost/asio/post.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <gtest/gtest.h>

#include "connector/http/url.hpp"

namespace servicenow_test {

namespace json = boost::json;

boost::asio::awaitable<core::result<http::response>> scripted_transport::send(http::request call) {
  calls.push_back(call);
  if (script.empty()) {
    ADD_FAILURE() << "no answer was scripted for " << call.method << " " << call.url;
    co_return core::error{core::errc::unreachable, "the script is at its end"};
  }
  auto answer = std::move(script.front());
  script.pop_front();
  at_once_max = std::max(at_once_max, ++under_way);
  // Others get their turn before the answer comes.
  auto const executor = co_await boost::asio::this_coro::executor;
  co_await boost::asio::post(executor, boost::asio::use_awaitable);
  --under_way;
  co_return answer;
}

void scripted_transport::will_answer(
    int status, std::string body, std::vector<http::header> headers
) {
  http::response answer;
  answer.status = status;
  answer.body = std::move(body);
  answer.headers = std::move(headers);
  if (http::find(answer.headers, "Content-Type").empty()) {
    answer.headers.push_back({"Content-Type", "application/json;charset=UTF-8"});
  }
  script.emplace_back(std::move(answer));
}

std::string path_of(http::request const& call) {
  auto const target = http::split(call.url)->target;
  return target.substr(0, target.find('?'));
}

std::string parameter(http::request const& call, std::string_view name) {
  auto const target = http::split(call.url)->target;
  for (auto const& [key, value] : http::parse_query(target)) {
    if (key == name) return value;
  }
  return {};
}

std::string query_of(http::request const& call) { return parameter(call, "sysparm_query"); }

json::value body_of(http::request const& call) { return json::parse(call.body); }

std::string header_of(http::request const& call, std::string_view name) {
  return std::string{http::find(call.headers, name)};
}

json::object ticket(std::string id, std::string updated, int version, json::object more) {
  json::object record{
      {"sys_id", id},
      {"number", "INC" + id.substr(id.size() - 4)},
      {"correlation_id", ""},
      {"correlation_display", "defender"},
      {"sys_mod_count", std::to_string(version)},
      {"sys_updated_on", updated},
      {"sys_updated_by", "someone"},
      {"sys_created_on", "2026-02-01 08:00:00"}};
  for (auto& [name, value] : more) record[name] = value;
  return record;
}

std::string result_of(json::value what) {
  return json::serialize(json::object{{"result", std::move(what)}});
}

std::string refusal(std::string message, std::string detail) {
  return json::serialize(json::object{
      {"error", json::object{{"message", message}, {"detail", detail}}}, {"status", "failure"}});
}

servicenow::settings basic_settings() {
  servicenow::settings with;
  with.base_url = "https://dev1.service-now.com";
  with.credential = servicenow::basic_sign_in{"sync.user", core::secret{"hunter2-canary"}};
  return with;
}

world::world(std::function<void(servicenow::settings&)> change) {
  auto with = basic_settings();
  if (change) change(with);
  adapter::surroundings around{"itsm", transport, clock, *random};
  system = servicenow::make_system(std::move(with), around);
}

adapter::wants wanting(std::vector<std::string> fields, bool comments) {
  adapter::wants needs;
  needs.fields = std::move(fields);
  needs.comments = comments;
  return needs;
}

}  // namespace servicenow_test

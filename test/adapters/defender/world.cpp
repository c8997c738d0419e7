#include "world.hpp"

namespace defender_test {

http::response json_response(int status, std::string body, std::vector<http::header> headers) {
  headers.push_back({"Content-Type", "application/json; odata.metadata=minimal"});
  return {status, std::move(headers), std::move(body)};
}

http::response token_response(std::string const& token, std::string const& expires_in) {
  return json_response(
      200,
      R"({"token_type":"Bearer","expires_in":)" + expires_in + R"(,"access_token":")" + token +
          R"("})"
  );
}

std::string header(http::request const& call, std::string_view name) {
  for (auto const& h : call.headers) {
    if (h.name == name) return h.value;
  }
  return {};
}

adapters::defender::settings usual_settings() {
  adapters::defender::settings chosen;
  chosen.tenant_id = "contoso.example";
  chosen.client_id = "11111111-2222-3333-4444-555555555555";
  chosen.method = adapters::defender::by_secret{core::secret{secret_canary}};
  return chosen;
}

std::string incident(std::string const& id, std::string const& stamp, std::string const& more) {
  return R"({"id":")" + id + R"(","lastUpdateDateTime":")" + stamp +
         R"(","createdDateTime":"2026-01-01T00:00:00Z","status":"active","severity":"high")" +
         (more.empty() ? "" : "," + more) + "}";
}

std::string list_of(std::vector<std::string> const& items, std::string const& more) {
  std::string out = R"({"value":[)";
  for (std::size_t i = 0; i < items.size(); ++i) out += (i > 0 ? "," : "") + items[i];
  return out + "]" + (more.empty() ? "" : "," + more) + "}";
}

void scripted_transport::then(int status, std::string body, std::vector<http::header> headers) {
  auto response = json_response(status, std::move(body), std::move(headers));
  then([response](http::request const&) -> answer { return response; });
}

awaitable<core::result<http::response>> scripted_transport::send(http::request call) {
  auto const signs_in = call.url.find("/token") != std::string::npos;
  if (signs_in && !scripted_sign_in) {
    sign_ins.push_back(std::move(call));
    co_return token_response(token);
  }
  calls.push_back(call);
  if (steps_.empty()) {
    ADD_FAILURE() << "unexpected call " << call.method << " " << call.url;
    co_return core::error{errc::unreachable, "nothing scripted"};
  }
  auto const step = std::move(steps_.front());
  steps_.pop_front();
  co_return step(call);
}

world::world(adapters::defender::settings chosen) {
  adapter::surroundings with{"soc", transport, clock, *random};
  system = adapters::defender::make_incidents(std::move(chosen), with);
}

world::~world() { EXPECT_EQ(transport.left(), 0u) << "calls expected and not made"; }

adapter::change_page world::changes(adapter::change_query query) {
  auto page = run(system->changes(std::move(query)));
  if (!page) {
    ADD_FAILURE() << page.error().detail;
    return {};
  }
  return std::move(*page);
}

core::error world::failing_changes(adapter::change_query query) {
  auto page = run(system->changes(std::move(query)));
  EXPECT_FALSE(page);
  return page ? core::error{} : page.error();
}

adapter::change_query since(std::string_view stamp) {
  adapter::change_query query;
  query.from = at(stamp);
  return query;
}

std::vector<std::string> ids_of(std::vector<adapter::object> const& rows) {
  std::vector<std::string> ids;
  for (auto const& row : rows) ids.push_back(row.id);
  return ids;
}

adapter::wants with_comments() {
  adapter::wants needs;
  needs.comments = true;
  return needs;
}

adapter::wants with_alerts() {
  adapter::wants needs;
  needs.fields = {"status", "alerts"};
  return needs;
}

}  // namespace defender_test

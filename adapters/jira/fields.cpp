#include "adapters/jira/fields.hpp"

#include <boost/json/array.hpp>

namespace adapters::jira {

namespace asio = boost::asio;

field_kinds kinds_in(json::value const& answer) {
  field_kinds all;
  auto const* list = answer.if_array();
  if (!list) return all;
  for (auto const& each : *list) {
    auto const* one = each.if_object();
    auto const* schema = one ? object_at(*one, "schema") : nullptr;
    if (!schema) continue;
    field_kind kind{
        text_at(*schema, "type"), text_at(*schema, "items"), text_at(*schema, "custom")};
    all.emplace(text_at(*one, "id"), std::move(kind));
  }
  return all;
}

asio::awaitable<core::result<field_kinds const*>> field_directory::kinds() {
  if (kinds_.empty() || clock_.steady_now() >= until_) {
    auto const answer = co_await client_.get(client_.api() + "/field");
    if (!answer) co_return answer.error();
    kinds_ = kinds_in(*answer);
    until_ = clock_.steady_now() + kept_for;
  }
  field_kinds const* all = &kinds_;
  co_return all;
}

}  // namespace adapters::jira

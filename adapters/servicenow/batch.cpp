#include "adapters/servicenow/batch.hpp"

#include <boost/json/array.hpp>
#include <boost/json/serialize.hpp>
#include <charconv>

#include "connector/http/base64.hpp"

namespace adapters::servicenow {

namespace json = boost::json;
using core::errc;

namespace {

std::optional<std::size_t> index_of(json::value const& id, std::size_t items) {
  auto const text = stored_text(id);
  std::size_t n = 0;
  auto const [end, ec] = std::from_chars(text.data(), text.data() + text.size(), n);
  if (text.empty() || ec != std::errc{} || end != text.data() + text.size() || n >= items) {
    return std::nullopt;
  }
  return n;
}

json::array const* list_at(json::object const& from, std::string_view key) {
  auto const* at = from.if_contains(key);
  return at ? at->if_array() : nullptr;
}

std::optional<http::response> answer_in(json::object const& served) {
  http::response answer;
  auto const* status = served.if_contains("status_code");
  if (!status) return std::nullopt;
  auto const code = stored_text(*status);
  auto const [end, ec] = std::from_chars(code.data(), code.data() + code.size(), answer.status);
  if (ec != std::errc{} || answer.status < 100) return std::nullopt;
  auto body = http::from_base64(text_at(served, "body"));
  // Without a readable body the status still counts: a definite no is a definite no.
  if (body) answer.body = std::move(*body);
  if (auto const* headers = list_at(served, "headers")) {
    for (auto const& header : *headers) {
      if (auto const* pair = header.if_object()) {
        answer.headers.push_back(http::header{text_at(*pair, "name"), text_at(*pair, "value")});
      }
    }
  }
  return answer;
}

}  // namespace

std::string batch_request(std::span<write const> items) {
  json::array requests;
  for (std::size_t i = 0; i < items.size(); ++i) {
    json::array headers;
    for (auto const* name : {"Content-Type", "Accept"}) {
      headers.push_back(json::object{{"name", name}, {"value", "application/json"}});
    }
    json::object item;
    item["id"] = std::to_string(i);
    item["method"] = items[i].method;
    item["url"] = items[i].path;
    item["headers"] = std::move(headers);
    // What a call alone would have in its headers, such as the transaction, is worth the bytes only
    // for calls that failed, and cannot be had for those alone.
    item["exclude_response_headers"] = true;
    if (!items[i].body.empty()) item["body"] = http::base64(items[i].body);
    requests.push_back(std::move(item));
  }
  json::object batch;
  batch["batch_request_id"] = "1";
  batch["rest_requests"] = std::move(requests);
  return json::serialize(batch);
}

core::result<std::vector<batch_item>> batch_answer(json::value const& from, std::size_t items) {
  auto const* whole = from.if_object();
  auto const* served = whole ? list_at(*whole, "serviced_requests") : nullptr;
  if (!served) {
    return core::error{
        errc::malformed, "the answer to a batch has no serviced_requests", core::effect::unknown};
  }
  std::vector<batch_item> found(items);
  if (auto const* unserved = list_at(*whole, "unserviced_requests")) {
    for (auto const& id : *unserved) {
      if (auto const index = index_of(id, items)) {
        found[*index].became = batch_item::fate::unserved;
      }
    }
  }
  for (auto const& one : *served) {
    auto const* object = one.if_object();
    auto const* id = object ? object->if_contains("id") : nullptr;
    auto const index = id ? index_of(*id, items) : std::nullopt;
    if (!index) continue;
    auto answer = answer_in(*object);
    found[*index].became = answer ? batch_item::fate::served : batch_item::fate::untold;
    if (answer) found[*index].answer = std::move(*answer);
  }
  return found;
}

}  // namespace adapters::servicenow
